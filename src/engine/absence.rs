// SPDX-License-Identifier: GPL-2.0-or-later

//! How sure it is that a packet which one capture point has, and another has not, never
//! passed the other one: captures miss packets, begin late, end early, and are filtered.

use crate::{
    conversation::Side,
    points::{Common, Hosts, Overlap, Pair},
    wire::{FrameNumber, Timestamp},
};

/// A capture that seems to have missed nothing is taken to miss half a packet, and one in
/// fifty while nothing is known of it (estimate: most captures miss none, a few many).
const MISSED_BEFORE: f64 = 0.5;
const LOOKED_AT_BEFORE: f64 = 25.0;
/// One capture in twenty is filtered by a port (estimate), as long as only one is seen.
const FILTERED_BY_PORT: f64 = 0.05;
/// Where one packet was missed, the one before was in one case of four (estimate: captures
/// miss packets in bursts).
const MISSED_TOO: f64 = 0.25;
/// One in a thousand by something else that leaves out a whole conversation (estimate).
const LEFT_OUT: f64 = 0.001;
/// One conversation in ten takes another way between two routers (estimate: ECMP).
const OTHER_WAY: f64 = 0.1;
/// How far two clocks may be off after they were compared: paths are not as long one way as
/// the other (estimate).
const CLOCKS_OFF: i64 = 5_000_000;
/// No packet takes longer from one point to the other (estimate: a satellite).
const LONGEST_WAY: i64 = 300_000_000;
/// Nothing is more certain than that.
const MOST_DOUBT: f64 = 60.0;

/// What is known of a packet that was captured here and not there.
pub(super) struct Absence<'a> {
    pub(super) side: Side,
    pub(super) pairs: &'a [Pair<'a>],
    pub(super) index: usize,
    pub(super) theirs: Side,
    pub(super) common: &'a Common,
    pub(super) hosts: Option<&'a Hosts>,
    pub(super) overlap: &'a Overlap,
    pub(super) port: u16,
    pub(super) time: Timestamp,
}

impl Absence<'_> {
    /// Decibans against the story that the capture there missed it; 0 where it may not have
    /// been able to hold it.
    pub(super) fn doubt(
        &self,
        ahead: i64,
        (first, last): (Timestamp, Timestamp),
        at_sender: bool,
    ) -> i16 {
        let there = self.time.0.saturating_add(ahead);
        let before = self.hosts.and_then(|hosts| hosts.common.span(self.side));
        let had_begun = before.is_some_and(|(before, _)| before < self.time)
            || first.0.saturating_add(LONGEST_WAY) <= there;
        if !had_begun || !self.sees_side() {
            return 0;
        }
        let seen = self.common.all().there > 0;
        let unseen = if seen { 0.0 } else { self.left_out(at_sender) };
        let missed = self.missed();
        let missed = if seen { missed } else { missed * MISSED_TOO };
        let odds = unseen + missed + self.ended(there, first.0, last.0);
        decibans(odds)
    }

    /// Whether the capture there shows what this side sends to this host.
    fn sees_side(&self) -> bool {
        let here = self.common.side(self.side);
        if here.here > 0 && here.both == 0 {
            return false;
        }
        let hosts = self.hosts.map(|hosts| hosts.common.side(self.side));
        let conversation_passed = self.common.all().both > 0;
        (here.there > 0 && conversation_passed) || hosts.is_some_and(|hosts| hosts.both > 0)
    }

    /// How probable it is that the capture leaves out the conversation as a whole.
    fn left_out(&self, at_sender: bool) -> f64 {
        let by_port = match self.hosts {
            Some(hosts) if hosts.know(self.port) => LEFT_OUT,
            Some(hosts) if hosts.know_several() => 2.0 * LEFT_OUT,
            _ => FILTERED_BY_PORT,
        };
        by_port + if at_sender { 0.0 } else { OTHER_WAY }
    }

    /// How probable it is that it misses one packet.
    fn missed(&self) -> f64 {
        let all = self.overlap.passed();
        let whole = share(
            all.here - all.both.min(all.here),
            all.here,
            LOOKED_AT_BEFORE,
        );
        let before = self.pairs.get(..self.index).unwrap_or_default();
        let of_side = |pair: &&Pair<'_>| pair.0.side() == self.side && !pair.0.is_reset();
        let last = before
            .iter()
            .rposition(|pair| of_side(&pair) && pair.1.is_some());
        // What is missing right before the RST may have been sent by whoever sent it.
        let (mut here, mut missing) = (0, 0);
        for pair in before.iter().take(last.map_or(0, |last| last + 1)) {
            if of_side(&pair) {
                here += 1;
                missing += u32::from(pair.1.is_none());
            }
        }
        if missing > 0 {
            whole.max(share(missing, here, 1.0))
        } else {
            whole
        }
    }

    /// How probable it is that the capture had ended.
    fn ended(&self, there: i64, first: i64, last: i64) -> f64 {
        let later = self.hosts.and_then(|hosts| hosts.common.span(self.side));
        if last >= there || later.is_some_and(|(_, last)| last > self.time) {
            return 0.0;
        }
        let gap = seconds(there.saturating_sub(last).max(CLOCKS_OFF));
        gap / (gap + seconds(last.saturating_sub(first)))
    }

    /// What the claimed sender sent afterwards there, and whether it came here.
    pub(super) fn goes_on(
        &self,
        from_there: &[Pair<'_>],
        ahead: i64,
    ) -> Option<(FrameNumber, bool)> {
        let after = self.time.0.saturating_add(ahead).saturating_add(CLOCKS_OFF);
        let later = from_there
            .iter()
            .filter(|(passage, _)| passage.time.0 > after);
        // Behind a SYN another connection begins on the same ports.
        let found = later
            .take_while(|(passage, _)| !passage.opens())
            .find(|(passage, _)| passage.side() == self.theirs && !passage.is_reset());
        found.map(|(passage, twin)| (passage.frame, twin.is_some()))
    }

    /// Whether the other side was reset in the receiver's name as well.
    pub(super) fn is_mirrored(&self, from_there: &[Pair<'_>]) -> bool {
        from_there.iter().any(|(passage, twin)| {
            passage.side() != self.theirs && passage.is_reset() && twin.is_none()
        })
    }
}

/// The share of what was missed, a little more than what was counted.
fn share(missed: u32, of: u32, before: f64) -> f64 {
    (f64::from(missed) + MISSED_BEFORE) / (f64::from(of) + before)
}

/// Odds of one to so many as decibans.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the range")]
fn decibans(odds: f64) -> i16 {
    (-10.0 * odds.min(1.0).log10()).clamp(0.0, MOST_DOUBT) as i16
}

/// Nanoseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "rounded to what matters")]
fn seconds(ns: i64) -> f64 {
    ns as f64 / 1e9
}
