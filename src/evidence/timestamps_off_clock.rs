// SPDX-License-Identifier: GPL-2.0-or-later

//! # The timestamps are off the sender's clock
//!
//! ## What is seen
//! The RST carries a TSval far from where the claimed sender's clock stands.
//!
//! ## Why it matters
//! The clock is drawn per connection or host; a forger that does not see the
//! last segments guesses it.
//!
//! ## What else explains it
//! A load balancer whose members differ; a clock that ran on during hours of
//! silence is allowed for.
//!
//! ## References
//! RFC 7323 §5.4 (1 Hz to 1 kHz); Linux 6.7's route feature `tcp_usec_ts` (1 MHz); grossly skewed timestamps of injected RSTs:
//! net4people/bbs#442.

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    value: u32,
    last: u32,
    frame: Option<FrameNumber>,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let sender = &case.sender;
    let (Some(stamps), true) = (case.reset.options.timestamps, sender.timestamps()) else {
        return Observed::DoesNotApply;
    };
    if case.is_on_sender_clock(stamps.value) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        value: stamps.value,
        last: sender.timestamp,
        frame: sender.last_frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "TSval {} does not fit the {{sender}}'s clock, {}",
            self.value,
            self.last
        );
        if let Some(frame) = self.frame {
            say!(out, " in frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "timestamps off clock");
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
    fn present_far_from_the_clock() {
        let finding = present(observe(&case().abort().timestamp_ahead(500_000)));
        assert_eq!(
            text(&finding),
            "TSval 500990 does not fit the server's clock, 990 in frame 8."
        );
    }

    #[test]
    fn absent_within_the_time_that_passed_and_ten_seconds() {
        // The last segment was sent a second before.
        absent(observe(&case().abort().timestamp_ahead(11_000)));
        present(observe(&case().abort().timestamp_ahead(11_001)));
        absent(observe(
            &case().abort().timestamp_ahead(10_000_u32.wrapping_neg()),
        ));
        present(observe(
            &case().abort().timestamp_ahead(10_001_u32.wrapping_neg()),
        ));
    }

    #[test]
    fn absent_on_a_clock_of_a_megahertz() {
        absent(observe(&case().abort().timestamp_ahead(1_000_000)));
        absent(observe(&case().abort().timestamp_ahead(1_125_000)));
        present(observe(&case().abort().timestamp_ahead(1_125_001)));
    }

    #[test]
    fn not_observable_without_the_option() {
        does_not_apply(observe(&case().abort().without_timestamps()));
        does_not_apply(observe(&case()));
    }
}
