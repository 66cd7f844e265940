// SPDX-License-Identifier: GPL-2.0-or-later

//! # The client's kernel answers for a raw SYN
//!
//! ## What is seen
//! A SYN without timestamps and window scale, as programs with raw packets build it,
//! is answered with a SYN-ACK, and an RST in the client's name refuses that.
//!
//! ## Why it matters
//! The kernel of that host knows nothing of the program's SYN and must answer so.
//!
//! ## What else explains it
//! A device that refuses the answer in the client's name.
//!
//! ## References
//! nmap's documentation of -sS; RFC 9293 §3.10.7.1; `docs/measured.md#scanners`.

use crate::{
    case::Case,
    conversation::{Role, SegmentKind, Shape},
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let refuses_syn_ack = case.role == Some(Role::Client)
        && case.shape() == Shape::Passive
        && case
            .trigger()
            .is_some_and(|trigger| trigger.kind == SegmentKind::SynAck);
    if !refuses_syn_ack {
        return Observed::DoesNotApply;
    }
    match case.trigger() {
        Some(trigger) if case.sender.is_raw_syn() => Observed::Present(Finding {
            frame: trigger.frame,
        }),
        _ => Observed::Absent,
    }
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "A program, not the kernel, wrote the client's SYN, so the kernel has no socket for the SYN-ACK in frame {}.",
            self.frame
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "its kernel knows no socket");
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{case::testing::case, evidence::testing::does_not_apply};

    #[test]
    fn does_not_apply_to_a_server() {
        does_not_apply(observe(&case()));
    }
}
