// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask bless`: rewrites the golden snapshots; the diff is for a person to read.

use std::process::Command;

use anyhow::Result;

use crate::{project, say};

pub(crate) fn run() -> Result<()> {
    let mut golden = project::cargo(["test", "--package", "rstscope", "--no-fail-fast"]);
    golden
        .args(["--test", "golden", "--test", "accuracy", "--test", "docs"])
        .args(project::ENGINE_FEATURES)
        .env("INSTA_UPDATE", "always");
    say::step("rewriting the golden snapshots");
    // A verdict that contradicts its case fails the test; what was rewritten is shown all the same.
    let outcome = project::run(&mut golden);
    let mut changed = Command::new("git");
    changed
        .args(["--no-pager", "diff", "--stat", "--", "tests", "docs"])
        .current_dir(project::root());
    project::run(&mut changed)?;
    let mut new = Command::new("git");
    new.args(["status", "--short", "--", "tests", "docs"])
        .current_dir(project::root());
    project::run(&mut new)?;
    outcome
}
