// SPDX-License-Identifier: GPL-2.0-or-later

//! # The capture holds packets twice
//!
//! A mirror of two ports, `-i any` on a router, or two captures in one file show a
//! packet at two places, with two TTLs or link addresses.

use super::{Effect, Line, Share, Sort, always, explained};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "The capture holds packets twice";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "too few packets of this conversation came twice",
        when: |case| case.copies < 2 && !case.was_mixed,
        source: "counted in the case",
    },
    Line {
        effect: Effect::Costs(3),
        because: "other packets of this conversation came twice as well",
        when: always,
        source: "counted in the case",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let same_initial = case
        .ttl_compared()
        .is_some_and(|compared| compared.same_initial);
    explained(match finding.kind() {
        Kind::TtlOffBaseline | Kind::TtlUnrouted | Kind::TtlReturns => same_initial,
        Kind::SenderContinues
        | Kind::FasterThanPath
        | Kind::QuickerThanUsual
        | Kind::LinkOff
        | Kind::BurstRepeats => true,
        _ => false,
    })
}
