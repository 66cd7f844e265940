// SPDX-License-Identifier: GPL-2.0-or-later

//! The last few segments of one side: what an RST may be the answer to.

use std::time::Duration;

use super::SegmentKind;
use crate::wire::{FrameNumber, Segment, SeqNumber, TcpFlags, Timestamp};

/// One segment, as much as is needed to tell what an RST answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// Capture time.
    pub(crate) time: Timestamp,
    /// Frame.
    pub(crate) frame: FrameNumber,
    /// Sequence number.
    pub(crate) seq: SeqNumber,
    /// Acknowledgement number.
    pub(crate) ack: SeqNumber,
    /// Sequence space taken, in bytes; at most 65,535 is kept.
    pub(crate) length: u16,
    /// Flags.
    pub(crate) flags: TcpFlags,
    /// What it is.
    pub(crate) kind: SegmentKind,
}

impl Sent {
    /// What is kept of this segment.
    pub(super) fn new(segment: &Segment<'_>, kind: SegmentKind) -> Self {
        Self {
            time: segment.time,
            frame: segment.frame,
            seq: segment.seq,
            ack: segment.ack,
            length: u16::try_from(segment.length()).unwrap_or(u16::MAX),
            flags: segment.flags,
            kind,
        }
    }

    /// The number after its last.
    #[must_use]
    pub(crate) fn end(&self) -> SeqNumber {
        self.seq.offset(self.length.into())
    }
}

/// How many segments of a side are kept. With three, the handshake and a
/// request are all there when the answer is an RST; more would break the
/// budget of 384 bytes a conversation.
const KEPT: usize = 3;

/// The last segments of one side, newest first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recent {
    sent: [Option<Sent>; KEPT],
    /// Bit n: the n-th newest was answered by an RST already.
    answered: u8,
    /// Bit n: the n-th newest does not fit the connection; one of them at most.
    strange: u8,
    /// Segments were dropped at the end.
    overflowed: bool,
}

impl Recent {
    /// Keeps one more; the oldest goes.
    pub(crate) fn push(&mut self, sent: Sent) {
        self.overflowed |= self.sent.last().is_some_and(Option::is_some);
        self.sent.rotate_right(1);
        self.answered <<= 1;
        self.strange <<= 1;
        let [first, ..] = &mut self.sent;
        *first = Some(sent);
    }

    /// Keeps one that does not fit the connection, in the place of the last such: an
    /// RST may answer it, but however many there are, they push out one real segment.
    pub(crate) fn push_strange(&mut self, sent: Sent) {
        let place = self.strange.trailing_zeros();
        match self.sent.get_mut(..=usize::try_from(place).unwrap_or(KEPT)) {
            Some(newer) => {
                newer.rotate_right(1);
                if let Some(first) = newer.first_mut() {
                    *first = Some(sent);
                }
                let moved = (1 << place) - 1;
                let stay = self.answered & !(moved | 1 << place);
                self.answered = stay | (self.answered & moved) << 1;
            }
            None => self.push(sent),
        }
        self.strange = 1;
    }

    /// Those that fit the connection, newest first.
    pub(crate) fn fitting(&self) -> impl Iterator<Item = &Sent> {
        let strange = self.strange;
        self.iter()
            .enumerate()
            .filter(move |(n, _)| strange & (1 << n) == 0)
            .map(|(_, sent)| sent)
    }

    /// Newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Sent> {
        self.sent.iter().flatten()
    }

    /// Those that no RST has answered yet, newest first.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = &Sent> {
        let answered = self.answered;
        self.sent
            .iter()
            .flatten()
            .enumerate()
            .filter(move |(n, _)| answered & (1 << n) == 0)
            .map(|(_, sent)| sent)
    }

    /// Marks the segment of this frame as answered.
    pub(crate) fn mark_answered(&mut self, frame: FrameNumber) {
        let place = self.iter().position(|sent| sent.frame == frame);
        if let Some(n) = place {
            self.answered |= 1 << n;
        }
    }

    /// Whether older segments are no longer kept.
    #[must_use]
    pub(crate) const fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    /// Whether every segment of the last `span` before `now` is still here.
    #[must_use]
    pub(crate) fn covers(&self, span: Duration, now: Timestamp) -> bool {
        !self.overflowed
            || self
                .iter()
                .last()
                .is_some_and(|oldest| now.since(oldest.time) >= span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(frame: u32) -> Sent {
        Sent {
            time: Timestamp(i64::from(frame) * 1_000_000),
            frame: FrameNumber::new(frame).unwrap(),
            seq: SeqNumber(frame),
            ack: SeqNumber(0),
            length: 1,
            flags: TcpFlags::ACK,
            kind: SegmentKind::Data,
        }
    }

    #[test]
    fn answered_segments_stay_marked_while_newer_ones_come() {
        let mut recent = Recent::default();
        (1..=2).for_each(|frame| recent.push(sent(frame)));
        recent.mark_answered(FrameNumber::new(1).unwrap());
        recent.push(sent(3));
        let left: Vec<u32> = recent.unanswered().map(|sent| sent.frame.get()).collect();
        assert_eq!(left, [3, 2]);
    }

    #[test]
    fn strange_segments_push_out_one_real_one() {
        let mut recent = Recent::default();
        (1..=3).for_each(|frame| recent.push(sent(frame)));
        recent.mark_answered(FrameNumber::new(3).unwrap());
        recent.push_strange(sent(4));
        recent.push_strange(sent(5));
        let frames =
            |sent: Vec<&Sent>| -> Vec<u32> { sent.iter().map(|it| it.frame.get()).collect() };
        assert_eq!(frames(recent.iter().collect()), [5, 3, 2]);
        recent.push(sent(6));
        recent.push_strange(sent(7));
        assert_eq!(frames(recent.iter().collect()), [7, 6, 3]);
        assert_eq!(frames(recent.fitting().collect()), [6, 3]);
        assert_eq!(frames(recent.unanswered().collect()), [7, 6]);
        (8..=10).for_each(|frame| recent.push(sent(frame)));
        recent.push_strange(sent(11));
        assert_eq!(frames(recent.iter().collect()), [11, 10, 9]);
    }

    #[test]
    fn covers_what_has_not_been_dropped() {
        let mut recent = Recent::default();
        let (now, second) = (Timestamp(5_000_000), Duration::from_secs(1));
        (1..=3).for_each(|frame| recent.push(sent(frame)));
        assert!(recent.covers(second, now));
        recent.push(sent(4));
        assert!(recent.covers(Duration::from_millis(3), now));
        assert!(!recent.covers(Duration::from_millis(4), now));
    }
}
