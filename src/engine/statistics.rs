// SPDX-License-Identifier: GPL-2.0-or-later

//! What the statistics count: RSTs and attempts to connect, in groups of rows.
//!
//! A later frame may change what is known of an earlier one. So it is kept how each frame
//! was counted, and with every frame those are counted anew of which something has
//! changed: the last state is the same in one pass and in two.

use std::{
    borrow::Cow,
    collections::VecDeque,
    ffi::{CStr, CString},
};

use rustc_hash::FxHashMap;

use super::{Engine, Outcome};
use crate::{
    case::Origin,
    cause::{Cause, Impact},
    conversation::Phase,
    verdict::Verdict,
    wire::FrameNumber,
};

/// A group that counts by words which are all known beforehand.
struct ByWord {
    title: &'static CStr,
    /// Its words, in their order.
    words: fn() -> Vec<&'static CStr>,
    /// That of a frame now; `None` where the group does not count it.
    word: fn(&Engine, FrameNumber) -> Option<&'static CStr>,
}

fn of_verdict(
    engine: &Engine,
    frame: FrameNumber,
    word: fn(&Verdict) -> &'static CStr,
) -> Option<&'static CStr> {
    engine.verdict(frame).map(|verdict| word(&verdict))
}

const BY_WORD: [ByWord; 5] = [
    ByWord {
        title: c"Resets by origin",
        words: || Origin::ALL.iter().map(|origin| origin.token()).collect(),
        word: |engine, frame| of_verdict(engine, frame, |verdict| verdict.origin().token()),
    },
    ByWord {
        title: c"Resets by cause",
        words: || Cause::ALL.iter().map(|cause| cause.token()).collect(),
        word: |engine, frame| of_verdict(engine, frame, |verdict| verdict.cause().token()),
    },
    ByWord {
        title: c"Resets by phase",
        words: || Phase::ALL.iter().map(|phase| phase.token()).collect(),
        word: |engine, frame| of_verdict(engine, frame, |verdict| verdict.phase().token()),
    },
    ByWord {
        title: c"Resets by impact",
        words: || Impact::ALL.iter().map(|impact| impact.token()).collect(),
        word: |engine, frame| of_verdict(engine, frame, |verdict| verdict.impact().token()),
    },
    ByWord {
        title: c"Connection attempts",
        words: || Outcome::ALL.iter().map(|outcome| outcome.token()).collect(),
        word: |engine, frame| engine.attempt(frame).map(Outcome::token),
    },
];

const BY_SENDER: &CStr = c"Resets by source host";
const BY_RESETTER: &CStr = c"Resets by device";

/// Frames of which it is kept how they were counted: 16 MiB of them. Older ones stay
/// counted as they were.
const MOST_COUNTED: usize = 1 << 20;
/// Claimed senders with a row of their own; all others share one.
const MOST_SENDERS: usize = 1 << 14;
const OTHER_SENDERS: &CStr = c"other hosts";

/// How a frame was counted: the row of each group.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    rows: [Option<u8>; BY_WORD.len()],
    has_resetter: bool,
}

#[derive(Debug)]
struct Node {
    name: Cow<'static, CStr>,
    number: i32,
    /// It was given another number since it was last shown.
    changed: bool,
}

impl Node {
    fn new(name: impl Into<Cow<'static, CStr>>) -> Self {
        Self {
            name: name.into(),
            number: 0,
            changed: true,
        }
    }

    fn add(&mut self, by: i32) {
        self.number = self.number.saturating_add(by);
        self.changed = true;
    }
}

#[derive(Debug)]
struct Group {
    title: Node,
    rows: Vec<Node>,
    /// Where in `rows` each name stands.
    places: FxHashMap<CString, usize>,
}

impl Group {
    fn new(title: &'static CStr, words: Vec<&'static CStr>) -> Self {
        Self {
            title: Node::new(title),
            places: words
                .iter()
                .map(|word| (*word).to_owned())
                .zip(0..)
                .collect(),
            rows: words.into_iter().map(Node::new).collect(),
        }
    }

