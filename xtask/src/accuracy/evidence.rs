// SPDX-License-Identifier: GPL-2.0-or-later
//! How often each piece of evidence is present, and what its presence tells, beside the weight in use.
//!
//! Resets of one scenario are alike, so that a scenario counts once, however many resets it has:
//! each of them counts 1/n.
//! A half is added to every count, so that what was never seen is not taken for impossible.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};

use super::report;
use super::score::Pair;
use crate::{project, say};

/// Where the rows stand; the catalogue itself cannot be linked, because xtask is compiled before
/// anything is set up.
const CATALOGUE: &str = "src/evidence/catalogue.rs";

/// Two answers, endpoint and middlebox, of something counted.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Both {
    endpoint: f64,
    middlebox: f64,
}

impl Both {
    fn of(&mut self, origin: &str) -> Option<&mut f64> {
        match origin {
            "endpoint" => Some(&mut self.endpoint),
            "middlebox" => Some(&mut self.middlebox),
            _ => None,
        }
    }

    /// 10·log10 of how much likelier it is in a middlebox's reset than in an endpoint's, of `all`.
    fn decibans(self, all: Self) -> f64 {
        let share = |part: f64, whole: f64| (part + 0.5) / (whole + 1.0);
        let middlebox = share(self.middlebox, all.middlebox);
        10.0 * (middlebox / share(self.endpoint, all.endpoint)).log10()
    }
}

/// A row of the catalogue.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    token: String,
    group: String,
    weight: i32,
}

/// Prints the tally of all folders together.
pub(crate) fn print(folders: &[Vec<Pair>]) -> Result<()> {
    let path = project::root().join(CATALOGUE);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let catalogue = rows(&text);
    let (present, all) = tally(folders);
    let unknown = present
        .keys()
        .find(|token| !catalogue.iter().any(|row| row.token == **token));
    if let Some(token) = unknown {
        bail!("{CATALOGUE} has no row `{token}` that this command can read");
    }
    let rows = catalogue.iter().map(|row| {
        let count = present.get(row.token.as_str()).copied().unwrap_or_default();
        let seen = count != Both::default();
        vec![
            row.token.clone(),
            row.group.clone(),
            format!("{:.1}", count.middlebox),
            format!("{:.1}", count.endpoint),
            if seen {
                format!("{:+.1}", count.decibans(all))
            } else {
                "–".to_owned()
            },
            format!("{:+}", row.weight),
        ]
    });
    say::line(format_args!(
        "Labelled resets, each scenario counted once: {:.0} of middleboxes, {:.0} of endpoints.\n",
        all.middlebox, all.endpoint
    ));
    let header = [
        "evidence",
        "group",
        "middlebox",
        "endpoint",
        "decibans",
        "in use",
    ];
    say::line(report::table(&header, rows));
    Ok(())
}

/// How many scenarios show each piece of evidence, and how many there are.
fn tally(folders: &[Vec<Pair>]) -> (BTreeMap<&str, Both>, Both) {
    let mut present: BTreeMap<&str, Both> = BTreeMap::new();
    let mut all = Both::default();
    for pairs in folders {
        let judged = || pairs.iter().filter(|pair| pair.verdict.is_some());
        let mut sizes: BTreeMap<(&str, &str), f64> = BTreeMap::new();
        for pair in judged() {
            *sizes.entry(key(pair)).or_default() += 1.0;
        }
        for pair in judged() {
            let origin = pair.label.origin.as_str();
            let share = 1.0 / sizes.get(&key(pair)).copied().unwrap_or(1.0);
            let Some(total) = all.of(origin) else {
                continue;
            };
            *total += share;
            let evidence = pair.verdict.iter().flat_map(|verdict| &verdict.evidence);
            let tokens: BTreeSet<&str> = evidence.map(|found| found.token.as_str()).collect();
            for token in tokens {
                if let Some(count) = present.entry(token).or_default().of(origin) {
                    *count += share;
                }
            }
        }
    }
    (present, all)
}

/// One scenario may hold resets of both kinds: those are two.
fn key(pair: &Pair) -> (&str, &str) {
    (&pair.label.family, &pair.label.origin)
}

/// The rows of the catalogue's table, as `1 token Token: Group, present 12, conclusive;`.
fn rows(text: &str) -> Vec<Row> {
    text.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let (names, rest) = line.trim().strip_suffix(';')?.split_once(": ")?;
    let (group, rest) = rest.split_once(", present ")?;
    let mut names = names.split_whitespace();
    names.next()?.parse::<u16>().ok()?;
    let token = names.next()?.to_owned();
    let weight = rest.split(',').next()?.trim().parse().ok()?;
    Some(Row {
        token,
        group: group.to_owned(),
        weight,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_catalogue_is_read() {
        let text = fs::read_to_string(project::root().join(CATALOGUE)).unwrap();
        let sources = text.lines().filter(|line| line.contains(", present "));
        let rows = rows(&text);
        // The two macros' patterns have no number.
        let patterns = sources.clone().filter(|line| line.contains('$')).count();
        assert_eq!(rows.len(), sources.count() - patterns);
        assert!(rows.len() >= 29);
        assert!(rows.iter().any(|row| row.token == "ttl_off_baseline"));
    }

    #[test]
    fn a_row_has_token_group_and_weight() {
        let line = "            6 faster_than_path FasterThanPath: Time, present 20, conclusive;";
        let expected = Row {
            token: "faster_than_path".to_owned(),
            group: "Time".to_owned(),
            weight: 20,
        };
        assert_eq!(row(line), Some(expected));
        assert_eq!(
            row("            2 x Y: Likeness, present -6;")
                .unwrap()
                .weight,
            -6
        );
        assert_eq!(row("        $group:ident, present $present:literal;"), None);
    }

    #[test]
    fn halves_are_added_to_every_count() {
        let all = Both {
            endpoint: 99.0,
            middlebox: 9.0,
        };
        let never = Both::default();
        assert!((never.decibans(all) - 10.0).abs() < 1e-9);
        let always = Both {
            endpoint: 0.0,
            middlebox: 9.0,
        };
        assert!((always.decibans(all) - 10.0 * (0.95_f64 / 0.005).log10()).abs() < 1e-9);
    }
}
