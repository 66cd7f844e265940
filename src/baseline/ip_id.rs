// SPDX-License-Identifier: GPL-2.0-or-later

//! How a sender numbers its IPv4 packets.

use std::ffi::CStr;

use serde::{Deserialize, Serialize};

use crate::wire::FrameNumber;

/// The value of `rst.ip_id.pattern`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Pattern {
    /// Always 0.
    Zero,
    /// Each a little more than the one before.
    Counter,
    /// No order to be seen.
    Random,
    /// Always the same, not 0.
    Constant,
}

impl Pattern {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[Self::Zero, Self::Counter, Self::Random, Self::Constant];

    /// The value of `rst.ip_id.pattern`.
    #[must_use]
    pub(crate) const fn token(self) -> &'static CStr {
        match self {
            Self::Zero => c"zero",
            Self::Counter => c"counter",
            Self::Random => c"random",
            Self::Constant => c"constant",
        }
    }
}

/// The largest step that still counts as one of a counter.
///
/// A sender's counter moves on by packets that this capture does not hold:
/// other connections (a host-wide counter) or super-segments cut up on the way
/// out (`docs/measured.md#ip-id-steps`).
pub(crate) const COUNTER_STEP: u16 = 64;

/// Identifications seen from one sender.
///
/// Zeros among other values are passed over: Linux sends SYN-ACKs with ID 0
/// while the connection counts (`docs/measured.md#ip-id-of-0`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IpId {
    frame: Option<FrameNumber>,
    last: u16,
    zeros: u8,
    values: u8,
    /// Distances between neighbours: 0, up to `COUNTER_STEP`, larger.
    same: u8,
    steps: u8,
    jumps: u8,
    /// Of the steps, those by exactly 1.
    ones: u8,
}

impl IpId {
    /// Takes one packet into account.
    pub(crate) fn learn(&mut self, id: u16, frame: FrameNumber) {
        if id == 0 {
            self.zeros = self.zeros.saturating_add(1);
            return;
        }
        if self.values > 0 {
            let step = id.wrapping_sub(self.last);
            if step == 1 {
                self.ones = self.ones.saturating_add(1);
            }
            let tally = match step {
                0 => &mut self.same,
                1..=COUNTER_STEP => &mut self.steps,
                _ => &mut self.jumps,
            };
            *tally = tally.saturating_add(1);
            if *tally == u8::MAX {
                // Their proportion is what counts.
                for tally in [
                    &mut self.same,
                    &mut self.steps,
                    &mut self.jumps,
                    &mut self.ones,
                ] {
                    *tally /= 2;
                }
            }
        }
        self.values = self.values.saturating_add(1);
        self.last = id;
        self.frame = Some(frame);
    }

    /// The habit, as far as seen; `None` where one packet cannot tell.
    #[must_use]
    pub(crate) fn pattern(&self) -> Option<Pattern> {
        let (same, steps, jumps) = (
            u16::from(self.same),
            u16::from(self.steps),
            u16::from(self.jumps),
        );
        match self.values {
            0 => (self.zeros >= 2).then_some(Pattern::Zero),
            1 => None,
            _ if same > steps + jumps => Some(Pattern::Constant),
            // One jump in ten is let pass: packets lost, or a counter that
            // another connection shares.
            _ if steps > 0 && jumps * 10 <= steps => Some(Pattern::Counter),
            _ if jumps > steps => Some(Pattern::Random),
            _ => None,
        }
    }

    /// Whether it counts for one connection alone: by 1 from packet to packet, but
    /// for one in ten. A counter for all of a host's packets takes longer steps.
    #[must_use]
    pub(crate) fn counts_by_one(&self) -> bool {
        let moved = u16::from(self.steps) + u16::from(self.jumps);
        self.ones >= 2 && u16::from(self.ones) * 10 >= moved * 9
    }

    /// Whether a step was longer than a counter's, in one of the last 255 or more:
    /// a packet of another sender among them, or another connection's packets.
    #[must_use]
    pub(crate) const fn has_jumped(&self) -> bool {
        self.jumps > 0
    }

    /// Whether packets with ID 0 were among counted ones, as Linux' SYN-ACKs are.
    #[must_use]
    pub(crate) const fn began_with_zero(&self) -> bool {
        self.zeros > 0
    }

    /// The last identification that was not 0, and its frame.
    #[must_use]
    pub(crate) fn last(&self) -> Option<(u16, FrameNumber)> {
        Some((self.last, self.frame?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(ids: &[u16]) -> Option<Pattern> {
        let mut habit = IpId::default();
        for (id, frame) in ids.iter().zip(1..) {
            habit.learn(*id, FrameNumber::new(frame).unwrap());
        }
        habit.pattern()
    }

    #[test]
    fn habits() {
        assert_eq!(pattern(&[0, 0, 0]), Some(Pattern::Zero));
        assert_eq!(pattern(&[7, 8, 9]), Some(Pattern::Counter));
        assert_eq!(pattern(&[65_535, 3, 4]), Some(Pattern::Counter));
        assert_eq!(pattern(&[7, 7, 7]), Some(Pattern::Constant));
        assert_eq!(pattern(&[9, 40_000, 200, 30_000]), Some(Pattern::Random));
    }

    #[test]
    fn zero_of_a_syn_ack_does_not_disturb_the_counter() {
        assert_eq!(pattern(&[0, 100, 101, 102]), Some(Pattern::Counter));
    }

    #[test]
    fn one_packet_tells_nothing() {
        assert_eq!(pattern(&[]), None);
        assert_eq!(pattern(&[0]), None);
        assert_eq!(pattern(&[5]), None);
        assert_eq!(pattern(&[0, 5]), None);
    }

    #[test]
    fn largest_step_of_a_counter() {
        assert_eq!(pattern(&[1, 1 + COUNTER_STEP]), Some(Pattern::Counter));
        assert_eq!(pattern(&[1, 2 + COUNTER_STEP]), Some(Pattern::Random));
    }
}
