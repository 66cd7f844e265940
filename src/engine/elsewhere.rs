// SPDX-License-Identifier: GPL-2.0-or-later

//! Several capture points in one file: each is followed by an engine of its own, so that
//! a verdict is what it would be in the capture of that point alone.

use super::{Engine, Settings, memory::Shares};
use crate::{
    conversation::{Key, Side},
    points::{Opened, Point, Station},
    wire::{FrameNumber, Segment},
};

/// What each further point may take: an eighth of the memory.
const PART_OF_MEMORY: u32 = 8;
/// What the first one keeps then of its conversations and hosts: a quarter, so that three
/// more fit in what it leaves (three eighths of the total, of which both take half).
const LEFT_TO_FIRST: u32 = 4;

impl Engine {
    /// The point at which a segment was captured, learned from SYNs and RSTs, and whether
    /// it is a SYN that was captured at another one before.
    pub(super) fn point_of(
        &mut self,
        segment: &Segment<'_>,
        receiver: Option<[u8; 6]>,
    ) -> (Point, bool) {
        let sender = Station::of_sender(segment);
        if segment.flags.syn() || segment.flags.rst() {
            self.points.learn(sender, receiver);
        }
        let opened = if segment.flags.syn() {
            self.points.open(segment)
        } else {
            Opened::First
        };
        if opened == Opened::AtNewPoint {
            self.open_point();
        }
        let point = if self.points.are_several() {
            self.points.point(sender)
        } else {
            0
        };
        (point, opened != Opened::First)
    }

    /// Takes in a segment that was captured at another point than its conversation's others,
    /// as the conversation itself shows; false where there is no room for one more point.
    pub(super) fn set_apart(&mut self, segment: &Segment<'_>, key: Key, side: Side) -> bool {
        let Some(conversation) = self.conversations.entry(key, false) else {
            return false;
        };
        let sender = Station::of_sender(segment);
        let Some((link, is_new)) = self.points.set_apart(sender, conversation.track().apart())
        else {
            conversation.track_mut().note_odd();
            return false;
        };
        conversation.track_mut().set_apart(link);
        if is_new {
            self.open_point();
        }
        let point = self.points.point(sender);
        self.observe_elsewhere((point, false), segment, key, side)
    }

    /// One more point.
    fn open_point(&mut self) {
        let mut settings = self.settings;
        let total = settings.memory_limit;
        settings.memory_limit = total / PART_OF_MEMORY;
        let mut engine = self.alike(settings);
        engine.is_elsewhere = true;
        // What is said of the limit names the user's.
        engine.settings.memory_limit = total;
        self.elsewhere.push(engine);
        self.share_memory();
    }

    /// An engine that has seen nothing, made as this one.
    fn alike(&self, settings: Settings) -> Self {
        #[cfg(feature = "replay")]
        if self.packs_at_once {
            return Self::packing_at_once(settings);
        }
        Self::new(settings)
    }

    /// Leaves to the other points what they take.
    fn share_memory(&mut self) {
        let shares = Shares::of(self.settings.memory_limit / LEFT_TO_FIRST);
        self.conversations.narrow(shares.conversations);
        self.hosts.narrow(shares.hosts);
    }

    /// Hands a segment to the engine of another point; false where there is none.
    pub(super) fn observe_elsewhere(
        &mut self,
        (point, again): (Point, bool),
        segment: &Segment<'_>,
        key: Key,
        side: Side,
    ) -> bool {
        let place = point.checked_sub(1);
        let Some(engine) = place.and_then(|place| self.elsewhere.get_mut(place)) else {
            return false;
        };
        let before = engine.change_count();
        engine.take(segment, key, side);
        if again {
            engine.attempts.leave_out(segment.frame);
        }
        for index in before..engine.change_count() {
            if let Some(frame) = engine.change(index) {
                self.verdicts.changes.note(frame);
            }
        }
        self.newest_note = self.newest_note.max(engine.newest_note);
        true
    }

    /// What the first engine that has an answer says.
    pub(super) fn anywhere<'a, T>(&'a self, ask: impl Fn(&'a Self) -> Option<T>) -> Option<T> {
        ask(self).or_else(|| self.elsewhere.iter().find_map(ask))
    }

    /// The same of a frame that is looked for.
    pub(super) fn holds_anywhere(&self, frame: FrameNumber) -> bool {
        self.verdicts.holds(frame)
            || self
                .elsewhere
                .iter()
                .any(|engine| engine.verdicts.holds(frame))
    }
}
