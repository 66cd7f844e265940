// SPDX-License-Identifier: GPL-2.0-or-later

//! # The round trips before were slow ones
//!
//! A first packet waits for ARP, a radio link, a tunnel on demand; a delayed ACK
//! answers late. The fewer round trips were seen, the likelier it is that the path is
//! faster than all of them.

use std::ops::Range;

use super::{Effect, Line, Share, Sort, explained};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "The round trips seen before were slow ones";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Costs(6),
        because: "the round trips seen may be those of delayed ACKs",
        when: |case| !case.trips.certain,
        source: "RFC 9293 §3.8.6.3: an ACK may be delayed by up to 500 ms",
    },
    Line {
        effect: Effect::Costs(12),
        because: "only one round trip was seen, and it took less than 30 % of the fastest",
        when: |case| share_is(case, 1, 0..30),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(9),
        because: "only one round trip was seen, and it took less than 50 % of the fastest",
        when: |case| share_is(case, 1, 30..50),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(7),
        because: "only one round trip was seen, and it took less than 70 % of the fastest",
        when: |case| share_is(case, 1, 50..70),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(5),
        because: "only one round trip was seen, and it took less than 90 % of the fastest",
        when: |case| share_is(case, 1, 70..90),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(25),
        because: "two round trips were seen, and it took less than 30 % of the fastest",
        when: |case| share_is(case, 2, 0..30),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(16),
        because: "two round trips were seen, and it took less than 50 % of the fastest",
        when: |case| share_is(case, 2, 30..50),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(11),
        because: "two round trips were seen, and it took less than 70 % of the fastest",
        when: |case| share_is(case, 2, 50..70),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(7),
        because: "two round trips were seen, and it took less than 90 % of the fastest",
        when: |case| share_is(case, 2, 70..90),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(27),
        because: "three or more round trips were seen, and it took less than 30 % of the fastest",
        when: |case| share_is(case, 3, 0..30),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(22),
        because: "three or more round trips were seen, and it took less than 50 % of the fastest",
        when: |case| share_is(case, 3, 30..50),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(18),
        because: "three or more round trips were seen, and it took less than 70 % of the fastest",
        when: |case| share_is(case, 3, 50..70),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
    Line {
        effect: Effect::Costs(14),
        because: "three or more round trips were seen, and it took less than 90 % of the fastest",
        when: |case| share_is(case, 3, 70..90),
        source: "docs/measured.md#answers-sooner-than-the-handshake",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    explained(matches!(
        finding.kind(),
        Kind::FasterThanPath | Kind::QuickerThanUsual
    ))
}

/// Whether so many round trips were seen (3: or more), and the RST took a share of
/// the fastest within `share`.
fn share_is(case: &Case, round_trips: u8, share: Range<u32>) -> bool {
    case.trips.count.clamp(1, 3) == round_trips
        && case
            .share_of_round_trip()
            .is_some_and(|found| share.contains(&found))
}
