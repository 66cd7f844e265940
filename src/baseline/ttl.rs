// SPDX-License-Identifier: GPL-2.0-or-later

//! The TTL or hop limit that a sender's packets arrive with.

use serde::{Deserialize, Serialize};

use crate::wire::{FrameNumber, Timestamp};

/// Initial values in use, smallest first: nmap's OS database knows only
/// 0x20, 0x40, 0x80 and 0xff (`docs/measured.md#initial-ttls`).
const INITIAL: [u8; 4] = [32, 64, 128, 255];

/// An initial TTL of which an untouched one is known: 32 is left out, because hardly a
/// host starts from it (`docs/measured.md#initial-ttls`), and a packet of a far host may
/// well arrive with it.
pub(crate) const SMALLEST_SURE_INITIAL: u8 = 64;

/// The initial TTL that a packet most likely left with: the next of
/// 32, 64, 128, 255.
#[must_use]
pub(crate) fn initial_ttl(ttl: u8) -> u8 {
    INITIAL
        .into_iter()
        .find(|initial| *initial >= ttl)
        .unwrap_or(u8::MAX)
}

/// Hops that a packet has most likely travelled; 0: not routed.
#[must_use]
pub(crate) fn hops(ttl: u8) -> u8 {
    initial_ttl(ttl) - ttl
}

/// How many different TTLs of one sender are counted.
const KEPT: usize = 4;

/// TTLs seen from one sender, and how often each.
///
/// The yardstick is what *most* of its packets have, the first of equals: of
/// packets after one odd one 319 had the old TTL again, 41 the odd one
/// (`docs/measured.md#ttl-after-one-odd-packet`), and what came just before a forged RST in the
/// sender's name may be the forger's, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ttl {
    values: [u8; KEPT],
    /// Packets with each; halved together when one is full.
    counts: [u8; KEPT],
    /// When a packet last came with the usual TTL, and in which frame.
    usual_at: Timestamp,
    usual_frame: Option<FrameNumber>,
}

impl Ttl {
    /// Takes one packet into account.
    #[inline]
    pub(crate) fn learn(&mut self, ttl: u8, time: Timestamp, frame: FrameNumber) {
        if self.learn_only(ttl) {
            (self.usual_at, self.usual_frame) = (time, Some(frame));
        } else {
            self.learn_among_others(ttl, time, frame);
        }
    }

    /// A sender's first packet, or one of a sender that has used more than one TTL.
    fn learn_among_others(&mut self, ttl: u8, time: Timestamp, frame: FrameNumber) {
        if let Some(count) = self.slot(ttl) {
            *count = count.saturating_add(1);
            if *count == u8::MAX {
                // Their proportion is what counts; none is forgotten.
                for count in &mut self.counts {
                    *count = count.div_ceil(2);
                }
            }
        }
        if self.usual() == Some(ttl) {
            (self.usual_at, self.usual_frame) = (time, Some(frame));
        }
    }

    /// Nearly every sender's packets arrive with one TTL: where this is that one, and
    /// no other was seen, it is counted at a glance; false if it was not counted.
    #[inline]
    fn learn_only(&mut self, ttl: u8) -> bool {
        let ([first, ..], [count, others @ ..]) = (&self.values, &mut self.counts);
        let only = *first == ttl && *others == [0; KEPT - 1];
        // At the next one but one all counts are halved.
        let counted = only && (1..u8::MAX - 1).contains(count);
        if counted {
            *count += 1;
        }
        counted
    }

    /// The count of this value; that of the rarest, begun anew, if it is not kept.
    fn slot(&mut self, ttl: u8) -> Option<&mut u8> {
        let known = || self.values.iter().zip(&self.counts);
        let place = known()
            .position(|(value, count)| *value == ttl && *count > 0)
            .or_else(|| known().position(|(_, count)| *count == 0));
        let place = match place {
            Some(place) => place,
            None => {
                let (rarest, _) = (0..)
                    .zip(&self.counts)
                    .min_by_key(|(place, count)| (**count, std::cmp::Reverse(*place)))?;
                *self.counts.get_mut(rarest)? = 0;
                rarest
            }
        };
        *self.values.get_mut(place)? = ttl;
        self.counts.get_mut(place)
    }

