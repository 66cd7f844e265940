// SPDX-License-Identifier: GPL-2.0-or-later
//! Pages whose `console` blocks are run: a block holds commands after `$ `, each followed by what it prints.

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
