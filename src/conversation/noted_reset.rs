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
    /// It was sent by somebody who does not know the connection's numbers.
    pub(crate) blind: bool,
    /// Segments of its claimed sender that may still show that it was forged.
    watch: u8,
    /// Who has gone on after it, in bits.
    survivors: u8,
}

/// Segments of the claimed sender that are looked at after an RST: those that
/// were overtaken, and a few of those that count.
const WATCHED_SEGMENTS: u8 = 64;

/// Its claimed sender.
const SENDER: u8 = 1;
/// Its receiver.
const RECEIVER: u8 = 2;

impl NotedReset {
    /// Notes this RST.
    #[must_use]
    pub(crate) fn new(segment: &Segment<'_>, exact: bool, blind: bool) -> Self {
        Self {
            time: segment.time,
            frame: segment.frame,
            exact,
            blind,
            watch: WATCHED_SEGMENTS,
            survivors: 0,
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
        self.survivors |= if sender { SENDER } else { 0 };
        self.survivors |= if receiver { RECEIVER } else { 0 };
    }

    /// Whether both sides have gone on after it.
    pub(super) const fn was_survived(&self) -> bool {
        self.survivors == SENDER | RECEIVER
    }
}
