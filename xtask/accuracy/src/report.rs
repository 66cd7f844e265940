// SPDX-License-Identifier: GPL-2.0-or-later

//! Prints how the verdicts compare with the labels.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    expected::Column,
    say::{self, table},
    score::{self, Outcome, Pair, Said, Score, Share, Sides},
};

/// Prints everything about one set.
pub(crate) fn set(name: &str, captures: usize, pairs: &[Pair]) {
    let score = Score::of(pairs);
    say::line(format_args!(
        "\n# {name}: {} RSTs in {captures} captures\n",
        score.resets
    ));
    say::line(table(
        &[
            "truth",
            "right",
            "unclear",
            "wrong",
            "undecidable",
            "no verdict",
        ],
        [
            side_row("endpoint", "accused", score.endpoint),
            side_row("middlebox", "cleared", score.middlebox),
        ],
    ));
    say::line("");
    let columns = score.columns.iter();
    let mut rows: Vec<_> = columns
        .map(|(column, share)| share_row(column.name(), *share))
        .collect();
    rows.push(share_row("all columns", score.all));
    say::line(table(&["column", "right", "asked", "undecidable"], rows));
    if score.harmful_noteworthy + score.benign_noteworthy > 0 {
        say::line(format_args!(
            "Of the impacts counted as right, `noteworthy` was said of {} harmful and of {} benign RSTs.",
            score.harmful_noteworthy, score.benign_noteworthy
        ));
    }
    not_read(pairs);
}

fn side_row(name: &str, wrong: &str, sides: Sides) -> Vec<String> {
    vec![
        name.to_owned(),
        sides.right.to_string(),
        sides.unclear.to_string(),
        format!("{} {wrong}", sides.wrong),
        sides.undecidable.to_string(),
        sides.nothing.to_string(),
    ]
}

fn share_row(name: &str, share: Share) -> Vec<String> {
    let counts = [share.right, share.asked, share.undecidable];
    std::iter::once(name.to_owned())
        .chain(counts.iter().map(ToString::to_string))
        .collect()
}

/// Says which RSTs were not compared, one line a capture.
fn not_read(pairs: &[Pair]) {
    let unread = pairs.iter().filter_map(|pair| match &pair.said {
        Said::NotRead(why) => Some((pair, why)),
        _ => None,
    });
    let mut captures: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (pair, why) in unread {
        let line = format!("  {}: {why}: frames", file(pair));
        captures
            .entry(line)
            .or_default()
            .push(pair.frame.to_string());
    }
    if captures.is_empty() {
        return;
    }
    let count: usize = captures.values().map(Vec::len).sum();
    say::line(format_args!(
        "\nNOT READ, and not counted above: {count} RSTs. `--plugin` asks the plugin about them."
    ));
    for (line, frames) in captures {
        say::line(format_args!("{line} {}", frames.join(", ")));
    }
}

/// One row a set, and all of them together.
pub(crate) fn total(sets: &[(String, Vec<Pair>)]) {
    let row = |name: &str, score: &Score| {
        let of = |share: Share| match share.asked {
            0 => "–".to_owned(),
            asked => format!("{}/{asked}", share.right),
        };
        let sides = |sides: Sides| format!("{} / {} / {}", sides.right, sides.unclear, sides.wrong);
        let column = |column| of(score.columns.get(&column).copied().unwrap_or_default());
        vec![
            name.to_owned(),
            score.resets.to_string(),
            sides(score.endpoint),
            sides(score.middlebox),
            (score.endpoint.undecidable + score.middlebox.undecidable).to_string(),
            (score.endpoint.nothing + score.middlebox.nothing).to_string(),
            score.not_read.to_string(),
            column(Column::Phase),
            column(Column::Cause),
            column(Column::Impact),
            column(Column::Says),
            of(score.all),
        ]
    };
    let mut rows: Vec<_> = sets
        .iter()
        .map(|(name, pairs)| row(name, &Score::of(pairs)))
        .collect();
    let all: Vec<&Pair> = sets.iter().flat_map(|(_, pairs)| pairs).collect();
    rows.push(row("total", &Score::of(all.iter().copied())));
    say::line("\n# All sets\n");
    say::line(table(
        &[
            "set",
            "RSTs",
            "endpoint: right / unclear / accused",
            "middlebox: found / unclear / cleared",
            "undecidable",
            "no verdict",
            "not read",
            "phase",
            "cause",
            "impact",
            "says",
            "all columns",
        ],
        rows,
    ));
    calibration(&all);
}

