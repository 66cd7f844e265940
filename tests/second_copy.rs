// SPDX-License-Identifier: GPL-2.0-or-later

//! The plugin under two file names, as after an installation by hand and one from a package.
//! Wireshark ends when two plugins register one protocol, so the second copy steps back.
//!
//! Run by `cargo xtask test`, which builds the plugin; without it this test fails.

use std::error::Error;

use rstscope_test_support::{cases, tshark::PLUGIN_FILE};

#[test]
fn second_copy_steps_back_and_says_so() -> Result<(), Box<dyn Error>> {
    const SECOND: &str = "rstscope-second.so";
    let capture = rstscope_test_support::root().join("tests/captures/demo/capture.pcap");
    let asked = ["-Y", "rst", "-T", "fields", "-e", "frame.number"];
    let asked = [&asked[..], &["-e", "rst.summary", "-e", "_ws.expert"]].concat();
    let tshark = cases::tshark_with_plugin()?;
    let alone = tshark.read(&capture, &asked)?;
    assert!(!alone.stdout.is_empty());

    tshark.add_plugin(&cases::plugin()?, SECOND)?;
    let listed = String::from_utf8(tshark.ask(&["-G", "plugins"])?.stdout)?;
    for file in [PLUGIN_FILE, SECOND] {
        assert!(listed.contains(file), "{file} is not loaded: {listed}");
    }
    let twice = tshark.read(&capture, &asked)?;
    assert!(twice.status.success(), "{}", twice.stderr);
    assert_eq!(twice.stdout, alone.stdout);
    assert!(
        twice.stderr.contains("rstscope is loaded twice"),
        "{}",
        twice.stderr
    );
    Ok(())
}
