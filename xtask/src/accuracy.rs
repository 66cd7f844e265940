// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask accuracy` and `cargo xtask mutate`: the package that compares verdicts with labelled captures.

use std::{ffi::OsString, os::unix::process::CommandExt as _, process::Command};

use anyhow::{Context as _, Result};

use crate::{project, setup, test::PLUGIN_VARIABLE, wireshark};

pub(crate) fn accuracy(arguments: &[OsString]) -> Result<()> {
    let mut compare = package("accuracy", arguments);
    let wants_plugin = arguments.iter().any(|argument| argument == "--plugin");
    if wants_plugin && std::env::var_os(PLUGIN_VARIABLE).is_none() {
        setup::plugin()?;
        wireshark::check()?;
        compare.env(PLUGIN_VARIABLE, project::build_plugin()?);
    }
    replace_us_by(compare)
}

pub(crate) fn mutate(arguments: &[OsString]) -> Result<()> {
    replace_us_by(package("mutate", arguments))
}

fn package(command: &str, arguments: &[OsString]) -> Command {
    let mut run = project::cargo(["run", "--quiet", "--package", "rstscope-accuracy", "--"]);
    run.arg(command).args(arguments);
    run
}

/// What it says and how it ends is the whole answer.
fn replace_us_by(mut command: Command) -> Result<()> {
    Err(command.exec()).with_context(|| format!("cannot run {}", project::shown(&command)))
}