fn calibration(pairs: &[&Pair]) {
    let bands = score::calibration(pairs.iter().copied());
    let row = |name: String, right: usize, all: usize| {
        let percent = (100 * right).checked_div(all).unwrap_or_default();
        vec![
            name,
            all.to_string(),
            right.to_string(),
            format!("{percent} %"),
        ]
    };
    let mut rows: Vec<_> = bands
        .iter()
        .map(|(band, (right, all))| row(format!("{band}–{} %", band + 9), *right, *all))
        .collect();
    let sum = bands
        .values()
        .fold((0, 0), |sum, band| (sum.0 + band.0, sum.1 + band.1));
    rows.push(row("total".to_owned(), sum.0, sum.1));
    say::line("\n# Confidence of the verdicts that take a side, against the truth\n");
    say::line(table(&["confidence", "verdicts", "right", "share"], rows));
}

/// Each miss with its evidence, what was said and what was expected, and why.
pub(crate) fn misses(name: &str, pairs: &[Pair]) {
    say::line(format_args!("\n# Misses of {name}\n"));
    let missed: Vec<String> = pairs
        .iter()
        .filter(|pair| !pair.wrong().is_empty())
        .map(miss)
        .collect();
    if missed.is_empty() {
        say::line("none");
    }
    missed.iter().for_each(say::line);
}

fn miss(pair: &Pair) -> String {
    let mut text = format!("{} frame {}", file(pair), pair.frame);
    let Some(verdict) = pair.verdict() else {
        return format!("{text}\n  no verdict; {}", pair.label.why);
    };
    for column in pair.wrong() {
        let said = match column {
            Column::Origin => format!("{} {} %", pair.origin(), verdict.first("rst.confidence")),
            Column::Phase => verdict.first("rst.phase").to_owned(),
            Column::Cause => verdict.first("rst.cause").to_owned(),
            Column::Impact => verdict.first("rst.impact").to_owned(),
            Column::Says => format!("“{}”", verdict.words().replace('\n', " | ")),
        };
        let expected = pair.label.expected.shown(column);
        text += &format!("\n  {:<9} {said}; expected: {expected}", column.name());
    }
    let evidence = match verdict.evidence() {
        evidence if evidence.is_empty() => "none".to_owned(),
        evidence => evidence.join(", "),
    };
    text += &format!(
        "\n  evidence  {} {} %: {evidence}",
        pair.origin(),
        verdict.first("rst.confidence")
    );
    format!("{text}\n  why       {}", pair.label.why)
}

/// The file's name; of a case, whose captures all have the same name, the case's.
fn file(pair: &Pair) -> String {
    let name = |path: &std::path::Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    match (name(&pair.capture), pair.capture.parent()) {
        (file, Some(case)) if file.starts_with("capture.") => name(case),
        (file, _) => file,
    }
}

/// A pair as scripts read it.
#[derive(Serialize)]
struct Line<'a> {
    set: &'a str,
    file: String,
    frame: u32,
    family: &'a str,
    read: bool,
    undecidable: Option<&'a str>,
    confidence: Option<u8>,
    evidence: Vec<String>,
    columns: Vec<Cell>,
    why: &'a str,
}

#[derive(Serialize)]
struct Cell {
    column: &'static str,
    said: String,
    expected: String,
    outcome: &'static str,
}

/// Prints all pairs, one JSON object a line.
pub(crate) fn json(pairs: &[Pair]) -> anyhow::Result<()> {
    for pair in pairs {
        say::line(serde_json::to_string(&line(pair))?);
    }
    Ok(())
}

fn line(pair: &Pair) -> Line<'_> {
    let said = |field: &str| {
        pair.verdict()
            .map_or("", |verdict| verdict.first(field))
            .to_owned()
    };
    let cell = |column: Column| Cell {
        column: column.name(),
        said: match column {
            Column::Says => pair
                .verdict()
                .map(|verdict| verdict.words())
                .unwrap_or_default(),
            column => said(&format!("rst.{}", column.name())),
        },
        expected: pair.label.expected.shown(column),
        outcome: match pair.outcome(column) {
            Outcome::Right => "right",
            Outcome::Wrong => "wrong",
            Outcome::Undecidable => "undecidable",
            Outcome::NotAsked => "not asked",
            Outcome::NotRead => "not read",
        },
    };
    let undecidable = pair.label.undecidable.as_ref();
    Line {
        set: &pair.set,
        file: file(pair),
        frame: pair.frame,
        family: &pair.label.family,
        read: pair.is_read(),
        undecidable: undecidable.map(|what| what.reason.as_str()),
        confidence: pair.verdict().and_then(|verdict| verdict.confidence()),
        evidence: pair
            .verdict()
            .map(|verdict| verdict.evidence())
            .unwrap_or_default(),
        columns: Column::ALL.into_iter().map(cell).collect(),
        why: &pair.label.why,
    }
}
