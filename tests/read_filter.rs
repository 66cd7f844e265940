// SPDX-License-Identifier: GPL-2.0-or-later

//! `tshark -2 -R`: a read filter rejects frames, and their numbers are used again. What is
//! shown stands on the frames that it stood on without the filter, says the same, and cites
//! the numbers that the user sees. With `-c` tshark stops early: nothing is cited that it has
//! not read.
//!
//! Run by `cargo xtask test`, which builds the plugin; without it these tests fail.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    process::Command,
};

use regex::{Captures, Regex};
use rstscope_test_support::{
    cases::{self, Case},
    contract, json,
    tshark::{Scratch, Tshark},
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Frame → field → its values.
type Frames = BTreeMap<u32, BTreeMap<String, Vec<String>>>;

/// Filters that leave out resets, what they answer, whole conversations, or nothing.
const FILTERS: [&str; 7] = [
    "not tcp.flags.reset==1",
    "tcp.flags.reset==1",
    "tcp.len>0 or tcp.flags.reset==1",
    "tcp.flags.syn==0",
    "frame.len > 70",
    "rst or tcp.len>0",
    "frame",
];

const TEXTS: [&str; 5] = [
    "rst.summary",
    "rst.cause.text",
    "rst.evidence.text",
    "rst.hypothesis.text",
    "rst.missing",
];

fn cited() -> impl Iterator<Item = &'static str> {
    let frame_numbers = contract::FIELDS
        .iter()
        .filter(|(_, kind)| *kind == "FT_FRAMENUM");
    frame_numbers.map(|(name, _)| *name)
}

/// All that is shown on the frames that `arguments` leave.
fn shown(tshark: &Tshark, case: &Case, arguments: &[&str]) -> Outcome<Frames> {
    let mut arguments = arguments.to_vec();
    arguments.extend(["-T", "json", "-e", "frame.number"]);
    for field in cited().chain(TEXTS) {
        arguments.extend(["-e", field]);
    }
    let run = tshark.read(&case.capture, &arguments)?;
    if !run.status.success() {
        return Err(format!("tshark ended with {}: {}", run.status, run.stderr).into());
    }
    let frames = json::frames(&run.stdout)?;
    frames
        .into_iter()
        .map(|mut fields| {
            let number = fields.remove("frame.number").unwrap_or_default().concat();
            Ok((number.parse()?, fields))
        })
        .collect()
}

/// The numbers of the frames that pass: without a read filter → with it.
fn renumbered(tshark: &Tshark, case: &Case, filter: &str) -> Outcome<BTreeMap<u32, u32>> {
    let arguments = ["-2", "-Y", filter, "-T", "fields", "-e", "frame.number"];
    let run = tshark.read(&case.capture, &arguments)?;
    let text = String::from_utf8(run.stdout)?;
    let numbers = text.lines().map(|line| Ok(line.trim().parse()?));
    let numbers: Vec<u32> = numbers.collect::<Outcome<_>>()?;
    Ok(numbers.into_iter().zip(1..).collect())
}

/// The fields as they read with a read filter.
fn translated(
    fields: &BTreeMap<String, Vec<String>>,
    numbers: &BTreeMap<u32, u32>,
    [lists, one]: [&Regex; 2],
) -> BTreeMap<String, Vec<String>> {
    let number = |shown: &str| numbers.get(&shown.parse().unwrap_or_default());
    let mut fields = fields.clone();
    for name in cited() {
        if let Some(values) = fields.get_mut(name) {
            let known = values.iter().filter_map(|value| number(value));
            *values = known.map(ToString::to_string).collect();
        }
    }
    fields.retain(|_, values| !values.is_empty());
    for name in TEXTS {
        for text in fields.get_mut(name).into_iter().flatten() {
            let translate = |list: &Captures<'_>| {
                let each = |found: &Captures<'_>| {
                    number(&found[0]).map_or_else(|| "(filtered out)".to_owned(), u32::to_string)
                };
                one.replace_all(&list[0], each).into_owned()
            };
            *text = lists.replace_all(text, translate).into_owned();
        }
    }
    fields
}

#[test]
fn verdicts_stand_on_their_frames_and_cite_numbers_that_the_user_sees() -> Outcome {
    let scratch = Scratch::new()?;
    let case = cases::together(&scratch)?;
    let tshark = cases::tshark_with_plugin()?;
    let one = Regex::new(r"\d+")?;
    let lists = Regex::new(r"\bframes? \d+(?:(?:, | and | to )\d+)*")?;
    let all = shown(&tshark, &case, &["-2", "-Y", "rst"])?;
    assert!(all.len() > 1_000, "{} frames show something", all.len());
    for filter in FILTERS {
        let numbers = renumbered(&tshark, &case, filter)?;
        let expected: Frames = all
            .iter()
            .filter_map(|(frame, fields)| {
                Some((
                    *numbers.get(frame)?,
                    translated(fields, &numbers, [&lists, &one]),
                ))
            })
            .collect();
        let found = shown(&tshark, &case, &["-2", "-R", filter, "-Y", "rst"])?;
        let of = |frames: &Frames| frames.keys().copied().collect::<BTreeSet<u32>>();
        assert_eq!(of(&found), of(&expected), "{filter}: other frames");
        for (frame, fields) in &found {
            assert_eq!(fields, &expected[frame], "{filter}: frame {frame}");
        }
    }
    Ok(())
}

/// Frames to stop after: in a run of resets, between a reset and what follows it.
const STOPS: [u32; 4] = [60, 250, 1_111, 3_000];

#[test]
fn nothing_is_known_of_frames_that_were_not_read() -> Outcome {
    let scratch = Scratch::new()?;
    let case = cases::together(&scratch)?;
    let tshark = cases::tshark_with_plugin()?;
    for stop in STOPS {
        let cut = Case {
            name: format!("the first {stop} frames"),
            capture: scratch.0.join("cut.pcapng"),
        };
        let mut editcap = Command::new("editcap");
        editcap.arg("-r").args([&case.capture, &cut.capture]);
        cases::run(editcap.arg(format!("1-{stop}")))?;
        let limit = ["-c", &stop.to_string()];
        for passes in [&[][..], &["-2"]] {
            let expected = shown(&tshark, &cut, &[passes, &["-Y", "rst"]].concat())?;
            assert!(!expected.is_empty(), "no reset in {}", cut.name);
            let found = shown(&tshark, &case, &[passes, &limit, &["-Y", "rst"]].concat())?;
            assert_eq!(found, expected, "{passes:?} {limit:?}");
        }
    }
    Ok(())
}
