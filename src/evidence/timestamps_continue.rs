// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST carries on the sender's clock
//!
//! ## What is seen
//! The RST carries the timestamps option, and its TSval is where the claimed sender's
//! clock may stand by now.
//!
//! ## Why it matters
//! TSval is a clock that only its host and whoever sees its packets know. Few devices
//! and injectors write the option at all.
//!
//! ## What else explains it
//! An injector that copies it from the last packet (the story of a device that copies
//! the header).
//!
//! ## References
//! RFC 7323 §5.4; `docs/measured.md#timestamps-of-an-rst`.

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    value: u32,
    last: u32,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    if case.is_contradicted_elsewhere() {
        // The packets to compare with may be a device's, too.
        return Observed::DoesNotApply;
    }
    let sender = &case.sender;
    let (Some(stamps), true, Some(frame)) = (
        case.reset.options.timestamps,
        sender.timestamps(),
        sender.last_frame,
    ) else {
        return Observed::DoesNotApply;
    };
    // timestamps_off_clock says the contrary.
    if !case.is_on_sender_clock(stamps.value) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        value: stamps.value,
        last: sender.timestamp,
        frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "TSval {} continues the {{sender}}'s clock, {} in frame {}.",
            self.value,
            self.last,
            self.frame
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "its clock goes on");
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
        evidence::testing::{absent, does_not_apply, present, text},
    };

    #[test]
    fn present_on_the_clock_absent_off_it() {
        let finding = present(observe(&case().abort()));
        assert_eq!(
            text(&finding),
            "TSval 1000 continues the server's clock, 990 in frame 8."
        );
        absent(observe(&case().abort().timestamp_ahead(100_000_000)));
    }

    #[test]
    fn does_not_apply_without_the_option() {
        does_not_apply(observe(&case().abort().without_timestamps()));
    }
}
