// SPDX-License-Identifier: GPL-2.0-or-later

//! Every case through the replay path, held against what its maker knows of it (`case.toml`).
//!
//! What it says is kept in two snapshots a case: tokens and numbers (`golden.snap`), and words (`words.snap`), so that a
//! change of words is seen to change nothing else.
//! Resets whose sender is named rightly are listed in `floor.tsv`.
//!
//! `cargo xtask bless` rewrites the snapshots, and their diff is read in review; to the floor it only adds.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use rstscope::{
    replay::{FrameFields, Passes, fields},
    verdict::fields::{Field, find},
};
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

/// The resets whose sender is named rightly, below the captures.
const FLOOR: &str = "floor.tsv";

/// What stands above the floor's rows.
const FLOOR_HEAD: &str = "\
# Resets whose sender is named rightly, in one pass or in two. `cargo xtask bless` adds to this list and takes nothing\n\
# away: who wants less takes the line out by hand, and says why in the commit.\n\
# case\tframe\torigin\tpasses\n";

/// A reset and how it is read, with its sender.
type Floor = BTreeSet<(String, u32, String, &'static str)>;

fn value<'a>(fields: &'a FrameFields, name: &str) -> &'a str {
    let found = fields.fields.iter().find(|(field, _)| *field == name);
    found.map_or("", |(_, value)| value)
}

/// What a case is found to say.
#[derive(Default)]
struct Found {
    problems: Vec<String>,
    right: Floor,
}

/// The snapshots of one case; what is wrong with its verdicts is noted.
fn check(directory: &Path, all: &mut Found) -> Result<Option<[String; 2]>, Box<dyn Error>> {
    let case: Case = toml::from_str(&fs::read_to_string(directory.join("case.toml"))?)?;
    if case.reader.is_some() {
        // `tshark.rs` asks the plugin.
        return Ok(None);
    }
    let capture = capture_in(directory);
    let final_fields = fields(&capture, Passes::Two)?;
    let early_fields = fields(&capture, Passes::One)?;
    let problems = &mut all.problems;
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
    for (judged, passes) in [(&early_fields, "one"), (&final_fields, "two")] {
        for truth in &case.reset {
            let fields = judged.iter().find(|fields| fields.frame == truth.frame);
            if fields.is_some_and(|fields| value(fields, "rst.origin") == truth.origin) {
                let origin = truth.origin.clone();
                all.right
                    .insert((name.to_string(), truth.frame, origin, passes));
            }
        }
    }
    let part = |words| golden(&early_fields, &final_fields, words);
    Ok(Some([part(false), part(true)]))
}

/// The file of a case that holds the packets.
fn capture_in(directory: &Path) -> PathBuf {
    let files = ["capture.pcap", "capture.pcapng"].map(|file| directory.join(file));
    let found = files.iter().find(|file| file.exists());
    found.unwrap_or(&files[0]).clone()
}

/// All fields that are words or none, and where one pass knows less, what it says.
fn golden(one_pass: &[FrameFields], two_passes: &[FrameFields], words: bool) -> String {
    let part = |fields: &FrameFields| -> Vec<(&'static str, String)> {
        let all = fields.fields.iter();
        all.filter(|(name, _)| find(name).is_some_and(Field::is_sentence) == words)
            .cloned()
            .collect()
    };
    let mut text = String::new();
    for fields in two_passes {
        let _ = writeln!(text, "frame {}", fields.frame);
        let shown = part(fields);
        for (name, value) in &shown {
            let _ = writeln!(text, "  {name}: {value}");
        }
        let early = one_pass.iter().find(|early| early.frame == fields.frame);
        let early = early.map(part).unwrap_or_default();
        if early != shown {
            let _ = writeln!(text, "  in one pass:");
            for field in early.iter().filter(|field| !shown.contains(field)) {
                let _ = writeln!(text, "    {}: {}", field.0, field.1);
            }
        }
    }
    text
}

/// The rows of the floor.
fn floor(text: &str) -> Result<Floor, Box<dyn Error>> {
    let mut floor = Floor::new();
    for row in text.lines().filter(|row| !row.starts_with('#')) {
        let [case, frame, origin, passes] = row.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("{FLOOR}: {row:?} are not four columns").into());
        };
        let passes = match passes {
            "one" => "one",
            "two" => "two",
            _ => return Err(format!("{FLOOR}: {passes:?} passes").into()),
        };
        floor.insert((case.to_owned(), frame.parse()?, origin.to_owned(), passes));
    }
    Ok(floor)
}

/// What was named rightly once and is not any more; where insta rewrites, what is new is added.
fn fallen(path: &Path, right: &Floor) -> Result<Vec<String>, Box<dyn Error>> {
    let mut floor = floor(&fs::read_to_string(path)?)?;
    let gone = floor.difference(right);
    let fallen = gone
        .map(|(case, frame, origin, passes)| {
            format!("{case} frame {frame}, passes: {passes}: was rightly said to be by {origin}")
        })
        .collect();
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        floor.extend(right.iter().cloned());
        let mut text = String::from(FLOOR_HEAD);
        for (case, frame, origin, passes) in floor {
            let _ = writeln!(text, "{case}\t{frame}\t{origin}\t{passes}");
        }
        fs::write(path, text)?;
    }
    Ok(fallen)
}

#[test]
fn every_case_says_what_its_maker_knows() -> Result<(), Box<dyn Error>> {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut cases: Vec<_> = fs::read_dir(&captures)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() >= 20, "only {} cases found", cases.len());

    let mut found = Found::default();
    for case in &cases {
        let Some([golden, words]) = check(case, &mut found)? else {
            continue;
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(case);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("golden", golden));
        settings.bind(|| insta::assert_snapshot!("words", words));
    }
    let mut problems = found.problems;
    problems.extend(fallen(&captures.join(FLOOR), &found.right)?);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

#[test]
fn what_falls_below_the_floor_is_seen() -> Result<(), Box<dyn Error>> {
    let row = |frame, passes| ("a".to_owned(), frame, "endpoint".to_owned(), passes);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("floor.tsv");
    fs::write(
        &path,
        "# a head\na\t1\tendpoint\tone\na\t1\tendpoint\ttwo\n",
    )?;
    assert!(fallen(&path, &[row(1, "one"), row(1, "two"), row(2, "two")].into())?.is_empty());
    assert_eq!(
        fallen(&path, &[row(1, "two"), row(2, "two")].into())?.len(),
        1
    );
    // Blessed or not, it is there still.
    assert!(floor(&fs::read_to_string(&path)?)?.contains(&row(1, "one")));
    assert!(floor("a\t1\tendpoint\n").is_err());
    assert!(floor("a\t1\tendpoint\tthree\n").is_err());
    Ok(())
}
