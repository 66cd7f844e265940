// SPDX-License-Identifier: GPL-2.0-or-later

//! # It came by another way on the link
//!
//! ## What is seen
//! The RST has another source MAC address or VLAN than the claimed sender's own
//! packets, was captured on another interface, or in a tunnel where those were
//! not, or past the tunnel that those came through.
//!
//! ## Why it matters
//! It entered this link through another device.
//!
//! ## What else explains it
//! Two routers that share the way back (HSRP, VRRP, ECMP, asymmetric routing).
//! Where both ends of a tunnel are captured, the depth tells nothing and is not
//! compared.
//!
//! ## References
//! RFC 5798 (VRRP), RFC 2992 (ECMP); IEEE 802.1Q.

use crate::{
    baseline::hops,
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    source: Option<[u8; 6]>,
    vlan: Option<u16>,
    interface: Option<u32>,
    ip_headers: Option<u8>,
    frame: Option<FrameNumber>,
    on_link: bool,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let sender = &case.sender;
    let Some(source) = case.reset.link.source.filter(|_| sender.has_seq()) else {
        return Observed::DoesNotApply;
    };
    let (place, usual) = (case.reset.link.place(), sender.place);
    let other_source = source != sender.link_source;
    let other_vlan = place.vlan() != usual.vlan();
    let other_interface = place.interface() != usual.interface();
    let ip_headers = case.reset.link.ip_headers;
    let other_depth =
        ip_headers != 0 && sender.ip_headers().is_some_and(|usual| usual != ip_headers);
    if !(other_source || other_vlan || other_interface || other_depth) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        source: other_source.then_some(source),
        vlan: other_vlan.then_some(place.vlan()),
        interface: case.reset.link.interface.filter(|_| other_interface),
        ip_headers: other_depth.then_some(ip_headers),
        frame: sender.last_frame,
        on_link: other_source && sender.ttl.usual().is_some_and(|ttl| hops(ttl) == 0),
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(out, "It came");
        if let Some([a, b, c, d, e, f]) = self.source {
            say!(
                out,
                " from MAC {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"
            );
        }
        match self.vlan {
            Some(0) => say!(out, " without VLAN"),
            Some(vlan) => say!(out, " on VLAN {vlan}"),
            None => {}
        }
        if let Some(interface) = self.interface {
            say!(out, " on interface {interface}");
        }
        match self.ip_headers {
            Some(1) => say!(out, " past the tunnel"),
            Some(count) => say!(out, " in a tunnel ({count} IP headers)"),
            None => {}
        }
        say!(out, ", unlike the {{sender}}'s own packets");
        if let Some(frame) = self.frame {
            say!(out, "; compare frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "another link source");
    }

    fn frame(&self) -> Option<FrameNumber> {
        self.frame
    }

    fn grade(&self) -> usize {
        usize::from(!self.on_link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::testing::case,
        evidence::testing::{absent, does_not_apply, present, text},
    };

    const ROUTER: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const OTHER: [u8; 6] = [2, 0, 0, 0, 0, 0xa];

    #[test]
    fn present_when_the_mac_or_the_vlan_differs() {
        let finding = present(observe(
            &case().abort().sender_link(ROUTER, 0).link(OTHER, 0),
        ));
        assert_eq!(
            text(&finding),
            "It came from MAC 02:00:00:00:00:0a, unlike the server's own packets; compare frame 8."
        );
        present(observe(
            &case().abort().sender_link(ROUTER, 7).link(ROUTER, 8),
        ));
        let finding = present(observe(
            &case()
                .abort()
                .sender_link(ROUTER, 7)
                .link(ROUTER, 7)
                .interface(1),
        ));
        assert_eq!(
            text(&finding),
            "It came on interface 1, unlike the server's own packets; compare frame 8."
        );
    }

    #[test]
    fn present_when_it_came_past_the_tunnel_or_through_one() {
        let depths = |usual: &[u8], of_reset| {
            case()
                .abort()
                .sender_link(ROUTER, 0)
                .link(ROUTER, 0)
                .ip_headers(usual, of_reset)
        };
        assert_eq!(
            text(&present(observe(&depths(&[2, 2], 1)))),
            "It came past the tunnel, unlike the server's own packets; compare frame 8."
        );
        assert_eq!(
            text(&present(observe(&depths(&[1], 3)))),
            "It came in a tunnel (3 IP headers), unlike the server's own packets; compare frame 8."
        );
        absent(observe(&depths(&[2], 2)));
        // Both ends of a tunnel, or nothing counted.
        absent(observe(&depths(&[1, 2], 1)));
        absent(observe(&depths(&[], 1)));
        absent(observe(&depths(&[2], 0)));
    }

    #[test]
    fn absent_when_both_agree() {
        absent(observe(
            &case().abort().sender_link(ROUTER, 7).link(ROUTER, 7),
        ));
    }

    #[test]
    fn not_observable_without_link_addresses() {
        does_not_apply(observe(&case().abort()));
        does_not_apply(observe(&case().link(ROUTER, 0)));
    }
}
