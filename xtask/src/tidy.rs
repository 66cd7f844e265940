// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask tidy`: the house rules that no compiler checks.

use anyhow::{Result, bail};
use rstscope_test_support::tidy::check_all;

use crate::say;

pub(crate) fn run() -> Result<()> {
    let findings = check_all()?;
    for line in findings.budgets.iter().chain(&findings.faults) {
        say::line(line);
    }
    if !findings.faults.is_empty() {
        bail!("{} house rules are broken", findings.faults.len());
    }
    say::line(format_args!("{} source files are tidy", findings.files));
    Ok(())
}
