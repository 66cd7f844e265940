// SPDX-License-Identifier: GPL-2.0-or-later

//! What came after the RST.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Case, LaterTtls};
use crate::{
    conversation::Shape,
    mutation::limit,
    wire::{FrameNumber, Timestamps},
};

/// What comes later than a round trip and this was not overtaken (reordering on
/// real paths is a matter of milliseconds; RFC 4737 §1.3 has examples).
pub(crate) const OVERTAKEN_AT_MOST: Duration = Duration::from_millis(100);

/// What a capture with several queues puts in another order (estimate; below 1 ms on
/// common cards).
pub(crate) const SHUFFLED_AT_MOST: Duration = Duration::from_millis(5);

/// A later segment of the RST's claimed sender: the one that tells most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Continuation {
    /// Its frame.
    pub(crate) frame: FrameNumber,
    /// From the RST to it.
    pub(crate) after: Duration,
    /// New payload in it, bytes.
    pub(crate) payload: u32,
    /// It goes on behind the payload of the RST.
    pub(crate) behind_payload: bool,
    /// It goes beyond the sequence number of the RST and beyond all that its sender
    /// had sent: what was sent before the RST and overtaken by it could not.
    pub(crate) beyond_reset: bool,
    /// It acknowledges more than its sender ever had, the RST included.
    pub(crate) acknowledges_more: bool,
    /// It acknowledges what its receiver sent after the RST only.
    pub(crate) acknowledges_later: bool,
    /// Its numbers are such as the connection may have.
    pub(crate) plausible: bool,
    /// TTL.
    pub(crate) ttl: Option<u8>,
    /// Link-layer source.
    pub(crate) link_source: Option<[u8; 6]>,
    /// Timestamps option.
    pub(crate) timestamps: Option<Timestamps>,
    /// Plausible segments up to this one; saturates.
    pub(crate) segments: u8,
}

impl Continuation {
    /// Whether it is progress that nobody but the connection's holder makes.
    #[must_use]
    pub(crate) fn is_progress(&self) -> bool {
        (self.beyond_reset && self.payload > 0) || self.acknowledges_more
    }

    /// Whether it can show what an earlier one could not: it makes progress, or is
    /// later by another step of patience.
    #[must_use]
    pub(crate) fn tells_more_than(&self, before: &Self) -> bool {
        let steps = |after: Duration| {
            u8::from(after >= limit!(SHUFFLED_AT_MOST))
                + u8::from(after >= limit!(OVERTAKEN_AT_MOST))
        };
        let shown = |it: &Self| {
            (
                it.plausible,
                it.is_progress(),
                it.acknowledges_later,
                it.beyond_reset,
                it.behind_payload,
                steps(it.after),
            )
        };
        shown(self) > shown(before)
    }
}

/// What came after the RST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Aftermath {
    /// The claimed sender went on.
    pub(crate) continued: Option<Continuation>,
    /// The receiver went on.
    pub(crate) ignored: Option<FrameNumber>,
    /// The receiver gave up.
    pub(crate) obeyed: Option<FrameNumber>,
    /// TTLs of the claimed host's later packets.
    pub(crate) later_ttls: LaterTtls,
}

impl Case {
    /// Whether a later segment comes from where the RST came from, and not from where
    /// its claimed sender's packets came from before.
    #[must_use]
    pub(crate) fn continues_as_reset(&self, continued: &Continuation) -> bool {
        let usual = self.sender.ttl.usual();
        let as_reset = continued.ttl.is_some() && continued.ttl == self.ttl();
        as_reset && usual.is_some() && usual != continued.ttl
    }

    /// Whether a later segment comes neither from where its claimed sender's packets
    /// came from before, nor with the numbers of the connection.
    #[must_use]
    pub(crate) fn continuation_is_strange(&self) -> bool {
        let usual = self.sender.ttl.usual();
        self.aftermath.continued.is_some_and(|continued| {
            continued.ttl.is_some() && usual.is_some() && continued.ttl != usual
        })
    }

    /// Ticks of a clock of 1 kHz, the most common, from its claimed sender's last
    /// packet to a later segment.
    fn ticks_to(&self, later: &Continuation) -> Option<u32> {
        let stamps = later.timestamps.filter(|_| self.sender.timestamps())?;
        Some(stamps.value.wrapping_sub(self.sender.timestamp))
    }

    /// Milliseconds from its claimed sender's last packet to the RST.
    fn silence_ms(&self) -> u32 {
        let silence = self.reset.time.since(self.sender.last_time);
        u32::try_from(silence.as_millis()).unwrap_or(u32::MAX)
    }

    /// Whether the later segment goes on with the claimed sender's numbers and clock.
    #[must_use]
    pub(crate) fn continues_on_clock(&self) -> bool {
        let Some(continued) = self.aftermath.continued.filter(|it| it.plausible) else {
            return false;
        };
        let run = u32::try_from(continued.after.as_millis()).unwrap_or(u32::MAX);
        let most = self
            .silence_ms()
            .saturating_add(run)
            .saturating_add(limit!(CLOCK_SLACK_MS));
        self.ticks_to(&continued).is_some_and(|ticks| ticks <= most)
    }

    /// Whether the later segment's timestamp says that it was sent after the RST came
    /// past here.
    #[must_use]
    pub(crate) fn was_sent_after(&self) -> bool {
        let Some(continued) = self.aftermath.continued else {
            return false;
        };
        let from = self.silence_ms().saturating_add(limit!(STEP_MS));
        self.continues_on_clock() && self.ticks_to(&continued).is_some_and(|ticks| ticks > from)
    }

    /// Whether the later segment's timestamp is no later than that of the last packet
    /// before the RST, or earlier than the RST's own.
    #[must_use]
    pub(crate) fn was_sent_before(&self) -> bool {
        let Some(continued) = self.aftermath.continued else {
            return false;
        };
        let of_reset = self.reset.options.timestamps.zip(continued.timestamps);
        let before_reset = of_reset
            .is_some_and(|(reset, later)| later.value.wrapping_sub(reset.value).cast_signed() < 0);
        let ticks = self.ticks_to(&continued);
        before_reset || ticks.is_some_and(|ticks| ticks == 0 || ticks > u32::MAX / 2)
    }

    /// Whether it aborts ahead of all that was seen of its claimed sender, and what
    /// followed only fills that gap.
    #[must_use]
    pub(crate) fn is_followed_by_older(&self) -> bool {
        let ahead = self.sender.has_seq() && self.reset.seq.is_after(self.sender.snd_nxt);
        let older = self.aftermath.continued.is_some_and(|continued| {
            !continued.beyond_reset && !continued.acknowledges_more && !continued.acknowledges_later
        });
        self.shape() == Shape::Active && ahead && older
    }

    /// Whether the later segment's sender had not yet received what this bare RST
    /// answers: it echoes an older timestamp.
    #[must_use]
    pub(crate) fn had_not_seen_the_trigger(&self) -> bool {
        let echo = self.aftermath.continued.and_then(|it| it.timestamps);
        let answered = self
            .receiver
            .timestamps()
            .then_some(self.receiver.timestamp);
        let older = echo
            .zip(answered)
            .is_some_and(|(stamps, answered)| answered.wrapping_sub(stamps.echo).cast_signed() > 0);
        self.shape() == Shape::Passive && older
    }
}

/// How exact a clock is taken to be over the length of a connection.
const CLOCK_SLACK_MS: u32 = 1_000;
/// Sending and capturing take less than this on the host's side.
const STEP_MS: u32 = 10;
