// SPDX-License-Identifier: GPL-2.0-or-later

//! # The address is the gateway's own
//!
//! Routers have addresses of their own in several networks, and refuse connections to
//! them with packets that no router has passed on.

use super::{Effect, Line, Share, Sort, always, explained};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "The claimed address is the gateway's own";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "it has answered for four hosts or more",
        when: |case| answered_for(case) >= 3,
        source: "estimate: a machine with four addresses in other networks than its own is rare",
    },
    Line {
        effect: Effect::Costs(15),
        because: "it has answered for several hosts, with a TTL that routers start from",
        when: |case| answered_for(case) > 0 && case.ttl() == Some(u8::MAX),
        source: "estimate: two own addresses, both asked; servers start from 64 or 128",
    },
    Line {
        effect: Effect::Costs(14),
        because: "it has answered for several hosts",
        when: |case| answered_for(case) > 0,
        source: "estimate: one machine with several addresses, as balancers have",
    },
    Line {
        effect: Effect::Costs(12),
        because: "gateways are connected to now and then",
        when: always,
        source: "estimate: 1 in 16 refused connections on a link",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    explained(matches!(
        finding.kind(),
        Kind::GatewayAnswers | Kind::UnroutedStranger | Kind::SpeaksForSeveral
    ))
}

/// Other hosts that RSTs from the same link address have claimed, and that cannot well
/// be this machine.
fn answered_for(case: &Case) -> usize {
    let (claimed, receiver) = (case.reset.source.address, case.reset.destination.address);
    let by_link = case
        .gateway
        .map_or(0, |gateway| gateway.resets_for_strangers(claimed, receiver));
    // Of a form are counted those alone that cannot well be its own.
    let by_form = usize::try_from(case.same_look_hosts.saturating_sub(1)).unwrap_or(usize::MAX);
    by_link.max(by_form)
}
