// SPDX-License-Identifier: GPL-2.0-or-later

//! # The route to the host changed
//!
//! A shorter route changes TTL, link and round trip together. The host's packets keep
//! the new values, so a packet with the old TTL soon afterwards speaks against it,
//! and later conversations that begin with the new one make it certain.

use std::time::Duration;

use super::{Effect, Line, Share, Sort, explained};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "The route to the host changed";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "no TTL differs, or another initial value",
        when: |case| {
            case.other_distance()
                .is_none_or(|compared| !compared.same_initial)
        },
        source: "RFC 791 §3.2: routers count a TTL down and never draw a new one",
    },
    Line {
        effect: Effect::Costs(5),
        because: "three of its own packets had this TTL before",
        when: |case| case.own_packets_as_reset() >= 3,
        source: "docs/measured.md#ttl-after-one-odd-packet",
    },
    Line {
        effect: Effect::Costs(24),
        because: "its old TTL was seen less than a second before",
        when: |case| age_is(case, true, Duration::ZERO, SECOND),
        source: "docs/measured.md#ttl-of-genuine-packets: 19 of 29,635 within a second, and RSTs are no likelier than data to meet the change",
    },
    Line {
        effect: Effect::Costs(16),
        because: "its old TTL was seen less than a minute before",
        when: |case| age_is(case, true, SECOND, MINUTE),
        source: "between data, 1 of 895 within a minute (docs/measured.md#ttl-of-genuine-packets), and bare RSTs, 3 of 10 (docs/measured.md#ttl-of-genuine-rsts)",
    },
    Line {
        effect: Effect::Costs(15),
        because: "its old TTL was seen more than a minute before",
        when: |case| age_is(case, true, MINUTE, Duration::MAX),
        source: "docs/measured.md#ttl-of-genuine-rsts: 3 of 10 within a minute, few later",
    },
    Line {
        effect: Effect::Costs(18),
        because: "another conversation showed the old TTL less than a minute before",
        when: |case| age_is(case, false, Duration::ZERO, MINUTE),
        source: "docs/measured.md#ttl-in-a-new-conversation: 89 of 736, most of them other members",
    },
    Line {
        effect: Effect::Costs(12),
        because: "another conversation showed the old TTL more than a minute before",
        when: |case| age_is(case, false, MINUTE, Duration::MAX),
        source: "docs/measured.md#ttl-in-a-new-conversation: 19 of 123",
    },
    Line {
        effect: Effect::Adds(6),
        because: "it would be more than 3 hops shorter or longer",
        when: |case| {
            case.other_distance()
                .is_some_and(|compared| compared.hops_apart() > 3)
        },
        source: "estimate: 1 change in 4 is so large (SIGCOMM 2023 §4.3, differences in steps)",
    },
    Line {
        effect: Effect::Adds(12),
        because: "the old TTL came again",
        when: |case| case.aftermath.later_ttls.returned.is_some() && is_here(case),
        source: "docs/measured.md#ttl-after-one-odd-packet: a route that changed stays so",
    },
    Line {
        effect: Effect::Adds(8),
        because: "the old TTL came again in another conversation",
        when: |case| case.aftermath.later_ttls.returned.is_some() && !is_here(case),
        source: "docs/measured.md#ttl-in-a-new-conversation: other conversations may take other paths",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let nearer = case
        .other_distance()
        .is_some_and(|compared| compared.nearer());
    explained(match finding.kind() {
        Kind::TtlOffBaseline | Kind::TtlUnrouted | Kind::TtlChangedMidway | Kind::LinkOff => true,
        Kind::FasterThanPath | Kind::QuickerThanUsual => nearer,
        _ => false,
    })
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn is_here(case: &Case) -> bool {
    case.ttl_baseline()
        .is_some_and(|baseline| baseline.same_conversation())
}

/// Whether the yardstick is from this conversation (or not), and its age within
/// `from..=to`.
fn age_is(case: &Case, here: bool, from: Duration, to: Duration) -> bool {
    case.ttl_baseline().is_some_and(|baseline| {
        baseline.same_conversation() == here && (from..=to).contains(&baseline.age)
    })
}
