// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask bless`: rewrites the snapshots and pages, or the README's picture; the diff is for a person to read.

use std::process::Command;

use anyhow::Result;

use crate::{project, say, setup, test::PLUGIN_VARIABLE};

/// Where the test of the GUI is to put the README's picture.
const PICTURE_VARIABLE: &str = "RSTSCOPE_PICTURE";

/// Takes the README's picture anew, of the real Wireshark.
pub(crate) fn picture() -> Result<()> {
    setup::gui()?;
    let plugin = project::build_plugin()?;
    let picture = project::root().join("docs/packet-list.png");
    let mut gui = project::cargo(["test", "--package", "rstscope", "--test", "gui"]);
    gui.args(project::ENGINE_FEATURES)
        .args(["--", "details_explain_and_a_link_jumps"])
        .env(PLUGIN_VARIABLE, plugin)
        .env(PICTURE_VARIABLE, &picture);
    project::run(&mut gui)?;
    say::line(format_args!("Wrote {}.", picture.display()));
    Ok(())
}

pub(crate) fn run() -> Result<()> {
    setup::pages()?;
    let plugin = project::build_plugin()?;
    let mut golden = project::cargo(["test", "--package", "rstscope", "--no-fail-fast"]);
    golden
        .args(["--test", "golden", "--test", "accuracy", "--test", "docs"])
        .args([
            "--test", "cookbook", "--test", "stories", "--test", "sample",
        ])
        .args(project::ENGINE_FEATURES)
        .args(["--features", "mutation"])
        .env("INSTA_UPDATE", "always")
        .env(PLUGIN_VARIABLE, plugin);
    say::step("rewriting the golden snapshots and what the pages' commands print");
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
