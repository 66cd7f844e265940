// SPDX-License-Identifier: GPL-2.0-or-later
//! Compares verdicts with labels, and counts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::labels::Label;
use super::words::PhaseRule;
use crate::verdict::Verdict;

/// One labelled reset beside what the plugin said about it, if it said anything.
pub(crate) struct Pair {
    pub(crate) capture: PathBuf,
    pub(crate) label: Label,
    pub(crate) verdict: Option<Verdict>,
}

/// How the origin of a verdict compares with its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Right,
    /// The verdict is `unclear` although the label is not.
    Unclear,
    Wrong,
    /// No verdict at all on a frame that is labelled as a reset.
    Missing,
    /// The labeller could not tell, or nothing in the capture could.
    NotCounted,
}

impl Pair {
    fn said(&self) -> &str {
        self.verdict
            .as_ref()
            .map_or("no verdict", |verdict| &verdict.origin)
    }

    pub(crate) fn origin(&self) -> Outcome {
        match (self.label.origin.as_str(), self.said()) {
            (_, "no verdict") => Outcome::Missing,
            _ if !self.label.decidable => Outcome::NotCounted,
            ("unclear", "unclear") => Outcome::Right,
            ("unclear", _) => Outcome::NotCounted,
            (_, "unclear") => Outcome::Unclear,
            (label, said) if label == said => Outcome::Right,
            _ => Outcome::Wrong,
        }
    }

    /// An endpoint's reset that was blamed on a middlebox: the worse error, decidable or not.
    pub(crate) fn is_false_accusation(&self) -> bool {
        self.label.origin == "endpoint" && self.said() == "middlebox"
    }

    /// A middlebox's reset that was blamed on the host that it impersonated.
    pub(crate) fn is_false_clearance(&self) -> bool {
        self.label.decidable && self.label.origin == "middlebox" && self.said() == "endpoint"
    }

    pub(crate) fn phase_is_right(&self) -> bool {
        self.verdict
            .as_ref()
            .is_some_and(|verdict| match self.label.phase {
                PhaseRule::OneOf(tokens) => tokens.contains(&verdict.phase.as_str()),
                PhaseRule::AfterIdle => verdict.after_idle,
            })
    }

    /// `None` where the label has no token to compare with.
    pub(crate) fn cause_is_right(&self) -> Option<bool> {
        let right = self.label.causes.as_ref()?;
        Some(
            self.verdict
                .as_ref()
                .is_some_and(|verdict| right.contains(&verdict.cause)),
        )
    }

    /// `None` where the label does not say the impact.
    pub(crate) fn impact_is_right(&self) -> Option<bool> {
        let right = self.label.impacts.as_ref()?;
        Some(
            self.verdict
                .as_ref()
                .is_some_and(|verdict| right.contains(&verdict.impact)),
        )
    }

    pub(crate) fn is_miss(&self) -> bool {
        !matches!(self.origin(), Outcome::Right | Outcome::NotCounted)
            || !self.phase_is_right()
            || self.cause_is_right() == Some(false)
            || self.impact_is_right() == Some(false)
    }
}

/// The counts of a set of resets.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) labelled: usize,
    pub(crate) right: usize,
    pub(crate) unclear: usize,
    pub(crate) wrong: usize,
    pub(crate) missing: usize,
    pub(crate) not_counted: usize,
    pub(crate) phase_right: usize,
    pub(crate) cause_right: usize,
    pub(crate) cause_labelled: usize,
    pub(crate) impact_right: usize,
    pub(crate) impact_labelled: usize,
}

impl Score {
    pub(crate) fn of<'a>(pairs: impl IntoIterator<Item = &'a Pair>) -> Self {
        let mut score = Self::default();
        for pair in pairs {
            score.labelled += 1;
            *match pair.origin() {
                Outcome::Right => &mut score.right,
                Outcome::Unclear => &mut score.unclear,
                Outcome::Wrong => &mut score.wrong,
                Outcome::Missing => &mut score.missing,
                Outcome::NotCounted => &mut score.not_counted,
            } += 1;
            score.phase_right += usize::from(pair.phase_is_right());
            if let Some(is_right) = pair.cause_is_right() {
                score.cause_labelled += 1;
                score.cause_right += usize::from(is_right);
            }
            if let Some(is_right) = pair.impact_is_right() {
                score.impact_labelled += 1;
                score.impact_right += usize::from(is_right);
            }
        }
        score
    }
}

