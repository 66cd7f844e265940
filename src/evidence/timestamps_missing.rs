// SPDX-License-Identifier: GPL-2.0-or-later

//! # An abort without the timestamps of its connection
//!
//! ## What is seen
//! RST+ACK as of a socket that aborts, without the timestamps option that the
//! claimed sender's segments carry.
//!
//! ## Why it matters
//! Linux' aborts carry the option like every segment of the socket; whoever
//! writes a bare RST leaves it out.
//!
//! ## What else explains it
//! RFC 7323 does not ask for it in an RST, and stacks of BSD's line leave it
//! out. A bare RST without ACK never carries it: no finding.
//!
//! ## References
//! RFC 7323 §3.2; measured: `tcp_send_active_reset` in Linux, the injectors of
//! the lab.

use crate::{
    baseline::Stack,
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// Where the option was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    frame: Option<FrameNumber>,
    runs_linux: bool,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    if case.shape() != Shape::Active || !case.sender.timestamps() {
        return Observed::DoesNotApply;
    }
    // Their stacks leave the option out of every RST.
    let never_writes = matches!(
        case.stack(),
        Some(Stack::Apple | Stack::OpenBsd | Stack::Windows)
    );
    if never_writes {
        return Observed::DoesNotApply;
    }
    if case.reset.options.timestamps.is_some() {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        // From elsewhere it may be a forger's, and without.
        frame: case
            .sender
            .last_frame
            .filter(|_| case.sender.last_ttl == case.sender.ttl.first()),
        runs_linux: case.stack() == Some(Stack::Linux),
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "RST+ACK without the timestamps option that the {{sender}}'s segments carry"
        );
        if let Some(frame) = self.frame {
            say!(out, "; compare frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "timestamps missing");
    }

    fn frame(&self) -> Option<FrameNumber> {
        self.frame
    }

    fn grade(&self) -> usize {
        usize::from(!self.runs_linux)
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
    fn present_on_an_abort() {
        let finding = present(observe(&case().abort().without_timestamps()));
        assert_eq!(
            text(&finding),
            "RST+ACK without the timestamps option that the server's segments carry; compare frame 8."
        );
    }

    #[test]
    fn absent_when_there() {
        absent(observe(&case().abort()));
    }

    #[test]
    fn not_observable_for_the_bare_form() {
        does_not_apply(observe(&case()));
    }
}
