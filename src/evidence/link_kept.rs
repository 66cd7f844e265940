// SPDX-License-Identifier: GPL-2.0-or-later

//! # It left the host itself
//!
//! ## What is seen
//! The claimed sender is on this link: its packets have passed no router. The
//! RST has passed none either and comes from the same MAC address.
//!
//! ## Why it matters
//! It left the same network card as the sender's own packets.
//!
//! ## What else explains it
//! A forger on the same link that copies the address; a bridging firewall
//! between the host and this capture point.
//!
//! ## References
//! IEEE 802.3; nmap's OS database for the initial TTLs.

use crate::{
    baseline::hops,
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    source: [u8; 6],
    frame: Option<FrameNumber>,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let sender = &case.sender;
    let (Some(ttl), Some(expected), Some(source)) =
        (case.ttl(), sender.ttl.usual(), case.reset.link.source)
    else {
        return Observed::DoesNotApply;
    };
    // Routing protocols talk to the neighbours on their link with TTL 1.
    let on_link = hops(expected) == 0 || expected <= 2;
    if !on_link || sender.link_source == [0; 6] || case.is_contradicted_elsewhere() {
        return Observed::DoesNotApply;
    }
    if hops(ttl) != 0 || source != sender.link_source {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        source,
        frame: sender.last_frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        let [a, b, c, d, e, f] = self.source;
        say!(
            out,
            "It came from MAC {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x} without passing a router, like the {{sender}}'s own packets"
        );
        if let Some(frame) = self.frame {
            say!(out, "; compare frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "host's own link address");
    }

    fn frame(&self) -> Option<FrameNumber> {
        self.frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::testing::case,
        evidence::testing::{absent, does_not_apply, present, text},
    };

    const HOST: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const OTHER: [u8; 6] = [2, 0, 0, 0, 0, 0xa];

    #[test]
    fn present_on_the_hosts_own_link() {
        let neighbour = case().sender_ttl(&[64]).sender_link(HOST, 0);
        let finding = present(observe(&neighbour.ttl(64).link(HOST, 0)));
        assert_eq!(
            text(&finding),
            "It came from MAC 02:00:00:00:00:01 without passing a router, like the server's own packets; compare frame 1."
        );
    }

    #[test]
    fn absent_from_another_card_or_through_a_router() {
        let neighbour = case().sender_ttl(&[64]).sender_link(HOST, 0);
        absent(observe(&neighbour.clone().ttl(64).link(OTHER, 0)));
        absent(observe(&neighbour.ttl(63).link(HOST, 0)));
    }

    #[test]
    fn not_observable_behind_a_router() {
        let routed = case().sender_ttl(&[61]).sender_link(HOST, 0);
        does_not_apply(observe(&routed.ttl(61).link(HOST, 0)));
        does_not_apply(observe(&case().sender_ttl(&[64]).ttl(64)));
    }
}
