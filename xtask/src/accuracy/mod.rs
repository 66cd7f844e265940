// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask accuracy`: how many labelled resets the plugin explains rightly.
//!
//! The real plugin in the real tshark, two passes, one run a capture.

mod evidence;
mod labels;
mod report;
mod score;
mod words;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use self::labels::Label;
use self::score::Pair;
use crate::tshark::Tshark;
use crate::verdict::{self, Verdict};
use crate::{project, say, setup, wireshark};

/// The folders that are read when none is named, from the repository's root.
const DEFAULTS: [&str; 3] = [
    "tests/captures",
    "../shared/captures/lab",
    "../shared/captures/public",
];

/// A capture that takes longer than this has hung.
const LIMIT: Duration = Duration::from_secs(300);

pub(crate) fn run(folders: Vec<PathBuf>, misses: bool, evidence: bool) -> Result<()> {
    let folders = if folders.is_empty() {
        defaults()
    } else {
        folders
    };
    let sets = folders
        .iter()
        .map(|folder| Ok((folder, labels::read(folder)?)))
        .collect::<Result<Vec<_>>>()?;
    setup::plugin()?;
    wireshark::check()?;
    let plugin = project::build_plugin()?;
    let tshark = Tshark::with_plugin(&plugin, Some(LIMIT))?;
    let mut judged = Vec::new();
    for (folder, labels) in sets {
        let captures = labels.len();
        let pairs = judge(&tshark, labels.into_iter().collect())?;
        if !evidence {
            report::print(folder, captures, &pairs, misses);
        }
        judged.push(pairs);
    }
    if evidence {
        evidence::print(&judged)?;
    }
    Ok(())
}

fn defaults() -> Vec<PathBuf> {
    DEFAULTS
        .iter()
        .map(|folder| project::root().join(folder))
        .filter(|folder| {
            let is_there = folder.exists();
            if !is_there {
                say::line(format_args!("{} is not there.", folder.display()));
            }
            is_there
        })
        .collect()
}

/// Runs every capture, several at a time, in the order of their names.
fn judge(tshark: &Tshark, captures: Vec<(PathBuf, Vec<Label>)>) -> Result<Vec<Pair>> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = captures.len().div_ceil(workers).max(1);
    let mut shares: Vec<Vec<_>> = Vec::new();
    for (index, capture) in captures.into_iter().enumerate() {
        if index % share == 0 {
            shares.push(Vec::new());
        }
        if let Some(last) = shares.last_mut() {
            last.push(capture);
        }
    }
    let work = |part: Vec<(PathBuf, Vec<Label>)>| -> Result<Vec<Pair>> {
        let pairs = part
            .into_iter()
            .map(|(capture, labels)| judge_one(tshark, &capture, labels));
        Ok(pairs
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect())
    };
    thread::scope(|scope| {
        let running: Vec<_> = shares
            .into_iter()
            .map(|part| scope.spawn(|| work(part)))
            .collect();
        let mut pairs = Vec::new();
        for thread in running {
            let part = thread.join().map_err(|_| anyhow!("a worker panicked"))?;
            pairs.extend(part?);
        }
        Ok(pairs)
    })
}

fn judge_one(tshark: &Tshark, capture: &Path, labels: Vec<Label>) -> Result<Vec<Pair>> {
    let mut verdicts: Vec<Option<Verdict>> = verdict::read(tshark, capture)?
        .verdicts
        .into_iter()
        .map(Some)
        .collect();
    let mut pairs = Vec::new();
    for mut label in labels {
        label.decidable &= is_decidable(tshark, capture, &label)?;
        let verdict = verdicts
            .iter_mut()
            .find(|slot| {
                slot.as_ref()
                    .is_some_and(|verdict| verdict.frame == label.frame)
            })
            .and_then(Option::take);
        pairs.push(Pair {
            capture: capture.to_owned(),
            label,
            verdict,
        });
    }
    Ok(pairs)
}

/// A rejected SYN cannot be told from a closed port where the capture holds nothing else of that host.
fn is_decidable(tshark: &Tshark, capture: &Path, label: &Label) -> Result<bool> {
    if label.origin != "middlebox" || label.phase_word != "syn" || label.source.is_empty() {
        return Ok(true);
    }
    let (host, _) = label
        .source
        .rsplit_once(':')
        .with_context(|| format!("the label's source is no address: {}", label.source))?;
    let field = if words::is_v6(&label.source) {
        "ipv6.src"
    } else {
        "ip.src"
    };
    let filter = format!("{field} == {host} && tcp && tcp.flags.reset == 0");
    let run = tshark.read(
        capture,
        &["-Y", &filter, "-T", "fields", "-e", "frame.number"],
    )?;
    Ok(!run.stdout.is_empty())
}
