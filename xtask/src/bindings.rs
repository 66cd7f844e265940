// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask bindings`: has build.rs write anew what bindgen makes of the C header.

use std::process::Command;

use anyhow::Result;

use crate::{project, say, setup};

/// Tells build.rs to write the bindings instead of comparing them.
const RENEW_VARIABLE: &str = "RSTSCOPE_RENEW_BINDINGS";

/// Building with them fails where the bindings cannot be compared, or differ.
const CHECKED: [&str; 5] = [
    "check",
    "--lib",
    "--no-default-features",
    "--features",
    "check-bindings",
];

pub(crate) fn run() -> Result<()> {
    setup::bindings()?;
    say::step("writing the bindings anew");
    // Rust that does not fit the new bindings yet fails; what was written is shown all the same.
    let outcome = project::run(project::cargo(CHECKED).env(RENEW_VARIABLE, "1"));
    let mut changed = Command::new("git");
    changed
        .args(["--no-pager", "diff", "--stat", "--", "src/ffi/bindings.rs"])
        .current_dir(project::root());
    project::run(&mut changed)?;
    outcome
}

/// Fails unless the bindings are what bindgen makes of the header here.
pub(crate) fn check() -> Result<()> {
    project::run(project::cargo(CHECKED).arg("--quiet"))
}
