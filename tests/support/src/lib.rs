// SPDX-License-Identifier: GPL-2.0-or-later

//! What the tests share among each other and with `cargo xtask`.
//!
//! It does not link the engine, so that `cargo xtask` builds on a machine that has nothing but Rust.

pub mod cases;
pub mod contract;
#[cfg(feature = "index")]
pub mod index;
pub mod json;
pub mod page;
pub mod profile;
pub mod references;
#[cfg(feature = "terminal")]
pub mod say;
pub mod screen;
pub mod tidy;
pub mod tshark;

use std::path::Path;

/// The root of the repository.
#[must_use]
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// Whether this process runs as root: Wireshark then ignores the plugins of the user, and setting up needs no `sudo`.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
