// SPDX-License-Identifier: GPL-2.0-or-later

//! # Another machine made the handshake
//!
//! A SYN proxy or load balancer answers the SYN in the host's name and hands the
//! connection over. Then the SYN-ACK has its TTL, and what comes later has the
//! host's.

use super::{Effect, Line, Share, Sort, explained};
use crate::{
    baseline::hops,
    case::{Case, Yardstick},
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "Another machine did the handshake";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "what came later has the first packet's TTL",
        when: |case| case.aftermath.later_ttls.returned.is_some(),
        source: "topology: a host behind a proxy keeps its own distance",
    },
    Line {
        effect: Effect::Costs(8),
        because: "earlier packets of the host had the RST's TTL",
        when: |case| case.own_packets_as_reset() > 0,
        source: "docs/measured.md#rst-forms-nat-and-proxies",
    },
    Line {
        effect: Effect::Costs(16),
        because: "only one packet shows the host's TTL",
        when: |case| {
            case.ttl_baseline()
                .is_some_and(|baseline| baseline.yardstick == Yardstick::One)
        },
        source: "docs/measured.md#synproxy-moves-sequence-numbers",
    },
    Line {
        effect: Effect::Adds(14),
        because: "the data came from nearer than the SYN-ACK",
        when: data_nearer,
        source: "topology: a proxy stands before its host",
    },
    Line {
        effect: Effect::Adds(8),
        because: "only the packet just before the RST had its TTL",
        when: |case| case.own_packets_as_reset() == 1 && case.sender.last_ttl == case.ttl(),
        source: "docs/measured.md#ttl-after-one-odd-packet",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    explained(matches!(
        finding.kind(),
        Kind::TtlOffBaseline
            | Kind::TtlUnrouted
            | Kind::TtlReturns
            | Kind::TtlChangedMidway
            | Kind::TimestampsMissing
            | Kind::TimestampsOffClock
            | Kind::IpIdOffCounter
            | Kind::FasterThanPath
            | Kind::QuickerThanUsual
            | Kind::LinkOff
    ))
}

/// Whether what came last stands nearer than what answered the SYN.
fn data_nearer(case: &Case) -> bool {
    let ends = case.sender.ttl.first().zip(case.sender.last_ttl);
    ends.is_some_and(|(first, last)| hops(last) < hops(first))
}
