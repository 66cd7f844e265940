// SPDX-License-Identifier: GPL-2.0-or-later

//! Compares verdicts with labels, and counts.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{
    expected::{Column, Truth},
    labels::Label,
    reader::Verdict,
};

/// What was said about a labelled RST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Verdict(Verdict),
    /// The segment was read, and nothing was said about it.
    Nothing,
    /// The reader cannot see the segment; the words say why.
    NotRead(String),
}

/// One labelled RST beside what was said about it.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) set: String,
    pub(crate) capture: PathBuf,
    /// 0 where a label for every RST of a file found none.
    pub(crate) frame: u32,
    pub(crate) label: Label,
    pub(crate) said: Said,
}

/// How a column of a verdict compares with its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Right,
    Wrong,
    /// Nobody could tell from this capture: the frozen list says why.
    Undecidable,
    NotAsked,
    NotRead,
}

impl Pair {
    pub(crate) fn verdict(&self) -> Option<&Verdict> {
        match &self.said {
            Said::Verdict(verdict) => Some(verdict),
            Said::Nothing | Said::NotRead(_) => None,
        }
    }

    pub(crate) fn is_read(&self) -> bool {
        !matches!(self.said, Said::NotRead(_))
    }

    /// The origin that was said; empty where nothing was.
    pub(crate) fn origin(&self) -> &str {
        self.verdict()
            .map_or("", |verdict| verdict.first("rst.origin"))
    }

    pub(crate) fn outcome(&self, column: Column) -> Outcome {
        if !self.label.expected.asks(column) {
            return Outcome::NotAsked;
        }
        if !self.is_read() {
            return Outcome::NotRead;
        }
        let undecidable = self.label.undecidable.as_ref();
        let is_undecidable = undecidable.is_some_and(|what| what.columns.contains(&column));
        if is_undecidable && !(column == Column::Origin && self.is_accused()) {
            return Outcome::Undecidable;
        }
        let verdict = self.verdict();
        let check = |verdict| self.label.expected.check(column, verdict);
        match verdict.and_then(check) {
            Some(true) => Outcome::Right,
            Some(false) | None => Outcome::Wrong,
        }
    }

    /// An endpoint's RST that was blamed on a middlebox: the worst error, decidable or not.
    pub(crate) fn is_accused(&self) -> bool {
        self.label.expected.truth == Some(Truth::Endpoint) && self.origin() == "middlebox"
    }

    /// The columns in which the verdict is wrong.
    pub(crate) fn wrong(&self) -> Vec<Column> {
        let is_wrong = |column: &Column| self.outcome(*column) == Outcome::Wrong;
        Column::ALL.into_iter().filter(is_wrong).collect()
    }
}

/// How often a column was asked for and right.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) right: usize,
    pub(crate) asked: usize,
    pub(crate) undecidable: usize,
}

/// What was said of the RSTs of one truth.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sides {
    pub(crate) right: usize,
    pub(crate) unclear: usize,
    /// Accused where the truth is an endpoint, cleared where it is a middlebox.
    pub(crate) wrong: usize,
    pub(crate) undecidable: usize,
    pub(crate) nothing: usize,
}

/// The counts of some RSTs.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) resets: usize,
    pub(crate) not_read: usize,
    pub(crate) endpoint: Sides,
    pub(crate) middlebox: Sides,
    pub(crate) columns: BTreeMap<Column, Share>,
    /// Every column that was asked for is right.
    pub(crate) all: Share,
    /// Labelled `harmful`, judged `noteworthy`: right, and counted apart.
    pub(crate) harmful_noteworthy: usize,
    /// Labelled `benign`, judged `noteworthy`: the same.
    pub(crate) benign_noteworthy: usize,
}

impl Score {
    pub(crate) fn of<'a>(pairs: impl IntoIterator<Item = &'a Pair>) -> Self {
        let mut score = Self::default();
        for pair in pairs {
            score.add(pair);
        }
        score
    }

    fn add(&mut self, pair: &Pair) {
        self.resets += 1;
        if !pair.is_read() {
            self.not_read += 1;
            return;
        }
        self.add_side(pair);
        let mut asked = false;
        for column in Column::ALL {
            let outcome = pair.outcome(column);
            let share = self.columns.entry(column).or_default();
            share.right += usize::from(outcome == Outcome::Right);
            share.asked += usize::from(matches!(outcome, Outcome::Right | Outcome::Wrong));
            share.undecidable += usize::from(outcome == Outcome::Undecidable);
            asked |= matches!(outcome, Outcome::Right | Outcome::Wrong);
        }
        self.all.asked += usize::from(asked);
        self.all.right += usize::from(asked && pair.wrong().is_empty());
        if pair
            .verdict()
            .is_some_and(|said| said.first("rst.impact") == "noteworthy")
        {
            match pair.label.impact_word.as_str() {
                "harmful" => self.harmful_noteworthy += 1,
                "benign" if pair.outcome(Column::Impact) == Outcome::Right => {
                    self.benign_noteworthy += 1;
                }
                _ => {}
            }
        }
    }

    fn add_side(&mut self, pair: &Pair) {
        let (side, truth) = match pair.label.expected.truth {
            Some(truth @ Truth::Endpoint) => (&mut self.endpoint, truth),
            Some(truth @ Truth::Middlebox) => (&mut self.middlebox, truth),
            None => return,
        };
        *match (pair.outcome(Column::Origin), pair.origin()) {
            (Outcome::Undecidable, _) => &mut side.undecidable,
            (_, "") => &mut side.nothing,
            (_, "unclear") => &mut side.unclear,
            (_, said) if said == truth.token() => &mut side.right,
            _ => &mut side.wrong,
        } += 1;
    }
}

