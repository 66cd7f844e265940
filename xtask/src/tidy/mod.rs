// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask tidy`: the house rules that no compiler checks, each with its own function.

mod rooms;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::source::{Source, has_word};
use crate::{project, say};

const LICENCE: &str = "SPDX-License-Identifier: GPL-2.0-or-later";

/// Where sources are looked for, from the repository's root.
const ROOTS: &[&str] = &[
    "build.rs",
    "src",
    "wireshark-plugin",
    "tests",
    "xtask",
    "benches",
    "fuzz",
];

/// Folders with files that are not the project's own sources.
const SKIPPED: &[&str] = &["target", "work", "corpus", "artifacts"];

/// Lines that each C file may have: C registers, reads, draws, and judges nothing.
const C_BUDGETS: &[(&str, usize)] = &[
    ("packet-rstscope.c", 250),
    ("segment.c", 200),
    ("tree.c", 200),
    ("stats.c", 200),
];

/// A file longer than this needs a row in `LONG_FILES`.
const LONG: usize = 500;

/// Long files, each with the reason why it is not split.
const LONG_FILES: &[(&str, &str)] = &[];

/// Headings of every evidence file: its documentation for the user.
const HEADINGS: [&str; 4] = [
    "What is seen",
    "Why it matters",
    "What else explains it",
    "References",
];

/// Files in `src/evidence` that hold no evidence of their own.
const NOT_EVIDENCE: &[&str] = &["mod.rs", "catalogue.rs", "case.rs", "testing.rs"];

/// Marks of unfinished work, which must name an issue.
const MARKS: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

pub(crate) fn run() -> Result<()> {
    let mut paths = Vec::new();
    for root in ROOTS {
        collect(&project::root().join(root), &mut paths)?;
    }
    paths.sort();
    let mut faults = Vec::new();
    for path in &paths {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.strip_prefix(project::root()).unwrap_or(path);
        let name = name.to_string_lossy();
        let source = Source::new(&name, &text);
        if let Some(budget) = c_budget(source.path) {
            let lines = text.lines().count();
            say::line(format_args!("{}: {lines} of {budget} lines", source.path));
        }
        faults.extend(check(&source));
    }
    for fault in &faults {
        say::line(fault);
    }
    if !faults.is_empty() {
        bail!("{} house rules are broken", faults.len());
    }
    say::line(format_args!("{} source files are tidy", paths.len()));
    Ok(())
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if SKIPPED.contains(&&*name) || name.starts_with('.') {
            return Ok(());
        }
        for entry in path.read_dir()? {
            collect(&entry?.path(), found)?;
        }
    } else if path
        .extension()
        .is_some_and(|end| end == "rs" || end == "c" || end == "h")
    {
        found.push(path.to_owned());
    }
    Ok(())
}

/// All faults of one file.
fn check(source: &Source<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(licence(source));
    faults.extend(length(source));
    faults.extend(unfinished(source));
    if source.is_rust() {
        faults.extend(documentation(source));
        faults.extend(headings(source));
        faults.extend(rooms::arrows(source));
        faults.extend(unsafe_code(source));
    }
    faults
}

fn licence(source: &Source<'_>) -> Option<String> {
    let is_there = source
        .text
        .lines()
        .take(12)
        .any(|line| line.contains(LICENCE));
    (!is_there).then(|| source.fault(1, format_args!("no `{LICENCE}` in the first lines")))
}

fn documentation(source: &Source<'_>) -> Option<String> {
    let is_there = source.text.lines().any(|line| line.starts_with("//! "));
    (!is_there).then(|| source.fault(1, "no `//!` documentation"))
}

fn length(source: &Source<'_>) -> Option<String> {
    let lines = source.text.lines().count();
    if let Some(budget) = c_budget(source.path) {
        return (lines > budget)
            .then(|| source.fault(lines, format_args!("over its budget of {budget} lines")));
    }
    let is_listed = LONG_FILES.iter().any(|(path, _)| *path == source.path);
    (lines > LONG && !is_listed).then(|| {
        source.fault(
            lines,
            format_args!("over {LONG} lines, and not listed with a reason"),
        )
    })
}

