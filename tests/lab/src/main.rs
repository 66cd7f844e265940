// SPDX-License-Identifier: GPL-2.0-or-later

//! The capture lab: makes labelled captures of TCP resets in network namespaces.
//!
//! Each run of a scenario builds a network of its own (`net`), lets the script act in it (`lab`,
//! `scenario`), finds out who made each reset (`truth`) and writes the cases (`case`).

mod case;
mod detour;
mod edit;
mod family;
mod guest;
mod lab;
mod member;
mod namespace;
mod net;
mod ovn;
mod peer;
mod program;
mod recorded;
mod report;
mod runner;
mod scenario;
mod segment;
mod tokens;
mod truth;
mod vantage;
mod wire;
mod wrap;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;

/// Makes the labelled captures that the tests run on.
#[derive(Debug, Parser)]
#[command(name = "rstscope-lab", version)]
struct Arguments {
    /// Where the cases go.
    #[arg(long, value_name = "DIR", default_value = "tests/captures")]
    out: PathBuf,
    /// Only these scenarios or cases.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// How many scenarios run at the same time, each in a network of its own.
    #[arg(long, value_name = "N", default_value_t = 8)]
    jobs: usize,
    /// Name all cases and end.
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = if arguments.list {
        runner::list();
        Ok(())
    } else {
        runner::run(&arguments.out, &arguments.only, arguments.jobs)
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::complain(&format!("rstscope-lab: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
