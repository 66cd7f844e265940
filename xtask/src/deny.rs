// SPDX-License-Identifier: GPL-2.0-or-later

//! What is linked and built with: licences and sources in the tests, known weaknesses by `cargo xtask advisories`.

use std::{path::PathBuf, process::Command};

use anyhow::Result;

use crate::{project, say};

/// The version whose answers the tests are made for.
const VERSION: &str = "0.20.2";
/// Where it is put: whoever builds the project may not want it among their own programs.
const FOLDER: &str = "target/tools";

/// Checks licences, sources and bans of all crates that the lock file names.
pub(crate) fn check() -> Result<()> {
    deny(&["bans", "licenses", "sources"])
}

/// Asks RustSec's database, which is fetched from GitHub, for known weaknesses.
pub(crate) fn advisories() -> Result<()> {
    deny(&["advisories"])
}

fn deny(checks: &[&str]) -> Result<()> {
    let mut deny = Command::new(cargo_deny()?);
    deny.args(["--workspace", "--locked", "check", "--hide-inclusion-graph"])
        .args(checks)
        .current_dir(project::root());
    project::run(&mut deny)
}

/// cargo-deny, compiled once: without optimisation, because with it (link-time optimisation in one
/// piece) that takes many times as long, and checking takes 2 s either way.
fn cargo_deny() -> Result<PathBuf> {
    let folder = project::root().join(FOLDER);
    let program = folder.join("bin/cargo-deny");
    let is_there = project::output(Command::new(&program).arg("--version"))
        .is_ok_and(|version| version.split_whitespace().last() == Some(VERSION));
    if is_there {
        return Ok(program);
    }
    let mut install = project::cargo(["install", "cargo-deny", "--quiet", "--locked", "--debug"]);
    install
        .args(["--force", "--version", VERSION, "--root"])
        .arg(&folder)
        // Not among the project's own artifacts, which would only grow.
        .env_remove("CARGO_TARGET_DIR")
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    say::step(project::shown(&install));
    project::run(&mut install)?;
    Ok(program)
}
