// SPDX-License-Identifier: GPL-2.0-or-later

//! What passed one capture point: the newest packets, each led to by the one after it in
//! its conversation, so that two points can be compared packet by packet.

use std::num::NonZeroUsize;

use super::Station;
use crate::{
    conversation::Side,
    wire::{FrameNumber, Segment, Timestamp},
};

/// Where a conversation's newest packet is kept; 0 where none is.
pub(crate) type Head = u32;

/// Packets of one conversation that are compared at most, the newest first: more would
/// make the answer on one RST of a long conversation slow.
const COMPARED_AT_MOST: usize = 1 << 12;

/// One packet, as much as is needed to know it again at another point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage {
    /// Capture time.
    pub(crate) time: Timestamp,
    /// Of what neither a router nor an address translation changes.
    pub(crate) digest: u32,
    /// Of the link address that it came from, and where that was.
    station: u32,
    /// Frame.
    pub(crate) frame: FrameNumber,
    before: Head,
    /// IPv4 identification; 0 where there is none.
    pub(crate) ip_id: u16,
    /// TTL or hop limit; 0 where no IP header was seen.
    pub(crate) ttl: u8,
    bits: u8,
}

const UPPER: u8 = 1;
const RESET: u8 = 2;
const PAYLOAD: u8 = 4;
const OFFLOADED: u8 = 8;
const OPENS: u8 = 16;

/// A packet without offload (IEEE 802.3): what is longer was put together, or not yet taken
/// apart, where it was captured, and cannot be known again elsewhere.
const LONGEST_PACKET: u32 = 1500;

impl Passage {
    #[inline]
    fn of(segment: &Segment<'_>, side: Side, station: u32, before: Head) -> Self {
        let length = segment.payload_length;
        let flags = segment.flags;
        let bit = |is_so: bool, bit: u8| u8::from(is_so) * bit;
        let (ttl, ip_id) = match segment.ip {
            Some(ip) => (ip.ttl, ip.id().unwrap_or_default()),
            None => (0, 0),
        };
        Self {
            time: segment.time,
            digest: digest(segment),
            station,
            frame: segment.frame,
            before,
            ip_id,
            ttl,
            bits: bit(side == Side::Upper, UPPER)
                | bit(flags.rst(), RESET)
                | bit(length > 0, PAYLOAD)
                | bit(length > LONGEST_PACKET, OFFLOADED)
                | bit(flags.syn() && !flags.ack(), OPENS),
        }
    }

    /// The side that sent it.
    #[must_use]
    pub(crate) const fn side(&self) -> Side {
        if self.bits & UPPER == 0 {
            Side::Lower
        } else {
            Side::Upper
        }
    }

    /// Whether it is a SYN that begins a connection.
    #[must_use]
    pub(crate) const fn opens(&self) -> bool {
        self.bits & OPENS != 0
    }

    /// Whether it carries payload.
    #[must_use]
    pub(crate) const fn has_payload(&self) -> bool {
        self.bits & PAYLOAD != 0
    }

    /// Whether it is longer than a packet on the wire.
    #[must_use]
    pub(crate) const fn is_offloaded(&self) -> bool {
        self.bits & OFFLOADED != 0
    }

    /// Whether it is an RST.
    #[must_use]
    pub(crate) const fn is_reset(&self) -> bool {
        self.bits & RESET != 0
    }
}

/// Mixes the bits of a number well enough for a few thousand packets of one
/// conversation (Fibonacci hashing).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Sequence numbers, flags and length: the IP ID is often 0, options may be taken out.
#[inline]
fn digest(segment: &Segment<'_>) -> u32 {
    let numbers = u64::from(segment.seq.0) << 32 | u64::from(segment.ack.0);
    let shape = u64::from(segment.payload_length) << 8 | u64::from(segment.flags.bits());
    ((numbers.wrapping_mul(SPREAD) ^ shape).wrapping_mul(SPREAD) >> 32) as u32
}

