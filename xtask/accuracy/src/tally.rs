// SPDX-License-Identifier: GPL-2.0-or-later

//! How often each piece of evidence is present, and what its presence tells, beside the weight in use.
//!
//! Resets of one scenario are alike, so that a scenario counts once, however many resets it has:
//! each of them counts 1/n.
//! A half is added to every count, so that what was never seen is not taken for impossible.

use std::collections::{BTreeMap, BTreeSet};

use rstscope::evidence::catalogue;

use crate::{expected::Truth, say, score::Pair};

/// Two answers, endpoint and middlebox, of something counted.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Both {
    endpoint: f64,
    middlebox: f64,
}

impl Both {
    fn of(&mut self, truth: Truth) -> &mut f64 {
        match truth {
            Truth::Endpoint => &mut self.endpoint,
            Truth::Middlebox => &mut self.middlebox,
        }
    }

    /// 10·log10 of how much likelier it is in a middlebox's reset than in an endpoint's, of `all`.
    fn decibans(self, all: Self) -> f64 {
        let share = |part: f64, whole: f64| (part + 0.5) / (whole + 1.0);
        let middlebox = share(self.middlebox, all.middlebox);
        10.0 * (middlebox / share(self.endpoint, all.endpoint)).log10()
    }
}

/// Prints the tally of all sets together.
pub(crate) fn print(sets: &[(String, Vec<Pair>)]) {
    let (present, all) = tally(sets);
    let rows = catalogue::TABLE.iter().map(|row| {
        let token = row.token.to_string_lossy();
        let count = present.get(&*token).copied().unwrap_or_default();
        let weights: Vec<String> = row.weights.iter().map(|it| format!("{it:+}")).collect();
        let tells = match count == Both::default() {
            true => "–".to_owned(),
            false => format!("{:+.1}", count.decibans(all)),
        };
        vec![
            token.into_owned(),
            format!("{:.1}", count.middlebox),
            format!("{:.1}", count.endpoint),
            tells,
            weights.join(", "),
        ]
    });
    say::line(format_args!(
        "Labelled RSTs, each scenario counted once: {:.0} of middleboxes, {:.0} of endpoints.\n",
        all.middlebox, all.endpoint
    ));
    let header = ["evidence", "middlebox", "endpoint", "decibans", "in use"];
    say::line(say::table(&header, rows));
}

/// How many scenarios show each piece of evidence, and how many there are.
fn tally(sets: &[(String, Vec<Pair>)]) -> (BTreeMap<String, Both>, Both) {
    let mut present: BTreeMap<String, Both> = BTreeMap::new();
    let mut all = Both::default();
    for (_, pairs) in sets {
        let judged = || pairs.iter().filter(|pair| pair.verdict().is_some());
        let mut sizes: BTreeMap<(&str, Option<Truth>), f64> = BTreeMap::new();
        for pair in judged() {
            *sizes.entry(key(pair)).or_default() += 1.0;
        }
        for pair in judged() {
            let Some(truth) = pair.label.expected.truth else {
                continue;
            };
            let share = 1.0 / sizes.get(&key(pair)).copied().unwrap_or(1.0);
            *all.of(truth) += share;
            let verdicts = pair.verdict().into_iter();
            let tokens: BTreeSet<&String> = verdicts
                .flat_map(|verdict| verdict.all("rst.evidence"))
                .collect();
            for token in tokens {
                *present.entry(token.clone()).or_default().of(truth) += share;
            }
        }
    }
    (present, all)
}

/// One scenario may hold RSTs of both kinds: those are two.
fn key(pair: &Pair) -> (&str, Option<Truth>) {
    (&pair.label.family, pair.label.expected.truth)
}

#[cfg(test)]
mod tests {
    use super::*;

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
