// SPDX-License-Identifier: GPL-2.0-or-later

//! # The answer to a SYN has a sequence number
//!
//! ## What is seen
//! RST+ACK in answer to a SYN, with a sequence number that is not 0.
//!
//! ## Why it matters
//! A host without a listener has no sequence number to give and writes 0; a
//! device that makes one up has copied or drawn it.
//!
//! ## What else explains it
//! A few stacks copy the acknowledgement field of the SYN, which is 0 from a
//! kernel.
//!
//! ## References
//! RFC 9293 §3.5.2: "if the ACK bit is off, sequence number zero is used";
//! nmap's OS database (S=Z).

use crate::{
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    seq: u32,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    if case.shape() != Shape::SynAnswer {
        return Observed::DoesNotApply;
    }
    if case.reset.seq.0 == 0 {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        seq: case.reset.seq.0,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "It answers a SYN with sequence number {}, but a host without a listener writes 0.",
            self.seq
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "numbered answer to SYN");
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
    fn present_when_not_0() {
        let finding = present(observe(&case().shape(Shape::SynAnswer)));
        assert_eq!(
            text(&finding),
            "It answers a SYN with sequence number 5000, but a host without a listener writes 0."
        );
    }

    #[test]
    fn absent_when_0() {
        absent(observe(&case().shape(Shape::SynAnswer).seq(0)));
    }

    #[test]
    fn not_observable_in_a_running_connection() {
        does_not_apply(observe(&case()));
    }
}
