// SPDX-License-Identifier: GPL-2.0-or-later

//! What an installer compares with: the verdicts on the bundled capture, as one-pass tshark prints them.

use std::{error::Error, fmt::Write as _, fs, path::Path};

use rstscope::replay::{self, Passes};

#[test]
fn sample_of_the_installers_says_what_the_engine_says() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/demo");
    let mut said = String::new();
    for frame in replay::fields(&folder.join("capture.pcap"), Passes::One)? {
        let value = |name| {
            let mut fields = frame.fields.iter();
            fields.find_map(|(field, value)| (*field == name).then_some(value))
        };
        if let (Some(origin), Some(cause)) = (value("rst.origin"), value("rst.cause")) {
            writeln!(said, "{}\t{origin}\t{cause}", frame.frame)?;
        }
    }
    assert!(said.lines().count() > 5, "{said}");
    let path = folder.join("expected.txt");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(&path, &said)?;
    }
    let expected = fs::read_to_string(path)?;
    assert_eq!(said, expected, "`cargo xtask bless` writes it anew");
    Ok(())
}
