// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask accuracy --leave-one-out`: what comes of a set that had no part in the choice of the constants.
//!
//! Weights and prices rest each on a source of its own and are not fitted. Three numbers stand above them all: the
//! prior, the sum from which on a side is named, and how dear stories are on the whole. These are chosen anew, to be
//! best for all sets but one.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use rstscope::{
    mutation::{Kind, Mutation},
    replay::Passes,
};
use rstscope_test_support::say;

use crate::{
    expected::{Column, Truth},
    judge::Judge,
    labels,
    score::{Outcome, Pair},
    sets::{self, Set},
    undecidable,
};

/// Prices, in per cent of what they are.
const SCALES: [usize; 5] = [60, 80, 100, 125, 150];
/// Decibans added to the prior.
const SHIFTS: std::ops::RangeInclusive<i16> = -6..=6;
/// Sums from which on a side is named: 84 to 97 %.
const GUARDS: std::ops::RangeInclusive<i16> = 7..=15;

/// What the choice costs, by RST: an accusation as much as 20 that are left unclear, as the project holds it, and a
/// forger who is cleared as much as 10 (estimates of how far each sends people the wrong way).
const ACCUSED: usize = 20;
const CLEARED: usize = 10;

/// One choice of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Choice {
    scale: usize,
    shift: i16,
    guard: i16,
}

const TODAY: Choice = Choice {
    scale: 100,
    shift: 0,
    guard: 10,
};

/// One RST: who sent it, and the sum.
type Reset = (Truth, i16);

/// What comes of some RSTs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Outcomes {
    right: usize,
    unclear: usize,
    accused: usize,
    cleared: usize,
}

impl Outcomes {
    fn of(resets: &[Reset], choice: Choice) -> Self {
        let mut result = Self::default();
        for (truth, sum) in resets {
            let sum = sum + choice.shift;
            *match (truth, sum >= choice.guard, sum <= -choice.guard) {
                (Truth::Middlebox, true, _) | (Truth::Endpoint, _, true) => &mut result.right,
                (Truth::Endpoint, true, _) => &mut result.accused,
                (Truth::Middlebox, _, true) => &mut result.cleared,
                _ => &mut result.unclear,
            } += 1;
        }
        result
    }

    /// Thousandths an RST, so that a large set says no more than a small one.
    fn cost(&self) -> usize {
        let all = self.right + self.unclear + self.accused + self.cleared;
        (self.unclear + ACCUSED * self.accused + CLEARED * self.cleared) * 1000 / all.max(1)
    }

    fn cells(&self) -> String {
        format!(
            "{:>5} / {:>3} / {:>2} / {:>2}",
            self.right, self.unclear, self.accused, self.cleared
        )
    }
}

/// The RSTs of each set with each scale of prices.
type Sums = BTreeMap<usize, Vec<(String, Vec<Reset>)>>;

fn resets(pairs: &[Pair]) -> Vec<Reset> {
    let counted = pairs.iter().filter(|pair| {
        !matches!(
            pair.outcome(Column::Origin),
            Outcome::NotRead | Outcome::Undecidable
        )
    });
    counted
        .filter_map(|pair| {
            let sum = pair.verdict()?.first("rst.evidence.sum").parse().ok()?;
            Some((pair.label.expected.truth?, sum))
        })
        .collect()
}

fn sums(sets: &[Set], passes: Passes) -> Result<Sums> {
    let mut sums = Sums::new();
    for scale in SCALES {
        let judge = Judge {
            plugin: None,
            passes,
            mutation: Some(Mutation {
                kind: Kind::Prices,
                row: String::new(),
                line: scale,
            }),
        };
        for set in sets {
            let mut labels = labels::read(&set.folder)?;
            undecidable::note(&set.name, &mut labels)?;
            let (pairs, _) = judge
                .set(&set.name, labels)
                .with_context(|| format!("in the set {}", set.name))?;
            let of_scale = sums.entry(scale).or_default();
            of_scale.push((set.name.clone(), resets(&pairs)));
        }
    }
    Ok(sums)
}

/// The choice that costs least on all sets but `left_out`; among equals the nearest to today's.
fn fitted(sums: &Sums, left_out: &str) -> Choice {
    let mut best = (usize::MAX, u16::MAX, TODAY);
    for (scale, sets) in sums {
        for shift in SHIFTS {
            for guard in GUARDS {
                let choice = Choice {
                    scale: *scale,
                    shift,
                    guard,
                };
                let rest = sets.iter().filter(|(name, _)| name != left_out);
                let cost = rest
                    .map(|(_, resets)| Outcomes::of(resets, choice).cost())
                    .sum();
                let far = shift.unsigned_abs()
                    + guard.abs_diff(TODAY.guard)
                    + u16::from(*scale != TODAY.scale) * 5;
                if (cost, far) < (best.0, best.1) {
                    best = (cost, far, choice);
                }
            }
        }
    }
    best.2
}

/// Prints the table.
pub(crate) fn run(names: &[String], passes: Passes) -> Result<()> {
    let sets = sets::find(names)?;
    let sums = sums(&sets, passes)?;
    say::line("right / unclear / accused / cleared");
    say::line(format_args!(
        "{:<10} {:>5} {:>24} {:>24}   fitted on the others: prior, from, prices",
        "left out", "RSTs", "as it is", "fitted on the others"
    ));
    for set in &sets {
        let choice = fitted(&sums, &set.name);
        let of = |choice: Choice| -> &[Reset] {
            let sets = sums.get(&choice.scale).map_or(&[][..], Vec::as_slice);
            let found = sets.iter().find(|(name, _)| *name == set.name);
            found.map_or(&[], |(_, resets)| resets)
        };
        say::line(format_args!(
            "{:<10} {:>5} {:>24} {:>24}   {:+}, ±{}, {} %",
            set.name,
            of(TODAY).len(),
            Outcomes::of(of(TODAY), TODAY).cells(),
            Outcomes::of(of(choice), choice).cells(),
            choice.shift - 5,
            choice.guard,
            choice.scale
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_others_ask_for_is_chosen() {
        let resets = |sums: &[i16]| sums.iter().map(|sum| (Truth::Endpoint, *sum)).collect();
        let sets = vec![
            ("one".to_owned(), resets(&[12, -20])),
            ("other".to_owned(), resets(&[-8, -20])),
        ];
        let sums = Sums::from([(100, sets)]);
        let choice = fitted(&sums, "other");
        assert_eq!(Outcomes::of(&[(Truth::Endpoint, 12)], choice).accused, 0);
        let choice = fitted(&sums, "one");
        assert_eq!(Outcomes::of(&[(Truth::Endpoint, -8)], choice).right, 1);
    }
}