/// The scores of each scenario, in order of name.
pub(crate) fn by_scenario(pairs: &[Pair]) -> BTreeMap<&str, Score> {
    let mut groups: BTreeMap<&str, Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        groups.entry(&pair.label.scenario).or_default().push(pair);
    }
    groups
        .into_iter()
        .map(|(scenario, group)| (scenario, Score::of(group)))
        .collect()
}

/// How often each label met each verdict: `(label, verdict) → count`.
pub(crate) fn confusion(pairs: &[Pair]) -> BTreeMap<(String, String), usize> {
    let mut table = BTreeMap::new();
    for pair in pairs {
        let label = match pair.label.decidable {
            true => pair.label.origin.clone(),
            false => format!("{}, not decidable", pair.label.origin),
        };
        *table.entry((label, pair.said().to_owned())).or_default() += 1;
    }
    table
}

/// Of the verdicts that took a side, by ten per cent of confidence: `decile → (right, all)`.
pub(crate) fn calibration(pairs: &[Pair]) -> BTreeMap<u8, (usize, usize)> {
    let mut table = BTreeMap::new();
    for pair in pairs {
        let Some(confidence) = pair.verdict.as_ref().and_then(|verdict| verdict.confidence) else {
            continue;
        };
        let outcome = pair.origin();
        if matches!(outcome, Outcome::Right | Outcome::Wrong) && pair.said() != "unclear" {
            let (right, all) = table.entry(confidence / 10 * 10).or_default();
            *right += usize::from(outcome == Outcome::Right);
            *all += 1;
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(label: &str, said: &str, confidence: u8) -> Pair {
        Pair {
            capture: PathBuf::from("a.pcap"),
            label: Label {
                frame: 1,
                origin: label.to_owned(),
                phase_word: "syn".to_owned(),
                phase: PhaseRule::OneOf(&["syn"]),
                cause_word: "closed_port".to_owned(),
                causes: Some(vec!["port_closed".to_owned()]),
                impacts: None,
                scenario: "s".to_owned(),
                family: "s".to_owned(),
                source: String::new(),
                decidable: true,
            },
            verdict: (!said.is_empty()).then(|| Verdict {
                origin: said.to_owned(),
                confidence: Some(confidence),
                phase: "syn".to_owned(),
                cause: "unknown".to_owned(),
                ..Verdict::default()
            }),
        }
    }

    #[test]
    fn each_outcome_is_counted_once() {
        let pairs = [
            pair("endpoint", "endpoint", 95),
            pair("endpoint", "middlebox", 92),
            pair("middlebox", "unclear", 50),
            pair("unclear", "endpoint", 80),
            pair("middlebox", "", 0),
        ];
        let score = Score::of(&pairs);
        assert_eq!((score.right, score.wrong, score.unclear), (1, 1, 1));
        assert_eq!(
            (score.missing, score.not_counted, score.labelled),
            (1, 1, 5)
        );
        assert_eq!((score.phase_right, score.cause_right), (4, 0));
        assert!(pairs[1].is_false_accusation() && !pairs[1].is_false_clearance());
        assert_eq!(calibration(&pairs), BTreeMap::from([(90, (1, 2))]));
    }

    #[test]
    fn undecidable_resets_are_counted_apart_but_accusations_never_are() {
        let mut mimic = pair("middlebox", "endpoint", 80);
        assert!(mimic.is_false_clearance());
        mimic.label.decidable = false;
        assert_eq!(mimic.origin(), Outcome::NotCounted);
        assert!(!mimic.is_false_clearance());
        let mut accused = pair("endpoint", "middlebox", 80);
        accused.label.decidable = false;
        assert!(accused.is_false_accusation());
    }
}
