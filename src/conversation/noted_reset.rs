// SPDX-License-Identifier: GPL-2.0-or-later

//! An RST that a conversation has seen, and what went on after it.

use crate::wire::{FrameNumber, Segment, Timestamp};

/// An RST that was seen in this conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotedReset {
    /// Capture time.
    pub(crate) time: Timestamp,
    /// Frame.
    pub(crate) frame: FrameNumber,
    /// It, or one before it, had the exact sequence number.
    pub(crate) exact: bool,
    /// Segments of its claimed sender that may still show that it was forged.
    watch: u8,
    /// Its claimed sender has gone on.
    sender_continued: bool,
    /// Its receiver has gone on.
    receiver_continued: bool,
}

/// Segments of the claimed sender that are looked at after an RST: those that
/// were overtaken, and a few of those that count.
const WATCHED_SEGMENTS: u8 = 64;

impl NotedReset {
    /// Notes this RST.
    #[must_use]
    pub(crate) fn new(segment: &Segment<'_>, exact: bool) -> Self {
        Self {
            time: segment.time,
            frame: segment.frame,
            exact,
            watch: WATCHED_SEGMENTS,
            sender_continued: false,
            receiver_continued: false,
        }
    }

    /// Its frame, while its claimed sender is still looked at; counts the looks.
    pub(super) fn watched(&mut self) -> Option<FrameNumber> {
        self.watch = self.watch.checked_sub(1)?;
        Some(self.frame)
    }

    /// Its claimed sender has shown what it can.
    pub(super) const fn stop_watching(&mut self) {
        self.watch = 0;
    }

    /// Who has gone on after it.
    pub(super) const fn note_survival(&mut self, sender: bool, receiver: bool) {
        self.sender_continued |= sender;
        self.receiver_continued |= receiver;
    }

    /// Whether both sides have gone on after it.
    pub(super) const fn was_survived(&self) -> bool {
        self.sender_continued && self.receiver_continued
    }
}
