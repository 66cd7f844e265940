// SPDX-License-Identifier: GPL-2.0-or-later
//! The one place that prints.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these are command line tools; everything they say passes through here"
)]

use std::fmt::Display;
use std::io::IsTerminal;

/// Width of the paragraphs and tables where the output is no terminal.
const PIPE_WIDTH: usize = 110;

/// Prints a result, on standard output.
pub(crate) fn line(text: impl Display) {
    println!("{text}");
}

/// Announces what is about to be done, on standard error.
pub(crate) fn step(text: impl Display) {
    eprintln!("==> {text}");
}

/// Reports the error that ends the command, with its causes in one sentence.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// Prints `text` wrapped to `width`, each line after the first indented by `indent` spaces.
pub(crate) fn paragraph(label: &str, text: &str, indent: usize, width: usize) {
    let mut current = format!("{label:<indent$}");
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && current.chars().count() + 1 + word.chars().count() > width {
            println!("{}", current.trim_end());
            current = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            current.push(' ');
        }
        current.push_str(word);
        is_empty = false;
    }
    println!("{}", current.trim_end());
}

/// Columns to fill: the terminal's, `COLUMNS` where that is set, else a readable default.
pub(crate) fn width() -> usize {
    let wanted = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let terminal = std::io::stdout()
        .is_terminal()
        .then(|| comfy_table::Table::new().width())
        .flatten();
    wanted
        .or(terminal.map(usize::from))
        .unwrap_or(PIPE_WIDTH)
        .clamp(40, 240)
}
