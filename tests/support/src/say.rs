// SPDX-License-Identifier: GPL-2.0-or-later

//! The one place that prints.
#![expect(
    clippy::print_stderr,
    reason = "these are command line tools; everything they say passes through here"
)]

use std::{
    fmt::Display,
    io::{IsTerminal, Write as _},
};

use comfy_table::{CellAlignment, Table, presets::NOTHING};
use textwrap::{Options, WordSeparator, WordSplitter};

/// Width of the paragraphs and tables where the output is no terminal.
const PIPE_WIDTH: usize = 110;

/// Prints a result, on standard output.
///
/// Whoever has seen enough (`| head`) ends the program, and needs no message.
pub fn line(text: impl Display) {
    if writeln!(std::io::stdout(), "{text}").is_err() {
        std::process::exit(0);
    }
}

/// Announces what is about to be done, on standard error.
pub fn step(text: impl Display) {
    eprintln!("==> {text}");
}

/// Passes on what a program says of its progress, on standard error.
pub fn progress(text: impl Display) {
    eprintln!("{text}");
}

/// Reports the error that ends the command, with its causes in one sentence.
pub fn error(error: &impl Display) {
    eprintln!("error: {error:#}");
}

/// Prints `text` wrapped to `width`, each line after the first indented by `indent` spaces.
pub fn paragraph(label: &str, text: &str, indent: usize, width: usize) {
    line(filled(label, text, indent, width));
}

fn filled(label: &str, text: &str, indent: usize, width: usize) -> String {
    let (first, later) = (format!("{label:<indent$}"), " ".repeat(indent));
    // Tokens, addresses and file names stay whole.
    let options = Options::new(width)
        .initial_indent(&first)
        .subsequent_indent(&later)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return label.to_owned();
    }
    textwrap::fill(&text, options)
}

/// A table: names on the left, numbers to the right.
#[must_use]
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Columns to fill: the terminal's, `COLUMNS` where that is set, else a readable default.
pub fn width() -> usize {
    let wanted = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let terminal = std::io::stdout()
        .is_terminal()
        .then(|| Table::new().width())
        .flatten();
    wanted
        .or(terminal.map(usize::from))
        .unwrap_or(PIPE_WIDTH)
        .clamp(40, 240)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_hangs_and_breaks_no_word() {
        let text = "one two-three  four a.very.long.token end";
        let lines = "why  one\n     two-three\n     four\n     a.very.long.token\n     end";
        assert_eq!(filled("why", text, 5, 14), lines);
        assert_eq!(filled("why", "", 5, 14), "why");
    }
}
