// SPDX-License-Identifier: GPL-2.0-or-later

//! # The TTL is off the sender's baseline
//!
//! ## What is seen
//! The RST arrives with another TTL (hop limit) than the claimed sender's own
//! packets: higher, or lower by more than a route change explains.
//!
//! ## Why it matters
//! Each router takes one off. A device between the hosts is nearer than the
//! host behind it, so its packets arrive with a higher TTL, or it starts from
//! another initial value.
//!
//! ## What else explains it
//! A shorter route since the last packet; a socket with its own IP_TTL, whose
//! host answers without the socket from its default; a load balancer whose
//! members differ. A TTL that the sender has used before in this conversation,
//! as on its SYN-ACK, is therefore no finding, and neither is another initial
//! value over the same number of hops.
//!
//! ## References
//! Weaver, Sommer, Paxson, NDSS 2009; "Global, Passive Detection of Connection
//! Tampering", SIGCOMM 2023 §4.3; RFC 791 §3.2; measured: `nft reject` two hops
//! nearer, TTL 63 against 61.

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::{Count, say},
};

/// TTLs as they were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    ttl: u8,
    expected: u8,
    hops: u8,
    hops_expected: u8,
    frame: FrameNumber,
    same_conversation: bool,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(ttl) = case.ttl() else {
        return Observed::NotObservable("no IP header was seen, so the TTL is unknown");
    };
    let (Some(baseline), Some((hops, hops_expected))) = (case.ttl_baseline(), case.hops_compared())
    else {
        return Observed::NotObservable(
            "no other packet of the claimed sender is in the capture, so its TTL is unknown",
        );
    };
    // A host may start its packets from two initial values (64 and 128 seen on
    // one front end); over the same hops that is the same place.
    let same_place = hops == hops_expected;
    let delta = i16::from(ttl) - i16::from(baseline.ttl);
    let route_change = (-i16::from(case.ttl_tolerance)..=0).contains(&delta);
    if case.has_used_ttl(ttl) || same_place || route_change {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        ttl,
        expected: baseline.ttl,
        hops,
        hops_expected,
        frame: baseline.frame,
        same_conversation: baseline.same_conversation,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "TTL {} where the claimed sender's packets arrive with {}: {} passed instead of {}, from the nearest initial TTL; compare frame {}",
            self.ttl,
            self.expected,
            Count(self.hops.into(), "router"),
            self.hops_expected,
            self.frame,
        );
        if !self.same_conversation {
            say!(out, " of another conversation");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "TTL {}, expected {}", self.ttl, self.expected);
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
        evidence::testing::{absent, not_observable, present, text},
    };

    #[test]
    fn present_when_one_hop_nearer() {
        let finding = present(observe(&case().sender_ttl(&[61, 61]).ttl(62)));
        assert_eq!(
            text(&finding),
            "TTL 62 where the claimed sender's packets arrive with 61: 2 routers passed instead of 3, from the nearest initial TTL; compare frame 2."
        );
    }

    #[test]
    fn absent_up_to_the_tolerance_below() {
        absent(observe(&case().sender_ttl(&[61]).ttl(61)));
        absent(observe(&case().sender_ttl(&[61]).ttl(59)));
        present(observe(&case().sender_ttl(&[61]).ttl(58)));
    }

    #[test]
    fn absent_when_used_on_the_syn_ack() {
        absent(observe(&case().sender_ttl(&[63, 199, 199]).ttl(63)));
    }

    #[test]
    fn absent_from_another_initial_value_over_the_same_hops() {
        absent(observe(&case().sender_ttl(&[123, 123]).ttl(59)));
        present(observe(&case().sender_ttl(&[123, 123]).ttl(60)));
    }

    #[test]
    fn not_observable_without_a_packet_to_compare_with() {
        not_observable(observe(&case().ttl(62)));
        not_observable(observe(&case().sender_ttl(&[61]).without_ip()));
    }
}
