// SPDX-License-Identifier: GPL-2.0-or-later

//! `tshark -z rst,tree`: the same tree in one pass and in two, and the same numbers as the fields.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::Path,
    sync::Mutex,
};

use rstscope_test_support::{
    cases::{self, Case},
    tshark::{Scratch, Tshark},
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Group → row → its number; the group's own number is under "".
type Tree = BTreeMap<String, BTreeMap<String, u32>>;

/// Groups that count a field.
const BY_FIELD: &[(&str, &str)] = &[
    ("Resets by origin", "rst.origin"),
    ("Resets by cause", "rst.cause"),
    ("Resets by phase", "rst.phase"),
    ("Resets by impact", "rst.impact"),
];

const TREE: &[&str] = &["-q", "-z", "rst,tree"];

fn print(tshark: &Tshark, capture: &Path, arguments: &[&str]) -> Outcome<String> {
    let run = tshark.read(capture, arguments)?;
    if !run.status.success() {
        return Err(format!("tshark ended with {}: {}", run.status, run.stderr).into());
    }
    Ok(String::from_utf8(run.stdout)?)
}

/// The tree as tshark prints it: rows are indented, and columns are two spaces apart at least.
fn parse(printed: &str) -> Outcome<Tree> {
    let mut tree = Tree::new();
    let mut group = String::new();
    let rows = printed.lines().skip_while(|line| !line.starts_with("---"));
    for line in rows.filter(|line| !line.is_empty() && !line.starts_with('-')) {
        let mut columns = line.trim().split("  ").filter(|column| !column.is_empty());
        let (Some(name), Some(number)) = (columns.next(), columns.next()) else {
            return Err(format!("no number: {line:?}").into());
        };
        let row = if line.starts_with(' ') { name } else { "" };
        if row.is_empty() {
            name.clone_into(&mut group);
        }
        let rows = tree.entry(group.clone()).or_default();
        rows.insert(row.to_owned(), number.trim().parse()?);
    }
    Ok(tree)
}

/// The values of each frame, in the order of `fields`, after both passes.
fn fields(tshark: &Tshark, capture: &Path, fields: &[&str]) -> Outcome<Vec<Vec<String>>> {
    let mut arguments = vec!["-2", "-T", "fields", "-E", "occurrence=l"];
    for field in fields {
        arguments.extend(["-e", field]);
    }
    let printed = print(tshark, capture, &arguments)?;
    let values = |line: &str| line.split('\t').map(str::to_owned).collect();
    Ok(printed.lines().map(values).collect())
}

/// How often each value that is there occurs.
fn tally<'a>(values: impl Iterator<Item = &'a str>) -> BTreeMap<String, u32> {
    let mut tally = BTreeMap::from([(String::new(), 0)]);
    for value in values.filter(|value| !value.is_empty()) {
        *tally.entry(String::new()).or_default() += 1;
        *tally.entry(value.to_owned()).or_default() += 1;
    }
    tally
}

/// The group without the rows that count nothing.
fn counted(tree: &Tree, group: &str) -> Outcome<BTreeMap<String, u32>> {
    let rows = tree.get(group).ok_or_else(|| format!("no {group:?}"))?;
    let mut rows = rows.clone();
    rows.retain(|row, number| row.is_empty() || *number > 0);
    Ok(rows)
}

/// One view of each scenario: they are many, and tshark starts anew for each.
fn some_cases() -> Outcome<Vec<Case>> {
    let mut cases = cases::all()?;
    cases.retain(|case| case.name.ends_with("-v4-client") || case.name == "demo");
    Ok(cases)
}

#[test]
fn tree_is_the_same_in_one_pass_and_in_two() -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let scratch = Scratch::new()?;
    let mut cases = some_cases()?;
    cases.push(cases::together(&scratch)?);
    let faults = cases::faults_of(&cases, |case| {
        let one = print(&tshark, &case.capture, TREE)?;
        let two = print(&tshark, &case.capture, &[&["-2"], TREE].concat())?;
        let rows = parse(&one)?;
        if BY_FIELD.iter().any(|(group, _)| !rows.contains_key(*group)) {
            return Ok(vec![format!("{}: a group is missing in {one}", case.name)]);
        }
        let differs = (one != two).then(|| format!("{}: {one}\nwith -2: {two}", case.name));
        Ok(differs.into_iter().collect())
    });
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

