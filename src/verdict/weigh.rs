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

/// Looks for all evidence in the case, and puts it before the stories.
#[must_use]
pub(crate) fn weigh(case: &Case) -> Weighing {
    let mut findings: Vec<Weighed> = catalogue::TABLE
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
        })
        .collect();
    // A stable sort: among equals the order of the table.
    findings.sort_by_key(|weighed| std::cmp::Reverse(weighed.weight.unsigned_abs()));
    let told: Vec<Told> = hypothesis::TABLE
        .iter()
        .filter_map(|story| story.tell(case))
        .collect();
    let guilty = told
        .iter()
        .filter(|told| told.hypothesis.sort == Sort::Guilty);
    let pleas = guilty.map(|accusation| plea(case, &findings, accusation, &told));
    let best = pleas.reduce(|best, other| if other.sum > best.sum { other } else { best });
    match best {
        Some(plea) => plea.weighing(findings),
        // Not with the table as it is: a plain device can always be told of.
        None => Plea::default().weighing(findings),
    }
}

/// One accusation with the best defence against it.
#[derive(Default)]
struct Plea {
    stories: Vec<Considered>,
    sum: i16,
}

/// The weights of the findings under a guilty story.
fn weights_under(case: &Case, findings: &[Weighed], accusation: &Told) -> Vec<i16> {
    findings
        .iter()
        .map(
            |weighed| match (accusation.hypothesis.share)(case, &weighed.finding) {
                Share::None => weighed.weight,
                Share::Weighs(weight) => weight,
            },
        )
        .collect()
}

/// What an innocent set takes away from what speaks for a middlebox.
fn explained_by(case: &Case, findings: &[Weighed], weights: &[i16], set: &[&Told]) -> i16 {
    let explains = |finding: &Finding| {
        set.iter()
            .any(|told| (told.hypothesis.share)(case, finding) != Share::None)
    };
    findings
        .iter()
        .zip(weights)
        .filter(|(weighed, weight)| **weight > 0 && explains(&weighed.finding))
        .map(|(_, weight)| *weight)
        .sum()
}

fn plea(case: &Case, findings: &[Weighed], accusation: &Told, told: &[Told]) -> Plea {
    let weights = weights_under(case, findings, accusation);
    let charged = PRIOR - accusation.price + weights.iter().sum::<i16>();
    let explains = |set: &[&Told]| explained_by(case, findings, &weights, set);
    let saves = |set: &[&Told]| explains(set) - set.iter().map(|told| told.price).sum::<i16>();
    let defence = best_set(told, saves);
    let sum = charged - saves(&defence);
    let escapes = findings
        .iter()
        .zip(&weights)
        .map(|(weighed, weight)| weight - weighed.weight)
        .sum();
    let mut stories = vec![Considered {
        hypothesis: accusation.hypothesis,
        price: accusation.price,
        because: accusation.because,
        explained: escapes,
        sum,
        decisive: true,
    }];
    let mut innocent: Vec<Considered> = told
        .iter()
        .filter(|told| told.hypothesis.sort != Sort::Guilty)
        .map(|told| Considered {
            hypothesis: told.hypothesis,
            price: told.price,
            because: told.because,
            explained: explains(&[told]),
            sum: charged - saves(&[told]),
            decisive: defence.iter().any(|chosen| same(chosen, told)),
        })
        .filter(|story| story.explained > 0)
        .collect();
    innocent.sort_by_key(|story| (!story.decisive, story.sum));
    stories.extend(innocent);
    Plea { stories, sum }
}

fn same(one: &Told, other: &Told) -> bool {
    one.hypothesis.number == other.hypothesis.number
}

/// The innocent set that saves most, if any saves something: at most one story of
/// each sort, because sets of three changed nothing in 427 verdicts.
fn best_set<'a>(told: &'a [Told], saves: impl Fn(&[&Told]) -> i16) -> Vec<&'a Told> {
    let of = |sort: Sort| told.iter().filter(move |told| told.hypothesis.sort == sort);
    let mut best: (i16, Vec<&Told>) = (0, Vec::new());
    let mut offer = |set: Vec<&'a Told>| {
        let saved = saves(&set);
        if saved > best.0 {
            best = (saved, set);
        }
    };
    of(Sort::Nature).for_each(|nature| offer(vec![nature]));
    for situation in of(Sort::Situation) {
        offer(vec![situation]);
        of(Sort::Nature).for_each(|nature| offer(vec![situation, nature]));
    }
    best.1
}

impl Plea {
    fn weighing(self, findings: Vec<Weighed>) -> Weighing {
        let sum = self.sum;
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
            stories: self.stories.into(),
            origin,
            confidence: match origin {
                Origin::Unclear => 100 - likelier,
                Origin::Endpoint | Origin::Middlebox => likelier,
            },
            sum,
        }
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
