// SPDX-License-Identifier: GPL-2.0-or-later

//! What two capture points have in common: which packets passed both, which way the
//! points lie, and what one of them missed.

use rustc_hash::FxHashMap;

use super::{Clocks, Passage};
use crate::{baseline::hops, conversation::Side, wire::Timestamp};

/// One side's packets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    /// Captured here, as far as they can be known again; no RSTs.
    pub(crate) here: u32,
    /// Of these, captured there as well.
    pub(crate) both: u32,
    /// Captured there, whether here or not; no RSTs.
    pub(crate) there: u32,
}

/// What two points, here and there, have in common; sums up over conversations.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Common {
    sides: [Counted; 2],
    /// Packets by whose TTL the lower side is nearer to there, less those by whose TTL it
    /// is nearer to here.
    by_ttl: i32,
    /// The same by the times of packets and their answers.
    by_time: i32,
    clocks: Clocks,
    /// Of each side whether packets of it are captured here, and there, that no router has
    /// passed on.
    unrouted: [(bool, bool); 2],
    /// Of each side by how much the TTL of its last packet was lower here than there.
    drop: [Option<i16>; 2],
    /// Of each side when the first and the last packet that passed both was captured here.
    spans: [Option<(Timestamp, Timestamp)>; 2],
}

const fn place(side: Side) -> usize {
    match side {
        Side::Lower => 0,
        Side::Upper => 1,
    }
}

/// A packet that was captured here, with the one there if there is one.
pub(crate) type Pair<'a> = (&'a Passage, Option<&'a Passage>);

/// Finds for each packet here the one there: equal ones in their order.
#[must_use]
pub(crate) fn pair<'a>(here: &'a [Passage], there: &'a [Passage]) -> Vec<Pair<'a>> {
    let mut waiting: FxHashMap<u32, Vec<&Passage>> = FxHashMap::default();
    for passage in there.iter().rev() {
        waiting.entry(passage.digest).or_default().push(passage);
    }
    here.iter()
        .map(|passage| {
            let twin = waiting.get_mut(&passage.digest).and_then(Vec::pop);
            (passage, twin)
        })
        .collect()
}

/// By how much the TTL of a packet is lower here than there.
pub(crate) fn drop_between(here: &Passage, there: &Passage) -> i16 {
    i16::from(there.ttl) - i16::from(here.ttl)
}

