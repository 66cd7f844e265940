// SPDX-License-Identifier: GPL-2.0-or-later

//! # The sender's TTL changed just before the RST
//!
//! ## What is seen
//! The first packets of the claimed sender came from another distance than its last
//! few ones, and the RST came from where these came from.
//!
//! ## Why it matters
//! A device that answers in the host's name, with a block page or a forged
//! acknowledgement, sends these packets itself: they, and the RST, do not come from
//! where the SYN-ACK came from.
//!
//! ## What else explains it
//! A route that changed between the two, a load balancer that answered the SYN.
//!
//! ## References
//! `docs/measured.md#ttl-after-one-odd-packet`,
//! `docs/measured.md#rst-forms-injectors`.

use crate::{
    baseline::hops,
    case::Case,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    first: u8,
    ttl: u8,
    frame: FrameNumber,
}

/// A block page and its FIN, a forged acknowledgement: what a device sends before its
/// RST is little.
const FEW: u8 = 4;

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let (Some(ttl), Some(first), Some(frame)) =
        (case.ttl(), case.sender.ttl.first(), case.sender.last_frame)
    else {
        return Observed::DoesNotApply;
    };
    let as_reset = case.sender.ttl.count_of(ttl);
    // A longer route explains a few hops more; a device on the path stands nearer.
    let longer_route =
        (0..=i16::from(case.ttl_tolerance)).contains(&(i16::from(first) - i16::from(ttl)));
    if longer_route || hops(first) == hops(ttl) || as_reset == 0 {
        return Observed::Absent;
    }
    // Where the packet before the first is the yardstick, ttl_off_baseline says it.
    let is_usual = case.sender.ttl.usual() == Some(ttl);
    if !is_usual || as_reset > limit!(FEW) || case.sender.last_ttl != Some(ttl) {
        return Observed::Absent;
    }
    Observed::Present(Finding { first, ttl, frame })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "The {{sender}}'s first packet had TTL {}; its latest ones have {}, like the RST; compare frame {}.",
            self.first,
            self.ttl,
            self.frame
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "TTL {} instead of {}", self.ttl, self.first);
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
    fn present_where_the_last_few_differ_from_the_first() {
        let finding = present(observe(&case().sender_ttl(&[57, 62, 62]).ttl(62)));
        assert_eq!(
            text(&finding),
            "The server's first packet had TTL 57; its latest ones have 62, like the RST; compare frame 3."
        );
        absent(observe(
            &case().sender_ttl(&[57, 62, 62, 62, 62, 62]).ttl(62),
        ));
        absent(observe(&case().sender_ttl(&[57, 57, 62]).ttl(62)));
        present(observe(&case().sender_ttl(&[60, 62, 62]).ttl(62)));
        absent(observe(&case().sender_ttl(&[62, 60, 60]).ttl(60)));
        does_not_apply(observe(&case().ttl(62)));
    }
}
