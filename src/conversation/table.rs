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

/// Few wide numbers are written instead of a dozen fields: every segment is looked up.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let ports = u128::from(self.lower.port) << 16 | u128::from(self.upper.port);
        match (self.lower.address, self.upper.address) {
            (IpAddr::V4(lower), IpAddr::V4(upper)) => {
                let addresses = u128::from(lower.to_bits()) << 32 | u128::from(upper.to_bits());
                state.write_u128(addresses << 32 | ports);
            }
            (lower, upper) => {
                for address in [lower, upper] {
                    match address {
                        IpAddr::V4(address) => state.write_u32(address.to_bits()),
                        IpAddr::V6(address) => state.write_u128(address.to_bits()),
                    }
                }
                state.write_u128(ports);
            }
        }
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
    /// The conversation of these sockets, begun if it is new; there always is one.
    #[inline]
    pub(crate) fn entry(&mut self, key: Key) -> Option<&mut Conversation> {
        // Segments come in runs (of 2 to 3 in public captures), and the conversation of
        // the last one is at hand without a hash.
        let last = self.conversations.peek_mru();
        if last.is_none_or(|(last, _)| *last != key) {
            self.touch(key);
        }
        let mut newest_first = self.conversations.iter_mut();
        newest_first.next().map(|(_, conversation)| conversation)
    }

    /// Makes it the last one used.
    fn touch(&mut self, key: Key) {
        self.evicted |= self.conversations.len() == MOST_CONVERSATIONS.get()
            && !self.conversations.contains(&key);
        self.conversations
            .get_or_insert_mut(key, || Conversation::new(key.likely_server()));
    }

    /// Whether a conversation had to be forgotten: what looks like the
    /// beginning of one may be its middle.
    #[must_use]
    pub(crate) const fn has_evicted(&self) -> bool {
        self.evicted
    }
}
