// SPDX-License-Identifier: GPL-2.0-or-later

//! # Sequence number 0 in mid-stream
//!
//! ## What is seen
//! The RST has sequence number 0, although its claimed sender has sent data with
//! other numbers.
//!
//! ## Why it matters
//! A host writes the number that it is at, or that it is asked for. OVN always writes
//! 0.
//!
//! ## What else explains it
//! A connection whose numbers happen to stand at 0: 1 in 4 billion.
//!
//! ## References
//! RFC 9293 §3.5.2; OVN's code
//! (`docs/measured.md#rst-forms-devices-that-can-be-named`).

use crate::{
    case::Case,
    conversation::Acceptability,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    if !case.sender.has_seq() {
        return Observed::DoesNotApply;
    }
    if case.reset.seq.0 != 0 || case.acceptability == Acceptability::Exact {
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
            "Its sequence number is 0, nowhere near the {{sender}}'s own."
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "sequence number 0");
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
    fn present_where_the_sender_is_elsewhere() {
        let guess = case()
            .abort()
            .seq(0)
            .acceptability(Acceptability::OutOfWindow);
        assert_eq!(
            text(&present(observe(&guess))),
            "Its sequence number is 0, nowhere near the server's own."
        );
        absent(observe(&guess.clone().acceptability(Acceptability::Exact)));
        absent(observe(&guess.seq(1)));
        does_not_apply(observe(&case().seq(0)));
    }
}
