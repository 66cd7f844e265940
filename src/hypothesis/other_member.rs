// SPDX-License-Identifier: GPL-2.0-or-later

//! # Another member of a cluster, or another path
//!
//! One address may be served by several machines (load balancing with direct return,
//! anycast) or reached by several paths (ECMP). Another member has its own TTL, link,
//! IP ID and clock, and knows nothing of a connection that it does not hold: it
//! refuses SYNs and answers stray segments, but it can hardly abort with the right
//! numbers.

use std::time::Duration;

use super::{Effect, Line, Share, Sort, always, explained};
use crate::{
    case::{Case, TtlCompared, Yardstick},
    conversation::Phase,
    evidence::{Finding, Kind, shows},
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "Another member of a cluster or another path answered";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "it goes on with the connection's clock and IP ID",
        when: |case| {
            shows(case, Kind::TimestampsContinue) && shows(case, Kind::IpIdContinuesCounter)
        },
        source: "RFC 7323 §5.4: a member that does not hold the connection cannot know them",
    },
    Line {
        effect: Effect::Refutes,
        because: "its sequence number is a guess that answers nothing",
        when: |case| case.is_guess() && case.trigger().is_none(),
        source: "RFC 9293 §3.5.2: a member without the connection takes the number of what it answers",
    },
    Line {
        effect: Effect::Refutes,
        because: "the SYN was answered twice, and a member answers what it gets alone",
        when: |case| {
            let at_once = |after: Duration| after < Duration::from_secs(1);
            case.phase == Phase::Syn
                && case.receiver.segments == 1
                && case.aftermath.continued.is_some_and(|it| at_once(it.after))
        },
        source: "RFC 6298 §2: a SYN is sent again after a second at the earliest",
    },
    Line {
        effect: Effect::Costs(6),
        because: "the same port accepted another connection afterwards",
        when: |case| case.phase == Phase::Syn && case.neighbours.port_accepted.is_some(),
        source: "estimate: a rule refuses a port, a member that is down every n-th connection",
    },
    Line {
        effect: Effect::Costs(6),
        because: "several other conversations of this address began with this TTL",
        when: |case| begun_as_reset(case) >= 2,
        source: "docs/measured.md#ttl-in-a-new-conversation",
    },
    Line {
        effect: Effect::Costs(9),
        because: "another conversation of this address began with this TTL",
        when: |case| begun_as_reset(case) == 1,
        source: "docs/measured.md#ttl-in-a-new-conversation",
    },
    Line {
        effect: Effect::Costs(24),
        because: "it aborts with numbers that only the connection's holder knows",
        when: Case::knows_the_connection,
        source: "estimate: a member without the connection answers it with a bare RST (RFC 9293 §3.5.2)",
    },
    Line {
        effect: Effect::Costs(14),
        because: "a member without the connection answers like this",
        when: always,
        source: "docs/measured.md#ttl-of-genuine-rsts: bare RSTs of public hosts, 5 of 144 off, and more in data centres",
    },
    Line {
        effect: Effect::Adds(-3),
        because: "it stands one hop farther or nearer",
        when: |case| {
            case.other_distance()
                .is_some_and(|compared| compared.hops_apart() == 1)
        },
        source: "docs/measured.md#ttl-of-genuine-rsts: 3 of the 5 by one hop",
    },
    Line {
        effect: Effect::Adds(2),
        because: "it starts from another initial TTL",
        when: |case| {
            case.other_distance()
                .is_some_and(|compared| !compared.same_initial)
        },
        source: "docs/measured.md#ttl-of-genuine-rsts: 1 of the 5",
    },
    Line {
        effect: Effect::Adds(-6),
        because: "this conversation shows no TTL of the host, and others show another",
        when: |case| {
            case.other_distance()
                .is_some_and(|compared| !compared.baseline.same_conversation())
        },
        source: "docs/measured.md#ttl-in-a-new-conversation: each new conversation may meet another member",
    },
    Line {
        effect: Effect::Adds(7),
        because: "eight or more conversations of this address show one distance only",
        when: |case| one_distance(case) >= 8 && met_in_this_connection(case),
        source: "1 in 5 after eight that met one member (rule of succession)",
    },
    Line {
        effect: Effect::Adds(4),
        because: "four or more conversations of this address show one distance only",
        when: |case| (4..8).contains(&one_distance(case)) && met_in_this_connection(case),
        source: "1 in 2.5 after four that met one member",
    },
    Line {
        effect: Effect::Adds(7),
        because: "32 or more conversations of this address met one member only",
        when: |case| one_distance(case) >= 32 && !met_in_this_connection(case),
        source: "the next of n meets another one with 1 in n + 2 at most (rule of succession): 15 in all",
    },
    Line {
        effect: Effect::Adds(3),
        because: "twelve or more conversations of this address met one member only",
        when: |case| (12..32).contains(&one_distance(case)) && !met_in_this_connection(case),
        source: "the next of n meets another one with 1 in n + 2 at most (rule of succession): 11 in all",
    },
    Line {
        effect: Effect::Adds(5),
        because: "one of the two would stand within two hops, and the other four hops farther",
        when: |case| {
            let apart = |compared: TtlCompared| {
                compared.hops.min(compared.hops_expected) <= 2 && compared.hops_apart() >= 4
            };
            case.other_distance().is_some_and(apart) && !may_be_another_site(case)
        },
        source: "estimate: members of a cluster stand together",
    },
    Line {
        effect: Effect::Adds(6),
        because: "it would stand in another place, at less than a fifth of the round trip",
        when: |case| case.share_of_round_trip().is_some_and(|share| share < 20),
        source: "estimate: members of a cluster stand together; anycast sites are few",
    },
    Line {
        effect: Effect::Adds(6),
        because: "it would stand right here, at less than a fiftieth of the round trip",
        when: |case| case.share_of_round_trip().is_some_and(|share| share < 2),
        source: "estimate: members of a cluster stand together",
    },
    Line {
        effect: Effect::Adds(3),
        because: "it would stand less than half as far away as the others",
        when: |case| case.reacted_within_half_a_round_trip() && !may_be_another_site(case),
        source: "estimate: members of a cluster stand together",
    },
    Line {
        effect: Effect::Adds(8),
        because: "both would go on with one connection",
        when: |case| shows(case, Kind::SenderContinues),
        source: "estimate: a member that resets, and one that holds the connection",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let nearer = case
        .other_distance()
        .is_some_and(|compared| compared.nearer());
    explained(match finding.kind() {
        Kind::TtlOffBaseline
        | Kind::TtlUnrouted
        | Kind::TtlReturns
        | Kind::TtlChangedMidway
        | Kind::LinkOff
        | Kind::IpIdOffCounter
        | Kind::TimestampsMissing
        | Kind::TimestampsOffClock
        | Kind::DfOffHabit
        | Kind::FlowLabelUnset
        | Kind::SenderContinues => true,
        Kind::FasterThanPath | Kind::QuickerThanUsual => nearer,
        _ => false,
    })
}

