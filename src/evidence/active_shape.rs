// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST is made as the socket itself would
//!
//! ## What is seen
//! RST+ACK with the window of the sender's last segments, its timestamps going
//! on, and a sequence number that fits what it has sent.
//!
//! ## Why it matters
//! A kernel that aborts a connection writes the RST from the socket's own
//! state. A device in between, or an injector, mostly writes a bare header:
//! window 0, no options.
//!
//! ## What else explains it
//! An injector that copies all of it from the last packet seen; a proxy, which
//! has a socket of its own.
//!
//! ## References
//! RFC 9293 §3.10.5 (ABORT: SEQ = SND.NXT); RFC 7323 §3.2; measured:
//! `tcp_send_active_reset` in Linux. A bare RST, on the other hand, is how the
//! same kernel answers for a connection that it does not know: no finding.

use crate::{
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    window: u16,
    timestamps: bool,
    frame: Option<FrameNumber>,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    if case.is_contradicted_elsewhere() {
        // The packets to compare with may be a device's, too.
        return Observed::DoesNotApply;
    }
    if case.shape() != Shape::Active {
        return Observed::NotObservable(
            "the RST looks like any answer for an unknown connection, so its form does not show who made it",
        );
    }
    let sender = &case.sender;
    if !sender.has_seq() {
        return Observed::NotObservable(
            "the capture holds no other segment of the {sender} to compare the RST's form with",
        );
    }
    let reset = &case.reset;
    let clock_goes_on = match reset.options.timestamps {
        Some(stamps) => sender.timestamps() && case.is_on_sender_clock(stamps.value),
        None => !sender.timestamps(),
    };
    let window_fits = reset.window != 0 && is_near(reset.window, sender.window, sender.syn_only());
    // Ahead of what was seen by segments that the capture lacks, never behind.
    let in_sequence = reset.seq.distance(sender.snd_nxt) >= 0;
    if clock_goes_on && window_fits && in_sequence {
        Observed::Present(Finding {
            window: reset.window,
            timestamps: reset.options.timestamps.is_some(),
            frame: sender.last_frame,
        })
    } else {
        Observed::Absent
    }
}

/// The window of one segment and of the next differ little; the one of a SYN is
/// unscaled and cannot be compared.
fn is_near(window: u16, last: u16, syn_only: bool) -> bool {
    !syn_only && window.abs_diff(last) <= last / 2
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "RST+ACK in sequence, with the socket's window ({})",
            self.window
        );
        if self.timestamps {
            say!(out, " and running clock");
        }
        say!(out, ", as when a kernel aborts its own connection");
        if let Some(frame) = self.frame {
            say!(out, "; compare frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "made by the socket");
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
        evidence::testing::{absent, not_observable, present, text},
    };

    #[test]
    fn present_for_an_abort_by_linux() {
        let finding = present(observe(&case().abort()));
        assert_eq!(
            text(&finding),
            "RST+ACK in sequence, with the socket's window (64) and running clock, as when a kernel aborts its own connection; compare frame 8."
        );
    }

    #[test]
    fn absent_where_one_of_them_does_not_fit() {
        absent(observe(&case().abort().window(0)));
        absent(observe(&case().abort().window(97)));
        present(observe(&case().abort().window(96)));
        absent(observe(&case().abort().without_timestamps()));
        absent(observe(&case().abort().timestamp_ahead(11_001)));
        present(observe(&case().abort().timestamp_ahead(11_000)));
        absent(observe(&case().abort().seq_ahead(-1)));
        present(observe(&case().abort().seq_ahead(12_484)));
    }

    #[test]
    fn not_observable_for_the_bare_form() {
        not_observable(observe(&case()));
    }
}
