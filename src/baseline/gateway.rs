// SPDX-License-Identifier: GPL-2.0-or-later

//! Machines on the link that forward for others, by their link address.

use std::{net::IpAddr, num::NonZeroUsize};

use lru::LruCache;
use serde::{Deserialize, Serialize};

use super::{SMALLEST_SURE_INITIAL, hops};
use crate::wire::Segment;

/// What has come from one link address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gateway {
    routed: Few,
    refused: Few,
}

/// Different addresses, of which the first few are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Few {
    addresses: [Option<IpAddr>; 5],
}

impl Few {
    fn learn(&mut self, address: IpAddr) {
        let place = self
            .addresses
            .iter_mut()
            .find(|kept| kept.is_none_or(|kept| kept == address));
        if let Some(place) = place {
            *place = Some(address);
        }
    }

    fn without(&self, address: IpAddr) -> impl Iterator<Item = IpAddr> {
        let others = self.addresses.iter().copied().flatten();
        others.filter(move |kept| *kept != address)
    }
}

impl Gateway {
    /// Hosts behind a router, other than `address`, whose packets have come from
    /// here; counts to five.
    #[must_use]
    pub(crate) fn forwards_for_others_than(&self, address: IpAddr) -> usize {
        self.routed.without(address).count()
    }

    /// The hosts of both kinds, each counted once.
    #[must_use]
    pub(crate) fn speaks_for(&self, address: IpAddr, receiver: IpAddr) -> usize {
        let strangers = self.refused.without(address);
        let others = strangers.filter(|other| {
            is_stranger(*other, receiver) && !self.routed.addresses.contains(&Some(*other))
        });
        self.forwards_for_others_than(address) + others.count()
    }

    /// Hosts other than `address` in whose name RSTs have come from here that no
    /// router has passed on, and that cannot well be this machine to `receiver`;
    /// counts to five.
    #[must_use]
    pub(crate) fn resets_for_strangers(&self, address: IpAddr, receiver: IpAddr) -> usize {
        let strangers = self.refused.without(address);
        strangers
            .filter(|other| is_stranger(*other, receiver))
            .count()
    }
}

/// Whether an address is none that a machine on the link of `receiver` would have: not
/// of its network, and not one that routers are given (the first or the last).
#[must_use]
pub(crate) fn is_stranger(address: IpAddr, receiver: IpAddr) -> bool {
    match (address, receiver) {
        (IpAddr::V4(address), IpAddr::V4(receiver)) => {
            let [.., last] = address.octets();
            let other_network = (address.to_bits() ^ receiver.to_bits()) >> 8 != 0;
            other_network && !matches!(last, 0 | 1 | 254 | 255)
        }
        (IpAddr::V6(address), IpAddr::V6(receiver)) => {
            let other_network = (address.to_bits() ^ receiver.to_bits()) >> 64 != 0;
            other_network && address.to_bits() & u128::from(u64::MAX) > 1
        }
        _ => false,
    }
}

/// Link addresses that are remembered; the longest silent goes first.
const MOST_GATEWAYS: NonZeroUsize = NonZeroUsize::new(1 << 10).unwrap();

/// All of them.
#[derive(Debug)]
pub(crate) struct Gateways {
    by_link: LruCache<[u8; 6], Gateway>,
}

impl Default for Gateways {
    fn default() -> Self {
        Self {
            by_link: LruCache::new(MOST_GATEWAYS),
        }
    }
}

/// Whether a packet with this TTL has passed no router since it was made.
#[must_use]
pub(crate) fn is_unrouted(ttl: u8) -> bool {
    hops(ttl) == 0 && ttl >= SMALLEST_SURE_INITIAL
}

impl Gateways {
    /// Takes the first packets of a conversation into account, and every RST.
    pub(crate) fn learn(&mut self, segment: &Segment<'_>) {
        let (Some(link), Some(ip)) = (segment.link.source, segment.ip) else {
            return;
        };
        let gateway = self.by_link.get_or_insert_mut(link, Gateway::default);
        let address = segment.source.address;
        if segment.flags.rst() {
            if is_unrouted(ip.ttl) {
                gateway.refused.learn(address);
            }
        } else if hops(ip.ttl) > 0 {
            gateway.routed.learn(address);
        }
    }

    /// What has come from where this segment came from.
    #[must_use]
    pub(crate) fn get(&self, segment: &Segment<'_>) -> Option<Gateway> {
        self.by_link.peek(&segment.link.source?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_counted_to_five() {
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        let mut few = Few::default();
        (1..=7).for_each(|last| few.learn(address(last)));
        few.learn(address(1));
        assert_eq!(few.without(address(1)).count(), 4);
        assert_eq!(few.without(address(9)).count(), 5);
    }

    #[test]
    fn stranger_is_no_neighbour_and_no_router() {
        let stranger =
            |one: &str, other: &str| is_stranger(one.parse().unwrap(), other.parse().unwrap());
        assert!(stranger("10.0.9.18", "10.0.4.42"));
        assert!(!stranger("10.0.4.18", "10.0.4.42"));
        assert!(!stranger("10.0.9.1", "10.0.4.42"));
        assert!(stranger("2001:db8:1::5", "2001:db8:2::5"));
        assert!(!stranger("2001:db8:1::1", "2001:db8:2::5"));
    }

    #[test]
    fn unrouted_is_an_initial_value_of_hosts() {
        assert!(is_unrouted(64) && is_unrouted(255));
        assert!(!is_unrouted(63) && !is_unrouted(32));
    }
}
