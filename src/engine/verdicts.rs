// SPDX-License-Identifier: GPL-2.0-or-later

//! The verdicts by frame, and which of them may have changed since.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::{case::Case, verdict::Verdict, wire::FrameNumber};

/// RSTs of one side that are named or revised together; the signatures count to two.
pub(super) const LONGEST_RUN: usize = 16;

/// Changes that are kept for those who count; who asks after every frame misses
/// none, because one frame changes at most a few hundred.
const MOST_CHANGES: usize = 1 << 16;

/// Frames of which something else may be known than before, in order.
#[derive(Debug, Default)]
pub(super) struct Changes {
    frames: VecDeque<FrameNumber>,
    /// How many there have been; the last of them are kept.
    count: u64,
}

impl Changes {
    /// Something else may be known of this frame now.
    pub(super) fn note(&mut self, frame: FrameNumber) {
        if self.frames.len() == MOST_CHANGES {
            self.frames.pop_front();
        }
        self.frames.push_back(frame);
        self.count += 1;
    }

    /// How many there have been.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// The frame of change `index`; `None` if it is forgotten, or yet to come.
    pub(super) fn get(&self, index: u64) -> Option<FrameNumber> {
        let back = usize::try_from(self.count.checked_sub(index)?).ok()?;
        let kept = self.frames.len().checked_sub(back)?;
        self.frames.get(kept).copied()
    }
}

/// RSTs whose verdicts are kept, about 1.4 GiB of them; the oldest goes.
const MOST_VERDICTS: usize = 1 << 20;

/// Looked up in every frame; frame numbers are counted up and need no strong hash.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    by_frame: FxHashMap<FrameNumber, Box<Verdict>>,
    /// Their frames, the oldest first.
    frames: VecDeque<FrameNumber>,
    pub(super) changes: Changes,
}

impl Verdicts {
    pub(super) fn get(&self, frame: &FrameNumber) -> Option<&Verdict> {
        self.by_frame.get(frame).map(AsRef::as_ref)
    }

    /// The only way in which a case changes after its birth: the verdict on
    /// `frame` is made anew, and noted as a change, if `change` makes a difference.
    pub(super) fn amend(&mut self, frame: FrameNumber, change: impl FnOnce(&mut Case)) {
        let Some(verdict) = self.by_frame.get_mut(&frame) else {
            return;
        };
        if verdict.amend(change) {
            self.changes.note(frame);
        }
    }

    pub(super) fn insert(&mut self, frame: FrameNumber, verdict: Box<Verdict>) {
        if self.frames.len() == MOST_VERDICTS
            && let Some(oldest) = self.frames.pop_front()
        {
            self.by_frame.remove(&oldest);
        }
        self.frames.push_back(frame);
        self.by_frame.insert(frame, verdict);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u32) -> FrameNumber {
        FrameNumber::new(number).unwrap()
    }

    #[test]
    fn changes_are_kept_in_order() {
        let mut changes = Changes::default();
        assert_eq!((changes.count(), changes.get(0)), (0, None));
        changes.note(frame(7));
        changes.note(frame(3));
        assert_eq!(changes.count(), 2);
        assert_eq!(changes.get(0), Some(frame(7)));
        assert_eq!(changes.get(1), Some(frame(3)));
        assert_eq!(changes.get(2), None);
    }

    #[test]
    fn oldest_change_is_forgotten_first() {
        let mut changes = Changes::default();
        for number in 1..=u32::try_from(MOST_CHANGES).unwrap() + 1 {
            changes.note(frame(number));
        }
        assert_eq!(changes.get(0), None);
        assert_eq!(changes.get(1), Some(frame(2)));
        let last = changes.count() - 1;
        assert_eq!(last, u64::try_from(MOST_CHANGES).unwrap());
        assert_eq!(
            changes.get(last),
            Some(frame(u32::try_from(MOST_CHANGES).unwrap() + 1))
        );
    }
}
