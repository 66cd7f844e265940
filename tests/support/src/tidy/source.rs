// SPDX-License-Identifier: GPL-2.0-or-later

//! A source file as the rules see it: its text, and its code without comments and strings.

use std::fmt::Display;

/// One file, with its path from the repository's root.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> Source<'a> {
    pub(crate) const fn new(path: &'a str, text: &'a str) -> Self {
        Self { path, text }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// One fault, in the form that editors and terminals make clickable.
    pub(crate) fn fault(&self, line: usize, what: impl Display) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    /// The numbered lines without their comments and without what stands in quotes.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, String)> {
        self.text.lines().enumerate().map(|(index, line)| {
            let outside: String = line.split('"').step_by(2).collect();
            let code = outside.split("//").next().unwrap_or_default();
            (index + 1, code.to_owned())
        })
    }
}

/// Whether `word` stands in `line` on its own, not as a part of a longer name.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    line.split(|sign: char| !sign.is_alphanumeric() && sign != '_')
        .any(|found| found == word)
}
