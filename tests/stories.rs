// SPDX-License-Identifier: GPL-2.0-or-later

//! Every story has a committed capture in which it decides, and one in which it loses.
//!
//! An innocent one *saves* a host where, told by nobody, a middlebox would be accused of what
//! the host did. It *loses* where it would hide a device if it cost nothing and nothing
//! refuted it, and its own price table prevents that.
//! A guilty one *finds* a device that no other accusation finds, and *loses* a host that it
//! would accuse if it cost nothing, or if no innocent story were told against it.
//!
//! The cases of each are in a snapshot, with the line that decided.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write as _,
    fs,
};

use rstscope::{
    engine::{Engine, Settings},
    hypothesis::{Hypothesis, Sort, TABLE},
    mutation::{self, Kind, Mutation},
    replay::{self, Frame, FrameFields, read_frames},
};
use rstscope_test_support::cases;
use serde::Deserialize;

#[derive(Deserialize)]
struct Truths {
    #[serde(default)]
    reset: Vec<Truth>,
}

#[derive(Deserialize)]
struct Truth {
    frame: u32,
    origin: String,
}

/// A case, its resets' true origins, and what is said of them.
struct Case {
    name: String,
    frames: Vec<Frame>,
    /// The replay path sees its segments.
    truths: Vec<Truth>,
    said: BTreeMap<u32, Said>,
}

/// What is said of one RST.
struct Said {
    origin: String,
    /// The accusation that was believed.
    accusation: String,
    /// The lines that refute stories, by story.
    refuted: BTreeMap<&'static str, &'static str>,
}

/// What the cases show of one story: what, by which line of its own, in which of them.
type Shown = BTreeMap<(What, &'static str), BTreeSet<String>>;

/// How a story fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// Innocent: without it, a middlebox would be accused of what the host did.
    Saves,
    /// Innocent: without it, what is the host's would be unclear.
    Clears,
    /// Guilty: without it, the device would not be found.
    Finds,
    /// It does not prevail, and would if it cost nothing.
    Loses,
    /// Guilty: an innocent story prevails over it.
    Yields,
}

fn token(story: &Hypothesis) -> &'static str {
    story.token.to_str().unwrap_or_default()
}

/// Stories that decide no case alone, and why not.
/// The list only shrinks: one that no longer belongs here is red, too.
const NEVER_ALONE: [(&str, &str); 5] = [
    (
        "ports_reused",
        "`own_host_program` explains the same, and is cheaper",
    ),
    ("captured_twice", "its cases have what speaks for the host"),
    ("other_is_forged", "`own_host_program` explains the same"),
    (
        "stack_of_its_kind",
        "its cases have what speaks for the host",
    ),
    (
        "device_beside_host",
        "the host goes on, and a program there explains that",
    ),
];

/// What is said now, at the capture's end.
fn judge(frames: &[Frame]) -> BTreeMap<u32, Said> {
    let mut engine = Engine::new(Settings::default());
    for packet in frames.iter().filter_map(Frame::packet) {
        engine.observe(&packet);
    }
    let said = frames.iter().filter_map(|frame| {
        let verdict = engine.verdict(frame.number)?;
        let fields = FrameFields::of(&engine, frame.number)?;
        let value = |name: &str| {
            let mut values = fields.fields.iter().filter(|(field, _)| *field == name);
            values.next().map_or("", |(_, value)| value).to_owned()
        };
        let refuted = TABLE.iter().filter_map(|story| {
            let line = story.refuted_by(verdict.case())?;
            Some((token(story), line.because))
        });
        let said = Said {
            origin: value("rst.origin"),
            accusation: value("rst.hypothesis"),
            refuted: refuted.collect(),
        };
        Some((fields.frame, said))
    });
    said.collect()
}

/// What would be said.
fn judge_without(kind: Kind, story: &Hypothesis, case: &Case) -> BTreeMap<u32, Said> {
    let _out = mutation::take_out(Mutation {
        kind,
        row: token(story).to_owned(),
        line: 0,
    });
    judge(&case.frames)
}