/// Of the verdicts that took a side, by ten per cent of confidence: `band → (right, all)`.
pub(crate) fn calibration<'a>(
    pairs: impl IntoIterator<Item = &'a Pair>,
) -> BTreeMap<u8, (usize, usize)> {
    let mut table = BTreeMap::new();
    for pair in pairs {
        let Some(truth) = pair.label.expected.truth else {
            continue;
        };
        let Some(confidence) = pair.verdict().and_then(Verdict::confidence) else {
            continue;
        };
        let is_counted = pair.outcome(Column::Origin) != Outcome::Undecidable;
        if is_counted && matches!(pair.origin(), "endpoint" | "middlebox") {
            let (right, all) = table.entry(confidence.min(99) / 10 * 10).or_default();
            *right += usize::from(pair.origin() == truth.token());
            *all += 1;
        }
    }
    table
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::{expected::Expected, labels::Which};

    /// A pair of a truth and an origin that was said, `""` for nothing.
    pub(crate) fn pair(truth: &str, said: &str, confidence: u8) -> Pair {
        let verdict = Verdict::new([
            ("rst.origin", said.to_owned()),
            ("rst.confidence", confidence.to_string()),
        ]);
        Pair {
            set: "test".to_owned(),
            capture: PathBuf::from("a.pcap"),
            frame: 1,
            label: Label {
                which: Which::Frame(1),
                expected: Expected::default().with_origin(truth),
                impact_word: String::new(),
                family: "a".to_owned(),
                why: String::new(),
                undecidable: None,
            },
            said: match said {
                "" => Said::Nothing,
                _ => Said::Verdict(verdict),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::pair, *};
    use crate::undecidable::Undecidable;

    #[test]
    fn each_rst_is_counted_once() {
        let mut unread = pair("endpoint", "", 0);
        unread.said = Said::NotRead("a tunnel".to_owned());
        let pairs = [
            pair("endpoint", "endpoint", 95),
            pair("endpoint", "middlebox", 92),
            pair("endpoint|unclear", "unclear", 50),
            pair("middlebox", "unclear", 50),
            pair("middlebox", "endpoint", 80),
            pair("middlebox", "", 0),
            unread,
        ];
        let score = Score::of(&pairs);
        assert_eq!((score.resets, score.not_read), (7, 1));
        let expected = Sides {
            right: 1,
            unclear: 1,
            wrong: 1,
            ..Sides::default()
        };
        assert_eq!(score.endpoint, expected);
        let expected = Sides {
            unclear: 1,
            wrong: 1,
            nothing: 1,
            ..Sides::default()
        };
        assert_eq!(score.middlebox, expected);
        // An unclear verdict is right where the label accepts it.
        assert_eq!((score.all.right, score.all.asked), (2, 6));
        let bands = BTreeMap::from([(80, (0, 1)), (90, (1, 2))]);
        assert_eq!(calibration(&pairs), bands);
    }

    #[test]
    fn undecidable_rsts_are_counted_apart_but_accusations_never_are() {
        let undecidable = |mut pair: Pair| {
            pair.label.undecidable = Some(Undecidable {
                columns: vec![Column::Origin],
                reason: "a perfect imitation".to_owned(),
            });
            pair
        };
        let mimic = undecidable(pair("middlebox", "endpoint", 80));
        assert_eq!(mimic.outcome(Column::Origin), Outcome::Undecidable);
        let accused = undecidable(pair("endpoint", "middlebox", 80));
        assert_eq!(accused.outcome(Column::Origin), Outcome::Wrong);
        let score = Score::of([&mimic, &accused]);
        assert_eq!((score.middlebox.undecidable, score.endpoint.wrong), (1, 1));
    }

    #[test]
    fn harm_that_is_called_noteworthy_is_right_and_counted_apart() {
        let mut harmful = pair("endpoint", "endpoint", 80);
        harmful.label.impact_word = "harmful".to_owned();
        harmful.label.expected.impact =
            crate::words::impacts("harmful").map(crate::expected::Accepted::any);
        harmful.said = Said::Verdict(Verdict::new([
            ("rst.origin", "endpoint".to_owned()),
            ("rst.impact", "noteworthy".to_owned()),
        ]));
        let score = Score::of([&harmful]);
        assert_eq!(score.harmful_noteworthy, 1);
        assert_eq!(score.columns[&Column::Impact].right, 1);
    }
}