/// The link address that a packet comes from, with its interface and VLAN, in short.
#[must_use]
#[inline]
pub(crate) fn station(segment: &Segment<'_>) -> u32 {
    Station::of_sender(segment).shortened()
}

impl Station {
    #[inline]
    pub(super) fn shortened(&self) -> u32 {
        let [a, b, c, d, e, f] = self.address;
        let upper = u64::from(u16::from_ne_bytes([e, f]));
        let address = upper << 32 | u64::from(u32::from_ne_bytes([a, b, c, d]));
        let place = u64::from(self.interface) << 12 | u64::from(self.vlan);
        ((address ^ place.rotate_right(16)).wrapping_mul(SPREAD) >> 32) as u32
    }
}

/// The newest packets of one capture point.
#[derive(Debug)]
pub(crate) struct Passages {
    kept: Vec<Passage>,
    /// How many there have been.
    count: u32,
    /// The place of the next.
    next: usize,
    most: usize,
    first: Option<Timestamp>,
    last: Timestamp,
}

impl Passages {
    /// None yet; `most` are kept.
    #[must_use]
    pub(crate) const fn new(most: NonZeroUsize) -> Self {
        Self {
            kept: Vec::new(),
            count: 0,
            next: 0,
            most: most.get(),
            first: None,
            last: Timestamp(i64::MIN),
        }
    }

    /// How many packets there have been.
    #[must_use]
    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    /// The times of the first packet and of the latest one, whatever their conversations.
    #[must_use]
    pub(crate) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.first?, self.last))
    }

    /// Keeps a packet whose conversation's packet before is at `before`; the answer is
    /// where the conversation's newest is now.
    #[inline]
    pub(crate) fn push(
        &mut self,
        segment: &Segment<'_>,
        (side, station): (Side, u32),
        before: Head,
    ) -> Head {
        let passage = Passage::of(segment, side, station, before);
        if self.first.is_none() {
            self.first = Some(segment.time);
            // What is not used yet takes no memory, and growing would copy it all.
            self.kept.reserve_exact(self.most);
        }
        self.last = self.last.max(segment.time);
        if let Some(oldest) = self.kept.get_mut(self.next) {
            *oldest = passage;
        } else {
            self.kept.push(passage);
        }
        // Without a division: every packet comes here.
        self.next += 1;
        if self.next == self.most {
            self.next = 0;
        }
        // A capture has fewer frames than that (Wireshark counts them in 32 bits).
        self.count = self.count.saturating_add(1);
        self.count
    }

    fn place(&self, index: u32) -> usize {
        usize::try_from(index).unwrap_or_default() % self.most
    }

    /// The station (`station`) with which the packet has passed before, if that is another
    /// one, and if the TTL differs, because a bridge and a mirror port leave that as it is.
    #[must_use]
    pub(crate) fn seen_elsewhere(&self, head: Head, segment: &Segment<'_>) -> Option<u32> {
        let (digest, station) = (digest(segment), station(segment));
        let ttl = segment.ip.map(|ip| ip.ttl).unwrap_or_default();
        let passed = self.of(head);
        let found = passed.iter().find(|passage| {
            passage.digest == digest && passage.station != station && passage.ttl != ttl
        });
        found.map(|passage| passage.station)
    }

    /// The packets of a conversation, the oldest that is kept first.
    #[must_use]
    pub(crate) fn of(&self, head: Head) -> Vec<Passage> {
        let mut passages = Vec::new();
        let mut next = head;
        while let Some(index) = next.checked_sub(1) {
            let age = usize::try_from(self.count.saturating_sub(index)).unwrap_or(usize::MAX);
            if age > self.most || passages.len() == COMPARED_AT_MOST {
                break;
            }
            let Some(passage) = self.kept.get(self.place(index)) else {
                break;
            };
            passages.push(*passage);
            if passage.before >= next {
                break;
            }
            next = passage.before;
        }
        passages.reverse();
        passages
    }
}
