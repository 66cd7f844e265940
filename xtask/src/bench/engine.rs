// SPDX-License-Identifier: GPL-2.0-or-later

//! The engine alone: `benches/observe.rs`, under callgrind and alone.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{Captures, MOST_OF_ENGINE, callgrind, capture::Mix, ratio};
use crate::{
    project::{self, ENGINE_FEATURES},
    say,
};

/// Runs of which the fastest counts: what slows one down is the machine.
const RUNS: usize = 7;

/// Sources of the flood: more than the engine remembers, many times over.
const FLOOD: &str = "2000000";

/// Conversations and hosts may take this many bytes each.
const MOST_BYTES: [(&str, u64); 2] = [("conversation", 480), ("host", 160)];

/// Builds the bench; the answer is its executable.
pub(crate) fn build() -> Result<PathBuf> {
    say::step("building the engine's bench");
    let mut build = project::cargo(["bench", "--no-run", "--bench", "observe"]);
    build
        .args(["--package", "rstscope"])
        .args(ENGINE_FEATURES)
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit());
    let messages = project::output(&mut build)?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .find_map(|message| message.executable)
        .context("cargo built no executable of benches/observe.rs")
}

/// The part of cargo's JSON messages that names what was built.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}

/// Prints what the engine costs for a segment, beside what reading its headers costs; the
/// answer names what is over its limit.
pub(crate) fn print(observe: &Path, mixes: &[Captures]) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    let mut over = Vec::new();
    for captures in mixes {
        say::step(format_args!("callgrind: the engine, {}", captures.name));
        let own = alone(observe, captures, "engine", "read")?;
        let limit = if captures.mix == Mix::Long {
            let verdict = if own > MOST_OF_ENGINE {
                over.push(format!("the engine ({})", captures.name));
                "OVER"
            } else {
                "ok"
            };
            format!("at most {MOST_OF_ENGINE}: {verdict}")
        } else {
            String::new()
        };
        rows.push(vec![
            format!("rstscope's engine, {}", captures.name),
            format!("{own:.0}"),
            format!("{:.1}", fastest(observe, captures, "engine")?),
            limit,
        ]);
    }
    if let [captures, ..] = mixes {
        say::step("callgrind: etherparse");
        rows.push(vec![
            "etherparse alone (Ethernet, IP and TCP headers)".to_owned(),
            format!("{:.0}", alone(observe, captures, "parse", "bytes")?),
            format!("{:.1}", fastest(observe, captures, "parse")?),
            String::new(),
        ]);
    }
    let header = [
        "",
        "instructions a segment",
        "million segments a second",
        "",
    ];
    say::line(format_args!("\n{}", say::table(&header, rows)));
    Ok(over)
}

/// Instructions a segment of `mode`, without those of `reading` the file alone.
fn alone(observe: &Path, captures: &Captures, mode: &str, reading: &str) -> Result<f64> {
    let instructions = |mode: &str| {
        captures
            .each(|capture| callgrind::program(observe, &[OsStr::new(mode), capture.as_os_str()]))
    };
    Ok(instructions(mode)? - instructions(reading)?)
}

/// Million segments a second, of the fastest run.
fn fastest(observe: &Path, captures: &Captures, mode: &str) -> Result<f64> {
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let said = ask(observe, &[OsStr::new(mode), captures.large.as_os_str()])?;
        rates.push(ratio(
            number(&said, "segments")? * 1_000,
            number(&said, "nanoseconds")?,
        ));
    }
    Ok(rates.into_iter().fold(0.0, f64::max))
}

/// Prints how much is kept, and how much at most; the answer names what is over its limit.
pub(crate) fn print_memory(observe: &Path) -> Result<Vec<String>> {
    let sizes = ask(observe, &["sizes"])?;
    let mut rows = Vec::new();
    let mut over = Vec::new();
    for (name, most) in MOST_BYTES {
        let bytes = number(&sizes, name)?;
        let verdict = if bytes > most { "OVER" } else { "ok" };
        if bytes > most {
            over.push(format!("the size of a {name}"));
        }
        rows.push(vec![
            format!("one {name}"),
            format!("{bytes} bytes"),
            format!("at most {most}: {verdict}"),
        ]);
    }
    let verdict = number(&sizes, "verdict")?;
    rows.push(vec![
        "one verdict".to_owned(),
        format!("{verdict} bytes"),
        String::new(),
    ]);
    for (name, kind) in [("SYNs", "syn"), ("SYNs answered with resets", "answered")] {
        say::step(format_args!("flood: {FLOOD} {name}"));
        let said = ask(observe, &["flood", kind, FLOOD])?;
        let peak = number(&said, "peak_kib")? - number(&said, "before_kib")?;
        rows.push(vec![
            format!("peak, {FLOOD} {name} of as many addresses"),
            format!("{} MiB", peak / 1024),
            String::new(),
        ]);
    }
    say::line(format_args!("\n{}", say::table(&["memory", "", ""], rows)));
    Ok(over)
}

/// What the bench prints: a word and a number on each line.
fn ask<S: AsRef<OsStr>>(observe: &Path, arguments: &[S]) -> Result<BTreeMap<String, u64>> {
    let said = project::output(Command::new(observe).args(arguments))?;
    Ok(said
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, number)| Some((name.to_owned(), number.parse().ok()?)))
        .collect())
}

fn number(said: &BTreeMap<String, u64>, name: &str) -> Result<u64> {
    let number = said.get(name).copied();
    number.with_context(|| format!("benches/observe.rs did not say `{name}`"))
}