fn read() -> Result<Vec<Case>, Box<dyn Error>> {
    let mut read = Vec::new();
    for case in cases::all()? {
        let frames = match read_frames(&case.capture) {
            Ok(frames) => frames,
            // Wi-Fi: only Wireshark reads it.
            Err(replay::Error::LinkType(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let description = fs::read_to_string(case.capture.with_file_name("case.toml"))?;
        let truths: Truths = toml::from_str(&description)?;
        read.push(Case {
            name: case.name,
            said: judge(&frames),
            truths: truths.reset,
            frames,
        });
    }
    Ok(read)
}

impl Case {
    /// Each RST of this origin, with what is said of it now and would be said.
    fn compared<'a>(
        &'a self,
        origin: &'a str,
        otherwise: &'a BTreeMap<u32, Said>,
    ) -> impl Iterator<Item = (u32, &'a Said, &'a Said)> {
        let resets = self.truths.iter().filter(move |it| it.origin == origin);
        resets.filter_map(|it| {
            Some((
                it.frame,
                self.said.get(&it.frame)?,
                otherwise.get(&it.frame)?,
            ))
        })
    }
}

const BOX: &str = "middlebox";
const HOST: &str = "endpoint";
const UNCLEAR: &str = "unclear";

/// What one case shows of a story.
fn look(story: &'static Hypothesis, case: &Case, shown: &mut Shown) {
    let without = judge_without(Kind::Story, story, case);
    let for_nothing = judge_without(Kind::Price, story, case);
    let mut note = |what, by, frame| {
        let name = format!("{} frame {frame}", case.name);
        shown.entry((what, by)).or_default().insert(name);
    };
    let is_guilty = story.sort == Sort::Guilty;
    let (its_own, the_other) = if is_guilty { (BOX, HOST) } else { (HOST, BOX) };
    for (frame, now, then) in case.compared(its_own, &without) {
        let what = match (now.origin.as_str(), then.origin.as_str()) {
            (BOX, HOST | UNCLEAR) if is_guilty => What::Finds,
            (HOST | UNCLEAR, BOX) if !is_guilty => What::Saves,
            (HOST, UNCLEAR) if !is_guilty => What::Clears,
            _ => continue,
        };
        note(what, "without it another answer", frame);
    }
    for (frame, now, then) in case.compared(the_other, &for_nothing) {
        let would_prevail = (now.origin == BOX) != (then.origin == BOX);
        if would_prevail && (now.origin == BOX) != is_guilty {
            let refuted = now.refuted.get(token(story));
            note(What::Loses, refuted.copied().unwrap_or("its price"), frame);
        }
    }
}

/// What is saved is saved from the accusation that was believed.
fn yielding(cases: &[Case], shown: &mut BTreeMap<&'static str, Shown>) {
    let saved: BTreeSet<String> = shown
        .values()
        .flatten()
        .filter(|((what, _), _)| *what == What::Saves)
        .flat_map(|(_, names)| names.iter().cloned())
        .collect();
    for case in cases {
        for (frame, said) in &case.said {
            let name = format!("{} frame {frame}", case.name);
            let shown = shown.get_mut(said.accusation.as_str());
            if let Some(shown) = shown.filter(|_| saved.contains(&name)) {
                shown
                    .entry((What::Yields, "an innocent story is better"))
                    .or_default()
                    .insert(name);
            }
        }
    }
}

/// What a story lacks.
fn lacks(story: &Hypothesis, shown: &Shown) -> Vec<String> {
    let has = |wanted: &[What]| shown.keys().any(|(what, _)| wanted.contains(what));
    let name = token(story);
    let mut faults = Vec::new();
    let prevails = match story.sort {
        Sort::Guilty => has(&[What::Finds]),
        Sort::Situation | Sort::Nature | Sort::Capture => has(&[What::Saves]),
    };
    let is_listed = NEVER_ALONE.iter().any(|(listed, _)| *listed == name);
    if !prevails && !is_listed {
        faults.push(format!("{name} decides no case alone"));
    }
    if prevails && is_listed {
        faults.push(format!("{name} has its case: take it from NEVER_ALONE"));
    }
    if !has(&[What::Loses, What::Yields]) {
        faults.push(format!("{name} loses no case"));
    }
    faults
}

#[test]
fn every_story_decides_one_case_and_loses_another() -> Result<(), Box<dyn Error>> {
    let cases = read()?;
    let mut shown: BTreeMap<&str, Shown> = BTreeMap::new();
    for story in TABLE {
        let shown = shown.entry(token(story)).or_default();
        cases.iter().for_each(|case| look(story, case, shown));
    }
    yielding(&cases, &mut shown);

    let mut text = String::new();
    let mut faults = Vec::new();
    for story in TABLE {
        let shown = shown.remove(token(story)).unwrap_or_default();
        writeln!(text, "{}", token(story))?;
        for ((what, by), names) in &shown {
            let what = format!("{what:?}").to_lowercase();
            let first = names.first().map_or("", |name| name);
            writeln!(text, "  {what} {first}: {by}")?;
        }
        faults.extend(lacks(story, &shown));
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("stories", text));
    assert!(
        faults.is_empty(),
        "each story needs a capture in which it decides, and one in which it loses (CONTRIBUTING.md):\n{}",
        faults.join("\n")
    );
    Ok(())
}
