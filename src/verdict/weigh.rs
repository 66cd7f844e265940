// SPDX-License-Identifier: GPL-2.0-or-later

//! From findings and stories to origin and confidence: the only arithmetic on
//! weights.
//!
//! `sum = PRIOR + the best guilty story (its weights − its price)
//!            − the cheapest innocent set (weights that it explains − its prices)`,
//! in decibans: 10·log10 of the odds for a middlebox. It can be made again by hand
//! from `rst.evidence.weight` and `rst.hypothesis.sum`.

use crate::{
    case::{Case, Origin},
    evidence::{Evidence, Finding, Observed, catalogue},
    hypothesis::{self, Hypothesis, Share, Sort, catalogue::Told},
    mutation::{Kind, is_out},
};

/// Odds before any evidence, in decibans: 24 %.
///
/// SIGCOMM 2023 §4: at most 25.7 % of connections at a world-wide server were
/// possibly tampered with.
pub(crate) const PRIOR: i16 = -5;

/// From this sum on, either way, an origin is named: 90 %, the confidence at
/// which the contract speaks of a forged RST.
const DECIDED: i16 = 10;

/// A finding and its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weighed {
    /// What was found.
    pub(crate) finding: Finding,
    /// Decibans for a middlebox against a plain host.
    pub(crate) weight: i16,
}

impl Weighed {
    /// Its row in the catalogue.
    #[must_use]
    pub(crate) fn evidence(&self) -> &'static Evidence {
        self.finding.evidence()
    }
}

/// A story that was considered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Considered {
    /// Which.
    pub(crate) hypothesis: &'static Hypothesis,
    /// Decibans that it costs.
    pub(crate) price: i16,
    /// The line that set its price.
    pub(crate) because: &'static str,
    /// Decibans of the findings that it takes away: from what speaks for a middlebox
    /// if it is innocent, from what speaks for the host if it is guilty.
    pub(crate) explained: i16,
    /// The sum if this is the best that its side has.
    pub(crate) sum: i16,
    /// It is one of those that the verdict rests on.
    pub(crate) decisive: bool,
}

/// The result.
#[derive(Clone, Debug)]
pub(crate) struct Weighing {
    /// Strongest first.
    pub(crate) findings: Box<[Weighed]>,
    /// The guilty story that was believed, then the innocent ones, cheapest first.
    pub(crate) stories: Box<[Considered]>,
    /// Who sent it.
    pub(crate) origin: Origin,
    /// Percent; for [`Origin::Unclear`] the share of the less likely answer.
    pub(crate) confidence: u8,
    /// Decibans that remain against the best story of both sides.
    pub(crate) sum: i16,
}

/// Most RSTs show between 2 and 8.
const USUAL_FINDINGS: usize = 8;

/// Looks for all evidence in the case, and puts it before the stories.
#[must_use]
pub(crate) fn weigh(case: &Case) -> Weighing {
    let seen = catalogue::TABLE
        .iter()
        .filter_map(|row| match (row.observe)(case) {
            Observed::Present(finding) => Some(Weighed {
                weight: if is_out(Kind::Weight, row.token, 0) {
                    0
                } else {
                    finding.weight()
                },
                finding,
            }),
            Observed::Absent | Observed::NotObservable(_) | Observed::DoesNotApply => None,
        });
    // Growing step by step, they would be copied four times for each RST.
    let mut findings: Vec<Weighed> = Vec::with_capacity(USUAL_FINDINGS);
    findings.extend(seen);
    // A stable sort: among equals the order of the table.
    findings.sort_by_key(|weighed| std::cmp::Reverse(weighed.weight.unsigned_abs()));
    let mut told: Vec<Told> = Vec::with_capacity(hypothesis::TABLE.len());
    told.extend(
        hypothesis::TABLE
            .iter()
            .filter_map(|story| story.tell(case)),
    );
    let not_guilty = told
        .iter()
        .filter(|told| told.hypothesis.sort != Sort::Guilty)
        .map(|told| Innocent::of(told, case, &findings));
    let mut innocent: Vec<Innocent<'_>> = Vec::with_capacity(told.len());
    innocent.extend(not_guilty);
    let best = told
        .iter()
        .filter(|told| told.hypothesis.sort == Sort::Guilty)
        .map(|accusation| Plea::of(case, &findings, accusation, &innocent))
        .reduce(|best, other| if other.sum > best.sum { other } else { best });
    let stories = best.map_or_else(Vec::new, |plea| plea.stories(&findings, &innocent));
    weighing(findings, stories)
}

