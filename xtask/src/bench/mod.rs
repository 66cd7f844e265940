// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask bench`: what the plugin costs.
//!
//! Instructions are counted by callgrind, not time, so that a noisy machine gives the same answer;
//! two captures of one kind are read, and the difference is the cost of the packets alone, without start-up.

mod callgrind;
mod capture;
mod engine;
mod floods;

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, anyhow};

use self::capture::{Mix, Written};
use crate::{
    project, say, setup,
    tshark::{Scratch, Tshark},
    wireshark,
};

/// A way of reading a capture.
struct Way {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Whole tshark with the plugin executes at most this many times the instructions of tshark without
    /// it: what the first version cost in one pass, and 4 % in two.
    most: f64,
}

const fn way(name: &'static str, arguments: &'static [&'static str], most: f64) -> Way {
    Way {
        name,
        arguments,
        most,
    }
}

const WAYS: [Way; 6] = [
    way("-q -z io,stat,0", &["-q", "-z", "io,stat,0"], 1.0385),
    way("one-line summary", &[], 1.0385),
    way(
        "-Y tcp.flags.reset==1",
        &["-Y", "tcp.flags.reset==1"],
        1.0345,
    ),
    way("-2 -q -z io,stat,0", &["-2", "-q", "-z", "io,stat,0"], 1.04),
    way("-2, one-line summary", &["-2"], 1.04),
    way(
        "-2 -Y tcp.flags.reset==1",
        &["-2", "-Y", "tcp.flags.reset==1"],
        1.04,
    ),
];

/// What tshark and the engine read: each mix, the conversations of its smaller capture, and what it may cost.
const MIXES: [(&str, Mix, u64); 3] = [
    ("ordinary conversations", Mix::Ordinary, 350),
    ("short conversations", Mix::Short, 250),
    ("long conversations", Mix::Long, 2),
];

/// How many times more conversations the larger capture has.
const TIMES: u64 = 4;

/// Of short conversations, which cost most, in every way of reading.
const MOST_OF_SHORT: f64 = 1.04;

/// The engine's instructions for a segment of a long conversation.
const MOST_OF_ENGINE: f64 = 1_000.0;

/// A run of tshark that takes longer than this without callgrind has hung.
const LIMIT: Duration = Duration::from_secs(300);

/// The captures of one mix, and how many packets more the larger one has.
struct Captures {
    name: &'static str,
    mix: Mix,
    small: PathBuf,
    large: PathBuf,
    difference: u64,
    written: Written,
}

/// What floods take, instead of what packets cost.
pub(crate) fn floods() -> Result<()> {
    setup::bench()?;
    wireshark::check()?;
    let plugin = project::build_plugin()?;
    let limit = Some(LIMIT);
    let (with, without) = (Tshark::with_plugin(&plugin, limit)?, Tshark::plain(limit)?);
    let over = floods::print(&with, &without)?;
    if over.is_empty() {
        return Ok(());
    }
    Err(anyhow!("over the limit: {}", over.join("; ")))
}

pub(crate) fn run() -> Result<()> {
    setup::bench()?;
    wireshark::check()?;
    let plugin = project::build_plugin()?;
    let observe = engine::build()?;
    let scratch = Scratch::new()?;
    let (with, without) = (
        Tshark::with_plugin(&plugin, Some(LIMIT))?,
        Tshark::plain(Some(LIMIT))?,
    );
    let mixes = MIXES
        .into_iter()
        .map(|(name, mix, conversations)| Captures::write(&scratch, name, mix, conversations))
        .collect::<Result<Vec<Captures>>>()?;
    say::line("Start-up is subtracted by reading a quarter of each capture, too.\n");
    let mut over = engine::print(&observe, &mixes)?;
    over.extend(engine::print_memory(&observe)?);
    for captures in mixes.iter().filter(|captures| captures.mix != Mix::Long) {
        over.extend(whole_tshark(captures, &with, &without)?);
    }
    if over.is_empty() {
        return Ok(());
    }
    Err(anyhow!("over the limit: {}", over.join(", ")))
}

impl Captures {
    fn write(scratch: &Scratch, name: &'static str, mix: Mix, conversations: u64) -> Result<Self> {
        let path = |size: &str| scratch.0.join(format!("{mix:?}-{size}.pcap"));
        let (small, large) = (path("small"), path("large"));
        let less = capture::write(&small, mix, conversations)?;
        let written = capture::write(&large, mix, conversations * TIMES)?;
        Ok(Self {
            name,
            mix,
            small,
            large,
            difference: written.packets - less.packets,
            written,
        })
    }

    /// What `count` says about both captures, for each packet that only the larger one has.
    fn each(&self, count: impl Fn(&PathBuf) -> Result<u64> + Sync) -> Result<f64> {
        let (small, large) = both(|| count(&self.small), || count(&self.large))?;
        Ok(ratio(large.saturating_sub(small), self.difference))
    }
}

/// Measures and prints all ways of reading; the answer names those that cost too much.
fn whole_tshark(captures: &Captures, with: &Tshark, without: &Tshark) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    let mut over = Vec::new();
    for way in WAYS {
        say::step(format_args!(
            "callgrind: {}, tshark {}",
            captures.name, way.name
        ));
        let cost = |tshark: &Tshark| {
            captures.each(|capture| callgrind::tshark(tshark, capture, way.arguments))
        };
        let (without, with) = (cost(without)?, cost(with)?);
        let times = with / without;
        say::step(format_args!("{times:.4} times as many with the plugin"));
        let most = match captures.mix {
            Mix::Short => MOST_OF_SHORT,
            Mix::Ordinary | Mix::Long => way.most,
        };
        let verdict = if times > most { "OVER" } else { "ok" };
        rows.push(vec![
            way.name.to_owned(),
            format!("{without:.0}"),
            format!("{with:.0}"),
            format!("{:+.0}", with - without),
            format!("{times:.4}"),
            format!("at most {most:.4}: {verdict}"),
        ]);
        if times > most {
            over.push(format!("{} ({})", way.name, captures.name));
        }
    }
    let Written {
        packets,
        resets,
        conversations,
    } = captures.written;
    say::line(format_args!(
        "\nInstructions a packet, whole tshark, {}: {conversations} conversations, {packets} packets, \
         {resets} of them resets.",
        captures.name
    ));
    let header = ["", "without", "with", "more", "ratio", ""];
    say::line(say::table(&header, rows));
    Ok(over)
}

/// Does two things at a time.
fn both<T: Send>(
    one: impl FnOnce() -> Result<T> + Send,
    other: impl FnOnce() -> Result<T> + Send,
) -> Result<(T, T)> {
    std::thread::scope(|scope| {
        let running = scope.spawn(one);
        let other = other();
        let one = running.join().map_err(|_| anyhow!("a worker panicked"))?;
        Ok((one?, other?))
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
