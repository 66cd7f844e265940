// SPDX-License-Identifier: GPL-2.0-or-later

//! # The answer took a whole round trip
//!
//! ## What is seen
//! The RST came no sooner after the segment that it answers than the claimed sender's
//! fastest answer.
//!
//! ## Why it matters
//! A device nearer than the host would mostly have answered sooner.
//!
//! ## What else explains it
//! A device that stands beside the host, or that is slow.
//!
//! ## References
//! `docs/measured.md#answers-sooner-than-the-handshake`: 89 % of genuine answers, and
//! every device beside the host.

use std::time::Duration;

use crate::{
    case::Case,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::{say, write_span},
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    latency: Duration,
    round_trip: Duration,
    frame: FrameNumber,
}

/// Per cent of the smallest round trip; clocks and queues move it by a few.
const WHOLE: u32 = 95;

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let (Some(bound), Some(round_trip), Some(share)) = (
        case.bound(),
        case.trips.smallest(),
        case.share_of_round_trip(),
    ) else {
        return Observed::DoesNotApply;
    };
    if case.is_contradicted_elsewhere() {
        // Whose round trip it was is in doubt.
        return Observed::DoesNotApply;
    }
    if share < limit!(WHOLE) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        latency: bound.latency,
        round_trip,
        frame: bound.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(out, "It came ");
        write_span(out, self.latency);
        say!(
            out,
            " after frame {}; the {{sender}}'s fastest answer took ",
            self.frame
        );
        write_span(out, self.round_trip);
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "it took a round trip");
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

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn present_from_a_whole_round_trip_on() {
        let answered = |after: u32| case().round_trip(100 * MS).bound(after * MS);
        let finding = present(observe(&answered(95)));
        assert_eq!(
            text(&finding),
            "It came 95.0 ms after frame 9; the server's fastest answer took 100 ms."
        );
        absent(observe(&answered(94)));
        does_not_apply(observe(&case().round_trip(MS).bound(2 * MS)));
    }
}
