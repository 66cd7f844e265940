// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask bench`: what the plugin costs.
//!
//! Instructions are counted by callgrind, not time, so that a noisy machine gives the same answer;
//! two captures of one kind are read, and the difference is the cost of the packets alone, without start-up.

mod callgrind;
mod capture;
mod engine;

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, anyhow};

use self::capture::Written;
use crate::{
    project, say, setup,
    tshark::{Scratch, Tshark},
    wireshark,
};

/// Whole tshark with the plugin executes at most this many times the instructions of tshark without it.
const MOST: f64 = 1.04;

/// Conversations of the smaller capture, about 10,000 packets, and how many times more the larger one has.
const CONVERSATIONS: u64 = 350;
const TIMES: u64 = 4;

/// Ways of reading a capture; each is measured in one pass and in two.
const MODES: [(&str, &[&str]); 3] = [
    ("-q -z io,stat,0", &["-q", "-z", "io,stat,0"]),
    ("one-line summary", &[]),
    ("-Y tcp.flags.reset==1", &["-Y", "tcp.flags.reset==1"]),
];

/// A run of tshark that takes longer than this without callgrind has hung.
const LIMIT: Duration = Duration::from_secs(300);

/// The captures, and how many packets more the larger one has.
struct Captures {
    small: PathBuf,
    large: PathBuf,
    difference: u64,
    written: Written,
}

pub(crate) fn run() -> Result<()> {
    setup::bench()?;
    wireshark::check()?;
    let plugin = project::build_plugin()?;
    let observe = engine::build()?;
    let scratch = Scratch::new()?;
    let captures = Captures::write(&scratch)?;
    let (with, without) = (
        Tshark::with_plugin(&plugin, Some(LIMIT))?,
        Tshark::plain(Some(LIMIT))?,
    );
    let Written {
        packets,
        resets,
        conversations,
    } = captures.written;
    say::line(format_args!(
        "Traffic: {conversations} conversations, {packets} packets, {resets} of them resets; \
         start-up is subtracted by reading a quarter of it too.\n"
    ));
    let over = whole_tshark(&captures, &with, &without)?;
    engine::print(&observe, &captures)?;
    engine::print_memory(&observe)?;
    if over.is_empty() {
        return Ok(());
    }
    Err(anyhow!("more than {MOST} times: {}", over.join(", ")))
}

impl Captures {
    fn write(scratch: &Scratch) -> Result<Self> {
        let (small, large) = (scratch.0.join("small.pcap"), scratch.0.join("large.pcap"));
        let less = capture::write(&small, CONVERSATIONS)?;
        let written = capture::write(&large, CONVERSATIONS * TIMES)?;
        Ok(Self {
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
    for passes in [1, 2] {
        for (name, arguments) in MODES {
            let mut arguments = arguments.to_vec();
            if passes == 2 {
                arguments.insert(0, "-2");
            }
            let name = match passes {
                1 => name.to_owned(),
                _ => format!("{name}, -2"),
            };
            say::step(format_args!("callgrind: tshark {name}"));
            let cost = |tshark: &Tshark| {
                captures.each(|capture| callgrind::tshark(tshark, capture, &arguments))
            };
            let (without, with) = (cost(without)?, cost(with)?);
            let times = with / without;
            say::step(format_args!("{times:.4} times as many with the plugin"));
            let verdict = if times > MOST { "OVER" } else { "ok" };
            rows.push(vec![
                name.clone(),
                format!("{without:.0}"),
                format!("{with:.0}"),
                format!("{:+.0}", with - without),
                format!("{times:.4}"),
                verdict.to_owned(),
            ]);
            if times > MOST {
                over.push(name);
            }
        }
    }
    let most = format!("at most {MOST}");
    let header = [
        "instructions a packet, whole tshark",
        "without",
        "with",
        "more",
        "ratio",
        &most,
    ];
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
