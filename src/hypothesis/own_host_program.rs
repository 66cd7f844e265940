// SPDX-License-Identifier: GPL-2.0-or-later

//! # The host itself, but not that socket
//!
//! A program that writes raw packets, a stack in user space, the host's own packet
//! filter or NAT, a VPN client: the RST leaves from the host, and the socket neither
//! sent it nor knows of it. It has the host's distance and speed, but not the
//! socket's header fields, and the socket may go on.

use super::{Effect, Line, Share, Sort, always, explained};
use crate::{
    baseline::hops,
    case::Case,
    evidence::{Finding, Kind, shows},
    mutation::limit,
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "A program, filter or NAT on the host itself sent it";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "it came from another machine of the host's own link",
        when: |case| {
            let beside = case.sender.ttl.usual().is_some_and(|ttl| hops(ttl) == 0);
            let own = case.sender.link_source;
            let other = case.reset.link.source.is_some_and(|source| source != own);
            beside && other && own != [0; 6] && !case.several_interfaces
        },
        source: "IEEE 802.3: a host sends with its own address",
    },
    Line {
        effect: Effect::Refutes,
        because: "it goes on with the socket's own clock",
        when: |case| shows(case, Kind::TimestampsContinue),
        source: "RFC 7323 §5.4: what is not that socket does not know its clock",
    },
    Line {
        effect: Effect::Refutes,
        because: "its sequence number is a guess",
        when: Case::is_guess,
        source: "a host's own filter and NAT know the numbers",
    },
    Line {
        effect: Effect::Costs(0),
        because: "both ends are on one machine",
        when: |case| case.reset.source.address.is_loopback(),
        source: "RFC 1122 §3.2.1.3 (g)",
    },
    Line {
        effect: Effect::Costs(3),
        because: "its SYN was not made by its kernel",
        when: |case| case.sender.is_raw_syn() || case.sender.raw_syn(),
        source: "docs/measured.md#scanners: raw-socket clients",
    },
    Line {
        effect: Effect::Costs(3),
        because: "its packets travel with TTL 1 or 2, as routing protocols set it",
        when: |case| case.sender.ttl.usual().is_some_and(|ttl| ttl <= 2),
        source: "RFC 4271 and RFC 5082: BGP sets the TTL of its sockets to 1 or 255",
    },
    Line {
        effect: Effect::Costs(8),
        because: "the application seems to set a TTL of its own",
        when: sets_own_ttl,
        source: "docs/measured.md#rst-forms-linux: a socket with IP_TTL 100, its host's RSTs with 64",
    },
    Line {
        effect: Effect::Costs(10),
        because: "it came over the same hops from another initial TTL",
        when: same_place,
        source: "estimate: the kernel's TTL instead of the program's",
    },
    Line {
        effect: Effect::Costs(17),
        because: "containers and virtual machines stand one hop behind their host",
        when: is_before_its_guest,
        source: "estimate; docs/measured.md#rst-forms-nat-and-proxies",
    },
    Line {
        effect: Effect::Costs(15),
        because: "hosts run such programs",
        when: always,
        source: "estimate; docs/measured.md#rst-forms-linux: a filter on the host writes the filter's form",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let other_ttl = case.sender.ttl.usual().is_some_and(|ttl| ttl <= 2)
        || sets_own_ttl(case)
        // A program that writes its packets itself chooses their TTL.
        || case.sender.raw_syn();
    explained(match finding.kind() {
        Kind::SenderContinues
        | Kind::FlowLabelUnset
        | Kind::TimestampsMissing
        | Kind::TimestampsOffClock
        | Kind::DfOffHabit
        | Kind::DscpDropped
        | Kind::TosOfFilter
        | Kind::IpIdOffCounter
        | Kind::IpIdMirrored
        | Kind::WindowMirrored
        | Kind::AckWithoutFlag
        | Kind::SynAnswerNumbered
        | Kind::BurstStrides
        | Kind::FormOffStack
        | Kind::ForeignPayload => true,
        Kind::TtlOffBaseline | Kind::TtlUnrouted | Kind::TtlReturns => {
            other_ttl || is_before_its_guest(case)
        }
        // One machine with two addresses.
        Kind::SpeaksForSeveral => case.same_look_hosts == 2,
        _ => false,
    })
}

/// From the nearest initial value no path is so long: an application has set the TTL
/// of its socket, and the host's RST has the kernel's.
fn sets_own_ttl(case: &Case) -> bool {
    const NO_PATH: u8 = 25;
    const A_PATH: u8 = 15;
    case.other_distance().is_some_and(|compared| {
        compared.hops_expected > limit!(NO_PATH) && compared.hops < limit!(A_PATH)
    })
}

/// One hop nearer from the same initial value: as a host stands before its container
/// or virtual machine, in whose name its packet filter and NAT speak; these answer
/// segments, and do not abort.
fn is_before_its_guest(case: &Case) -> bool {
    !case.knows_the_connection()
        && case.other_distance().is_some_and(|compared| {
            compared.same_initial && compared.nearer() && compared.hops_apart() == 1
        })
}

fn same_place(case: &Case) -> bool {
    case.ttl_compared()
        .is_some_and(|compared| compared.hops_apart() == 0 && !compared.same_initial)
}
