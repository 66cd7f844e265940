// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST carries bytes that are not of the conversation
//!
//! ## What is seen
//! The RST has a payload, and the claimed sender does not go on behind it.
//!
//! ## Why it matters
//! Common hosts of today send RSTs without payload; some injectors append a
//! fixed string.
//!
//! ## What else explains it
//! Old stacks and load balancers that write a reason; a data segment whose
//! flags were damaged on the way (then its sender goes on behind its bytes).
//!
//! ## References
//! RFC 9293 §3.5.3 SHLD-2; Henan's firewall: 10 bytes 01 02 … 09 00 (XTLS/Xray-
//! core#2426); p0f v2 p0fr.fp for old stacks.

use crate::{
    case::Case,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::{Count, say},
};

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    bytes: u32,
    frame: FrameNumber,
}

/// A full segment of the stream would be longer than any reason; RST diagnostics
/// are to be at most 255 bytes (draft-boucadair-tcpm-rst-diagnostic-payload).
const LONGEST: u32 = 255;

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let bytes = case.reset.payload_length;
    if bytes > limit!(LONGEST) {
        return Observed::NotObservable(
            "the RST carries as much as a data segment, so its flag may have been damaged on the way",
        );
    }
    if bytes == 0 {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        bytes,
        frame: case.reset.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "It carries {} of payload, which modern hosts never put into an RST; see frame {}.",
            Count(self.bytes, "byte"),
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "payload in the RST");
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
    fn present_up_to_255_bytes() {
        let finding = present(observe(&case().payload(10, false)));
        assert_eq!(
            text(&finding),
            "It carries 10 bytes of payload, which modern hosts never put into an RST; see frame 10."
        );
        present(observe(&case().payload(255, false)));
    }

    #[test]
    fn absent_without() {
        absent(observe(&case()));
    }

    #[test]
    fn not_observable_for_a_whole_segment() {
        not_observable(observe(&case().payload(256, false)));
    }
}
