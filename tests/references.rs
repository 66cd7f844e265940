// SPDX-License-Identifier: GPL-2.0-or-later

//! Whatever a page or a comment of this repository points to is there: files, folders, and headings of pages.
//!
//! RFCs, papers and the files of other projects are for people to look up.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
};

use rstscope_test_support::{
    references::{Kind, Repository, anchors, comments, headings, links, mentions, references},
    root,
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What was written for this project elsewhere and is no part of it, and who may name it: whoever reads it.
const ELSEWHERE: [(&str, &[&str]); 2] = [
    (concat!("reset", "-facts"), &[]),
    (concat!("..", "/shared"), &["xtask/accuracy/"]),
];

/// Names in `docs/measured.md` that look like a case's.
const NO_CASES: [&str; 4] = [
    "auto_flowlabels",
    "reset_timedout_connection",
    "tcp_fin_timeout",
    "tcp_retries2",
];

#[test]
fn references_lead_somewhere() -> Outcome {
    let repository = repository()?;
    let mut faults = Vec::new();
    let mut counts = BTreeMap::new();
    for (file, text) in repository.texts() {
        for (kind, line, target) in references(file, text) {
            *counts.entry(kind).or_insert(0_usize) += 1;
            let fault = repository.fault(file, kind, &target);
            faults.extend(fault.map(|fault| format!("{file}:{line}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for (kind, least) in [(Kind::Link, 50), (Kind::Mention, 100), (Kind::Heading, 10)] {
        let count = counts.get(&kind).copied().unwrap_or_default();
        assert!(count >= least, "only {count} of {kind:?} were looked at");
    }
    Ok(())
}

#[test]
fn nothing_outside_the_repository_is_cited() -> Outcome {
    let repository = repository()?;
    let mut faults = Vec::new();
    for (file, text) in repository.texts() {
        for (word, readers) in ELSEWHERE {
            if readers.iter().any(|reader| file.starts_with(reader)) {
                continue;
            }
            let lines = text.lines().zip(1..);
            let naming = lines.filter(|(line, _)| line.contains(word));
            faults.extend(naming.map(|(_, line)| format!("{file}:{line}: names {word}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[test]
fn cases_that_facts_were_seen_in_are_there() -> Outcome {
    let mut scenarios = BTreeSet::new();
    for entry in root().join("tests/captures").read_dir()? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some((scenario, _)) = name.split_once("-v") {
            scenarios.insert(scenario.to_owned());
        }
    }
    let page = fs::read_to_string(root().join("docs/measured.md"))?;
    let is_name = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_';
    let quoted = page.split('`').skip(1).step_by(2);
    let named: BTreeSet<_> = quoted
        .filter(|word| word.contains('_') && word.chars().all(is_name))
        .filter(|word| !NO_CASES.contains(word))
        .collect();
    assert!(named.len() >= 20, "only {named:?} are named");
    let is_missing = |name: &&&str| !scenarios.contains(**name);
    let missing: Vec<_> = named.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "tests/captures has none of {missing:?}");
    Ok(())
}

#[test]
fn what_leads_nowhere_is_seen() -> Outcome {
    let repository = repository()?;
    for (file, kind, target) in [
        ("README.md", Kind::Link, "docs/no-such-page.md"),
        ("README.md", Kind::Link, "docs/guide.md#no-such-heading"),
        ("docs/guide.md", Kind::Link, "#no-such-heading"),
        ("docs/guide.md", Kind::Link, "README.md"),
        ("src/lib.rs", Kind::Mention, "no_such_file.rs"),
        ("src/lib.rs", Kind::Mention, "olden.rs"),
        ("src/lib.rs", Kind::Mention, "src/no_such_folder/"),
        ("src/lib.rs", Kind::Mention, "src/no_such_folder/<name>.rs"),
        ("src/lib.rs", Kind::Heading, "docs/measured.md#no-such-fact"),
    ] {
        let fault = repository.fault(file, kind, target);
        assert!(fault.is_some(), "{file} may point to {target}");
    }
    for (file, kind, target) in [
        ("README.md", Kind::Link, "docs/guide.md"),
        ("README.md", Kind::Link, "https://www.wireshark.org"),
        ("docs/guide.md", Kind::Link, "../README.md#install"),
        ("src/lib.rs", Kind::Mention, "tests/golden.rs"),
        ("src/lib.rs", Kind::Mention, "golden.rs"),
        ("src/lib.rs", Kind::Mention, "src/evidence/<name>.rs"),
        ("src/lib.rs", Kind::Heading, "docs/measured.md#the-lab"),
    ] {
        let fault = repository.fault(file, kind, target);
        assert!(fault.is_none(), "{file}: {fault:?}");
    }
    Ok(())
}

#[test]
fn references_are_found_in_text() {
    let page = "See [a](b.md#c), ![d](e.png).\n```\n[no](x.md)\n```\n`src/a/`, `seq.rs`; `*.rs`; x.rs:3.\n";
    assert_eq!(targets(links(page)), ["b.md#c", "e.png"]);
    assert_eq!(targets(mentions(page)), ["src/a/", "seq.rs", "x.rs"]);
    let text = "(`docs/a.md#b-c`), docs/d.md, docs/e.md#f.";
    assert_eq!(targets(headings(text)), ["docs/a.md#b-c", "docs/e.md#f"]);

    let code = "let a = \"x.rs\"; // as y.rs\n//! z.rs\n/* in C:\n * segment.c */\nint i;\n";
    let expected = " as y.rs\n! z.rs\n in C:\n * segment.c \n\n";
    assert_eq!(comments(code), expected);

    let heads = anchors("# One case, one door\n## `rst.*` fields\n```\n# no\n```\n## It's 50 %\n");
    let expected = ["its-50-", "one-case-one-door", "rst-fields"];
    assert!(heads.iter().eq(&expected), "{heads:?}");
}

fn targets(found: Vec<(usize, String)>) -> Vec<String> {
    found.into_iter().map(|(_, target)| target).collect()
}

fn repository() -> Outcome<Repository> {
    Ok(Repository::read(root())?)
}