#[test]
fn resets_are_counted_as_the_fields_say() -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let scratch = Scratch::new()?;
    let case = cases::together(&scratch)?;
    let tree = parse(&print(&tshark, &case.capture, TREE)?)?;
    let mut names: Vec<_> = BY_FIELD.iter().map(|(_, field)| *field).collect();
    names.push("rst.resetter");
    let frames = fields(&tshark, &case.capture, &names)?;
    for (at, (group, field)) in BY_FIELD.iter().enumerate() {
        let expected = tally(frames.iter().map(|frame| frame[at].as_str()));
        assert_eq!(counted(&tree, group)?, expected, "{field}");
        assert!(expected.len() > 2, "{field} has one value only");
    }
    let resets = || frames.iter().filter(|frame| !frame[0].is_empty());
    // The innermost address, as the Source column shows it.
    let column = "gui.column.format:\"Source\",\"%s\"";
    let senders = print(
        &tshark,
        &case.capture,
        &["-2", "-n", "-Y", "rst.origin", "-o", column],
    )?;
    assert_eq!(
        counted(&tree, "Resets by source host")?,
        tally(senders.lines().map(str::trim))
    );
    let resetters: Vec<_> = resets()
        .filter(|frame| !frame[4].is_empty())
        .map(|frame| format!("device {}", frame[4]))
        .collect();
    assert!(!resetters.is_empty(), "no case has a resetter profile");
    assert_eq!(
        counted(&tree, "Resets by device")?,
        tally(resetters.iter().map(String::as_str))
    );
    Ok(())
}

#[test]
fn attempts_end_as_their_conversations_show() -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let seen = Mutex::new(BTreeSet::new());
    let mut cases = some_cases()?;
    // A SYN behind its SYN-ACK is another life to the engine, and a header that is cut is none.
    cases.retain(|case| {
        !["over_out_of_order-v4-client", "over_snaplen-v4-client"].contains(&&*case.name)
    });
    let faults = cases::faults_of(&cases, |case| {
        let printed = print(&tshark, &case.capture, TREE)?;
        let attempts = counted(&parse(&printed)?, "Connection attempts")?;
        let expected = attempts_of(&tshark, &case.capture)?;
        let differs = (attempts != expected)
            .then(|| format!("{}: {attempts:?}, expected {expected:?}", case.name));
        seen.lock()
            .map_err(|_| "another check panicked")?
            .extend(attempts.into_keys());
        Ok(differs.into_iter().collect())
    });
    assert!(faults.is_empty(), "{faults}");
    let outcomes = [
        "",
        "accepted",
        "refused",
        "rejected by a middlebox",
        "unanswered",
    ];
    assert_eq!(seen.into_inner()?, outcomes.map(str::to_owned).into());
    Ok(())
}

/// What becomes of each `tcp.stream` that has a SYN: its first answer, unless that did not work.
fn attempts_of(tshark: &Tshark, capture: &Path) -> Outcome<BTreeMap<String, u32>> {
    let names = [
        "tcp.stream",
        "tcp.flags.syn",
        "tcp.flags.ack",
        "rst.cause",
        "rst.effective",
    ];
    let mut streams = BTreeMap::<String, (bool, &str, bool)>::new();
    for frame in fields(tshark, capture, &names)? {
        let [stream, syn, ack, cause, effective] = &frame[..] else {
            return Err(format!("{frame:?} are not five fields").into());
        };
        if stream.is_empty() {
            continue;
        }
        let (has_syn, outcome, is_final) =
            streams
                .entry(stream.clone())
                .or_insert((false, "unanswered", false));
        let is_set = |flag: &str| flag == "1" || flag == "True";
        *has_syn |= is_set(syn) && !is_set(ack);
        if is_set(syn) && is_set(ack) && !*is_final {
            (*outcome, *is_final) = ("accepted", true);
        } else if *outcome == "unanswered" {
            *outcome = match cause.as_str() {
                "connection_rejected" => "rejected by a middlebox",
                "port_closed" | "refused_open_port" => "refused",
                _ => continue,
            };
            *is_final = !matches!(effective.as_str(), "0" | "False");
        }
    }
    let attempts = streams.values().filter(|(has_syn, _, _)| *has_syn);
    Ok(tally(attempts.map(|(_, outcome, _)| *outcome)))
}

#[test]
fn filtered_tree_counts_only_what_passes() -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let scratch = Scratch::new()?;
    let case = cases::together(&scratch)?;
    let filtered = ["-2", "-q", "-z", "rst,tree,rst.impact == \"disruptive\""];
    let tree = parse(&print(&tshark, &case.capture, &filtered)?)?;
    let frames = fields(&tshark, &case.capture, &["rst.impact"])?;
    let impacts = || frames.iter().map(|frame| frame[0].as_str());
    let expected = tally(impacts().filter(|impact| *impact == "disruptive"));
    assert!(expected[""] > 0 && expected[""] < tally(impacts())[""]);
    assert_eq!(counted(&tree, "Resets by impact")?, expected);
    Ok(())
}
