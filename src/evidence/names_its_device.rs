// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST names the device that made it
//!
//! ## What is seen
//! The RST carries a text that a BIG-IP load balancer writes into its resets.
//!
//! ## Why it matters
//! The device says so itself.
//!
//! ## What else explains it
//! Somebody who imitates the text.
//!
//! ## References
//! RFC 9293 §3.5.3 SHLD-2 (an RST may carry the reason as text); tcpdump's test
//! capture tcp_rst_data ("BIG-IP: … TCP RST from remote
//! system").

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// Nothing to measure: the text itself is `rst.vendor_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    if case.reset.payload_length == 0 {
        return Observed::DoesNotApply;
    }
    if !case.names_big_ip {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        frame: case.reset.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "Its payload says a BIG-IP load balancer made it; see frame {}.",
            self.frame
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "BIG-IP says so");
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
    fn present_when_it_says_so() {
        let finding = present(observe(&case().payload(80, true)));
        assert_eq!(
            text(&finding),
            "Its payload says a BIG-IP load balancer made it; see frame 10."
        );
    }

    #[test]
    fn absent_with_another_payload() {
        absent(observe(&case().payload(10, false)));
    }

    #[test]
    fn not_observable_without_a_payload() {
        does_not_apply(observe(&case()));
    }
}
