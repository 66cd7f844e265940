// SPDX-License-Identifier: GPL-2.0-or-later

//! # The other segment is the forgery
//!
//! Whoever goes on in the sender's name after a genuine RST, or sent before it, may
//! be somebody else: an attacker off the path who knows no more than the ports.

use super::{Effect, Line, Share, Sort, always, explained};
use crate::{
    case::{Case, Yardstick},
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "The other segment is the forgery, not the RST";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Costs(9),
        because: "it came from another distance than the host's packets",
        when: Case::continuation_is_strange,
        source: "docs/measured.md#ttl-of-genuine-packets",
    },
    Line {
        effect: Effect::Costs(40),
        because: "a forger would know everything of the connection",
        when: always,
        source: "estimate: an attacker who goes on with a connection that is gone gains nothing",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    explained(match finding.kind() {
        Kind::SenderContinues => true,
        Kind::TtlOffBaseline | Kind::TtlUnrouted => came_later(case),
        _ => false,
    })
}

/// Whether the yardstick came after the RST.
fn came_later(case: &Case) -> bool {
    case.ttl_baseline().is_some_and(|baseline| {
        baseline.yardstick == Yardstick::Elsewhere && baseline.frame > case.reset.frame
    })
}
