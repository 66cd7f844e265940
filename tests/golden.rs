// SPDX-License-Identifier: GPL-2.0-or-later

//! Every case through the replay path: what it says must be what its maker
//! knows (`case.toml`), and all of its text is kept in `golden.snap`.
//!
//! `cargo xtask bless` rewrites the snapshots; the diff is read in review.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use rstscope::replay::{FrameFields, Passes, fields};
use serde::Deserialize;

/// What the maker of a capture knows of it.
#[derive(Deserialize)]
struct Case {
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
    phase: String,
    cause: String,
    /// What the capture shows instead, where it cannot show the cause.
    looks_like: Option<String>,
    impact: String,
}

fn value<'a>(fields: &'a FrameFields, name: &str) -> &'a str {
    let found = fields.fields.iter().find(|(field, _)| *field == name);
    found.map_or("", |(_, value)| value)
}

/// What is wrong with the verdicts on one case.
fn check(directory: &Path, problems: &mut Vec<String>) -> Result<Option<String>, Box<dyn Error>> {
    let case: Case = toml::from_str(&fs::read_to_string(directory.join("case.toml"))?)?;
    if case.reader.is_some() {
        // `tshark.rs` asks the plugin.
        return Ok(None);
    }
    let capture = capture_in(directory);
    let final_fields = fields(&capture, Passes::Two)?;
    let name = directory.file_name().unwrap_or_default().to_string_lossy();

    let judged: BTreeMap<u32, &FrameFields> = final_fields
        .iter()
        .filter(|fields| !value(fields, "rst.origin").is_empty())
        .map(|fields| (fields.frame, fields))
        .collect();
    let told: Vec<u32> = case.reset.iter().map(|truth| truth.frame).collect();
    let found: Vec<u32> = judged.keys().copied().collect();
    if told != found {
        problems.push(format!("{name}: RSTs in frames {told:?}, judged {found:?}"));
    }
    for truth in &case.reset {
        let Some(fields) = judged.get(&truth.frame) else {
            continue;
        };
        let origin = value(fields, "rst.origin");
        // Doubt may be said. Where nothing in the capture shows the device, its
        // RST looks like the endpoint's; the endpoint is never accused.
        let indistinguishable = !truth.decidable && truth.origin == "middlebox";
        let right = origin == truth.origin || origin == "unclear" || indistinguishable;
        let shown = truth.looks_like.as_ref().unwrap_or(&truth.cause);
        let mut say = |field: &str, expected: &str, found: &str| {
            problems.push(format!(
                "{name} frame {}: {field} must be {expected}, is {found}",
                truth.frame
            ));
        };
        if !right {
            say("rst.origin", &truth.origin, origin);
        }
        // The cause depends on who sent it.
        let told = origin == truth.origin;
        for (field, expected, certain) in [
            ("rst.phase", truth.phase.as_str(), true),
            ("rst.cause", shown.as_str(), told),
            ("rst.impact", truth.impact.as_str(), told),
        ] {
            if certain && value(fields, field) != expected {
                say(field, expected, value(fields, field));
            }
        }
    }
    Ok(Some(golden(&fields(&capture, Passes::One)?, &final_fields)))
}

/// The file of a case that holds the packets.
fn capture_in(directory: &Path) -> PathBuf {
    let files = ["capture.pcap", "capture.pcapng"].map(|file| directory.join(file));
    let found = files.iter().find(|file| file.exists());
    found.unwrap_or(&files[0]).clone()
}

/// All fields, and where one pass knows less, what it says.
fn golden(one_pass: &[FrameFields], two_passes: &[FrameFields]) -> String {
    let mut text = String::new();
    for fields in two_passes {
        let _ = writeln!(text, "frame {}", fields.frame);
        for (name, value) in &fields.fields {
            let _ = writeln!(text, "  {name}: {value}");
        }
        let early = one_pass.iter().find(|early| early.frame == fields.frame);
        if early != Some(fields) {
            let _ = writeln!(text, "  in one pass:");
            for (name, value) in early.map(|early| &early.fields[..]).unwrap_or_default() {
                if !fields.fields.contains(&(name, value.clone())) {
                    let _ = writeln!(text, "    {name}: {value}");
                }
            }
        }
    }
    text
}

#[test]
fn every_case_says_what_its_maker_knows() -> Result<(), Box<dyn Error>> {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut cases: Vec<_> = fs::read_dir(&captures)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("case.toml").is_file())
        .collect();
    cases.sort();
    assert!(cases.len() >= 20, "only {} cases found", cases.len());

    let mut problems = Vec::new();
    for case in &cases {
        let Some(golden) = check(case, &mut problems)? else {
            continue;
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(case);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("golden", golden));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}
