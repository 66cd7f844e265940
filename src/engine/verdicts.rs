// SPDX-License-Identifier: GPL-2.0-or-later

//! The verdicts by frame, and which of them may have changed since.

use std::{cell::RefCell, collections::VecDeque, num::NonZeroUsize, ops::Deref, rc::Rc};

use lru::LruCache;
use rustc_hash::FxHashMap;

use super::{archive::Archive, incidents::Incidents};
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

/// What the verdicts may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Newest verdicts that are kept whole, about 1.3 KiB each.
    pub(super) whole: usize,
    /// Old ones that are unpacked at a time, of the same size.
    pub(super) unpacked: NonZeroUsize,
    /// What the packed ones take, bytes.
    pub(super) packed: usize,
}

impl Room {
    /// Room for none but packed ones.
    #[cfg(feature = "replay")]
    pub(super) const fn pack_at_once(&mut self) {
        self.whole = 0;
        self.unpacked = NonZeroUsize::MIN;
    }
}

/// A verdict to read.
#[derive(Debug)]
pub enum VerdictRef<'a> {
    /// One of the newest.
    New(&'a Verdict),
    /// An older one, unpacked, or one that was put beside what other capture points show.
    Old(Rc<Verdict>),
}

impl Deref for VerdictRef<'_> {
    type Target = Verdict;

    fn deref(&self) -> &Verdict {
        match self {
            Self::New(verdict) => verdict,
            Self::Old(verdict) => verdict,
        }
    }
}

/// All verdicts: the newest whole, because most of what changes a verdict comes soon,
/// and the others packed.
#[derive(Debug)]
pub(super) struct Verdicts {
    whole: FxHashMap<FrameNumber, Box<Verdict>>,
    /// Their frames, the oldest first.
    frames: VecDeque<FrameNumber>,
    most_whole: usize,
    old: RefCell<Old>,
    incidents: Incidents,
    pub(super) changes: Changes,
}

impl Verdicts {
    pub(super) fn new(room: Room) -> Self {
        Self {
            whole: FxHashMap::default(),
            frames: VecDeque::new(),
            most_whole: room.whole,
            old: RefCell::new(Old {
                packed: Archive::new(room.packed),
                unpacked: LruCache::new(room.unpacked),
            }),
            incidents: Incidents::default(),
            changes: Changes::default(),
        }
    }

    /// The incident of the RST in this frame.
    pub(super) fn incident(&self, frame: FrameNumber) -> Option<FrameNumber> {
        let verdict = self.get(&frame)?;
        Some(self.incidents.root(verdict.case().incident))
    }

    /// The RSTs in these frames have one reason.
    pub(super) fn join(&mut self, frames: impl IntoIterator<Item = FrameNumber>) {
        let known = frames.into_iter().filter_map(|frame| self.incident(frame));
        let known: Vec<FrameNumber> = known.collect();
        self.incidents.join(&known);
    }

    /// What is known of the RST in this frame.
    pub(super) fn get(&self, frame: &FrameNumber) -> Option<VerdictRef<'_>> {
        match self.whole.get(frame) {
            Some(verdict) => Some(VerdictRef::New(verdict)),
            None => Some(VerdictRef::Old(self.old.borrow_mut().get(*frame)?)),
        }
    }

    /// Whether there is a verdict on this frame: cheaper than reading it.
    pub(super) fn holds(&self, frame: FrameNumber) -> bool {
        self.whole.contains_key(&frame) || self.old.borrow().packed.holds(frame)
    }

    /// Whether the verdict on this frame had to go for want of memory.
    pub(super) fn let_go(&self, frame: FrameNumber) -> bool {
        self.old.borrow().packed.let_go(frame)
    }

    /// Whether any had to.
    pub(super) fn has_let_go(&self) -> bool {
        self.old.borrow().packed.has_let_go()
    }

    /// The only way in which a case changes after its birth: the verdict on
    /// `frame` is made anew, and noted as a change, if `change` makes a difference.
    pub(super) fn amend(&mut self, frame: FrameNumber, change: impl FnOnce(&mut Case)) {
        let differs = match self.whole.get_mut(&frame) {
            Some(verdict) => verdict.amend(change),
            None => self.old.get_mut().amend(frame, change),
        };
        if differs {
            self.changes.note(frame);
        }
    }

    pub(super) fn insert(&mut self, frame: FrameNumber, verdict: Box<Verdict>) {
        self.frames.push_back(frame);
        self.whole.insert(frame, verdict);
    }

    /// Packs what has become old. Not while an RST is being entered in the memories
    /// that look at its verdict again.
    pub(super) fn pack(&mut self) {
        while self.frames.len() > self.most_whole {
            let oldest = self.frames.pop_front();
            let packed = oldest.and_then(|frame| Some((frame, self.whole.remove(&frame)?)));
            if let Some((frame, verdict)) = packed {
                self.old.get_mut().packed.put(frame, &verdict);
            }
        }
    }
}

/// A verdict that was unpacked.
#[derive(Debug)]
struct Unpacked {
    verdict: Rc<Verdict>,
    /// It is not any more what was packed.
    changed: bool,
}

/// The older verdicts.
#[derive(Debug)]
struct Old {
    packed: Archive,
    unpacked: LruCache<FrameNumber, Unpacked>,
}

impl Old {
    /// The one on this frame, which stays unpacked for a while.
    fn unpack(&mut self, frame: FrameNumber) -> Option<&mut Unpacked> {
        if !self.unpacked.contains(&frame) {
            let verdict = Rc::new(self.packed.get(frame)?);
            let changed = false;
            let gone = self.unpacked.push(frame, Unpacked { verdict, changed });
            if let Some((frame, gone)) = gone.filter(|(_, gone)| gone.changed) {
                self.packed.replace(frame, &gone.verdict);
            }
        }
        self.unpacked.get_mut(&frame)
    }

    fn get(&mut self, frame: FrameNumber) -> Option<Rc<Verdict>> {
        self.unpack(frame).map(|old| Rc::clone(&old.verdict))
    }

    fn amend(&mut self, frame: FrameNumber, change: impl FnOnce(&mut Case)) -> bool {
        let Some(old) = self.unpack(frame) else {
            return false;
        };
        let differs = Rc::make_mut(&mut old.verdict).amend(change);
        old.changed |= differs;
        differs
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
