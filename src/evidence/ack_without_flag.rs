// SPDX-License-Identifier: GPL-2.0-or-later

//! # An acknowledgement number without the ACK flag
//!
//! ## What is seen
//! The RST has a number in the acknowledgement field but no ACK flag, and the
//! claimed sender is no Windows host by its initial TTL.
//!
//! ## Why it matters
//! Linux, BSD and Apple leave the field 0; simple devices fill it in.
//!
//! ## What else explains it
//! Windows does the same as such devices (186 of 190 in nmap's OS database) and
//! sends with TTL 128, so such hosts are left out.
//!
//! ## References
//! RFC 9293 §3.5.2; nmap's OS database; ask.wireshark Q3183 ("broken load
//! balancers, firewalls"); measured: passt.

use crate::{
    baseline::initial_ttl,
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The number that is not meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    ack: u32,
}

/// Where Windows starts from (nmap's OS database: 247 of 247).
const WINDOWS: u8 = 128;

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let reset = &case.reset;
    let Some(baseline) = case.ttl_baseline().filter(|_| !reset.flags.ack()) else {
        return Observed::DoesNotApply;
    };
    if initial_ttl(baseline.ttl) == WINDOWS {
        return Observed::DoesNotApply;
    }
    if reset.ack.0 == 0 {
        return Observed::Absent;
    }
    Observed::Present(Finding { ack: reset.ack.0 })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "The acknowledgment field holds {} without the ACK flag; of the common hosts only Windows does that.",
            self.ack
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "ACK number without flag");
    }

    fn frame(&self) -> Option<FrameNumber> {
        None
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
    fn present_when_filled_in() {
        let finding = present(observe(&case().sender_ttl(&[61]).ack_number(77)));
        assert_eq!(
            text(&finding),
            "The acknowledgment field holds 77 without the ACK flag; of the common hosts only Windows does that."
        );
    }

    #[test]
    fn absent_when_0() {
        absent(observe(&case().sender_ttl(&[61])));
    }

    #[test]
    fn not_observable_for_windows_and_with_the_flag() {
        does_not_apply(observe(&case().sender_ttl(&[125]).ack_number(77)));
        does_not_apply(observe(&case().sender_ttl(&[61]).abort().ack_number(77)));
        does_not_apply(observe(&case().ack_number(77)));
    }
}
