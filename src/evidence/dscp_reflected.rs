// SPDX-License-Identifier: GPL-2.0-or-later

//! # The DSCP is the answered packet's
//!
//! ## What is seen
//! The RST carries the DSCP of the packet that it answers, which the claimed
//! sender's own packets do not carry.
//!
//! ## Why it matters
//! Linux answers for a connection that it does not know with the ToS of the
//! packet; a packet filter that rejects in its name always writes 0.
//!
//! ## What else explains it
//! A device that turns the packet round; a network that marks both directions
//! alike.
//!
//! ## References
//! Measured: Linux copies it, netfilter does not
//! (`docs/measured.md#dscp-of-an-rst`).

use crate::{
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    wire::{FrameNumber, dscp},
    words::say,
};

/// The code point.
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
    let own_is_same = case.sender.has_seq() && dscp(case.sender.traffic_class) == answered;
    let answers = matches!(case.shape(), Shape::Passive | Shape::SynAnswer);
    if !answers || answered == 0 || own_is_same {
        return Observed::DoesNotApply;
    }
    if dscp(ip.traffic_class) != answered {
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
            "DSCP {} is copied from the packet it answers, as Linux does",
            self.dscp
        );
        if let Some(frame) = self.frame {
            say!(out, "; compare frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "DSCP reflected");
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
    fn present_when_reflected() {
        let finding = present(observe(&case().receiver_class(46 << 2).class(46 << 2 | 1)));
        assert_eq!(
            text(&finding),
            "DSCP 46 is copied from the packet it answers, as Linux does; compare frame 9."
        );
    }

    #[test]
    fn absent_when_not() {
        absent(observe(&case().receiver_class(46 << 2)));
    }

    #[test]
    fn not_observable_without_a_mark_or_an_answer() {
        does_not_apply(observe(&case()));
        does_not_apply(observe(&case().abort().receiver_class(46 << 2)));
        does_not_apply(observe(
            &case()
                .sender_class(46 << 2)
                .receiver_class(46 << 2)
                .class(46 << 2),
        ));
    }
}
