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
    case::{Case, TtlCompared},
    evidence::{Observed, Words, ttl_off_baseline::yardstick_grade},
    wire::FrameNumber,
    words::{Count, say},
};

/// The TTLs as they were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    compared: TtlCompared,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    // ttl_off_baseline says what is missing.
    match case.other_distance() {
        Some(compared) if compared.unrouted() => Observed::Present(Finding { compared }),
        Some(_) => Observed::Absent,
        None => Observed::DoesNotApply,
    }
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        let TtlCompared {
            ttl,
            baseline,
            hops_expected,
            ..
        } = self.compared;
        say!(
            out,
            "TTL {ttl} means no router was passed, but the {{sender}}'s packets pass {} (TTL {}); compare frame {}.",
            Count(hops_expected.into(), "router"),
            baseline.ttl,
            baseline.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "TTL {}", self.compared.ttl);
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.compared.baseline.frame)
    }

    fn grade(&self) -> usize {
        yardstick_grade(self.compared.baseline.yardstick)
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
            "TTL 255 means no router was passed, but the server's packets pass 3 routers (TTL 61); compare frame 1."
        );
        present(observe(&case().sender_ttl(&[61]).ttl(64)));
    }

    #[test]
    fn absent_when_routed_or_when_the_sender_is_on_the_link() {
        absent(observe(&case().sender_ttl(&[61]).ttl(254)));
        absent(observe(&case().sender_ttl(&[61]).ttl(32)));
        does_not_apply(observe(&case().sender_ttl(&[64]).ttl(255)));
    }

    #[test]
    fn not_observable_without_a_packet_to_compare_with() {
        does_not_apply(observe(&case().ttl(255)));
    }
}
