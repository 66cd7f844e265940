// SPDX-License-Identifier: GPL-2.0-or-later

//! Who is said to have sent each RST of the cases, against who did: the confusion
//! table and every RST that is not named rightly, as one snapshot.
//!
//! `cargo xtask accuracy` asks the same of the real plugin, of other captures too.

use std::{collections::BTreeMap, error::Error, fmt::Write as _, fs, path::Path};

use rstscope::replay::{FrameFields, Passes, fields};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    scenario: String,
    /// The only reader that sees its segments, if it is not this one.
    reader: Option<String>,
    #[serde(default)]
    reset: Vec<Truth>,
}

#[derive(Deserialize)]
struct Truth {
    frame: u32,
    origin: String,
    decidable: bool,
}

/// How often each truth met each verdict.
#[derive(Default)]
struct Confusion(BTreeMap<String, BTreeMap<String, usize>>);

/// The columns; whatever else is said stands behind them.
const VERDICTS: [&str; 4] = ["endpoint", "middlebox", "unclear", "nothing"];

impl Confusion {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        write!(out, "{:<26}", "truth")?;
        for verdict in VERDICTS {
            write!(out, "{verdict:>11}")?;
        }
        for (truth, said) in &self.0 {
            write!(out, "\n{truth:<26}")?;
            for verdict in VERDICTS {
                write!(out, "{:>11}", said.get(verdict).unwrap_or(&0))?;
            }
        }
        writeln!(out)
    }
}

fn values<'a>(fields: Option<&'a FrameFields>, name: &str) -> Vec<&'a str> {
    let all = fields.map_or(&[][..], |fields| &fields.fields);
    let named = all.iter().filter(|(field, _)| *field == name);
    named.map(|(_, value)| value.as_str()).collect()
}

/// As in `unclear 25 %: ttl_matches_baseline -6, dscp_dropped +3`.
fn answer(fields: Option<&FrameFields>) -> String {
    let origin = values(fields, "rst.origin").concat();
    let confidence = values(fields, "rst.confidence").concat();
    let weights = values(fields, "rst.evidence.weight");
    let mut text = format!("{origin} {confidence} %");
    for (index, (token, weight)) in values(fields, "rst.evidence")
        .iter()
        .zip(weights)
        .enumerate()
    {
        let separator = if index == 0 { ": " } else { ", " };
        let sign = if weight.starts_with('-') { "" } else { "+" };
        text += &format!("{separator}{token} {sign}{weight}");
    }
    text
}

#[test]
fn origins_of_all_cases() -> Result<(), Box<dyn Error>> {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut confusion = Confusion::default();
    let mut not_right: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut accused = Vec::new();
    for entry in fs::read_dir(&captures)? {
        let directory = entry?.path();
        if !directory.is_dir() {
            continue;
        }
        let description = fs::read_to_string(directory.join("case.toml"))?;
        let name = directory.file_name().unwrap_or_default().to_string_lossy();
        let case: Case = toml::from_str(&description)?;
        if case.reader.is_some() {
            continue;
        }
        let files = ["capture.pcap", "capture.pcapng"].map(|file| directory.join(file));
        let capture = files.iter().find(|file| file.exists());
        let judged = fields(capture.ok_or("a case holds no capture")?, Passes::Two)?;
        for truth in case.reset {
            let fields = judged.iter().find(|fields| fields.frame == truth.frame);
            let said = match values(fields, "rst.origin").first() {
                Some(origin) => (*origin).to_owned(),
                None => "nothing".to_owned(),
            };
            let line = format!("{name} frame {}: {}", truth.frame, answer(fields));
            if truth.origin == "endpoint" && said == "middlebox" {
                accused.push(line.clone());
            }
            if truth.decidable && truth.origin != said {
                let scenario = format!("{} ({})", case.scenario, truth.origin);
                not_right.entry(scenario).or_default().push(line);
            }
            let row = match truth.decidable {
                true => truth.origin,
                false => format!("{}, not decidable", truth.origin),
            };
            *confusion.0.entry(row).or_default().entry(said).or_default() += 1;
        }
    }

    let mut text = String::new();
    confusion.write(&mut text)?;
    for (scenario, mut lines) in not_right {
        lines.sort();
        writeln!(text, "\n{scenario}\n  {}", lines.join("\n  "))?;
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("accuracy", text));
    assert!(accused.is_empty(), "accused:\n{}", accused.join("\n"));
    Ok(())
}
