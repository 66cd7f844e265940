// SPDX-License-Identifier: GPL-2.0-or-later

//! # The window is the answered packet's
//!
//! ## What is seen
//! The RST carries the window of the other side's last segment, and not that of
//! the claimed sender.
//!
//! ## Why it matters
//! A device that turns a segment round and sends it back as an RST keeps what
//! it does not overwrite.
//!
//! ## What else explains it
//! Both sides use the same window anyway; then it is no finding. Embedded
//! systems do the same in their own name.
//!
//! ## References
//! nmap's OS database: Palo Alto PA-500, Cisco PIX/ASA and ACE, WatchGuard and
//! several embedded stacks answer with the probe's window
//! (`docs/measured.md#windows-of-the-packet-answered`).

use crate::{
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The windows, unscaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    window: u16,
    own: Option<u16>,
    frame: Option<FrameNumber>,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let window = case.reset.window;
    // A SYN's window is unscaled and cannot be compared with what follows.
    // In the answer to a SYN both stand unscaled.
    let unscaled = case.receiver.syn_only() && case.shape() != Shape::SynAnswer;
    if window == 0 || !case.receiver.has_seq() || unscaled {
        return Observed::DoesNotApply;
    }
    let own = case.sender.has_seq().then_some(case.sender.window);
    if window != case.receiver.window || (own == Some(window) && !case.sender.syn_only()) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        window,
        own,
        frame: case.receiver.last_frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "Window {} is copied from the segment it answers",
            self.window
        );
        if let Some(own) = self.own {
            say!(out, "; the {{sender}}'s own was {own}");
        }
        if let Some(frame) = self.frame {
            say!(out, "; compare frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "window mirrored");
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
        let finding = present(observe(&case().receiver_window(501).window(501)));
        assert_eq!(
            text(&finding),
            "Window 501 is copied from the segment it answers; compare frame 9."
        );
    }

    #[test]
    fn absent_when_another_or_the_senders_own() {
        absent(observe(&case().receiver_window(501).window(502)));
        absent(observe(&case().abort().receiver_window(64).window(64)));
    }

    #[test]
    fn not_observable_for_window_0() {
        does_not_apply(observe(&case().receiver_window(501)));
        does_not_apply(observe(&case().window(501)));
    }
}
