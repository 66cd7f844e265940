// SPDX-License-Identifier: GPL-2.0-or-later

//! All conversations, found by their two sockets.

use std::{
    hash::{Hash, Hasher},
    net::IpAddr,
    num::NonZeroUsize,
};

use lru::LruCache;

use super::{Conversation, Side};
use crate::wire::{Segment, Socket};

/// Two sockets, the lower one first, so that both directions have one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    lower: Socket,
    upper: Socket,
}

/// Two numbers are written instead of a dozen fields: every segment is looked up.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let ports = u64::from(self.lower.port) << 16 | u64::from(self.upper.port);
        match (self.lower.address, self.upper.address) {
            (IpAddr::V4(lower), IpAddr::V4(upper)) => {
                state.write_u64(u64::from(lower.to_bits()) << 32 | u64::from(upper.to_bits()));
            }
            (lower, upper) => {
                lower.hash(state);
                upper.hash(state);
            }
        }
        state.write_u64(ports);
    }
}

impl Key {
    /// The key of a segment's conversation, and the side that sent the segment.
    #[must_use]
    pub(crate) fn of(segment: &Segment<'_>) -> (Self, Side) {
        let (source, destination) = (segment.source, segment.destination);
        if source <= destination {
            let key = Self {
                lower: source,
                upper: destination,
            };
            (key, Side::Lower)
        } else {
            let key = Self {
                lower: destination,
                upper: source,
            };
            (key, Side::Upper)
        }
    }

    /// The side to be taken for the server where no handshake was seen: the one
    /// with the lower port; `None` where the ports are equal.
    #[must_use]
    pub(crate) fn likely_server(&self) -> Option<Side> {
        match self.lower.port.cmp(&self.upper.port) {
            std::cmp::Ordering::Less => Some(Side::Lower),
            std::cmp::Ordering::Greater => Some(Side::Upper),
            std::cmp::Ordering::Equal => None,
        }
    }
}

/// Conversations that are remembered at a time; the longest silent goes first.
/// 262,144 of them take about 120 MiB, less than Wireshark itself keeps for
/// that many.
const MOST_CONVERSATIONS: NonZeroUsize = NonZeroUsize::new(1 << 18).unwrap();

/// All conversations.
#[derive(Debug)]
pub(crate) struct Table {
    conversations: LruCache<Key, Conversation>,
    evicted: bool,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            conversations: LruCache::new(MOST_CONVERSATIONS),
            evicted: false,
        }
    }
}

impl Table {
    /// The conversation of these sockets, begun if it is new.
    pub(crate) fn entry(&mut self, key: Key) -> &mut Conversation {
        self.evicted |= self.conversations.len() == MOST_CONVERSATIONS.get()
            && !self.conversations.contains(&key);
        self.conversations
            .get_or_insert_mut(key, || Conversation::new(key.likely_server()))
    }

    /// Whether a conversation had to be forgotten: what looks like the
    /// beginning of one may be its middle.
    #[must_use]
    pub(crate) const fn has_evicted(&self) -> bool {
        self.evicted
    }
}
