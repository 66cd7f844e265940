// SPDX-License-Identifier: GPL-2.0-or-later

//! # A bare RST answers nothing that was sent
//!
//! ## What is seen
//! An RST without acknowledgement has a sequence number in the window that its
//! receiver has not acknowledged, and that its claimed sender has not used.
//!
//! ## Why it matters
//! Such an RST takes its number from the acknowledgement of the segment that it
//! answers. Whoever does not see the connection must guess one.
//!
//! ## What else explains it
//! A segment that the capture lacks, and that acknowledged what it lacks as well.
//!
//! ## References
//! RFC 9293 §3.5.2; RFC 5961 §1; `docs/measured.md#guessed-sequence-numbers`.

use crate::{
    case::Case,
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
    if case.reset.flags.ack() || !case.sender.has_seq() || !case.receiver.has_seq() {
        return Observed::DoesNotApply;
    }
    if !case.is_guess() || case.trigger().is_some() {
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
            "The {{receiver}} never acknowledged this sequence number, so the RST answers no segment."
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "it answers nothing");
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
        conversation::Acceptability,
        evidence::testing::{absent, does_not_apply, present, text},
    };

    #[test]
    fn present_for_a_guess_without_a_segment_to_answer() {
        let guess = case()
            .sender_window(64)
            .receiver_window(64)
            .seq(7_000)
            .acceptability(Acceptability::InWindow);
        assert_eq!(
            text(&present(observe(&guess))),
            "The client never acknowledged this sequence number, so the RST answers no segment."
        );
        absent(observe(&guess.acceptability(Acceptability::Exact)));
        does_not_apply(observe(&case()));
    }
}
