// SPDX-License-Identifier: GPL-2.0-or-later

//! # The DSCP of the answered packet is not reflected
//!
//! ## What is seen
//! The packet that the RST answers carries a DSCP, the RST carries 0.
//!
//! ## Why it matters
//! Linux reflects the ToS of what it answers for no connection; packet filters
//! that reject in a host's name write 0.
//!
//! ## What else explains it
//! Other systems do not reflect either; a network that clears the mark in one
//! direction. So it says little.
//!
//! ## References
//! Measured: nf_reject always 0 (`docs/measured.md#dscp-of-an-rst`).

use crate::{
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    wire::{FrameNumber, dscp},
    words::say,
};

/// The code point that was not reflected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    dscp: u8,
    frame: Option<FrameNumber>,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(ip) = case.reset.ip else {
        return Observed::DoesNotApply;
    };
    let answered = dscp(case.receiver.traffic_class);
    let answers = matches!(case.shape(), Shape::Passive | Shape::SynAnswer);
    if !answers || answered == 0 {
        return Observed::DoesNotApply;
    }
    if dscp(ip.traffic_class) != 0 {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        dscp: answered,
        frame: case.receiver.last_frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "DSCP 0 in answer to a packet with DSCP {}; Linux would have copied it",
            self.dscp
        );
        if let Some(frame) = self.frame {
            say!(out, "; compare frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "DSCP not reflected");
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
    fn present_when_cleared() {
        let finding = present(observe(&case().receiver_class(46 << 2)));
        assert_eq!(
            text(&finding),
            "DSCP 0 in answer to a packet with DSCP 46; Linux would have copied it; compare frame 9."
        );
    }

    #[test]
    fn absent_when_marked() {
        absent(observe(&case().receiver_class(46 << 2).class(46 << 2)));
    }

    #[test]
    fn not_observable_without_a_mark_or_an_answer() {
        does_not_apply(observe(&case()));
        does_not_apply(observe(&case().abort().receiver_class(46 << 2)));
    }
}
