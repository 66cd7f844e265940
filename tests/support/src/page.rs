// SPDX-License-Identifier: GPL-2.0-or-later

//! Pages whose `console` blocks are run: a block holds commands after `$ `, each followed by what it prints.
//!
//! A line that is `…` stands for lines that the page leaves out.

/// One command of a page.
#[derive(Debug, PartialEq)]
pub struct Step {
    /// The line of the page that it starts on.
    pub line: usize,
    /// What is typed, without the prompt.
    pub command: String,
    /// What the page says that it prints.
    pub output: String,
}

/// Stands for lines of an output that the page leaves out.
const LEFT_OUT: &str = "…";

impl Step {
    /// Whether the page shows this output, but for what it leaves out.
    #[must_use]
    pub fn shows(&self, output: &str) -> bool {
        let parts = parts(&self.output);
        if parts.len() == 1 {
            return self.output == output;
        }
        let lines: Vec<_> = output.lines().collect();
        let mut rest = &lines[..];
        let last = parts.len() - 1;
        for (index, part) in parts.iter().enumerate() {
            let starts: Vec<_> = match index {
                0 => vec![0],
                _ => (0..=rest.len().saturating_sub(part.len())).collect(),
            };
            let is_here = |start: &usize| {
                let is_end = index < last || part.is_empty() || start + part.len() == rest.len();
                is_end
                    && rest
                        .get(*start..)
                        .is_some_and(|rest| rest.starts_with(part))
            };
            let Some(start) = starts.into_iter().find(is_here) else {
                return false;
            };
            rest = rest.get(start + part.len()..).unwrap_or_default();
        }
        true
    }

    /// What the page is to show of this output: without what it leaves out now.
    ///
    /// A paragraph is the same as before if it begins with the same words; one that is gone stays, for a person to see.
    #[must_use]
    pub fn renewed(&self, output: &str) -> String {
        if parts(&self.output).len() == 1 {
            return output.to_owned();
        }
        let key = |paragraph: &str| {
            let first = paragraph.lines().next().unwrap_or_default().to_owned();
            first.split("   ").next().unwrap_or_default().to_owned()
        };
        let printed: Vec<_> = output.trim_end().split("\n\n").collect();
        let renew = |shown: &str| {
            let same = printed.iter().find(|printed| key(printed) == key(shown));
            same.map_or(shown, |same| *same).trim_end().to_owned()
        };
        let paragraphs = self.output.trim_end().split("\n\n").map(renew);
        paragraphs.collect::<Vec<_>>().join("\n\n") + "\n"
    }
}

/// The lines of an output, cut where some are left out, without empty lines beside the cut.
fn parts(output: &str) -> Vec<Vec<&str>> {
    let lines: Vec<_> = output.lines().collect();
    let cut = lines.split(|line| *line == LEFT_OUT);
    let is_empty = |line: &&&str| line.is_empty();
    let mut parts: Vec<_> = cut
        .map(|part| {
            let before = part.iter().take_while(is_empty).count();
            let after = part.iter().rev().take_while(is_empty).count();
            let end = part.len().saturating_sub(after).max(before);
            part.get(before..end).unwrap_or_default().to_vec()
        })
        .collect();
    if let [whole] = &mut parts[..] {
        *whole = lines;
    }
    parts
}

/// A page, cut where its commands print something.
#[derive(Debug, Default)]
pub struct Page {
    /// Each command, with the text from the command before it up to its own last line.
    steps: Vec<(String, Step)>,
    /// The text after the last command's output.
    rest: String,
}

