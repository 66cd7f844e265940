// SPDX-License-Identifier: GPL-2.0-or-later

//! # It left its sender
//!
//! ## What is seen
//! The file holds the captures of several points. One of them is on the claimed sender's
//! own link, and there the RST was captured as well: unrouted, from the sender's link address.
//!
//! ## Why it matters
//! It was sent, and it arrived: whatever its header looks like, it is the host's own.
//!
//! ## What else explains it
//! A device on the same link, between the host and that capture point.
//!
//! ## References
//! RFC 1812 §5.3.1: routers count the TTL down; IEEE 802.3.

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The sighting on the sender's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    frame: FrameNumber,
    /// It is the one that this verdict is about, and the other sighting is here.
    arrived: Option<FrameNumber>,
    /// The sender's other packets are captured there unrouted as well.
    compared: bool,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(crossing) = case.crossing else {
        return Observed::DoesNotApply;
    };
    let Some(frame) = crossing.left_sender else {
        return Observed::Absent;
    };
    let is_this = frame == case.reset.frame;
    Observed::Present(Finding {
        frame,
        compared: crossing.sender_is_there,
        arrived: crossing
            .twins
            .into_iter()
            .flatten()
            .next()
            .filter(|_| is_this),
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        match self.arrived {
            Some(frame) if !self.compared => say!(
                out,
                "It had passed no router here, and was captured again on its way (frame {frame})."
            ),
            None if !self.compared => say!(
                out,
                "The same RST was captured before it had passed a router (frame {}).",
                self.frame
            ),
            Some(frame) => say!(
                out,
                "It left the {{sender}}'s own link here, and was captured again on its way (frame {frame})."
            ),
            None => say!(
                out,
                "The same RST was captured on the {{sender}}'s own link (frame {}).",
                self.frame
            ),
        }
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "captured on sender's link");
    }

    fn grade(&self) -> usize {
        usize::from(!self.compared)
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.arrived.unwrap_or(self.frame))
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
    fn present_where_both_saw_it() {
        let finding = present(observe(&case().left_sender(7, 7)));
        assert_eq!(
            text(&finding),
            "The same RST was captured on the server's own link (frame 7)."
        );
        let finding = present(observe(&case().left_sender(10, 7)));
        assert_eq!(
            text(&finding),
            "It left the server's own link here, and was captured again on its way (frame 7)."
        );
    }

    #[test]
    fn not_observable_with_one_capture_point() {
        does_not_apply(observe(&case()));
    }
}