/// Findings are counted by the bits of one number.
const _: () = assert!(catalogue::TABLE.len() <= u64::BITS as usize);

/// An innocent story that can be told.
struct Innocent<'a> {
    told: &'a Told,
    /// Bit n: it explains the n-th finding.
    explains: u64,
}

impl<'a> Innocent<'a> {
    fn of(told: &'a Told, case: &Case, findings: &[Weighed]) -> Self {
        let explains = findings.iter().rev().fold(0, |bits, weighed| {
            let share = (told.hypothesis.share)(case, &weighed.finding);
            bits << 1 | u64::from(share != Share::None)
        });
        Self { told, explains }
    }
}

/// An innocent set: at most one story of each sort, because sets of three changed
/// nothing in 427 verdicts. What a capture has missed goes with any of them.
#[derive(Clone, Copy, Default)]
struct Defence<'a> {
    situation: Option<&'a Innocent<'a>>,
    nature: Option<&'a Innocent<'a>>,
    capture: Option<&'a Innocent<'a>>,
}

impl<'a> Defence<'a> {
    fn stories(self) -> impl Iterator<Item = &'a Innocent<'a>> {
        self.situation
            .into_iter()
            .chain(self.nature)
            .chain(self.capture)
    }

    fn rests_on(self, told: &Told) -> bool {
        self.stories()
            .any(|story| story.told.hypothesis.number == told.hypothesis.number)
    }
}

/// One accusation with the best defence against it.
struct Plea<'a> {
    accusation: &'a Told,
    /// Of the findings if the accusation is true.
    weights: Vec<i16>,
    /// The sum without a defence.
    charged: i16,
    defence: Defence<'a>,
    sum: i16,
}

impl<'a> Plea<'a> {
    fn of(
        case: &Case,
        findings: &[Weighed],
        accusation: &'a Told,
        innocent: &'a [Innocent<'a>],
    ) -> Self {
        let weight = |weighed: &Weighed| match (accusation.hypothesis.share)(case, &weighed.finding)
        {
            Share::None => weighed.weight,
            Share::Weighs(weight) => weight,
        };
        let weights: Vec<i16> = findings.iter().map(weight).collect();
        let charged = PRIOR - accusation.price + weights.iter().sum::<i16>();
        let mut plea = Self {
            accusation,
            weights,
            charged,
            defence: Defence::default(),
            sum: charged,
        };
        plea.defend(innocent);
        plea
    }

    /// What a set with these bits takes away from what speaks for a middlebox.
    fn explained(&self, explains: u64) -> i16 {
        self.weights
            .iter()
            .enumerate()
            .filter(|(n, weight)| explains >> n & 1 == 1 && **weight > 0)
            .map(|(_, weight)| *weight)
            .sum()
    }

    /// Decibans that a defence takes off.
    fn saves(&self, defence: Defence<'_>) -> i16 {
        let explains = defence
            .stories()
            .fold(0, |bits, story| bits | story.explains);
        let prices: i16 = defence.stories().map(|story| story.told.price).sum();
        self.explained(explains) - prices
    }

    /// Finds the innocent set that saves most, if any saves something.
    fn defend(&mut self, innocent: &'a [Innocent<'a>]) {
        let of = |sort: Sort| {
            innocent
                .iter()
                .filter(move |story| story.told.hypothesis.sort == sort)
        };
        for capture in std::iter::once(None).chain(of(Sort::Capture).map(Some)) {
            for situation in std::iter::once(None).chain(of(Sort::Situation).map(Some)) {
                for nature in std::iter::once(None).chain(of(Sort::Nature).map(Some)) {
                    let defence = Defence {
                        situation,
                        nature,
                        capture,
                    };
                    let sum = self.charged - self.saves(defence);
                    if sum < self.sum {
                        (self.defence, self.sum) = (defence, sum);
                    }
                }
            }
        }
    }

    /// The stories in the order in which they are told: the accusation, those that the
    /// defence rests on, and those that lost.
    fn stories(&self, findings: &[Weighed], innocent: &[Innocent<'_>]) -> Vec<Considered> {
        let escapes = findings
            .iter()
            .zip(&self.weights)
            .map(|(weighed, weight)| weight - weighed.weight)
            .sum();
        let considered = |told: &Told, explained, sum, decisive| Considered {
            hypothesis: told.hypothesis,
            price: told.price,
            because: told.because,
            explained,
            sum,
            decisive,
        };
        let mut stories = vec![considered(self.accusation, escapes, self.sum, true)];
        for Innocent { told, explains } in innocent {
            let explained = self.explained(*explains);
            if explained > 0 {
                let sum = self.charged - (explained - told.price);
                stories.push(considered(
                    told,
                    explained,
                    sum,
                    self.defence.rests_on(told),
                ));
            }
        }
        if let [_, innocent @ ..] = stories.as_mut_slice() {
            innocent.sort_by_key(|story| (!story.decisive, story.sum));
        }
        stories
    }
}

