// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask accuracy`: runs the package that compares verdicts with labelled captures.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;

use anyhow::{Context as _, Result};

use crate::{project, setup, wireshark};

pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let mut compare = project::cargo(["run", "--quiet", "--package", "rstscope-accuracy", "--"]);
    compare.args(arguments);
    let wants_plugin = arguments.iter().any(|argument| argument == "--plugin");
    if wants_plugin && std::env::var_os("RSTSCOPE_PLUGIN").is_none() {
        setup::plugin()?;
        wireshark::check()?;
        compare.env("RSTSCOPE_PLUGIN", project::build_plugin()?);
    }
    // In our place: what it says and how it ends is the whole answer.
    Err(compare.exec()).with_context(|| format!("cannot run {}", project::shown(&compare)))
}
