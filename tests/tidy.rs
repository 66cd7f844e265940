// SPDX-License-Identifier: GPL-2.0-or-later

//! The house rules that no compiler checks; `cargo xtask tidy` asks the same.

use std::error::Error;

use rstscope_test_support::tidy::check_all;

#[test]
fn sources_keep_the_house_rules() -> Result<(), Box<dyn Error>> {
    let findings = check_all()?;
    let faults = findings.faults.join("\n");
    assert!(faults.is_empty(), "{faults}");
    assert!(findings.files >= 150, "only {} files", findings.files);
    Ok(())
}
