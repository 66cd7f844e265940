// SPDX-License-Identifier: GPL-2.0-or-later

//! The RST beside the one before it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Case;
use crate::{
    conversation::SegmentKind,
    mutation::limit,
    wire::{FrameNumber, Header, IpHeader, SeqNumber, TcpFlags},
};

/// An RST that came before in the same conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EarlierReset {
    /// Its frame.
    pub(crate) frame: FrameNumber,
    /// Since then.
    pub(crate) age: Duration,
    /// It claims the same sender as the RST in hand.
    pub(crate) same_sender: bool,
    /// It, or one of the same sender before it, had the exact sequence number.
    pub(crate) exact: bool,
    /// It was sent by somebody who does not know the connection's numbers.
    pub(crate) blind: bool,
    /// Its sequence number.
    pub(crate) seq: SeqNumber,
    /// Its flags.
    pub(crate) flags: TcpFlags,
    /// Its window, unscaled.
    pub(crate) window: u16,
    /// Its acknowledgement number.
    pub(crate) ack: SeqNumber,
    /// Its IP header.
    pub(crate) ip: Option<IpHeader>,
}

/// A router takes a fraction of a millisecond (measured: 30 µs with `-i any`).
const FORWARDED_WITHIN: Duration = Duration::from_millis(10);
/// Packets whose number says that they are one may have been captured further
/// apart; a counter needs longer to come round.
const NUMBERED_WITHIN: Duration = Duration::from_secs(1);

impl EarlierReset {
    /// Whether `reset` is this one, some routers on; or at the same place, where other
    /// packets of the conversation were captured twice as well (`doubled`).
    #[must_use]
    pub(crate) fn is_forwarded_as(&self, reset: &Header, doubled: bool) -> bool {
        let same = self.same_sender
            && (self.seq, self.ack, self.flags, self.window)
                == (reset.seq, reset.ack, reset.flags, reset.window);
        let Some((before, after)) = self.ip.zip(reset.ip).filter(|_| same) else {
            return false;
        };
        let hops = before.ttl.checked_sub(after.ttl);
        if doubled && before == after && self.age <= NUMBERED_WITHIN {
            return true;
        }
        if before.id().is_some_and(|id| id != 0) {
            before.id() == after.id() && hops > Some(0) && self.age <= limit!(NUMBERED_WITHIN)
        } else {
            hops == Some(1) && self.age <= limit!(FORWARDED_WITHIN)
        }
    }
}

/// Part of the receiver's smallest round trip that has passed since the RST before, where
/// the segment in between may answer that one: half of it would do between the two hosts,
/// but the capture point may be nearer to the receiver (estimate).
const SHARE_OF_ROUND_TRIP: u32 = 4;

impl Case {
    /// Whether it answers an ACK that says no more than what the receiver had said before
    /// the RST `before`, and that may be the answer to that one.
    #[must_use]
    pub(crate) fn takes_its_turn(&self, before: &Self) -> bool {
        let again = self.earlier.filter(|earlier| {
            earlier.same_sender
                && earlier.frame == before.reset.frame
                && earlier.seq == self.reset.seq
        });
        let Some((earlier, trigger)) = again.zip(self.trigger()) else {
            return false;
        };
        let is_its_answer = trigger.kind == SegmentKind::Ack
            && trigger.frame > earlier.frame
            && before
                .trigger()
                .is_some_and(|trigger| trigger.frame < earlier.frame);
        let between = earlier.age.saturating_sub(trigger.latency);
        let says = |case: &Self| {
            (
                case.receiver.snd_nxt,
                case.receiver.acked,
                case.receiver.fin(),
            )
        };
        is_its_answer
            && says(self) == says(before)
            && self
                .receiver
                .rtt()
                .is_none_or(|trip| between >= trip / limit!(SHARE_OF_ROUND_TRIP))
    }

    /// This case as that of a packet that was captured before, as `original`: one
    /// packet has one sender, however often it is captured.
    #[must_use]
    pub(crate) fn as_copy_of(&self, original: &Self) -> Self {
        Self {
            reset: Header {
                frame: self.reset.frame,
                time: self.reset.time,
                ..original.reset
            },
            phase: self.phase,
            earlier: self.earlier,
            copy: self.reset.ip,
            ..original.clone()
        }
    }

    /// The IP header of this very frame.
    #[must_use]
    pub(crate) fn own_ip(&self) -> Option<IpHeader> {
        self.copy.or(self.reset.ip)
    }
}
