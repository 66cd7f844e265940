// SPDX-License-Identifier: GPL-2.0-or-later

//! # The flow label is the conversation's
//!
//! ## What is seen
//! The RST carries the IPv6 flow label that the claimed sender gives its
//! packets of this conversation.
//!
//! ## Why it matters
//! The label is a number of 20 bits that the host draws; whoever writes it has
//! the host's socket, or has copied it.
//!
//! ## What else explains it
//! An injector that copies the header of a packet that it saw.
//!
//! ## References
//! RFC 6437 §3; measured: Linux' active RST keeps the flow's label, and so does
//! the passive one where a socket or TIME-WAIT is left.

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    label: u32,
    frame: Option<FrameNumber>,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    if case.is_contradicted_elsewhere() {
        // The packets to compare with may be a device's, too.
        return Observed::DoesNotApply;
    }
    let Some(label) = case.reset.ip.and_then(|ip| ip.flow_label()) else {
        return Observed::DoesNotApply;
    };
    if label == 0 || case.sender.flow_label == 0 {
        return Observed::DoesNotApply;
    }
    if label != case.sender.flow_label {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        label,
        frame: case.sender.last_frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "IPv6 flow label 0x{:05x} is the {{sender}}'s own in this conversation",
            self.label
        );
        if let Some(frame) = self.frame {
            say!(out, "; compare frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "flow label kept");
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
    fn present_when_equal() {
        let finding = present(observe(&case().sender_label(0xa_bcde).ipv6(0xa_bcde)));
        assert_eq!(
            text(&finding),
            "IPv6 flow label 0xabcde is the server's own in this conversation; compare frame 8."
        );
    }

    #[test]
    fn absent_with_another_label() {
        absent(observe(&case().sender_label(0xa_bcde).ipv6(0xa_bcdf)));
    }

    #[test]
    fn not_observable_without_labels() {
        does_not_apply(observe(&case().ipv6(7)));
        does_not_apply(observe(&case().sender_label(7).ipv6(0)));
    }
}
