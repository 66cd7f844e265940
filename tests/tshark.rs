// SPDX-License-Identifier: GPL-2.0-or-later

//! The real plugin in the real tshark: what a user sees, against the contract and the replay path.
//!
//! Run by `cargo xtask test`, which builds the plugin; without it these tests fail.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
};

use rstscope_test_support::{
    cases::{self, Case},
    contract, json,
    tshark::{Run, Scratch, Tshark},
};
use serde::Deserialize;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Frame → field → its values, in order.
type Frames = BTreeMap<u32, BTreeMap<String, Vec<String>>>;

/// Arguments of the two ways in which a capture is read.
const ONE_PASS: &[&str] = &[];
const TWO_PASSES: &[&str] = &["-2"];

#[test]
fn plugin_registers_the_fields_of_the_contract() -> Outcome {
    let run = succeed(cases::tshark_with_plugin()?.ask(&["-G", "fields"])?)?;
    let text = String::from_utf8(run.stdout)?;
    let mut fields = BTreeMap::new();
    let mut experts = BTreeSet::new();
    for line in text.lines() {
        let columns: Vec<_> = line.split('\t').collect();
        if let ["F", _, name, kind, contract::PROTOCOL, ..] = columns[..] {
            match name.strip_prefix("rst.expert.") {
                Some(expert) => assert!(experts.insert(expert), "{name} is registered twice"),
                None => assert_eq!(
                    fields.insert(name, kind),
                    None,
                    "{name} is registered twice"
                ),
            }
        }
    }
    assert_eq!(fields, contract::FIELDS.iter().copied().collect());
    let expected: BTreeSet<_> = [contract::CAUSES, contract::OTHER_EXPERTS]
        .concat()
        .into_iter()
        .collect();
    assert_eq!(experts, expected);
    let protocol = format!("P\tTCP Reset Analysis\t{}", contract::PROTOCOL);
    assert!(
        text.lines().any(|line| line == protocol),
        "no line {protocol:?}"
    );
    Ok(())
}

#[test]
fn plugin_registers_the_preferences_of_the_contract() -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let run = succeed(tshark.ask(&["-G", "defaultprefs"])?)?;
    let text = String::from_utf8(run.stdout)?;
    let defaults: BTreeMap<_, _> = text
        .lines()
        .map(|line| line.trim_start_matches('#'))
        .filter(|line| line.starts_with("rst."))
        .filter_map(|line| line.split_once(": "))
        .collect();
    let names: Vec<_> = contract::PREFERENCES
        .iter()
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(defaults.keys().copied().collect::<Vec<_>>(), names);
    for (name, default) in contract::PREFERENCES {
        // A choice is printed by its description, which starts with the word that it is set with.
        let printed = defaults[name].to_lowercase();
        assert!(
            printed.starts_with(&default.to_lowercase()),
            "{name} is {printed}"
        );
    }
    Ok(())
}

#[test]
fn info_column_shows_the_summary_unless_switched_off() -> Outcome {
    let (tshark, case, _scratch) = together()?;
    let summaries = frames(&tshark, &case, ONE_PASS, &["rst.summary"], "rst.summary")?;
    assert!(!summaries.is_empty(), "no case has a reset");
    for (preference, is_shown) in [
        ("rst.info_column:TRUE", true),
        ("rst.info_column:FALSE", false),
    ] {
        let run = succeed(tshark.read(&case.capture, &["-o", preference, "-Y", "rst.summary"])?)?;
        let text = String::from_utf8(run.stdout)?;
        assert_eq!(text.lines().count(), summaries.len());
        for (row, (frame, fields)) in text.lines().zip(&summaries) {
            let summary = fields["rst.summary"].concat();
            // In front of the ports, where no column cuts it.
            let ports = row.rsplit_once(" → ").map_or("", |(before, _)| before);
            assert_eq!(
                ports.contains(&format!("[{summary}] ")),
                is_shown,
                "{preference}, frame {frame}: {row}"
            );
        }
    }
    Ok(())
}

