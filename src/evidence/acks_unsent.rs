// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST acknowledges bytes that were never sent
//!
//! ## What is seen
//! The RST's acknowledgement number is beyond everything that its receiver has sent.
//!
//! ## Why it matters
//! A host acknowledges what it has received. Whoever guesses, or lets the number
//! climb from shot to shot, goes beyond.
//!
//! ## What else explains it
//! Segments that the capture lacks.
//!
//! ## References
//! RFC 9293 §3.10.7.4; `docs/measured.md#rst-forms-injectors`.

use crate::{
    case::Case,
    conversation::Phase,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    beyond: u32,
    frame: Option<FrameNumber>,
}

/// A gap in the capture hides some segments; farther away lies what was never sent.
const MISSED: u32 = 1 << 20;

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let receiver = &case.receiver;
    if !case.reset.flags.ack() || !receiver.has_seq() || !receiver.syn() {
        return Observed::DoesNotApply;
    }
    let beyond = case.reset.ack.distance(receiver.snd_nxt).unsigned_abs();
    if beyond <= limit!(MISSED) || case.phase == Phase::Syn {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        beyond,
        frame: receiver.last_frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "It acknowledges a number {} bytes away from anything the {{receiver}} has sent",
            self.beyond
        );
        if let Some(frame) = self.frame {
            say!(out, "; compare frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "acknowledges what was never sent");
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
    fn present_far_beyond_what_was_sent() {
        let abort = case().abort().client_sent(1);
        absent(observe(&abort.clone().ack_number(1 << 20)));
        let finding = present(observe(&abort.ack_number((1 << 20) + 1)));
        assert_eq!(
            text(&finding),
            "It acknowledges a number 1048577 bytes away from anything the client has sent."
        );
        does_not_apply(observe(&case().client_sent(1)));
    }
}
