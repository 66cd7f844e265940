// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST carries the TTL of the packet that it answers
//!
//! ## What is seen
//! The RST's TTL is the one with which the packet that it answers came past this
//! point, or 255 less that, and is not the claimed sender's own.
//!
//! ## Why it matters
//! A host starts its packets with its own initial TTL. Some filters turn a packet
//! round and keep its TTL, and Snort writes 255 less the TTL that it saw.
//!
//! ## What else explains it
//! The capture point stands half-way, so that both ways have the same length.
//!
//! ## References
//! Snort 3's encoder; CenTrace
//! (`docs/measured.md#rst-forms-devices-that-can-be-named`).

use crate::{
    baseline::hops,
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    ttl: u8,
    answered: u8,
    frame: Option<FrameNumber>,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let (Some(compared), Some(answered)) = (case.other_distance(), case.receiver.last_ttl) else {
        return Observed::DoesNotApply;
    };
    let ttl = compared.ttl;
    // An initial value is what any machine starts with.
    let telling = hops(ttl) != 0 && hops(answered) != 0;
    if !telling || (ttl != answered && ttl != u8::MAX - answered) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        ttl,
        answered,
        frame: case.receiver.last_frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "TTL {} is derived from that of the packet it answers, {}",
            self.ttl,
            self.answered
        );
        if let Some(frame) = self.frame {
            say!(out, ", in frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "TTL {} mirrored", self.ttl);
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

    #[test]
    fn present_for_the_same_and_for_the_rest_to_255() {
        let answers =
            |ttl: u8, answered: u8| case().sender_ttl(&[42]).ttl(ttl).receiver_ttl(answered);
        let finding = present(observe(&answers(38, 38)));
        assert_eq!(
            text(&finding),
            "TTL 38 is derived from that of the packet it answers, 38."
        );
        present(observe(&answers(195, 60)));
        absent(observe(&answers(64, 64)));
        absent(observe(&answers(38, 39)));
        does_not_apply(observe(&case().ttl(38).receiver_ttl(38)));
    }
}
