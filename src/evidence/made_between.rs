// SPDX-License-Identifier: GPL-2.0-or-later

//! # It was never sent
//!
//! ## What is seen
//! The file holds the captures of several points. The RST was captured at one of them,
//! and not at another that it must have passed before, had its claimed sender sent it.
//!
//! ## Why it matters
//! What arrives and was never sent came into being in between.
//!
//! ## What else explains it
//! The capture at the sender's side missed the packet, was filtered, or had ended: a
//! story whose price comes from the other packets of the same file.
//!
//! ## References
//! RFC 791 §1.4: a router forwards, it does not begin; RFC 5905 §8 for comparing two clocks.

use crate::{
    case::{Case, Made},
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What is missing where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    made: Made,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    match case.made() {
        Some(made) => Observed::Present(Finding { made }),
        None if case.crossing.is_some() => Observed::Absent,
        None => Observed::DoesNotApply,
    }
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        let Made {
            both,
            passed,
            goes_on,
            ..
        } = self.made;
        say!(
            out,
            "It was captured here, but not on the {{sender}}'s side, where {both} of {passed} other packets from the {{sender}} were captured"
        );
        match goes_on {
            Some(frame) => say!(
                out,
                "; there the {{sender}} kept sending afterwards (frame {frame})."
            ),
            None => say!(out, "."),
        }
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "not sent by the host");
    }

    fn frame(&self) -> Option<FrameNumber> {
        self.made.goes_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::testing::case,
        evidence::testing::{does_not_apply, present, text},
    };

    #[test]
    fn present_where_it_was_never_sent() {
        let finding = present(observe(&case().made_between(30, None)));
        assert_eq!(
            text(&finding),
            "It was captured here, but not on the server's side, where 38 of 40 other packets from the server were captured."
        );
        let finding = present(observe(&case().made_between(30, Some(12))));
        assert!(text(&finding).ends_with("there the server kept sending afterwards (frame 12)."));
    }

    #[test]
    fn not_observable_with_one_capture_point() {
        does_not_apply(observe(&case()));
    }
}
