// SPDX-License-Identifier: GPL-2.0-or-later

//! # The claimed sender goes on
//!
//! ## What is seen
//! After the RST, the host that is said to have sent it sends more of the same
//! conversation: new payload beyond the RST's sequence number, or anything but
//! an RST when what it had sent before must long have arrived.
//!
//! ## Why it matters
//! A host that has reset a connection has none left to send on. Whoever sent
//! the RST, this host did not know of it.
//!
//! ## What else explains it
//! Packets that overtook each other: therefore bytes beyond the RST's sequence
//! number, or more than 100 ms in between, are asked for.
//! The same ports used again begin with a SYN and are another conversation.
//! A scanner's own program that goes on after its kernel's RST to the SYN-ACK.
//!
//! ## References
//! Weaver, Sommer, Paxson, NDSS 2009, RST_SEQ_DATA; Suricata rule 2210058;
//! RFC 9293 §3.5.2.

use std::time::Duration;

use crate::{
    case::{Case, OVERTAKEN_AT_MOST, SHUFFLED_AT_MOST},
    conversation::{Phase, Shape, State},
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::{Count, say, write_span},
};

/// The later segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    frame: FrameNumber,
    after: Duration,
    payload: u32,
    /// More than one bare acknowledgement that may have been on its way.
    firm: bool,
}

/// A program with raw sockets goes on when it likes, a connection at once:
/// Weaver et al. look no further than this either.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(2);

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(continued) = case.aftermath.continued else {
        return Observed::Absent;
    };
    if case.reset.payload_length > 0 && continued.behind_payload {
        return Observed::NotObservable(
            "the {sender} continues right after the RST's payload, so the RST flag may be damage to its own segment",
        );
    }
    // Whoever sends with the RST's TTL, and not with the host's, goes on for the
    // RST's sender; whoever guesses numbers is not the connection's holder.
    if !continued.plausible || case.continues_as_reset(&continued) {
        return Observed::Absent;
    }
    let opening = matches!(case.sender.state, State::SynSent | State::SynReceived);
    if opening && case.shape() == Shape::Passive {
        // RFC 9293 §3.10.7.3 and §3.10.7.4: an ACK of what was never sent is
        // answered so, and the connection is opened all the same.
        return Observed::NotObservable(
            "the {sender} was still opening the connection and may reset a stray segment and carry on",
        );
    }
    let in_handshake = matches!(case.phase, Phase::Syn | Phase::Handshake);
    if in_handshake && continued.after > limit!(HANDSHAKE_WITHIN) {
        return Observed::NotObservable(
            "the {sender} carries on much later, as scanners with raw sockets do",
        );
    }
    let numbered_last = case.sender.has_seq() && !case.sender.snd_nxt.is_after(case.reset.seq);
    let possible_delay = match (continued.beyond_reset, case.shape()) {
        // It is numbered behind all that its sender had sent.
        (true, Shape::Active) if numbered_last => Duration::ZERO,
        // It is numbered by what it answers, or below what was sent.
        (true, _) => limit!(SHUFFLED_AT_MOST of "case::aftermath"),
        (false, _) => limit!(OVERTAKEN_AT_MOST of "case::aftermath"),
    };
    if continued.after < possible_delay {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        frame: continued.frame,
        after: continued.after,
        payload: if continued.beyond_reset {
            continued.payload
        } else {
            0
        },
        firm: continued.is_progress() || continued.acknowledges_later || continued.segments > 1,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        match self.payload {
            0 => say!(out, "The {{sender}} carried on "),
            bytes => say!(
                out,
                "The {{sender}} kept sending: {} ",
                Count(bytes, "new byte")
            ),
        }
        write_span(out, self.after);
        say!(
            out,
            " later (frame {}), as if it knew nothing of this RST.",
            self.frame
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "real sender goes on");
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.frame)
    }

    fn grade(&self) -> usize {
        usize::from(!self.firm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::testing::case,
        evidence::testing::{absent, not_observable, present, text},
    };

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn present_with_payload_beyond_the_reset() {
        let finding = present(observe(&case().continued(5 * MS, 1448, true)));
        assert_eq!(
            text(&finding),
            "The server kept sending: 1448 new bytes 5.0 ms later (frame 12), as if it knew nothing of this RST."
        );
    }

    #[test]
    fn absent_while_it_can_have_been_overtaken() {
        absent(observe(&case().continued(4 * MS, 1448, true)));
        present(observe(&case().abort().continued(
            Duration::ZERO,
            1448,
            true,
        )));
        absent(observe(&case().continued(99 * MS, 0, false)));
        present(observe(&case().continued(100 * MS, 0, false)));
        absent(observe(&case()));
    }

    #[test]
    fn not_observable_behind_a_payload_of_the_reset() {
        not_observable(observe(
            &case().payload(1391, false).continued(MS, 1448, true),
        ));
    }

    #[test]
    fn not_observable_for_a_scanner() {
        let handshake = case().phase(Phase::Handshake);
        present(observe(&handshake.clone().continued(2000 * MS, 9, true)));
        not_observable(observe(&handshake.continued(2001 * MS, 9, true)));
    }
}
