// SPDX-License-Identifier: GPL-2.0-or-later

//! # The answer came faster than the path allows
//!
//! ## What is seen
//! The RST came sooner after the segment that it answers than any answer of the
//! claimed sender ever did: in less than half the smallest round trip seen
//! between this capture point and that host.
//!
//! ## Why it matters
//! Nothing travels faster than the path; the answer was made nearer by.
//!
//! ## What else explains it
//! A path that became much shorter in between. An RST that answers nothing can
//! come at any moment, so only one that acknowledges what a segment brought, or
//! has the passive form and so must answer something, is looked at, and always
//! the earliest segment that it can have answered is taken.
//!
//! ## References
//! RFC 9293 §3.5.2 (an RST for no connection answers at once, SEQ = SEG.ACK);
//! measured: 6.5 ms from the device in between, never less than 47 ms from the
//! host; Henan's firewall: 7.4 ms on a path of 318 ms (XTLS/Xray-core#2426).

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
    let Some(bound) = case.bound() else {
        return Observed::NotObservable(
            "it is uncertain which segment the RST answers, so its speed says nothing",
        );
    };
    let Some(round_trip) = case.trips.smallest() else {
        return Observed::NotObservable(if case.sender.raw_syn() {
            "a program wrote the client's SYN, so its response time says nothing about the path"
        } else {
            "the capture holds no round trip to the {sender} to compare the RST's speed with"
        });
    };
    if round_trip < limit!(SHORTEST_PATH of "case::host") {
        return Observed::NotObservable(
            "the {sender} is too close to this capture point for timing to tell",
        );
    }
    if bound.latency * 2 >= round_trip {
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
            " after frame {}; the {{sender}}'s fastest round trip is ",
            self.frame
        );
        write_span(out, self.round_trip);
        if !self.same_conversation {
            say!(out, " in its other conversations");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "faster than the path");
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

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn present_below_half_the_round_trip() {
        let finding = present(observe(&case().round_trip(48 * MS).bound(6 * MS)));
        assert_eq!(
            text(&finding),
            "It came 6.0 ms after frame 9; the server's fastest round trip is 48.0 ms."
        );
    }

    #[test]
    fn absent_from_half_the_round_trip_on() {
        absent(observe(&case().round_trip(48 * MS).bound(24 * MS)));
        present(observe(&case().round_trip(49 * MS).bound(24 * MS)));
    }

    #[test]
    fn not_observable_without_a_path_or_an_answer() {
        not_observable(observe(&case().round_trip(48 * MS)));
        not_observable(observe(&case().bound(6 * MS)));
        not_observable(observe(&case().round_trip(MS).bound(MS / 100)));
    }
}
