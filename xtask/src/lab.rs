// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask lab`: runs the lab that makes labelled captures.

use std::ffi::OsString;

use anyhow::Result;

use crate::{project, setup};

pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    setup::lab()?;
    let mut lab = project::cargo(["run", "--quiet", "--package", "rstscope-lab", "--"]);
    project::run(lab.args(arguments))
}
