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

use std::time::Duration;

use crate::{
    evidence::{Case, Observed, Words, say},
    wire::FrameNumber,
};

/// The two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    value: u32,
    last: u32,
    frame: Option<FrameNumber>,
}

/// What the clock may run ahead beyond the time that has passed, or behind where
/// packets overtook each other: ten seconds at 1 kHz, the fastest allowed.
const SLACK: u32 = 10_000;

/// Whether a TSval is where the claimed sender's clock may stand by now.
pub(super) fn is_on_clock(case: &Case, value: u32) -> bool {
    let sender = &case.sender;
    let silent: Duration = case.reset.time.since(sender.last_time);
    let run = u32::try_from(silent.as_millis()).unwrap_or(u32::MAX);
    let ahead = value.wrapping_sub(sender.timestamp);
    let behind = sender.timestamp.wrapping_sub(value);
    ahead <= run.saturating_add(SLACK) || behind <= SLACK || is_on_fast_clock(silent, ahead)
}

/// Whether a clock of 1 MHz, which Linux has as an option, has run on so far; an
/// eighth is left for clocks that are not exact.
fn is_on_fast_clock(silent: Duration, ahead: u32) -> bool {
    let run = u32::try_from(silent.as_micros()).unwrap_or(u32::MAX);
    ahead.abs_diff(run) <= (run / 8).max(SLACK)
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let sender = &case.sender;
    let (Some(stamps), true) = (case.reset.timestamps, sender.timestamps()) else {
        return Observed::NotObservable("");
    };
    if is_on_clock(case, stamps.value) {
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
            "TSval {} is off the claimed sender's clock, {}",
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
    use crate::evidence::testing::{absent, case, not_observable, present, text};

    #[test]
    fn present_far_from_the_clock() {
        let finding = present(observe(&case().abort().timestamp_ahead(500_000)));
        assert_eq!(
            text(&finding),
            "TSval 500990 is off the claimed sender's clock, 990 in frame 8."
        );
    }

    #[test]
    fn absent_within_the_time_that_passed_and_ten_seconds() {
        // The last segment was sent a second before.
        absent(observe(&case().abort().timestamp_ahead(11_000)));
        present(observe(&case().abort().timestamp_ahead(11_001)));
        absent(observe(&case().abort().timestamp_ahead(10_000_u32.wrapping_neg())));
        present(observe(&case().abort().timestamp_ahead(10_001_u32.wrapping_neg())));
    }

    #[test]
    fn absent_on_a_clock_of_a_megahertz() {
        absent(observe(&case().abort().timestamp_ahead(1_000_000)));
        absent(observe(&case().abort().timestamp_ahead(1_125_000)));
        present(observe(&case().abort().timestamp_ahead(1_125_001)));
    }

    #[test]
    fn not_observable_without_the_option() {
        not_observable(observe(&case().abort().without_timestamps()));
        not_observable(observe(&case()));
    }
}
