// SPDX-License-Identifier: GPL-2.0-or-later

//! # The capture's clock stepped
//!
//! A clock that was set back, or two capture points whose clocks differ, make spans
//! too short.

use super::{Effect, Line, Share, Sort, always, explained};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "The capture's clock stepped";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Costs(0),
        because: "time runs backwards in this conversation",
        when: |case| case.clock_stepped_back,
        source: "seen in the case",
    },
    Line {
        effect: Effect::Costs(8),
        because: "the capture holds several interfaces",
        when: |case| case.several_interfaces,
        source: "estimate: clocks of two machines in one file",
    },
    Line {
        effect: Effect::Costs(21),
        because: "clocks are set now and then",
        when: always,
        source: "estimate: 1 in 100 captures, at just this moment",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    explained(matches!(
        finding.kind(),
        Kind::FasterThanPath | Kind::QuickerThanUsual
    ))
}
