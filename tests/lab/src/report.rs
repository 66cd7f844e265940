// SPDX-License-Identifier: GPL-2.0-or-later

//! The one place that prints.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this module is the lab's voice"
)]

/// Says something that the user asked for.
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Says what went wrong.
pub(crate) fn complain(line: &str) {
    eprintln!("{line}");
}
