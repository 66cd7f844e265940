// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask …`: every command of the README, one file per command.
//!
//! It is compiled before anything is set up, so it needs nothing but rustc and a C linker.

mod accuracy;
mod bench;
mod bindings;
mod bless;
mod demo;
mod deny;
mod install;
mod lab;
mod merge;
mod package;
mod project;
mod sample;
mod setup;
mod test;
mod tidy;
mod verdict;
mod wireshark;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use rstscope_test_support::{profile, say, tshark};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Every command of rstscope: try it, test it, install it, work on it"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the plugin and explain every TCP reset of a capture (default: the bundled one)
    Demo {
        /// Capture files that tshark can read; several are taken for capture points of one
        /// incident, such as the client's and the server's
        captures: Vec<PathBuf>,
        /// Show every reset, however many there are
        #[arg(long)]
        all: bool,
        /// End with status 3 if there is such a reset
        #[arg(long, value_name = "RESET")]
        fail_on: Option<demo::FailOn>,
    },
    /// Check everything: format, lints, docs, house rules, all tests, with the real tshark
    Test,
    /// Damage every case in eight ways and read it in the real tshark (10 to 20 minutes);
    /// the tests take one case in eight
    Damage,
    /// Build the plugin and install it for this user, or for everybody when run as root
    Install {
        /// Also install the Wireshark profile "TCP Resets": colors, columns, filter buttons
        #[arg(long)]
        profile: bool,
    },
    /// Remove the installed plugin, and the profile unless it was changed since
    Uninstall,
    /// Make what can be installed without Rust, for this system's Wireshark: a tarball, a Debian package
    Package {
        /// Where to put them (default: target/package)
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Make labelled captures in network namespaces (needs root)
    #[command(disable_help_flag = true)]
    Lab {
        /// Arguments of the lab; `--help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Rewrite the golden snapshots and show what changed
    Bless {
        /// Take the README's picture anew instead, of the real Wireshark
        #[arg(long)]
        picture: bool,
    },
    /// Write the Rust side of the C header anew, after a change of the header
    Bindings,
    /// Compare the verdicts with labelled captures
    #[command(disable_help_flag = true)]
    Accuracy {
        /// Arguments of the comparison; `--help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Take rows, rules and thresholds out in turn, and name those that no verdict depends on
    #[command(disable_help_flag = true)]
    Mutate {
        /// Arguments of the search; `--help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Measure what the plugin costs: instructions, segments per second, memory
    Bench {
        /// What tshark takes in floods of SYNs, RSTs and hosts instead: 6 GiB of memory, minutes
        #[arg(long)]
        floods: bool,
    },
    /// Ask RustSec's database whether a crate that is used has a known weakness (needs GitHub)
    Advisories,
    /// Check the house rules that no compiler checks
    Tidy,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Demo {
            captures,
            all,
            fail_on,
        } => match demo::run(&captures, all, fail_on) {
            Ok(status) => return status,
            Err(error) => Err(error),
        },
        Command::Test => test::run(),
        Command::Damage => test::damage(),
        Command::Install { profile } => install::install(profile),
        Command::Uninstall => install::uninstall(),
        Command::Package { out } => package::run(out),
        Command::Lab { arguments } => lab::run(&arguments),
        Command::Bindings => bindings::run(),
        Command::Bless { picture: true } => bless::picture(),
        Command::Bless { picture: false } => bless::run(),
        Command::Accuracy { arguments } => accuracy::accuracy(&arguments),
        Command::Mutate { arguments } => accuracy::mutate(&arguments),
        Command::Bench { floods: true } => bench::floods(),
        Command::Bench { floods: false } => bench::run(),
        Command::Advisories => deny::advisories(),
        Command::Tidy => tidy::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}