/// The answer: the first story has the sum that remains.
fn weighing(findings: Vec<Weighed>, stories: Vec<Considered>) -> Weighing {
    // Without any, not with the table as it is: a plain device can always be told of.
    let sum = stories.first().map_or(0, |story| story.sum);
    let origin = if sum >= DECIDED {
        Origin::Middlebox
    } else if sum <= -DECIDED {
        Origin::Endpoint
    } else {
        Origin::Unclear
    };
    let likelier = percent(sum.saturating_abs());
    Weighing {
        findings: findings.into(),
        stories: stories.into(),
        origin,
        confidence: match origin {
            Origin::Unclear => 100 - likelier,
            Origin::Endpoint | Origin::Middlebox => likelier,
        },
        sum,
    }
}

/// Odds in decibans, 0 or more, as percent; 99 at most, for nothing is certain.
fn percent(decibans: i16) -> u8 {
    // 100 / (1 + 10^(-d/10)), rounded down. Every value to 19; then steps.
    const BELOW_20: [u8; 20] = [
        50, 55, 61, 66, 71, 75, 79, 83, 86, 88, 90, 92, 94, 95, 96, 96, 97, 98, 98, 98,
    ];
    usize::try_from(decibans)
        .ok()
        .and_then(|decibans| BELOW_20.get(decibans))
        .copied()
        .unwrap_or(99)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::case::testing::case;

    const MS: Duration = Duration::from_millis(1);

    fn story(weighing: &Weighing, token: &str) -> Option<i16> {
        let told = weighing
            .stories
            .iter()
            .find(|told| told.hypothesis.token.to_str() == Ok(token));
        told.map(|told| told.sum)
    }

    #[test]
    fn percent_is_the_logistic_function() {
        for decibans in 0..40_i16 {
            let exact = 100.0 / (1.0 + 10_f64.powf(-f64::from(decibans) / 10.0));
            assert!(
                (exact - 1.0..=exact).contains(&f64::from(percent(decibans))),
                "{decibans}: {exact}"
            );
        }
        assert_eq!(percent(i16::MAX), 99);
    }

    #[test]
    fn nothing_known_is_unclear() {
        let weighing = weigh(&case());
        assert_eq!(weighing.origin, Origin::Unclear);
        assert_eq!(weighing.sum, PRIOR);
        assert_eq!(weighing.confidence, 25);
    }

    #[test]
    fn reset_with_its_hosts_ttl_is_the_endpoints() {
        let weighing = weigh(&case().sender_ttl(&[61, 61]).sender_ids(&[7, 8, 9]));
        assert_eq!(weighing.origin, Origin::Endpoint);
    }

    /// What one story explains wholly costs its price, however much it weighs.
    #[test]
    fn price_decides_where_one_story_explains_everything() {
        let weighing = weigh(&case().sender_ttl(&[61; 6]).ttl(62));
        assert_eq!(weighing.origin, Origin::Unclear);
        let price = 14 - 3;
        assert_eq!(story(&weighing, "other_member"), Some(PRIOR + price));
        assert_eq!(weighing.sum, PRIOR + price);
    }

    #[test]
    fn accusation_stands_where_no_story_explains_it_all() {
        let forged = case()
            .sender_ttl(&[61; 6])
            .ttl(255)
            .round_trip(48 * MS)
            .bound(6 * MS);
        assert_eq!(weigh(&forged).origin, Origin::Middlebox);
    }

    #[test]
    fn sum_is_the_same_by_hand() {
        let weighing = weigh(&case().sender_ttl(&[61; 6]).ttl(255).abort());
        let weights: i16 = weighing.findings.iter().map(|found| found.weight).sum();
        let guilty = &weighing.stories[0];
        let defence: i16 = weighing.stories[1..]
            .iter()
            .filter(|told| told.decisive)
            .map(|told| told.explained - told.price)
            .sum();
        assert_eq!(
            weighing.sum,
            PRIOR + weights + guilty.explained - guilty.price - defence
        );
    }
}