#[test]
fn preferences_steer_the_verdict() -> Outcome {
    let (tshark, case, _scratch) = together()?;
    let refused = tshark.read(&case.capture, &["-o", "rst.no_such_preference:1"])?;
    assert!(
        !refused.status.success(),
        "an unknown preference is accepted"
    );

    let count = |preference: &str, filter: &str| -> Outcome<usize> {
        Ok(frames(&tshark, &case, &["-o", preference], &[], filter)?.len())
    };
    let late = "rst.after_idle == 1";
    assert_eq!(count("rst.idle_threshold:1000000", late)?, 0);
    assert!(
        count("rst.idle_threshold:0", late)? > 0,
        "no reset comes after 0 s of silence"
    );
    let tolerated = "rst.evidence == \"ttl_off_baseline\"";
    let strict = count("rst.ttl_tolerance:0", tolerated)?;
    let lenient = count("rst.ttl_tolerance:255", tolerated)?;
    assert!(
        strict > lenient,
        "{strict} with tolerance 0, {lenient} with 255"
    );
    let benign = "_ws.expert.message == rst.summary && rst.impact == \"benign\"";
    assert!(
        count("rst.expert_level:all", benign)? > 0,
        "no benign reset has an expert item"
    );
    assert_eq!(count("rst.expert_level:noteworthy", benign)?, 0);
    let disruptive = "_ws.expert.message == rst.summary && rst.impact == \"disruptive\"";
    assert!(count("rst.expert_level:disruptive", disruptive)? > 0);
    let noteworthy = "_ws.expert.message == rst.summary && rst.impact == \"noteworthy\"";
    assert!(count("rst.expert_level:noteworthy", noteworthy)? > 0);
    assert_eq!(count("rst.expert_level:disruptive", noteworthy)?, 0);
    Ok(())
}

#[test]
fn display_filter_finds_middleboxes_in_one_pass() -> Outcome {
    let (tshark, case, _scratch) = together()?;
    let fields = ["rst.origin", "rst.summary"];
    let filter = "rst.origin == \"middlebox\"";
    let filtered = frames(&tshark, &case, ONE_PASS, &fields, filter)?;
    let mut all = frames(&tshark, &case, ONE_PASS, &fields, "rst.origin")?;
    all.retain(|_, fields| fields["rst.origin"] == ["middlebox"]);
    assert_eq!(filtered, all);
    assert!(!filtered.is_empty(), "no case has a middlebox's reset");
    Ok(())
}

#[test]
fn expert_item_of_each_reset_has_its_cause_and_says_its_summary() -> Outcome {
    let (tshark, case, _scratch) = together()?;
    let experts: Vec<_> = contract::CAUSES
        .iter()
        .map(|cause| format!("rst.expert.{cause}"))
        .collect();
    let mut wanted = vec!["rst.cause", "rst.summary", "_ws.expert.message"];
    wanted.extend(experts.iter().map(String::as_str));
    let resets = frames(&tshark, &case, TWO_PASSES, &wanted, "rst.origin")?;
    assert!(!resets.is_empty(), "no case has a reset");
    for (frame, fields) in resets {
        let cause = format!("rst.expert.{}", fields["rst.cause"].concat());
        let raised: Vec<_> = fields
            .keys()
            .filter(|name| experts.contains(name))
            .collect();
        assert_eq!(raised, [&cause], "frame {frame}");
        let summary = fields["rst.summary"].concat();
        let messages = fields.get("_ws.expert.message");
        assert!(
            messages.is_some_and(|all| all.contains(&summary)),
            "frame {frame}: {messages:?}, not {summary:?}"
        );
    }
    Ok(())
}

#[test]
fn other_frames_are_the_same_bytes_with_and_without_the_plugin() -> Outcome {
    let (with, case, _scratch) = together()?;
    let without = Tshark::plain(Some(cases::LIMIT))?;
    for passes in [ONE_PASS, TWO_PASSES] {
        let ours = frames(&with, &case, passes, &[], contract::PROTOCOL)?;
        let numbers: Vec<_> = ours.keys().map(ToString::to_string).collect();
        let filter = format!("!(frame.number in {{{}}})", numbers.join(","));
        let arguments = [passes, &["-Y", &filter, "-T", "json"]].concat();
        let one = succeed(with.read(&case.capture, &arguments)?)?.stdout;
        let other = succeed(without.read(&case.capture, &arguments)?)?.stdout;
        assert!(one.len() > 1000, "nothing is compared");
        assert!(
            one == other,
            "{passes:?}: {}",
            first_difference(&one, &other)
        );
    }
    Ok(())
}

#[test]
fn protocol_item_stands_on_resets_and_follow_ups_only() -> Outcome {
    let (tshark, case, _scratch) = together()?;
    for passes in [ONE_PASS, TWO_PASSES] {
        for filter in ["rst.followup && tcp.flags.reset == 0", "rst.origin"] {
            let right = frames(&tshark, &case, passes, &[], filter)?;
            assert!(!right.is_empty(), "{filter} finds nothing");
        }
        for filter in [
            "rst && tcp.flags.reset == 0 && !rst.followup",
            "rst.origin && tcp.flags.reset == 0",
            "tcp.flags.reset == 1 && !icmp && !icmpv6 && !rst.origin",
        ] {
            let wrong = frames(&tshark, &case, passes, &[], filter)?;
            assert!(wrong.is_empty(), "{filter}: frames {:?}", wrong.keys());
        }
    }
    Ok(())
}

