// SPDX-License-Identifier: GPL-2.0-or-later

//! # The ports were used again
//!
//! What goes on is another connection on the same ports, whose SYN is not in the
//! capture (drops, filters, a capture of one direction).

use super::{Effect, Line, Share, Sort, always, explained};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Situation;
pub(super) const TITLE: &str = "Another connection reused the ports";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "nothing goes on",
        when: |case| case.aftermath.continued.is_none(),
        source: "nothing to explain",
    },
    Line {
        effect: Effect::Refutes,
        because: "the later segment goes on with the connection's numbers and clock",
        when: |case| case.continues_on_clock(),
        source: "RFC 7323 §5.4: another connection begins with another offset",
    },
    Line {
        effect: Effect::Costs(25),
        because: "the capture lacks its SYN",
        when: always,
        source: "RFC 9293 §3.4.1: a SYN opens every connection; estimate for a capture that loses just this one",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    explained(matches!(
        finding.kind(),
        Kind::SenderContinues | Kind::TtlReturns
    ))
}
