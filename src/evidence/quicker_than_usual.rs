// SPDX-License-Identifier: GPL-2.0-or-later

//! # The answer came quicker than the host ever was
//!
//! ## What is seen
//! The RST came sooner after the segment that it answers than any answer of the
//! claimed sender before: in half to four fifths of its smallest round trip.
//!
//! ## Why it matters
//! A device on the path is nearer than the host.
//!
//! ## What else explains it
//! The round trips seen before were slow ones (one sample only, a first packet
//! that waited for ARP or for a radio link to wake up). Below half of the round
//! trip that hardly explains it any more: see `faster_than_path`.
//!
//! ## References
//! RFC 6298 §2 (how much round trips vary); measured: the same device as in
//! `faster_than_path`, with a segment before the trigger that it may have
//! answered as well.

use std::time::Duration;

use crate::{
    case::{Case, SHORTEST_PATH},
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::{say, write_span},
};

/// The two times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    latency: Duration,
    round_trip: Duration,
    same_conversation: bool,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let (Some(bound), Some(round_trip)) = (case.bound(), case.trips.smallest()) else {
        // faster_than_path says so already.
        return Observed::DoesNotApply;
    };
    if round_trip < limit!(SHORTEST_PATH of "case::host") {
        return Observed::DoesNotApply;
    }
    let quicker = bound.latency * 5 < round_trip * 4 && bound.latency * 2 >= round_trip;
    if !quicker {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        latency: bound.latency,
        round_trip,
        same_conversation: case.trips.conversation.is_some(),
        frame: bound.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(out, "It came ");
        write_span(out, self.latency);
        say!(
            out,
            " after frame {}; the {{sender}} never answered in less than ",
            self.frame
        );
        write_span(out, self.round_trip);
        if !self.same_conversation {
            say!(out, " in its other conversations");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "quicker than ever");
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
    fn present_from_half_to_four_fifths_of_the_round_trip() {
        let finding = present(observe(&case().round_trip(48 * MS).bound(24 * MS)));
        assert_eq!(
            text(&finding),
            "It came 24.0 ms after frame 9; the server never answered in less than 48.0 ms."
        );
        present(observe(&case().round_trip(50 * MS).bound(39 * MS)));
    }

    #[test]
    fn absent_outside_of_that() {
        absent(observe(&case().round_trip(50 * MS).bound(40 * MS)));
        absent(observe(&case().round_trip(49 * MS).bound(24 * MS)));
    }

    #[test]
    fn not_observable_without_a_path_or_an_answer() {
        does_not_apply(observe(&case().round_trip(48 * MS)));
        does_not_apply(observe(&case().bound(6 * MS)));
        does_not_apply(observe(&case().round_trip(MS).bound(MS / 100)));
    }
}
