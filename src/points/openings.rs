// SPDX-License-Identifier: GPL-2.0-or-later

//! SYNs and where they were captured first: one that comes again on another link shows
//! that there are two capture points.

use std::hash::{BuildHasher, Hash};

use rustc_hash::FxBuildHasher;

use crate::{
    conversation::{Key, Side},
    wire::{Segment, Socket},
};

/// Places for SYNs, 80 bytes each, of which a SYN takes two; newer ones take the places of older ones.
const REMEMBERED: usize = 1 << 15;

/// What of a SYN stays the same along the path, and what does not.
#[derive(Clone, Copy, Debug, Default)]
struct Opening {
    seq: u32,
    /// RFC 7323: a host that sends again writes the time anew.
    stamp: Option<u32>,
    /// An address translation changes one of its ends.
    ends: Option<[Socket; 2]>,
    is_answer: bool,
    link: usize,
    ttl: u8,
}

impl Opening {
    fn of(segment: &Segment<'_>, link: usize) -> Self {
        Self {
            seq: segment.seq.0,
            stamp: segment.options.timestamps.map(|stamps| stamps.value),
            ends: Some([segment.source, segment.destination]),
            is_answer: segment.flags.ack(),
            link,
            ttl: segment.ip.map(|ip| ip.ttl).unwrap_or_default(),
        }
    }

    fn is_same_packet(&self, other: &Self) -> bool {
        let ends = self.ends.iter().flatten();
        let shared_end = ends
            .zip(other.ends.iter().flatten())
            .any(|(one, other)| one == other);
        self.seq == other.seq
            && self.is_answer == other.is_answer
            && self.stamp == other.stamp
            && shared_end
    }
}

/// A few bits of it.
#[expect(clippy::cast_possible_truncation, reason = "a hash may be cut")]
fn shortened(value: impl Hash) -> u32 {
    FxBuildHasher.hash_one(value) as u32
}

/// The newest SYNs, found by their sequence number and either end.
#[derive(Debug, Default)]
pub(super) struct Openings {
    known: Vec<Opening>,
}

/// Where a SYN was captured before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) link: usize,
    pub(super) ttl: u8,
    /// What it was called there, and its sender's side.
    pub(super) key: (Key, Side),
}

impl Openings {
    /// Enters a SYN or SYN-ACK, unless it is known from before: then that is the answer.
    pub(super) fn enter(&mut self, segment: &Segment<'_>, link: usize) -> Option<Before> {
        if self.known.is_empty() {
            self.known = vec![Opening::default(); REMEMBERED];
        }
        let opening = Opening::of(segment, link);
        // One of its ends is the same on both sides of an address translation.
        for end in opening.ends.into_iter().flatten() {
            let place = shortened((opening.seq, end));
            let place = usize::try_from(place).unwrap_or_default() % REMEMBERED;
            let known = self.known.get_mut(place)?;
            if opening.is_same_packet(known) {
                let [source, destination] = known.ends?;
                return Some(Before {
                    link: known.link,
                    ttl: known.ttl,
                    key: Key::between(source, destination),
                });
            }
            *known = opening;
        }
        None
    }
}
