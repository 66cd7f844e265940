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
        Self::between(segment.source, segment.destination)
    }

    /// The key of the conversation of two sockets, and the side that the first one is.
    #[must_use]
    pub(crate) fn between(first: Socket, second: Socket) -> (Self, Side) {
        if first <= second {
            let key = Self {
                lower: first,
                upper: second,
            };
            (key, Side::Lower)
        } else {
            let key = Self {
                lower: second,
                upper: first,
            };
            (key, Side::Upper)
        }
    }

    /// Both addresses, the lower one first.
    #[must_use]
    pub(crate) const fn addresses(&self) -> [IpAddr; 2] {
        [self.lower.address, self.upper.address]
    }

    /// The lower port, which is the server's nearly always.
    #[must_use]
    pub(crate) fn lower_port(&self) -> u16 {
        self.lower.port.min(self.upper.port)
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

/// One in so many places is left to conversations that are not settled.
const LEFT_TO_OTHERS: usize = 8;

/// All conversations.
///
/// Those in which data has been exchanged are settled: a flood of SYNs, or of anything
/// that nobody answers, pushes out others of its kind, and they stay. Within either kind
/// the longest silent goes first. Nothing is sorted before something has to go.
#[derive(Debug)]
pub(crate) struct Table {
    /// Settled or not.
    all: LruCache<Key, Conversation>,
    /// Those that were found settled when something had to go.
    settled: LruCache<Key, Conversation>,
    /// The one used last is among them.
    last_is_settled: bool,
    most: usize,
    evicted: bool,
}

impl Table {
    /// An empty one that remembers `most` conversations at a time.
    #[must_use]
    pub(crate) fn new(most: NonZeroUsize) -> Self {
        Self {
            all: LruCache::unbounded(),
            settled: LruCache::unbounded(),
            last_is_settled: false,
            most: most.get(),
            evicted: false,
        }
    }

    /// Makes room for others: from now on it remembers no more than `most`.
    pub(crate) fn narrow(&mut self, most: NonZeroUsize) {
        self.most = self.most.min(most.get());
    }

    /// The conversation of these sockets; there always is one. It begins if it is new,
    /// with a SYN or, if `opens` is false, in its middle.
    #[inline]
    pub(crate) fn entry(&mut self, key: Key, opens: bool) -> Option<&mut Conversation> {
        // Segments come in runs (of 2 to 3 in public captures), and the conversation of
        // the last one is at hand without a hash.
        if self.last().is_none_or(|(last, _)| *last != key) {
            self.touch(key, opens);
        }
        let last = if self.last_is_settled {
            &mut self.settled
        } else {
            &mut self.all
        };
        last.iter_mut().next().map(|(_, conversation)| conversation)
    }

    /// The conversation of these sockets, if it is known, left where it is.
    #[must_use]
    pub(crate) fn peek(&self, key: &Key) -> Option<&Conversation> {
        self.settled.peek(key).or_else(|| self.all.peek(key))
    }

    /// All of them, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Key, &Conversation)> {
        self.settled.iter().chain(self.all.iter())
    }

    fn last(&self) -> Option<(&Key, &Conversation)> {
        if self.last_is_settled {
            self.settled.peek_mru()
        } else {
            self.all.peek_mru()
        }
    }

    /// Makes it the last one used.
    fn touch(&mut self, key: Key, opens: bool) {
        self.last_is_settled = !self.settled.is_empty() && self.settled.get(&key).is_some();
        if self.last_is_settled {
            return;
        }
        let forgotten = self.evicted && !opens;
        self.all.get_or_insert(key, || {
            let mut conversation = Conversation::new(key.likely_server());
            if forgotten {
                conversation.set_forgotten();
            }
            conversation
        });
        while self.all.len() + self.settled.len() > self.most {
            self.make_room();
        }
    }

    /// Lets the one go that is missed least, or settles it.
    fn make_room(&mut self) {
        let full_of_settled = self.all.len() <= self.most / LEFT_TO_OTHERS;
        if full_of_settled && self.settled.pop_lru().is_some() {
            self.evicted = true;
            return;
        }
        match self.all.pop_lru() {
            Some((key, conversation)) if conversation.has_exchanged_data() => {
                self.settled.put(key, conversation);
            }
            _ => self.evicted = true,
        }
    }

    /// Whether a conversation had to be forgotten: what looks like the
    /// beginning of one may be its middle.
    #[must_use]
    pub(crate) const fn has_evicted(&self) -> bool {
        self.evicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conversation::Phase, wire::SeqNumber};

    fn key(port: u16) -> Key {
        let socket = |last, port| Socket {
            address: IpAddr::from([192, 0, 2, last]),
            port,
        };
        Key {
            lower: socket(1, port),
            upper: socket(2, 80),
        }
    }

    /// Data of both sides.
    fn exchange_data(table: &mut Table, key: Key) {
        let conversation = table.entry(key, true).unwrap();
        for side in [Side::Lower, Side::Upper] {
            let end = conversation.endpoint_mut(side);
            end.test_sent(SeqNumber(100), 0, 0);
            end.payload = 10;
        }
    }

    #[test]
    fn what_exchanged_data_outlives_a_flood_of_syns() {
        let mut table = Table::new(64.try_into().unwrap());
        exchange_data(&mut table, key(1));
        for port in 1000..2000 {
            table.entry(key(port), true);
        }
        assert!(table.has_evicted());
        assert_eq!(table.all.len() + table.settled.len(), 64);
        let known = table.entry(key(1), false).unwrap();
        assert_eq!(known.endpoint(Side::Lower).payload, 10);
        assert_ne!(known.phase(), Phase::Unknown);
    }

    #[test]
    fn what_was_forgotten_stands_nowhere() {
        let mut table = Table::new(8.try_into().unwrap());
        for port in 1..=20 {
            exchange_data(&mut table, key(port));
        }
        assert_eq!(table.all.len() + table.settled.len(), 8);
        table.entry(key(1), false);
        exchange_data(&mut table, key(1));
        let forgotten = table.entry(key(1), false).unwrap();
        assert_eq!(forgotten.phase(), Phase::Unknown);
        // A SYN begins a conversation that is known from there on.
        let opened = table.entry(key(2), true).unwrap();
        assert_eq!(opened.phase(), Phase::Unknown);
        exchange_data(&mut table, key(2));
        assert_eq!(table.entry(key(2), false).unwrap().phase(), Phase::Data);
    }
}