impl Page {
    /// Reads a page; a block that never ends, or that starts with no command, is an error.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut page = Self::default();
        let mut lines = text.split_inclusive('\n').zip(1..).peekable();
        while let Some((line, _)) = lines.next() {
            page.rest.push_str(line);
            if line.trim_end() != "```console" {
                continue;
            }
            loop {
                let (line, number) = lines.next().ok_or("the last block does not end")?;
                if line.trim_end() == "```" {
                    page.rest.push_str(line);
                    break;
                }
                let typed = line.strip_prefix("$ ");
                let first = typed.ok_or_else(|| format!("line {number} is no command"))?;
                page.rest.push_str(line);
                let mut command = first.to_owned();
                while goes_on(&command) {
                    let (line, _) = lines.next().ok_or("the last command does not end")?;
                    page.rest.push_str(line);
                    command.push_str(line);
                }
                let mut output = String::new();
                while let Some((line, _)) =
                    lines.next_if(|(line, _)| line.trim_end() != "```" && !line.starts_with("$ "))
                {
                    output.push_str(line);
                }
                let before = std::mem::take(&mut page.rest);
                page.steps.push((
                    before,
                    Step {
                        line: number,
                        command,
                        output,
                    },
                ));
            }
        }
        Ok(page)
    }

    /// The commands, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().map(|(_, step)| step)
    }

    /// The page with what its commands print now, one text for each command.
    pub fn with_outputs(&self, outputs: &[String]) -> String {
        let mut text = String::new();
        for ((before, _), output) in self.steps.iter().zip(outputs) {
            text.push_str(before);
            text.push_str(output);
        }
        text + &self.rest
    }
}

/// Whether a command needs another line: after a backslash or a pipe, and up to the end of a here document.
fn goes_on(command: &str) -> bool {
    if let Some((_, after)) = command.split_once("<<'") {
        let word = after.split('\'').next().unwrap_or_default();
        return !command.lines().skip(1).any(|line| line == word);
    }
    let end = command.trim_end();
    end.ends_with('\\') || end.ends_with('|')
}

#[test]
fn commands_and_outputs_are_told_apart() {
    let text = "a\n```console\n$ one \\\n  -x |\n  two\n1\n2\n$ three\n```\nb\n```\n$ not\n```\n";
    let page = Page::parse(text).expect("the page is well formed");
    let step = |line, command: &str, output: &str| Step {
        line,
        command: command.to_owned(),
        output: output.to_owned(),
    };
    let expected = [
        step(3, "one \\\n  -x |\n  two\n", "1\n2\n"),
        step(8, "three\n", ""),
    ];
    assert!(page.steps().eq(&expected), "{page:?}");
    assert_eq!(
        page.with_outputs(&["1\n2\n".to_owned(), String::new()]),
        text
    );
}

#[test]
fn what_is_left_out_may_be_anything() {
    let step = |output: &str| Step {
        line: 1,
        command: String::new(),
        output: output.to_owned(),
    };
    let printed = "head\n\nframe 1   a\n  b\n\nframe 2   c\n\nframe 3   d\n  e\n";
    assert!(step(printed).shows(printed));
    assert!(!step("head\n").shows(printed));
    assert!(step("head\n\n…\n").shows(printed));
    assert!(step("head\n\n…\n\nframe 3   d\n  e\n").shows(printed));
    assert!(step("head\n\n…\n\nframe 2   c\n\n…\n").shows(printed));
    assert!(step("…\n\nframe 1   a\n  b\n\n…\n\nframe 3   d\n\n…\n").shows(printed));
    for wrong in [
        "frame 1   a\n\n…\n",
        "head\n\n…\n\nframe 2   x\n\n…\n",
        "head\n\n…\n\nframe 3   d\n",
        "…\n\nframe 2   c\n\n…\n\nframe 1   a\n\n…\n",
    ] {
        assert!(!step(wrong).shows(printed), "{wrong}");
    }

    let old = step("head of old\n\n…\n\nframe 2   x\n  y\n\n…\n");
    assert_eq!(
        old.renewed(printed),
        "head of old\n\n…\n\nframe 2   c\n\n…\n"
    );
    let old = step("head\nof old\n\n…\n\nframe 3   d\n");
    let renewed = old.renewed(printed);
    assert_eq!(renewed, "head\n\n…\n\nframe 3   d\n  e\n");
    assert!(step(&renewed).shows(printed));
    assert_eq!(step("old\n").renewed(printed), printed);
}

#[test]
fn here_document_ends_at_its_word() {
    let text = "```console\n$ python3 - <<'EOF'\nprint(1) # |\n\nprint(2)\nEOF\n1\n2\n```\n";
    let page = Page::parse(text).expect("the page is well formed");
    let outputs: Vec<_> = page.steps().map(|step| step.output.as_str()).collect();
    assert_eq!(outputs, ["1\n2\n"]);
}

#[test]
fn blocks_without_end_or_command_are_errors() {
    for text in [
        "```console\n$ a\n",
        "```console\nb\n```\n",
        "```console\n$ a \\\n",
    ] {
        assert!(Page::parse(text).is_err(), "{text}");
    }
}
