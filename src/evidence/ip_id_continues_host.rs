// SPDX-License-Identifier: GPL-2.0-or-later

//! # The IP ID continues the host's counter
//!
//! ## What is seen
//! The claimed host counts the packets of all its conversations with one
//! counter, and the RST has one of the next numbers.
//!
//! ## Why it matters
//! Only the host knows where its counter stands; this also tells where the RST
//! is all that there is of its conversation.
//!
//! ## What else explains it
//! An injector that sees the host's packets and adds one.
//!
//! ## References
//! nmap's OS database (SS=S: one counter for all, Windows among others);
//! SIGCOMM 2023 §4.3; RFC 6864.

use crate::{
    baseline::{COUNTER_STEP, Pattern},
    case::Case,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::say,
};

/// The two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    id: u16,
    last: u16,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let id = case.reset.ip.and_then(|ip| ip.id());
    let counted = case
        .host
        .filter(|host| host.ip_id_pattern == Some(Pattern::Counter))
        .and_then(|host| host.ip_id);
    let (Some(id @ 1..), Some((last, frame))) = (id, counted) else {
        return Observed::DoesNotApply;
    };
    if case.sender.ip_id.pattern().is_some() {
        // The conversation's own counter says more.
        return Observed::DoesNotApply;
    }
    if !(1..=limit!(COUNTER_STEP of "baseline::ip_id")).contains(&id.wrapping_sub(last)) {
        return Observed::Absent;
    }
    Observed::Present(Finding { id, last, frame })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "IP ID 0x{:04x} follows the {{sender}}'s counter, 0x{:04x} in frame {} of another conversation.",
            self.id,
            self.last,
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "IP ID continues");
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
    fn present_up_to_64_steps_on() {
        let finding = present(observe(&case().host_ids(&[500, 501]).id(502)));
        assert_eq!(
            text(&finding),
            "IP ID 0x01f6 follows the server's counter, 0x01f5 in frame 2 of another conversation."
        );
        present(observe(&case().host_ids(&[500, 501]).id(565)));
    }

    #[test]
    fn absent_when_it_repeats_or_jumps() {
        absent(observe(&case().host_ids(&[500, 501]).id(501)));
        absent(observe(&case().host_ids(&[500, 501]).id(566)));
    }

    #[test]
    fn not_observable_where_nothing_counts() {
        does_not_apply(observe(&case().host_ids(&[9, 40_000, 70]).id(71)));
        does_not_apply(observe(&case().host_ids(&[500, 501]).id(0)));
        let counted_here = case().sender_ids(&[7, 8]).host_ids(&[500, 501]);
        does_not_apply(observe(&counted_here.id(502)));
    }
}
