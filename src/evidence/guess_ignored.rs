// SPDX-License-Identifier: GPL-2.0-or-later

//! # The receiver takes no notice
//!
//! ## What is seen
//! The RST's sequence number is not the one that the receiver expects, and the
//! receiver goes on.
//!
//! ## Why it matters
//! A host that resets its own connection knows the number. Somebody who does
//! not see the connection has to guess it.
//!
//! ## What else explains it
//! Data lost before the RST: then the receiver's challenge ACK brings a second
//! RST with the right number.
//!
//! ## References
//! RFC 5961 §3; measured: blind_in_window (challenge ACK within 30 µs, the
//! connection lives on).

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// Where the receiver goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    if !case.is_guess() {
        return Observed::DoesNotApply;
    }
    match case.aftermath.ignored {
        None => Observed::Absent,
        Some(frame) => Observed::Present(Finding { frame }),
    }
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "The {{receiver}} expects another sequence number and carries on in frame {}.",
            self.frame
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "guessed sequence number");
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
    fn present_when_a_guess_is_ignored() {
        let guess = case().acceptability(Acceptability::InWindow);
        let finding = present(observe(&guess.ignored()));
        assert_eq!(
            text(&finding),
            "The client expects another sequence number and carries on in frame 13."
        );
    }

    #[test]
    fn absent_until_the_receiver_goes_on() {
        absent(observe(&case().acceptability(Acceptability::OutOfWindow)));
    }

    #[test]
    fn not_observable_for_the_exact_number() {
        does_not_apply(observe(&case().ignored()));
    }
}
