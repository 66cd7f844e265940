// SPDX-License-Identifier: GPL-2.0-or-later

//! # The capture at the sender's side missed it
//!
//! Captures lose packets when the machine is busy, begin late, end early, and are
//! filtered. How many of the other packets that passed both points one of them missed is
//! counted in the file itself, and is the price.

use super::{Effect, Line, Share, Sort, always, explained};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Capture;
pub(super) const TITLE: &str = "The capture at the sender's side missed it";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "nothing is missing",
        when: |case| case.made().is_none(),
        source: "nothing to explain",
    },
    Line {
        effect: Effect::Measured(|case| case.made().map_or(0, |made| made.doubt)),
        because: "by how few other packets it missed, and by what was sent afterwards",
        when: always,
        source: "counted in the file; before anything is known half a packet in 25 (estimate)",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    explained(finding.kind() == Kind::MadeBetween)
}