    /// The row of a word that is known beforehand.
    fn place(&self, word: &CStr) -> Option<u8> {
        u8::try_from(*self.places.get(word)?).ok()
    }

    /// Counts one in the row of this name, which is new if there is none.
    fn add(&mut self, name: &CStr) {
        let place = self.places.get(name).copied().unwrap_or_else(|| {
            self.places.insert(name.to_owned(), self.rows.len());
            self.rows.push(Node::new(name.to_owned()));
            self.rows.len() - 1
        });
        if let Some(row) = self.rows.get_mut(place) {
            row.add(1);
        }
    }

    /// The same, where names come without end.
    fn add_one_of_many(&mut self, name: &CStr) {
        let known = self.rows.len() < MOST_SENDERS || self.places.contains_key(name);
        self.add(if known { name } else { OTHER_SENDERS });
    }

    /// Moves a frame between rows; `None`: it was in none, and so is new to the group.
    fn shift(&mut self, from: Option<u8>, to: u8) {
        self.title.changed = true;
        match from {
            None => self.title.add(1),
            Some(from) => self.add_at(from, -1),
        }
        self.add_at(to, 1);
    }

    fn add_at(&mut self, row: u8, by: i32) {
        if let Some(row) = self.rows.get_mut(usize::from(row)) {
            row.add(by);
        }
    }
}

/// A row to show: a group, or one of the group before it.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    /// Its name.
    pub(crate) name: &'a CStr,
    /// How many frames it counts.
    pub(crate) number: i32,
    /// It is a group.
    pub(crate) is_group: bool,
}

/// One count over the frames that it is shown.
#[derive(Debug)]
pub(crate) struct Statistics {
    by_word: [Group; BY_WORD.len()],
    by_sender: Group,
    by_resetter: Group,
    newest: Option<FrameNumber>,
    /// Those counted last, in their order.
    frames: VecDeque<(FrameNumber, Counted)>,
    /// Changes of the engine that have been taken in.
    changes: u64,
    /// Group and row (`None`: the group itself) of those that have changed.
    changed: Vec<(usize, Option<usize>)>,
}

impl Default for Statistics {
    fn default() -> Self {
        let mut new = Self {
            by_word: BY_WORD.map(|group| Group::new(group.title, (group.words)())),
            by_sender: Group::new(BY_SENDER, Vec::new()),
            by_resetter: Group::new(BY_RESETTER, Vec::new()),
            newest: None,
            frames: VecDeque::new(),
            changes: 0,
            changed: Vec::new(),
        };
        new.collect_changed();
        new
    }
}

impl Statistics {
    /// Counts `frame`, whose IP source is `sender`, and anew those of the frames before of
    /// which something has changed. A frame that comes again begins a new count:
    /// Wireshark empties its trees without saying so.
    pub(crate) fn count(&mut self, engine: &Engine, frame: FrameNumber, sender: &CStr) {
        if self.newest.is_some_and(|newest| frame <= newest) {
            *self = Self::default();
        }
        self.newest = Some(frame);
        for index in self.changes..engine.change_count() {
            let changed = engine.change(index);
            let Some(place) = changed.and_then(|frame| self.place(frame)) else {
                continue;
            };
            if let Some((frame, before)) = self.frames.get(place).copied() {
                let now = self.count_anew(engine, frame, before);
                if let Some(counted) = self.frames.get_mut(place) {
                    counted.1 = now;
                }
            }
        }
        self.changes = engine.change_count();
        let counted = self.count_anew(engine, frame, Counted::default());
        if engine.holds_verdict(frame) {
            self.by_sender.title.add(1);
            self.by_sender.add_one_of_many(sender);
        }
        if counted.rows.iter().any(Option::is_some) {
            if self.frames.len() == MOST_COUNTED {
                self.frames.pop_front();
            }
            self.frames.push_back((frame, counted));
        }
        self.collect_changed();
    }