/// In the bytes pane a click on the TTL shows the byte that it was read from, in a tunnel too.
#[test]
fn fields_mark_the_bytes_that_they_are_read_from() -> Outcome {
    let attribute = |line: &str, name: &str| -> Option<String> {
        let start = format!(" {name}=\"");
        let (_, value) = line.split_once(&start)?;
        Some(value.split_once('"')?.0.to_owned())
    };
    let (tshark, case, _scratch) = together()?;
    let run = succeed(tshark.read(&case.capture, &["-Y", "rst.origin", "-T", "pdml"])?)?;
    let text = String::from_utf8(run.stdout)?;
    let mut compared = BTreeMap::new();
    for (ours, theirs) in [
        ("rst.ttl", &["ip.ttl", "ipv6.hlim"][..]),
        ("rst.ip_id", &["ip.id"][..]),
    ] {
        for packet in text.split("<packet>") {
            // Value, place and size: those of the innermost header, which comes last.
            let bytes = |names: &[&str]| {
                let line = packet.lines().rev().find(|line| {
                    attribute(line, "name").is_some_and(|name| names.contains(&&*name))
                })?;
                Some(["show", "pos", "size"].map(|name| attribute(line, name)))
            };
            if let Some(shown) = bytes(&[ours]) {
                assert_eq!(Some(shown), bytes(theirs), "{ours}: {packet}");
                *compared.entry(ours).or_insert(0) += 1;
            }
        }
    }
    assert!(compared["rst.ttl"] > 100, "{compared:?}");
    assert!(compared["rst.ip_id"] > 100, "{compared:?}");
    Ok(())
}