    /// The TTL that most packets had, the first of equals; `None` before the first.
    #[must_use]
    pub(crate) fn usual(&self) -> Option<u8> {
        let (value, count) = self
            .values
            .iter()
            .zip(&self.counts)
            .rev()
            .max_by_key(|(_, count)| **count)?;
        (*count > 0).then_some(*value)
    }

    /// When and where a packet last had the usual TTL.
    #[must_use]
    pub(crate) fn usual_seen(&self) -> Option<(Timestamp, FrameNumber)> {
        Some((self.usual_at, self.usual_frame?))
    }

    /// The TTL of the first packet, as long as it is kept.
    #[must_use]
    pub(crate) fn first(&self) -> Option<u8> {
        let (value, count) = self.values.iter().zip(&self.counts).next()?;
        (*count > 0).then_some(*value)
    }

    /// Packets that had the usual TTL; saturates.
    #[must_use]
    pub(crate) fn usual_count(&self) -> u8 {
        self.counts.into_iter().max().unwrap_or_default()
    }

    /// Packets that had this TTL; saturates, and may be less where the sender has
    /// used more than four.
    #[must_use]
    pub(crate) fn count_of(&self, ttl: u8) -> u8 {
        let found = self.values.iter().zip(&self.counts);
        found
            .filter(|(value, _)| **value == ttl)
            .map(|(_, count)| *count)
            .max()
            .unwrap_or_default()
    }

    /// Whether a packet had this TTL.
    #[must_use]
    pub(crate) fn has_seen(&self, ttl: u8) -> bool {
        self.count_of(ttl) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(ttls: &[u8]) -> Ttl {
        let mut ttl = Ttl::default();
        for (value, number) in ttls.iter().zip(1..) {
            let frame = FrameNumber::new(number).unwrap();
            ttl.learn(*value, Timestamp(i64::from(number)), frame);
        }
        ttl
    }

    #[test]
    fn hops_from_the_next_initial_value() {
        for (ttl, expected) in [
            (255, 0),
            (254, 1),
            (129, 126),
            (128, 0),
            (64, 0),
            (61, 3),
            (32, 0),
            (1, 31),
            (0, 32),
        ] {
            assert_eq!(hops(ttl), expected, "TTL {ttl}");
        }
    }

    #[test]
    fn one_odd_packet_is_no_yardstick() {
        assert_eq!(Ttl::default().usual(), None);
        let ttl = seen(&[61, 61, 63]);
        assert_eq!(ttl.usual(), Some(61));
        assert_eq!(
            ttl.usual_seen(),
            Some((Timestamp(2), FrameNumber::new(2).unwrap()))
        );
        assert_eq!((ttl.usual_count(), ttl.count_of(63)), (2, 1));
        assert!(ttl.has_seen(63) && !ttl.has_seen(62));
    }

    #[test]
    fn first_of_equals_wins() {
        assert_eq!(seen(&[61, 63]).usual(), Some(61));
        assert_eq!(seen(&[61, 63, 63]).usual(), Some(63));
    }

    #[test]
    fn rarest_and_latest_gives_way() {
        let ttl = seen(&[61, 61, 1, 2, 3, 4]);
        assert_eq!(ttl.usual(), Some(61));
        assert!(!ttl.has_seen(3) && ttl.has_seen(4));
    }

    #[test]
    fn counts_are_halved_together() {
        let ttl = seen(&[[61; 255].as_slice(), &[63]].concat());
        assert_eq!(ttl.usual_count(), 128);
        assert!(ttl.has_seen(63));
    }
}