impl Common {
    /// What the packets of one conversation show.
    #[must_use]
    pub(crate) fn of(pairs: &[Pair<'_>], there: &[Passage]) -> Self {
        let mut common = Self::default();
        let offload = pairs
            .iter()
            .map(|(passage, _)| *passage)
            .chain(there)
            .any(Passage::is_offloaded);
        for (passage, twin) in pairs {
            if !passage.is_reset() {
                common.count(passage, *twin, offload);
            }
        }
        // An address translation may change which socket is the lower one.
        let turned = pairs
            .iter()
            .any(|(passage, twin)| twin.is_some_and(|twin| twin.side() != passage.side()));
        for passage in there.iter().filter(|passage| !passage.is_reset()) {
            let side = if turned {
                passage.side().peer()
            } else {
                passage.side()
            };
            if let Some(side) = common.sides.get_mut(place(side)) {
                side.there += 1;
            }
        }
        common.look_at_times(pairs);
        common
    }

    fn count(&mut self, passage: &Passage, twin: Option<&Passage>, offload: bool) {
        let way = place(passage.side());
        let Some(side) = self.sides.get_mut(way) else {
            return;
        };
        let Some(twin) = twin else {
            side.here += u32::from(!offload || !passage.has_payload());
            return;
        };
        side.here += 1;
        side.both += 1;
        // From the side that is nearer to there it comes here with fewer hops left.
        let mut vote = i32::from(twin.ttl > passage.ttl) - i32::from(twin.ttl < passage.ttl);
        if passage.side() == Side::Upper {
            vote = -vote;
        }
        self.by_ttl += vote;
        if let Some(unrouted) = self.unrouted.get_mut(way) {
            unrouted.0 |= hops(passage.ttl) == 0;
            unrouted.1 |= hops(twin.ttl) == 0;
        }
        if let Some(drop) = self.drop.get_mut(way) {
            *drop = Some(drop_between(passage, twin));
        }
        self.clocks.compare(way, passage.time, twin.time);
        if let Some(span) = self.spans.get_mut(way) {
            let (first, last) = span.unwrap_or((passage.time, passage.time));
            *span = Some((first.min(passage.time), last.max(passage.time)));
        }
    }

    /// Whatever the clocks say, a packet takes more than no time from one point to the
    /// other, and its answer as well: what follows each other tells which way they lie.
    fn look_at_times(&mut self, pairs: &[Pair<'_>]) {
        let ahead = |(passage, twin): &Pair<'_>| {
            Some((passage.side(), twin.as_ref()?.time.0 - passage.time.0))
        };
        let mut before: Option<(Side, i64)> = None;
        for (side, ahead) in pairs.iter().filter_map(ahead) {
            if let Some((_, other)) = before.filter(|(other, _)| *other != side) {
                let (lower, upper) = match side {
                    Side::Lower => (ahead, other),
                    Side::Upper => (other, ahead),
                };
                self.by_time += i32::from(lower < upper) - i32::from(lower > upper);
            }
            before = Some((side, ahead));
        }
    }

    /// Sums up.
    pub(crate) fn add(&mut self, other: &Self) {
        for (side, more) in self.sides.iter_mut().zip(&other.sides) {
            side.here += more.here;
            side.both += more.both;
            side.there += more.there;
        }
        self.by_ttl += other.by_ttl;
        self.by_time += other.by_time;
        for (unrouted, more) in self.unrouted.iter_mut().zip(other.unrouted) {
            unrouted.0 |= more.0;
            unrouted.1 |= more.1;
        }
        for (drop, more) in self.drop.iter_mut().zip(other.drop) {
            *drop = drop.or(more);
        }
        self.clocks.merge(&other.clocks);
        for (span, other) in self.spans.iter_mut().zip(other.spans) {
            *span = match (*span, other) {
                (Some(one), Some(more)) => Some((one.0.min(more.0), one.1.max(more.1))),
                (one, more) => one.or(more),
            };
        }
    }

    /// Packets of one side.
    #[must_use]
    pub(crate) fn side(&self, side: Side) -> Counted {
        self.sides.get(place(side)).copied().unwrap_or_default()
    }

    /// Packets of both sides.
    #[must_use]
    pub(crate) fn all(&self) -> Counted {
        let [lower, upper] = self.sides;
        Counted {
            here: lower.here + upper.here,
            both: lower.both + upper.both,
            there: lower.there + upper.there,
        }
    }

    /// Whether the side is nearer to there than to here: routers count the TTL down, and
    /// across a bridge the times tell. `None` where nothing does.
    #[must_use]
    pub(crate) fn is_nearer_there(&self, side: Side) -> Option<bool> {
        let votes = if self.by_ttl == 0 {
            self.by_time
        } else {
            self.by_ttl
        };
        (votes != 0).then_some((votes > 0) == (side == Side::Lower))
    }

    /// Whether packets of this side are captured here, and there, that no router has passed
    /// on.
    #[must_use]
    pub(crate) fn is_unrouted(&self, side: Side) -> (bool, bool) {
        self.unrouted.get(place(side)).copied().unwrap_or_default()
    }

    /// By how much the TTL of this side's packets is lower here than there.
    #[must_use]
    pub(crate) fn drop(&self, side: Side) -> Option<i16> {
        self.drop.get(place(side)).copied().flatten()
    }

    /// How far the clock there runs ahead, ns, when it is so late here.
    #[must_use]
    pub(crate) fn ahead(&self, here: Timestamp) -> Option<i64> {
        self.clocks.ahead(here)
    }

    /// When the first and the last packet of this side that passed both was captured here.
    #[must_use]
    pub(crate) fn span(&self, side: Side) -> Option<(Timestamp, Timestamp)> {
        self.spans.get(place(side)).copied().flatten()
    }
}
