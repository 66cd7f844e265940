// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST was not routed
//!
//! ## What is seen
//! The RST arrives with an untouched initial TTL (64, 128 or 255), while the
//! claimed sender's own packets have passed routers.
//!
//! ## Why it matters
//! It was made on this link: by the first router, a firewall or a host beside
//! the capture point.
//!
//! ## What else explains it
//! A route change that brought the sender onto this link between two packets;
//! a proxy that answers for all (then its other packets arrive unrouted too,
//! and this is no finding).
//!
//! ## References
//! nmap's OS database for the initial values (0x40, 0x80, 0xff); RFC 791 §3.2.

use crate::{
    baseline::{SMALLEST_SURE_INITIAL, hops},
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::{Count, say},
};

/// The TTLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    ttl: u8,
    expected: u8,
    hops_expected: u8,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let (Some(ttl), Some(baseline)) = (case.ttl(), case.ttl_baseline()) else {
        // ttl_off_baseline says so already.
        return Observed::DoesNotApply;
    };
    let hops_expected = hops(baseline.ttl);
    let unrouted = hops(ttl) == 0 && ttl >= SMALLEST_SURE_INITIAL;
    if !unrouted || hops_expected == 0 || case.has_used_ttl(ttl) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        ttl,
        expected: baseline.ttl,
        hops_expected,
        frame: baseline.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "TTL {} has passed no router, while the claimed sender's packets have passed {} (TTL {}); compare frame {}.",
            self.ttl,
            Count(self.hops_expected.into(), "router"),
            self.expected,
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
    fn present_when_the_sender_is_routed() {
        let finding = present(observe(&case().sender_ttl(&[61]).ttl(255)));
        assert_eq!(
            text(&finding),
            "TTL 255 has passed no router, while the claimed sender's packets have passed 3 routers (TTL 61); compare frame 1."
        );
        present(observe(&case().sender_ttl(&[61]).ttl(64)));
    }

    #[test]
    fn absent_when_routed_or_when_the_sender_is_on_the_link() {
        absent(observe(&case().sender_ttl(&[61]).ttl(254)));
        absent(observe(&case().sender_ttl(&[61]).ttl(32)));
        absent(observe(&case().sender_ttl(&[64]).ttl(255)));
    }

    #[test]
    fn not_observable_without_a_packet_to_compare_with() {
        does_not_apply(observe(&case().ttl(255)));
    }
}
