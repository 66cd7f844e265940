// SPDX-License-Identifier: GPL-2.0-or-later

//! The mechanics of sentences, over all goldens: short enough that Wireshark cuts none,
//! one thought each, hosts by name, numbers with units.

use std::{collections::BTreeSet, error::Error, fs};

use regex::Regex;
use rstscope_test_support::cases;

/// Wireshark cuts a line of the tree at 240 characters, label and brackets included.
const LONGEST: usize = 200;

/// The longest summary.
const LONGEST_SUMMARY: usize = 100;

/// Sentences in one line; the second may draw the conclusion from the first.
const MOST_SENTENCES: usize = 2;

/// Words of a theory, or ones that no native engineer uses.
const BANNED: &[&str] = &[
    "claimed sender",
    "claimed host",
    "time-out",
    "  ",
    "..",
    " ,",
    "hosts of today",
    "in vain",
];

/// A number without a unit is one of these.
const NAMED: &str = concat!(
    r"(?:frame|Frame|TTL|TTLs|port|window|Window|ID|IP ID|TSval|DSCP|ToS|flow label|VLAN|interface|",
    r"number|SO_LINGER|holds|with|instead of|not|again, so no new route explains the RST's|",
    r"price|explain|prior|for|from|to|by|packet's|segment's|answers,|than|counter,|clock,|",
    r"code|writes|had|came:|MAC|follows|but|and|of|is) $",
);

/// What may follow a number.
const UNITS: &str = concat!(
    r"^(?: ?(?:µs|ms|s|%|bytes?|hosts?|ports?|hops?|routers?|times|conversations?|TTLs|decibans|",
    r"findings?|new bytes?|keep-alive|IP headers|seconds?|minutes?|hours?|MiB|more|beyond|of |RSTs?|SYNs?|connections?)|",
    r"[:.)]|, |; | in frame| passed| arriv| expected| where|,|$| is | has | would| again| \(| and)",
);

fn sentences() -> Result<BTreeSet<(String, String)>, Box<dyn Error>> {
    let mut all = BTreeSet::new();
    for case in cases::all()? {
        let words = case.capture.with_file_name("words.snap");
        // One that shares another's golden has no words of its own.
        let told = fs::read_to_string(words).unwrap_or_default();
        for line in told.lines() {
            let told = line.trim_start().split_once(": ");
            let Some((field, text)) = told.filter(|(field, _)| field.starts_with("rst.")) else {
                continue;
            };
            all.insert((field.to_owned(), text.to_owned()));
        }
    }
    assert!(!all.is_empty(), "no goldens");
    Ok(all)
}

/// What is looked for in a sentence.
struct Patterns {
    end: Regex,
    number: Regex,
    named: Regex,
    unit: Regex,
}

impl Patterns {
    fn new() -> Result<Self, regex::Error> {
        Ok(Self {
            end: Regex::new(r"[.?!](?: [A-Za-z]|$)")?,
            number: Regex::new(r"\b\d+(?:\.\d+)?\b")?,
            named: Regex::new(NAMED)?,
            unit: Regex::new(UNITS)?,
        })
    }
}

fn faults(patterns: &Patterns, field: &str, text: &str) -> Vec<String> {
    if field == "rst.report" {
        // It is copied, not read in the tree: three sentences, each like any other.
        let sentences: Vec<&str> = text.split_inclusive(". ").collect();
        let each = sentences.iter().skip(1);
        let mut faults: Vec<String> = each
            .flat_map(|sentence| faults(patterns, "", sentence.trim_end()))
            .collect();
        if sentences.len() != 3 {
            faults.push(format!("{} sentences", sentences.len()));
        }
        return faults;
    }
    let longest = if field == "rst.summary" {
        LONGEST_SUMMARY
    } else {
        LONGEST
    };
    let mut faults = Vec::new();
    let length = text.chars().count();
    if length > longest {
        faults.push(format!("{length} characters"));
    }
    let ends = patterns.end.find_iter(text).count();
    if ends > MOST_SENTENCES {
        faults.push(format!("{ends} sentences"));
    }
    let banned = BANNED.iter().filter(|words| text.contains(**words));
    faults.extend(banned.map(|words| format!("says \"{words}\"")));
    for number in patterns.number.find_iter(text) {
        let (before, after) = (text.get(..number.start()), text.get(number.end()..));
        let is_part = before.is_some_and(|it| it.ends_with([':', '.', '-', 'x', '/', '[']));
        let is_known = before.is_some_and(|it| it.is_empty() || patterns.named.is_match(it))
            || after.is_some_and(|it| patterns.unit.is_match(it));
        if !is_part && !is_known {
            faults.push(format!("{} of what?", number.as_str()));
        }
    }
    faults
}

#[test]
fn sentences_are_short_plain_and_name_what_they_mean() -> Result<(), Box<dyn Error>> {
    let patterns = Patterns::new()?;
    let mut said = Vec::new();
    for (field, text) in sentences()? {
        for fault in faults(&patterns, &field, &text) {
            said.push(format!("{fault}: {field}: {text}"));
        }
    }
    assert!(
        said.is_empty(),
        "{} faults:\n{}",
        said.len(),
        said.join("\n")
    );
    Ok(())
}

#[test]
fn a_bad_sentence_has_every_fault() -> Result<(), Box<dyn Error>> {
    let bad = format!(
        "The claimed sender took 7 bananas. Then. So. {}.",
        "a".repeat(200)
    );
    assert_eq!(faults(&Patterns::new()?, "rst.cause.text", &bad).len(), 4);
    Ok(())
}