    /// Moves a frame from where it was counted to where it belongs now.
    fn count_anew(&mut self, engine: &Engine, frame: FrameNumber, mut as_: Counted) -> Counted {
        let groups = BY_WORD.iter().zip(&mut self.by_word).zip(&mut as_.rows);
        for ((by_word, group), counted) in groups {
            let now = (by_word.word)(engine, frame).and_then(|word| group.place(word));
            if let Some(now) = now.filter(|now| *counted != Some(*now)) {
                group.shift(*counted, now);
                *counted = Some(now);
            }
        }
        let verdict = engine.verdict(frame);
        let resetter = verdict.and_then(|verdict| Some(verdict.resetter()?.number()));
        if let (false, Some(number)) = (as_.has_resetter, resetter) {
            as_.has_resetter = true;
            if let Ok(name) = CString::new(format!("device {number}")) {
                self.by_resetter.title.add(1);
                self.by_resetter.add(&name);
            }
        }
        as_
    }

    fn place(&self, frame: FrameNumber) -> Option<usize> {
        let found = self
            .frames
            .binary_search_by_key(&frame, |(frame, _)| *frame);
        found.ok()
    }

    fn groups(&self) -> impl Iterator<Item = &Group> {
        self.by_word
            .iter()
            .chain([&self.by_sender, &self.by_resetter])
    }

    fn collect_changed(&mut self) {
        self.changed.clear();
        let groups = self
            .by_word
            .iter_mut()
            .chain([&mut self.by_sender, &mut self.by_resetter]);
        for (place, group) in groups.enumerate() {
            // Set wherever a row is.
            if !std::mem::take(&mut group.title.changed) {
                continue;
            }
            self.changed.push((place, None));
            for (row, node) in group.rows.iter_mut().enumerate() {
                if std::mem::take(&mut node.changed) {
                    self.changed.push((place, Some(row)));
                }
            }
        }
    }

    /// Row `index` of those that the last count has changed: of a new one all that can be
    /// known beforehand, so that one at 0 tells nothing of the way there.
    #[must_use]
    pub(crate) fn changed_row(&self, index: usize) -> Option<Row<'_>> {
        let (group, row) = *self.changed.get(index)?;
        let group = self.groups().nth(group)?;
        let node = match row {
            None => &group.title,
            Some(row) => group.rows.get(row)?,
        };
        Some(Row {
            name: &node.name,
            number: node.number,
            is_group: row.is_none(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_count_shows_every_row_that_is_known() {
        let statistics = Statistics::default();
        let rows: Vec<Row<'_>> = (0..).map_while(|at| statistics.changed_row(at)).collect();
        assert!(rows.iter().all(|row| row.number == 0));
        assert_eq!(rows.iter().filter(|row| row.is_group).count(), 7);
        let words: usize = BY_WORD.iter().map(|group| (group.words)().len()).sum();
        assert_eq!(rows.len(), 7 + words);
    }

    #[test]
    fn frame_moves_between_rows_of_a_group() {
        let mut group = Group::new(c"by", vec![c"one", c"other"]);
        let (one, other) = (group.place(c"one").unwrap(), group.place(c"other").unwrap());
        group.shift(None, one);
        group.shift(Some(one), other);
        let numbers: Vec<i32> = group.rows.iter().map(|row| row.number).collect();
        assert_eq!((group.title.number, numbers), (1, vec![0, 1]));
    }

    #[test]
    fn names_without_end_share_a_row() {
        let mut group = Group::new(c"by", Vec::new());
        for number in 0..MOST_SENDERS + 7 {
            group.add_one_of_many(&CString::new(number.to_string()).unwrap());
        }
        group.add_one_of_many(c"0");
        assert_eq!(group.rows.len(), MOST_SENDERS + 1);
        assert_eq!(group.rows[0].number, 2);
        assert_eq!(group.rows[MOST_SENDERS].number, 7);
    }
}