#[test]
fn cases_for_wireshark_alone_say_what_their_maker_knows() -> Outcome {
    #[derive(Deserialize)]
    struct Known {
        #[serde(default)]
        reset: Vec<Truth>,
    }
    #[derive(Deserialize)]
    struct Truth {
        frame: u32,
        origin: String,
        phase: String,
        cause: String,
        impact: String,
    }

    let tshark = cases::tshark_with_plugin()?;
    let wanted = ["rst.origin", "rst.phase", "rst.cause", "rst.impact"];
    let mut cases = cases::all()?;
    cases.retain(is_for_wireshark);
    assert!(cases.len() >= 10, "only {} cases found", cases.len());
    let faults = cases::faults_of(&cases, |case| {
        let known: Known = toml::from_str(&description(case))?;
        if known.reset.is_empty() {
            return Ok(vec![format!("{}: its maker knows of no reset", case.name)]);
        }
        let mut faults = Vec::new();
        let mut shown = frames(&tshark, case, TWO_PASSES, &wanted, "rst.origin")?;
        for truth in known.reset {
            let expected = [truth.origin, truth.phase, truth.cause, truth.impact];
            let found = shown.remove(&truth.frame).unwrap_or_default();
            let found = wanted.map(|name| found.get(name).map(|values| values.concat()));
            if found.each_ref().map(Option::as_deref)
                != expected.each_ref().map(|text| Some(text.as_str()))
            {
                let (case, frame) = (&case.name, truth.frame);
                faults.push(format!("{case} frame {frame}: {found:?}, not {expected:?}"));
            }
        }
        let others = shown
            .keys()
            .map(|frame| format!("{} frame {frame}", case.name));
        faults.extend(others.map(|place| format!("{place}: an RST that nobody sent")));
        Ok(faults)
    });
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

/// What a case's maker has written down.
fn description(case: &Case) -> String {
    std::fs::read_to_string(case.capture.with_file_name("case.toml")).unwrap_or_default()
}

/// Whether the replay path does not see the segments of a case.
fn is_for_wireshark(case: &Case) -> bool {
    description(case)
        .lines()
        .any(|line| line == "reader = \"wireshark\"")
}

#[cfg(feature = "replay")]
mod replayed {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rstscope::replay::{self, Passes};

    use super::*;

    #[test]
    fn one_pass_answers_as_the_replay_does() -> Outcome {
        check(ONE_PASS, || Passes::One)
    }

    #[test]
    fn two_passes_answer_as_the_replay_does() -> Outcome {
        check(TWO_PASSES, || Passes::Two)
    }

    fn check(arguments: &[&str], passes: impl Fn() -> Passes + Sync) -> Outcome {
        let tshark = cases::tshark_with_plugin()?;
        let wanted: Vec<_> = contract::FIELDS.iter().map(|(name, _)| *name).collect();
        let mut cases = cases::all()?;
        cases.retain(|case| !is_for_wireshark(case));
        let compared = AtomicUsize::new(0);
        let faults = cases::faults_of(&cases, |case| {
            let shown = frames(&tshark, case, arguments, &wanted, contract::PROTOCOL)?;
            let replayed = replay(case, passes())?;
            compared.fetch_add(replayed.len(), Ordering::Relaxed);
            Ok(differences(case, &shown, &replayed))
        });
        let compared = compared.into_inner();
        assert!(compared >= cases.len(), "only {compared} frames compared");
        assert!(faults.is_empty(), "{faults}");
        Ok(())
    }

    fn replay(case: &Case, passes: Passes) -> Outcome<Frames> {
        let mut frames = Frames::new();
        let answered = replay::fields(&case.capture, passes);
        let answered = answered.map_err(|error| format!("{}: {error}", case.name))?;
        for frame in answered {
            let fields = frames.entry(frame.frame).or_default();
            for (name, value) in frame.fields {
                fields.entry(name.to_owned()).or_default().push(value);
            }
        }
        Ok(frames)
    }

    fn differences(case: &Case, shown: &Frames, replayed: &Frames) -> Vec<String> {
        let mut faults = Vec::new();
        let numbers: BTreeSet<_> = shown.keys().chain(replayed.keys()).collect();
        for number in numbers {
            let (Some(shown), Some(replayed)) = (shown.get(number), replayed.get(number)) else {
                let place = if shown.contains_key(number) {
                    "tshark"
                } else {
                    "the replay"
                };
                faults.push(format!("{} frame {number}: only in {place}", case.name));
                continue;
            };
            let names: BTreeSet<_> = shown.keys().chain(replayed.keys()).collect();
            faults.extend(
                names
                    .into_iter()
                    .map(|name| (name, shown.get(name), replayed.get(name)))
                    .filter(|(_, one, other)| one != other)
                    .map(|(name, one, other)| {
                        let case = &case.name;
                        format!("{case} frame {number} {name}: tshark {one:?}, replay {other:?}")
                    }),
            );
        }
        faults
    }
}

#[cfg(not(feature = "replay"))]
#[test]
fn replay_path_is_compiled_in() {
    panic!("the replay path is compared only with `--features replay`: run `cargo xtask test`");
}

/// The plugin, and all cases in one capture, which lasts as long as the scratch folder.
fn together() -> Outcome<(Tshark, Case, Scratch)> {
    let scratch = Scratch::new()?;
    let case = cases::together(&scratch)?;
    Ok((cases::tshark_with_plugin()?, case, scratch))
}

/// The given fields of each frame that the filter lets through, as tshark prints them.
fn frames(
    tshark: &Tshark,
    case: &Case,
    passes: &[&str],
    wanted: &[&str],
    filter: &str,
) -> Outcome<Frames> {
    let mut arguments = passes.to_vec();
    arguments.extend(["-Y", filter, "-T", "json", "-e", "frame.number"]);
    for field in wanted {
        arguments.extend(["-e", field]);
    }
    let run = succeed(tshark.read(&case.capture, &arguments)?)
        .map_err(|error| format!("{}: {error}", case.name))?;
    let mut frames = Frames::new();
    for mut fields in json::frames(&run.stdout)? {
        let number = fields.remove("frame.number").unwrap_or_default().concat();
        for (name, _) in contract::FIELDS
            .iter()
            .filter(|(_, kind)| *kind == "FT_BOOLEAN")
        {
            // From 4.4 on, tshark spells booleans out.
            for value in fields.get_mut(*name).into_iter().flatten() {
                *value = value.replace("True", "1").replace("False", "0");
            }
        }
        frames.insert(number.parse()?, fields);
    }
    Ok(frames)
}

/// A run that ended well and had nothing to complain about.
fn succeed(run: Run) -> Outcome<Run> {
    if run.status.success() && run.stderr.trim().is_empty() {
        return Ok(run);
    }
    Err(format!("tshark ended with {}: {}", run.status, run.stderr).into())
}

/// The first line in which two outputs differ.
fn first_difference(one: &[u8], other: &[u8]) -> String {
    let lines = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (one, other) = (lines(one), lines(other));
    let at = one
        .iter()
        .zip(&other)
        .take_while(|(one, other)| one == other)
        .count();
    let line = |lines: &[String]| {
        lines
            .get(at)
            .cloned()
            .unwrap_or_else(|| "the end".to_owned())
    };
    format!(
        "line {}: with {:?}, without {:?}",
        at + 1,
        line(&one),
        line(&other)
    )
}
