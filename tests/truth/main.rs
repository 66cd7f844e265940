// SPDX-License-Identifier: GPL-2.0-or-later

//! What is said is true: every sentence on every case is held against the capture, which is
//! read anew without the engine.
//!
//! A sentence that no pattern covers is counted; the number is in a snapshot and is to fall.

mod capture;
mod causes;
mod context;
mod findings;
mod forms;
mod further;
mod mechanics;
mod missing;

use std::{collections::BTreeMap, error::Error, fmt::Write as _};

use regex::Regex;
use rstscope::replay::{self, FrameFields, Passes, fields};
use rstscope_test_support::cases;

use self::context::{Check, Context};

/// Fields that hold sentences on what was seen.
const SENTENCES: [&str; 3] = ["rst.evidence.text", "rst.cause.text", "rst.missing"];

fn values<'a>(fields: &'a FrameFields, name: &str) -> impl Iterator<Item = &'a String> {
    let named = fields
        .fields
        .iter()
        .filter(move |(field, _)| *field == name);
    named.map(|(_, value)| value)
}

#[derive(Default)]
struct Told {
    sentences: usize,
    uncovered: BTreeMap<String, usize>,
    faults: Vec<String>,
}

/// A sentence without its numbers and the names of the sides.
fn form(sentence: &str) -> String {
    let replaced = |pattern: &str, text: &str, by: &str| {
        let pattern = Regex::new(pattern).map(|it| it.replace_all(text, by).into_owned());
        pattern.unwrap_or_default()
    };
    let numbered = replaced(r"\d+(\.\d+)?", sentence, "N");
    replaced(r"\b(client|server)\b", &numbered, "HOST")
}

fn hold(
    case: &cases::Case,
    patterns: &[(Regex, Check)],
    told: &mut Told,
) -> Result<(), Box<dyn Error>> {
    let judged = match fields(&case.capture, Passes::Two) {
        Ok(judged) => judged,
        // Wi-Fi: only Wireshark reads it.
        Err(replay::Error::LinkType(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let packets = capture::read(&case.capture)?;
    for reset in judged
        .iter()
        .filter(|it| values(it, "rst.origin").next().is_some())
    {
        let copy_of = values(reset, "rst.cause.text").find_map(|text| {
            let rest = text.strip_prefix("This is the packet of frame ")?;
            rest.split(' ').next()?.parse::<u32>().ok()
        });
        let frame = copy_of.unwrap_or(reset.frame);
        let Some(packet) = packets.iter().find(|it| it.frame == frame) else {
            continue;
        };
        let said: Vec<String> = SENTENCES
            .iter()
            .flat_map(|name| values(reset, name))
            .cloned()
            .collect();
        let context = Context {
            packets: &packets,
            reset: packet,
            said: &said,
        };
        for sentence in &said {
            told.sentences += 1;
            let mut covered = false;
            for (pattern, check) in patterns {
                for found in pattern.captures_iter(sentence) {
                    covered = true;
                    if let Some(fault) = check(&context, &found) {
                        told.faults.push(format!(
                            "{} frame {}: {fault}: {sentence}",
                            case.name, reset.frame
                        ));
                    }
                }
            }
            if !covered {
                *told.uncovered.entry(form(sentence)).or_default() += 1;
            }
        }
    }
    Ok(())
}

#[test]
fn sentences_are_true() -> Result<(), Box<dyn Error>> {
    let mut patterns = Vec::new();
    let tables = [
        findings::TABLE,
        forms::TABLE,
        missing::TABLE,
        causes::TABLE,
        further::TABLE,
    ];
    for (pattern, check) in tables.into_iter().flatten() {
        patterns.push((Regex::new(pattern)?, *check));
    }
    let mut told = Told::default();
    // Its packets are cut, and this reader wants whole ones.
    let is_whole = |case: &cases::Case| !case.name.starts_with("over_snaplen");
    for case in cases::all()?.into_iter().filter(is_whole) {
        hold(&case, &patterns, &mut told)?;
    }
    let uncovered: usize = told.uncovered.values().sum();
    let mut text = String::new();
    writeln!(
        text,
        "{} forms are held against nothing:",
        told.uncovered.len()
    )?;
    for form in told.uncovered.keys() {
        writeln!(text, "  {form}")?;
    }
    println!("{} sentences, {uncovered} uncovered", told.sentences);
    assert!(told.faults.is_empty(), "{}", told.faults.join("\n"));
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("../snapshots");
    settings.bind(|| insta::assert_snapshot!("truth", text));
    Ok(())
}