fn begun_as_reset(case: &Case) -> u8 {
    case.other_distance()
        .map_or(0, |compared| case.conversations_begun_with(compared.ttl))
}

/// Whether the yardstick is this connection's own member.
fn met_in_this_connection(case: &Case) -> bool {
    case.other_distance()
        .is_some_and(|compared| compared.baseline.same_conversation())
}

/// Conversations of this address that began at the usual distance, where none began
/// at the RST's.
fn one_distance(case: &Case) -> u8 {
    // A site that moves takes all conversations of the address along.
    let compared = case
        .other_distance()
        .filter(|_| begun_as_reset(case) == 0 && !may_be_another_site(case));
    compared.map_or(0, |compared| {
        case.conversations_begun_with(compared.baseline.ttl)
    })
}

/// Whether it may be another anycast site, to which the connection's packets go now:
/// sites stand far apart, and this one holds no such connection. Packets that still
/// come from the old one speak against it, and so does the moment of the request,
/// for which a filter waits and a route does not. The connection was served before.
fn may_be_another_site(case: &Case) -> bool {
    let served = case
        .ttl_baseline()
        .is_some_and(|baseline| baseline.yardstick <= Yardstick::Several);
    let later = &case.aftermath.later_ttls;
    let old_one_stays = later.returned.is_some() || later.begun_as_before > 0;
    served
        && !matches!(case.phase, Phase::Syn | Phase::Request)
        && !case.knows_the_connection()
        && !old_one_stays
}
