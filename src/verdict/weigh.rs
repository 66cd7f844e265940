// SPDX-License-Identifier: GPL-2.0-or-later

//! From findings to origin and confidence: the only arithmetic on weights.
//!
//! The weights of the findings that count are added to [`PRIOR`], in decibans;
//! the sum is 10·log10 of the odds for a middlebox. Of each group only the
//! strongest finding counts. The sum can be made again by hand from
//! `rst.evidence.weight`.

use crate::{
    case::{Case, Origin},
    evidence::{Evidence, Finding, Group, Observed, catalogue::TABLE},
    mutation::{Kind, is_out},
};

/// Odds before any evidence, in decibans: 24 %.
///
/// SIGCOMM 2023 §4: at most 25.7 % of connections at a world-wide server were
/// possibly tampered with.
pub const PRIOR: i16 = -5;

/// From this sum on, either way, an origin is named: 90 %, the confidence at
/// which the contract speaks of a forged RST.
const DECIDED: i16 = 10;

/// Groups that must speak for a middlebox, unless a finding is conclusive.
const GROUPS_NEEDED: usize = 2;

/// From this weight on a group counts as one that speaks for a middlebox: 3 to 1.
/// Below it are oddities of genuine stacks.
const SPEAKS: i16 = 5;

/// A finding and what it adds to the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// What was found.
    pub finding: Finding,
    /// Decibans added; 0 where a stronger one of its group counts.
    pub weight: i16,
}

impl Weighed {
    /// Its row in the catalogue.
    #[must_use]
    pub fn evidence(&self) -> &'static Evidence {
        self.finding.evidence()
    }
}

/// The result.
#[derive(Clone, Debug)]
pub struct Weighing {
    /// Strongest first.
    pub findings: Box<[Weighed]>,
    /// Who sent it.
    pub origin: Origin,
    /// Percent; for [`Origin::Unclear`] the share of the less likely answer.
    pub confidence: u8,
    /// [`PRIOR`] and all weights.
    pub sum: i16,
}

/// Looks for all evidence in the case and weighs it.
#[must_use]
pub fn weigh(case: &Case) -> Weighing {
    let mut present: Vec<Finding> = TABLE
        .iter()
        .filter_map(|row| match (row.observe)(case) {
            Observed::Present(finding) => Some(finding),
            Observed::Absent | Observed::NotObservable(_) | Observed::DoesNotApply => None,
        })
        .collect();
    // A stable sort: among equals the order of the table.
    present.sort_by_key(|finding| std::cmp::Reverse(finding.evidence().present.unsigned_abs()));
    add_up(&present)
}

fn add_up(strongest_first: &[Finding]) -> Weighing {
    let mut counted: Vec<Group> = Vec::new();
    let mut findings: Vec<Weighed> = strongest_first
        .iter()
        .map(|finding| {
            let row = finding.evidence();
            let is_out = is_out(Kind::Weight, row.token, 0);
            let weight = if is_out || counted.contains(&row.group) {
                0
            } else {
                counted.push(row.group);
                row.present
            };
            Weighed {
                finding: *finding,
                weight,
            }
        })
        .collect();
    findings.sort_by_key(|weighed| std::cmp::Reverse(weighed.weight.unsigned_abs()));

    let sum = PRIOR + findings.iter().map(|weighed| weighed.weight).sum::<i16>();
    let for_middlebox = || findings.iter().filter(|weighed| weighed.weight >= SPEAKS);
    let proven = for_middlebox().count() >= GROUPS_NEEDED
        || for_middlebox().any(|weighed| weighed.evidence().conclusive);
    let origin = if sum >= DECIDED && proven {
        Origin::Middlebox
    } else if sum <= -DECIDED {
        Origin::Endpoint
    } else {
        Origin::Unclear
    };
    let likelier = percent(sum.abs());
    Weighing {
        findings: findings.into(),
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
    fn bare_reset_of_linux_with_its_hosts_ttl_is_the_endpoints() {
        let weighing = weigh(&case().sender_ttl(&[61, 61]).sender_ids(&[7, 8, 9]));
        assert_eq!(weighing.origin, Origin::Endpoint);
    }

    #[test]
    fn one_group_alone_is_not_enough() {
        let weighing = weigh(&case().sender_ttl(&[61]).ttl(255));
        assert_eq!(weighing.origin, Origin::Unclear);
    }

    #[test]
    fn two_groups_are_enough() {
        let forged = case()
            .sender_ttl(&[61])
            .ttl(255)
            .round_trip(48 * MS)
            .bound(6 * MS);
        assert_eq!(weigh(&forged).origin, Origin::Middlebox);
    }

    #[test]
    fn conclusive_evidence_is_enough_against_a_perfect_imitation() {
        let forged = case().sender_ttl(&[61, 61]).abort();
        assert_eq!(weigh(&forged.clone()).origin, Origin::Endpoint);
        let weighing = weigh(&forged.continued(5 * MS, 1448, true));
        assert_eq!(weighing.origin, Origin::Middlebox);
    }

    #[test]
    fn only_the_strongest_of_a_group_counts() {
        let weighing = weigh(&case().sender_ttl(&[61]).ttl(255));
        let weights: Vec<i16> = weighing.findings.iter().map(|w| w.weight).collect();
        assert_eq!(weights, [15, 0]);
        assert_eq!(weighing.sum, PRIOR + 15);
    }
}
