// SPDX-License-Identifier: GPL-2.0-or-later

//! # The later segment was sent before the RST
//!
//! Two paths, a priority queue or a mirror port can deliver what was sent before the
//! RST after it.

use std::time::Duration;

use super::{Effect, Line, Share, Sort, always, explained};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "The later segment had been sent before the RST";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "nothing goes on",
        when: |case| case.aftermath.continued.is_none(),
        source: "nothing to explain",
    },
    Line {
        effect: Effect::Refutes,
        because: "it acknowledges what was sent after the RST",
        when: |case| {
            case.aftermath
                .continued
                .is_some_and(|continued| continued.acknowledges_later)
        },
        source: "RFC 9293 §3.4: an acknowledgement follows what it acknowledges",
    },
    Line {
        effect: Effect::Refutes,
        because: "the other capture shows that it was sent after the RST",
        when: |case| case.made().is_some_and(|made| made.goes_on.is_some()),
        source: "docs/both-sides.md: clocks that are compared as in NTP (RFC 5905 §8)",
    },
    Line {
        effect: Effect::Costs(40),
        because: "its timestamp says that it was sent after the RST",
        when: Case::was_sent_after,
        source: "RFC 7323 §5.4",
    },
    Line {
        effect: Effect::Costs(4),
        because: "its timestamp is no later than the one before the RST",
        when: Case::was_sent_before,
        source: "RFC 7323 §5.4",
    },
    Line {
        effect: Effect::Costs(8),
        because: "it had not seen what the RST answers",
        when: Case::had_not_seen_the_trigger,
        source: "RFC 7323 §4: TSecr is the latest that was received in order",
    },
    Line {
        effect: Effect::Costs(8),
        because: "all that followed lies below the RST's sequence number",
        when: Case::is_followed_by_older,
        source: "RFC 9293 §3.10.5: an abort carries SND.NXT, so what is numbered lower was sent before",
    },
    Line {
        effect: Effect::Costs(10),
        because: "it came within 10 ms",
        when: |case| {
            case.aftermath
                .continued
                .is_some_and(|continued| continued.after <= Duration::from_millis(10))
        },
        source: "RFC 4737 §1.3: reordering by milliseconds",
    },
    Line {
        effect: Effect::Costs(30),
        because: "queues seldom hold packets back for so long",
        when: always,
        source: "docs/measured.md#senders-that-go-on",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    explained(matches!(
        finding.kind(),
        Kind::SenderContinues | Kind::TtlReturns
    ))
}
