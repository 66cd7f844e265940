// SPDX-License-Identifier: GPL-2.0-or-later

//! # The TTL is the sender's
//!
//! ## What is seen
//! The RST arrives with a TTL (hop limit) that the claimed sender's own packets
//! arrive with.
//!
//! ## Why it matters
//! It has travelled as far as the sender's packets.
//!
//! ## What else explains it
//! A device right beside the host (a bridging firewall leaves the TTL alone), or
//! one that copies or guesses the TTL: some censors do. So a match speaks for
//! the host less loudly than a difference speaks against it.
//!
//! ## References
//! SIGCOMM 2023 §4.3; imitated TTLs: net4people/bbs#98 and #294; measured: a
//! bridge that rejects for the server behind it has the server's TTL.

use crate::{
    baseline::initial_ttl,
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The TTL that agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    ttl: u8,
    frame: FrameNumber,
    same_conversation: bool,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let (Some(ttl), Some(baseline)) = (case.ttl(), case.ttl_baseline()) else {
        // ttl_off_baseline says so already.
        return Observed::DoesNotApply;
    };
    if ttl != baseline.ttl {
        // Seen before, but from another initial value than the last packets: a
        // socket with its own IP_TTL, or a device that splices two connections.
        let same_initial = initial_ttl(ttl) == initial_ttl(baseline.ttl);
        if !case.has_used_ttl(ttl) || !same_initial {
            return Observed::Absent;
        }
    }
    Observed::Present(Finding {
        ttl,
        frame: baseline.frame,
        same_conversation: baseline.same_conversation,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        let place = if self.same_conversation {
            "in this conversation"
        } else {
            "in other conversations"
        };
        say!(
            out,
            "TTL {} is the claimed sender's own {place}; compare frame {}.",
            self.ttl,
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "TTL {} as expected", self.ttl);
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
    fn present_when_equal() {
        let finding = present(observe(&case().sender_ttl(&[61, 61]).ttl(61)));
        assert_eq!(
            text(&finding),
            "TTL 61 is the claimed sender's own in this conversation; compare frame 2."
        );
    }

    #[test]
    fn absent_when_off_by_one() {
        present(observe(&case().sender_ttl(&[63, 61]).ttl(63)));
        absent(observe(&case().sender_ttl(&[251, 52]).ttl(251)));
        absent(observe(&case().sender_ttl(&[61]).ttl(60)));
        absent(observe(&case().sender_ttl(&[61]).ttl(62)));
    }

    #[test]
    fn not_observable_without_a_packet_to_compare_with() {
        does_not_apply(observe(&case().ttl(61)));
    }
}