fn c_budget(path: &str) -> Option<usize> {
    let name = path.strip_prefix("wireshark-plugin/")?;
    C_BUDGETS
        .iter()
        .find(|(file, _)| *file == name)
        .map(|(_, budget)| *budget)
}

fn unfinished(source: &Source<'_>) -> Vec<String> {
    let is_numbered = |line: &str| {
        line.split('#')
            .skip(1)
            .any(|rest| rest.starts_with(|sign: char| sign.is_ascii_digit()))
    };
    source
        .text
        .lines()
        .zip(1..)
        .filter(|(line, _)| MARKS.iter().any(|mark| has_word(line, mark)) && !is_numbered(line))
        .map(|(_, number)| source.fault(number, "unfinished, without the number of an issue (#1)"))
        .collect()
}

fn headings(source: &Source<'_>) -> Vec<String> {
    let Some(name) = source.path.strip_prefix("src/evidence/") else {
        return Vec::new();
    };
    if NOT_EVIDENCE.contains(&name) {
        return Vec::new();
    }
    HEADINGS
        .iter()
        .filter(|heading| {
            !source
                .text
                .lines()
                .any(|line| line.starts_with("//! #") && line.ends_with(**heading))
        })
        .map(|heading| source.fault(1, format_args!("no heading `{heading}`")))
        .collect()
}

fn unsafe_code(source: &Source<'_>) -> Vec<String> {
    let is_border = source.path.starts_with("src/ffi/") || source.path == "src/plugin.rs";
    if is_border || !source.path.starts_with("src/") {
        return Vec::new();
    }
    source
        .code()
        .filter(|(_, line)| has_word(line, "unsafe"))
        .map(|(number, _)| source.fault(number, "`unsafe` outside src/ffi and src/plugin.rs"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "// SPDX-License-Identifier: GPL-2.0-or-later\n//! Words.\n";

    fn faults(path: &str, body: &str) -> usize {
        check(&Source::new(path, &format!("{HEAD}{body}"))).len()
    }

    #[test]
    fn clean_file_has_no_fault() {
        assert_eq!(faults("src/engine.rs", "use crate::wire::Seq;\n"), 0);
    }

    #[test]
    fn licence_and_documentation_are_asked_for() {
        assert_eq!(check(&Source::new("src/engine.rs", "fn f() {}\n")).len(), 2);
        assert_eq!(
            check(&Source::new("wireshark-plugin/x.c", "int i;\n")).len(),
            1
        );
    }

    #[test]
    fn unsafe_is_for_the_border_only() {
        assert_eq!(faults("src/engine.rs", "unsafe { f() }\n"), 1);
        assert_eq!(faults("src/ffi/abi.rs", "unsafe { f() }\n"), 0);
        assert_eq!(faults("src/plugin.rs", "unsafe { f() }\n"), 0);
        assert_eq!(
            faults("src/engine.rs", "#![deny(unsafe_code)] // unsafe\n"),
            0
        );
    }

    #[test]
    fn unfinished_work_names_its_issue() {
        let mark = MARKS[0];
        assert_eq!(faults("src/engine.rs", &format!("// {mark} later\n")), 1);
        assert_eq!(
            faults("src/engine.rs", &format!("// {mark}(#12) later\n")),
            0
        );
    }

    #[test]
    fn evidence_has_four_headings() {
        assert_eq!(faults("src/evidence/ttl_off_baseline.rs", ""), 4);
        let all: String = HEADINGS
            .iter()
            .map(|name| format!("//! ## {name}\n"))
            .collect();
        assert_eq!(faults("src/evidence/ttl_off_baseline.rs", &all), 0);
        assert_eq!(faults("src/evidence/mod.rs", ""), 0);
    }

    #[test]
    fn long_files_and_c_budgets_are_seen() {
        assert_eq!(faults("src/engine.rs", &"\n".repeat(LONG)), 1);
        assert_eq!(faults("src/engine.rs", &"\n".repeat(LONG - 10)), 0);
        let c = format!("/* {LICENCE} */\n{}", "\n".repeat(200));
        assert_eq!(
            check(&Source::new("wireshark-plugin/segment.c", &c)).len(),
            1
        );
    }
}
