// SPDX-License-Identifier: GPL-2.0-or-later

//! Asks for the verdicts on the captures of a set, several captures at a time.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Result, anyhow};
use rstscope::{
    mutation::{self, Mutation},
    replay::Passes,
};

use crate::{
    labels::{Label, Labels, Which},
    reader::{self, Capture, Plugin},
    score::{Pair, Said},
};

/// Who is asked, and when.
#[derive(Debug)]
pub(crate) struct Judge {
    /// The engine in this process where there is none.
    pub(crate) plugin: Option<Plugin>,
    pub(crate) passes: Passes,
    /// What is another way than it is.
    pub(crate) mutation: Option<Mutation>,
}

/// A capture of which the plugin says something else than the engine in this process.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    capture: PathBuf,
    frames: Vec<u32>,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frames: Vec<String> = self.frames.iter().map(ToString::to_string).collect();
        write!(
            out,
            "{}: the plugin and the engine differ in frames {}",
            self.capture.display(),
            frames.join(", ")
        )
    }
}

/// What came of one capture.
type Judged = (Vec<Pair>, Option<Difference>);

impl Judge {
    /// Every labelled RST of a set beside what is said about it, in the order of the captures' names.
    pub(crate) fn set(&self, set: &str, labels: Labels) -> Result<(Vec<Pair>, Vec<Difference>)> {
        let captures: Vec<(PathBuf, Vec<Label>)> = labels.into_iter().collect();
        let next = AtomicUsize::new(0);
        let work = || -> Result<Vec<(usize, Judged)>> {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some((path, labels)) = captures.get(index) else {
                    return Ok(done);
                };
                done.push((index, self.capture(set, path, labels)?));
            }
        };
        let mut judged = thread::scope(|scope| {
            let workers = thread::available_parallelism().map_or(1, usize::from);
            let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let mut all = Vec::new();
            for worker in running {
                all.extend(worker.join().map_err(|_| anyhow!("a worker panicked"))??);
            }
            Ok::<_, anyhow::Error>(all)
        })?;
        judged.sort_by_key(|(index, _)| *index);
        let (pairs, different): (Vec<_>, Vec<_>) =
            judged.into_iter().map(|(_, judged)| judged).unzip();
        Ok((
            pairs.into_iter().flatten().collect(),
            different.into_iter().flatten().collect(),
        ))
    }

    fn capture(&self, set: &str, path: &Path, labels: &[Label]) -> Result<Judged> {
        let _out = self.mutation.clone().map(mutation::take_out);
        let replayed = reader::replayed(path, self.passes)
            .map_err(|error| error.to_string())
            .and_then(|capture| match capture.hidden {
                0 => Ok(capture),
                hidden => Err(format!(
                    "{hidden} frames may hold TCP that only Wireshark sees"
                )),
            });
        let Some(plugin) = &self.plugin else {
            return Ok((pairs(set, path, labels, &replayed), None));
        };
        let dissected = plugin.read(path, self.passes)?;
        let whole = replayed.ok();
        let difference = whole.and_then(|replayed| difference(path, &replayed, &dissected));
        Ok((pairs(set, path, labels, &Ok(dissected)), difference))
    }
}

/// Frames that both readers see, and of which they say different things.
fn difference(path: &Path, replayed: &Capture, dissected: &Capture) -> Option<Difference> {
    let differs = |frame: &&u32| replayed.verdicts.get(frame) != dissected.verdicts.get(frame);
    let frames: Vec<u32> = replayed.resets.iter().filter(differs).copied().collect();
    (!frames.is_empty()).then(|| Difference {
        capture: path.to_owned(),
        frames,
    })
}

/// The labels of a capture, each beside what was said.
fn pairs(set: &str, path: &Path, labels: &[Label], read: &Result<Capture, String>) -> Vec<Pair> {
    let named: BTreeSet<u32> = labels
        .iter()
        .filter_map(|label| match label.which {
            Which::Frame(frame) => Some(frame),
            Which::EveryOther => None,
        })
        .collect();
    let mut pairs = Vec::new();
    for label in labels {
        let mut frames = match (label.which, read) {
            (Which::Frame(frame), _) => vec![frame],
            (Which::EveryOther, Ok(capture)) => {
                capture.resets.difference(&named).copied().collect()
            }
            (Which::EveryOther, Err(_)) => Vec::new(),
        };
        if frames.is_empty() {
            frames.push(0);
        }
        pairs.extend(frames.into_iter().map(|frame| Pair {
            set: set.to_owned(),
            capture: path.to_owned(),
            frame,
            label: label.clone(),
            said: said(frame, read),
        }));
    }
    pairs
}

fn said(frame: u32, read: &Result<Capture, String>) -> Said {
    let capture = match read {
        Ok(capture) => capture,
        Err(error) => return Said::NotRead(error.clone()),
    };
    match capture.verdicts.get(&frame) {
        Some(verdict) => Said::Verdict(verdict.clone()),
        None if capture.resets.contains(&frame) => Said::Nothing,
        None if capture.segments.contains(&frame) => {
            Said::NotRead("the segment is no RST: the label is wrong".to_owned())
        }
        None => Said::NotRead("no segment is seen there".to_owned()),
    }
}
