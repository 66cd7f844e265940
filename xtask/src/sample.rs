// SPDX-License-Identifier: GPL-2.0-or-later

//! The self-test: whether a plugin that was built says of a sample what it should.
//!
//! It decides whether a version of Wireshark that nobody has tested is supported, and shows in a minute
//! that a plugin loads and explains nothing.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use crate::{project, say, tshark::Tshark};

/// The sample, and what tshark prints of it (`tests/sample.rs` keeps it true).
pub(crate) const CAPTURE: &str = "tests/captures/demo/capture.pcap";
pub(crate) const EXPECTED: &str = "tests/captures/demo/expected.txt";

const ASKED: &[&str] = &[
    "-Y",
    "rst.origin",
    "-T",
    "fields",
    "-e",
    "frame.number",
    "-e",
    "rst.origin",
    "-e",
    "rst.cause",
];

/// Runs the installed tshark with `plugin` on the sample.
pub(crate) fn check(plugin: &Path) -> Result<()> {
    say::step("self-test: what the plugin says of a sample");
    let expected = project::root().join(EXPECTED);
    let expected = fs::read_to_string(&expected)
        .with_context(|| format!("cannot read {}", expected.display()))?;
    let tshark = Tshark::with_plugin(plugin, None)?;
    let run = tshark.read(&project::root().join(CAPTURE), ASKED)?;
    let said = String::from_utf8_lossy(&run.stdout);
    ensure!(
        run.status.success() && said == expected,
        "the plugin was built, but with this Wireshark it does not say of {CAPTURE} what it should, \
         so it is neither installed nor packed. It said:\n{said}{}",
        run.stderr
    );
    Ok(())
}
