// SPDX-License-Identifier: GPL-2.0-or-later

//! The TTL or hop limit that a sender's packets arrive with.

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
pub fn initial_ttl(ttl: u8) -> u8 {
    INITIAL
        .into_iter()
        .find(|initial| *initial >= ttl)
        .unwrap_or(u8::MAX)
}

/// Hops that a packet has most likely travelled; 0: not routed.
#[must_use]
pub fn hops(ttl: u8) -> u8 {
    initial_ttl(ttl) - ttl
}

/// TTLs seen from one sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ttl {
    first: u8,
    last: u8,
    lowest: u8,
    highest: u8,
    /// Packets in a row that arrived with `last`; saturates.
    run: u8,
    /// Packets in all; saturates.
    count: u8,
}

impl Ttl {
    /// Takes one packet into account.
    pub fn learn(&mut self, ttl: u8) {
        if self.count == 0 {
            (self.first, self.lowest, self.highest) = (ttl, ttl, ttl);
        }
        self.run = if self.count > 0 && ttl == self.last {
            self.run.saturating_add(1)
        } else {
            1
        };
        self.last = ttl;
        self.lowest = self.lowest.min(ttl);
        self.highest = self.highest.max(ttl);
        self.count = self.count.saturating_add(1);
    }

    /// The TTL to expect of the next packet: that of the last; `None` before the
    /// first.
    #[must_use]
    pub fn expected(&self) -> Option<u8> {
        (self.count > 0).then_some(self.last)
    }

    /// Whether packets with this TTL belong to the sender: the first and the last
    /// do, and between the lowest and the highest of one initial value all may,
    /// as over several paths.
    #[must_use]
    pub fn has_seen(&self, ttl: u8) -> bool {
        let between = (self.lowest..=self.highest).contains(&ttl)
            && initial_ttl(self.lowest) == initial_ttl(self.highest);
        self.count > 0 && (between || ttl == self.first || ttl == self.last)
    }

    /// Packets seen; saturates at 255.
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(ttls: &[u8]) -> Ttl {
        let mut ttl = Ttl::default();
        ttls.iter().for_each(|value| ttl.learn(*value));
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
    fn expects_what_came_last() {
        assert_eq!(Ttl::default().expected(), None);
        let ttl = seen(&[63, 61, 61]);
        assert_eq!(ttl.expected(), Some(61));
        assert!(ttl.has_seen(63));
        assert!(ttl.has_seen(62));
        assert!(!ttl.has_seen(64));
        assert!(!seen(&[61, 251]).has_seen(64));
    }
}
