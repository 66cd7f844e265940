// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask accuracy`: how many labelled RSTs are explained rightly.
//!
//! It asks the engine in this process, in seconds; with `--plugin` the real plugin in the real tshark,
//! and says where the two differ.
//! And `cargo xtask mutate`: what no verdict depends on.
//! A package of its own, because it links the engine: `cargo xtask` itself needs nothing that is not there yet.

mod expected;
mod judge;
mod labels;
mod leave_out;
mod mutate;
mod reader;
mod report;
mod score;
mod sets;
mod tally;
mod undecidable;
mod words;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Parser};
use rstscope::replay::Passes;
use rstscope_test_support::{say, tshark};

use self::{
    judge::{Difference, Judge},
    reader::Plugin,
};

#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
enum Command {
    Accuracy(Options),
    Mutate(mutate::Options),
}

/// Compares the verdicts with labelled captures.
#[derive(Debug, Args)]
struct Options {
    /// Only this set: cases, lab, public, wild, networks, stacks or questions; may be repeated
    #[arg(long = "set", value_name = "NAME")]
    sets: Vec<String>,
    /// Print each miss with its evidence
    #[arg(long)]
    misses: bool,
    /// The verdicts as known right after each frame, instead of after the whole capture
    #[arg(long)]
    one_pass: bool,
    /// Ask the plugin in tshark, and say where the engine in this process differs from it
    #[arg(long)]
    plugin: bool,
    /// The plugin's file, which `cargo xtask accuracy --plugin` builds
    #[arg(long, env = "RSTSCOPE_PLUGIN", hide = true)]
    plugin_file: Option<PathBuf>,
    /// Print instead all pairs of label and verdict, one JSON object a line
    #[arg(long, conflicts_with_all = ["misses", "evidence"])]
    json: bool,
    /// Fit the prior, the scale of prices and the threshold anew on all sets but one, and print what comes of that one
    #[arg(long, conflicts_with_all = ["misses", "evidence", "json", "plugin"])]
    leave_one_out: bool,
    /// Print instead how often each piece of evidence is present, and what that tells
    #[arg(long, conflicts_with = "misses")]
    evidence: bool,
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Accuracy(options) => run(&options),
        Command::Mutate(options) => mutate::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let plugin = match (options.plugin, &options.plugin_file) {
        (false, _) => None,
        (true, Some(file)) => Some(Plugin::load(file)?),
        (true, None) => bail!("RSTSCOPE_PLUGIN names no plugin: `cargo xtask accuracy --plugin`"),
    };
    let passes = if options.one_pass {
        Passes::One
    } else {
        Passes::Two
    };
    if options.leave_one_out {
        return leave_out::run(&options.sets, passes);
    }
    let judge = Judge {
        plugin,
        passes,
        mutation: None,
    };
    let mut judged = Vec::new();
    let mut differences: Vec<Difference> = Vec::new();
    for set in sets::find(&options.sets)? {
        let mut labels = labels::read(&set.folder)?;
        undecidable::note(&set.name, &mut labels)?;
        let captures = labels.len();
        let (pairs, different) = judge
            .set(&set.name, labels)
            .with_context(|| format!("in the set {}", set.name))?;
        differences.extend(different);
        if options.json {
            report::json(&pairs)?;
        } else if !options.evidence {
            report::set(&set.name, captures, &pairs);
            if options.misses {
                report::misses(&set.name, &pairs);
            }
        }
        judged.push((set.name, pairs));
    }
    if options.evidence {
        tally::print(&judged);
    } else if !options.json {
        report::total(&judged);
    }
    if !differences.is_empty() {
        differences.iter().for_each(say::line);
        bail!(
            "the plugin and the engine differ in {} captures",
            differences.len()
        );
    }
    Ok(())
}
