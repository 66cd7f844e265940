// SPDX-License-Identifier: GPL-2.0-or-later

//! # An unrouted packet of a host that cannot be here
//!
//! ## What is seen
//! The RST arrives with an untouched initial TTL (64, 128 or 255) and claims a
//! public address, while the receiver has a private one, and the capture holds
//! no other packet of the claimed host.
//!
//! ## Why it matters
//! A packet from the Internet has passed routers. This one was made by the
//! gateway, or by a host on this link.
//!
//! ## What else explains it
//! The claimed address is the gateway's own, or that of a host beside this one
//! that is reached by a public address.
//!
//! ## References
//! RFC 1918, RFC 4193, RFC 6598; nmap's OS database for the initial values; the
//! article that started this program (a gateway that answers every new
//! connection with TTL 255).

use std::net::IpAddr;

use crate::{
    baseline::{SMALLEST_SURE_INITIAL, hops, is_stranger},
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The TTL and the host that it claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    ttl: u8,
    claimed: IpAddr,
    frame: FrameNumber,
}

/// Whether an address is for use within a site, so that its owner and its
/// neighbours are not reached over the Internet.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Networks on one link share their first 16 bits, or 48 in IPv6: larger ones are
/// divided by routers (RFC 4632 §5; RFC 6177 §2).
fn is_of_another_network(source: IpAddr, destination: IpAddr) -> bool {
    if is_private(source) != is_private(destination) {
        return true;
    }
    match (source, destination) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits() ^ other.to_bits()) >> 16 != 0,
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits()) >> 80 != 0,
        _ => true,
    }
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(ttl) = case.ttl() else {
        return Observed::DoesNotApply;
    };
    if case.ttl_baseline().is_some() {
        // The TTL of its other packets says more.
        return Observed::DoesNotApply;
    }
    let beside_receiver = case.receiver.ttl.usual().is_some_and(|ttl| hops(ttl) == 0);
    if !beside_receiver {
        return Observed::DoesNotApply;
    }
    let (source, destination) = (case.reset.source.address, case.reset.destination.address);
    if !is_of_another_network(source, destination) || !is_stranger(source, destination) {
        return Observed::DoesNotApply;
    }
    if hops(ttl) != 0 || ttl < SMALLEST_SURE_INITIAL {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        ttl,
        claimed: case.reset.source.address,
        frame: case.reset.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "TTL {} means no router was passed, but {} is not a neighbour on a private network; see frame {}.",
            self.ttl,
            self.claimed,
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "TTL {}", self.ttl);
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::testing::case,
        evidence::testing::{absent, does_not_apply, present, text},
    };

    #[test]
    fn present_for_a_public_host_beside_a_private_one() {
        let finding = present(observe(&case().between("192.0.2.7", "10.0.0.5").ttl(255)));
        assert_eq!(
            text(&finding),
            "TTL 255 means no router was passed, but 192.0.2.7 is not a neighbour on a private network; see frame 10."
        );
        present(observe(&case().between("2001:db8::7", "fd00::5").ttl(64)));
        present(observe(&case().between("192.0.2.7", "100.64.0.5").ttl(64)));
    }

    #[test]
    fn absent_when_routed() {
        absent(observe(&case().between("192.0.2.7", "10.0.0.5").ttl(254)));
        absent(observe(&case().between("192.0.2.7", "10.0.0.5").ttl(32)));
    }

    #[test]
    fn not_observable_between_neighbours_or_with_a_baseline() {
        does_not_apply(observe(&case().between("10.0.0.7", "10.0.0.5").ttl(255)));
        does_not_apply(observe(&case().between("192.0.2.7", "192.0.2.5").ttl(255)));
        let mut behind_a_router = case().between("192.0.2.7", "10.0.0.5").ttl(64);
        behind_a_router = behind_a_router.receiver_ttl(61).receiver_ttl(61);
        does_not_apply(observe(&behind_a_router));
        let known = case().between("192.0.2.7", "10.0.0.5").sender_ttl(&[61]);
        does_not_apply(observe(&known.ttl(255)));
    }
}
