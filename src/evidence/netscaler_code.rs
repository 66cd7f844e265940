// SPDX-License-Identifier: GPL-2.0-or-later

//! # The window is a NetScaler reset code
//!
//! ## What is seen
//! The RST's window is one of the codes by which a NetScaler (Citrix ADC) tells
//! why it resets, and it is not near the window of the claimed sender's
//! segments.
//!
//! ## Why it matters
//! The load balancer wrote its reason there; a host writes 0 or the window of
//! its socket.
//!
//! ## What else explains it
//! A socket that happens to have such a window: therefore it must be far from
//! the last one seen, and the RST must not have the form of an abort with
//! options.
//!
//! ## References
//! CTX200852 and the table of bunnis' Wireshark plug-in, confirmed by nmap's OS
//! database for 8201 and 8212 (`docs/measured.md#netscaler-windows`).

use crate::{
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    code: u16,
    frame: FrameNumber,
}

/// Codes with a source, and what they mean.
const CODES: [(u16, &str); 27] = [
    (8201, "stray packet from the server's side"),
    (8202, "stray packet from the client's side"),
    (8204, "SYN retransmitted with another sequence number"),
    (8205, "final ACK of the handshake is wrong"),
    (8206, "unexpected packet in SYN-SENT"),
    (8207, "SYN on an established connection"),
    (8208, "too many retransmissions"),
    (8212, "no listener, or stray packet"),
    (9100, "orphaned HTTP connection"),
    (9202, "HTTP multiplexing error"),
    (9203, "HTTP multiplexing error"),
    (9205, "HTTP multiplexing error"),
    (9300, "idle timeout"),
    (9301, "idle timeout"),
    (9302, "idle timeout"),
    (9303, "idle timeout"),
    (9304, "zero-window probes unanswered"),
    (9305, "SYN answered with a wrong ACK"),
    (9310, "keep-alive unanswered"),
    (9400, "flushed from the reuse pool"),
    (9401, "flushed for want of capacity"),
    (9700, "passed on from the other side"),
    (9701, "passed on from the other side"),
    (9702, "data after FIN"),
    (9811, "TLS handler, after a fatal alert"),
    (9814, "reset by policy"),
    (9830, "denied by ACL"),
];

/// What a window means as a NetScaler's code.
pub(crate) fn meaning(window: u16) -> Option<&'static str> {
    CODES
        .iter()
        .find(|(code, _)| *code == window)
        .map(|(_, words)| *words)
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let code = case.reset.window;
    if meaning(code).is_none() {
        return Observed::Absent;
    }
    let own = case.sender.window;
    // A host that knows no such connection writes 0, so there only an abort may
    // carry a socket's window.
    let near = case.shape() == Shape::Active && own != 0 && code.abs_diff(own) <= own / 2;
    if case.reset.options.any || near {
        return Observed::NotObservable(
            "the window may just as well be that of the {sender}'s socket",
        );
    }
    Observed::Present(Finding {
        code,
        frame: case.reset.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "Window {} is a NetScaler code: {}; see frame {}.",
            self.code,
            meaning(self.code).unwrap_or_default(),
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "NetScaler code {}", self.code);
    }

    fn write_reason(&self, out: &mut String) {
        let words = meaning(self.code).unwrap_or_default();
        say!(out, "NetScaler {}: {words}", self.code);
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
        evidence::testing::{absent, not_observable, present, text},
    };

    #[test]
    fn present_for_a_code_far_from_the_senders_window() {
        let finding = present(observe(&case().window(9300)));
        assert_eq!(
            text(&finding),
            "Window 9300 is a NetScaler code: idle timeout; see frame 10."
        );
        present(observe(&case().sender_window(9000).window(9300)));
        let abort = case().shape(Shape::Active).sender_window(229);
        present(observe(&abort.window(9300)));
    }

    #[test]
    fn absent_for_other_windows() {
        absent(observe(&case()));
        absent(observe(&case().window(9299)));
    }

    #[test]
    fn not_observable_where_the_socket_may_have_it() {
        let abort = case().shape(Shape::Active).sender_window(9000);
        not_observable(observe(&abort.window(9300)));
        not_observable(observe(&case().abort().window(9300)));
    }
}
