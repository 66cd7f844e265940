// SPDX-License-Identifier: GPL-2.0-or-later

//! # A device that is the other end of the connection
//!
//! A load balancer or proxy ends the client's connection itself: every packet in the
//! server's name is its own, so that its reset fits them all. Only what it writes
//! into the reset tells.

use super::{Effect, Line, Share, Sort, always};
use crate::{
    case::Case,
    evidence::{Finding, Kind, shows},
};

pub(super) const SORT: Sort = Sort::Guilty;
pub(super) const TITLE: &str = "A load balancer that is itself the other end sent it";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "nothing in it names a device",
        when: |case| !(shows(case, Kind::NamesItsDevice) || shows(case, Kind::NetscalerCode)),
        source: "nothing else can tell it from the host",
    },
    Line {
        effect: Effect::Costs(1),
        because: "it names itself in the reset",
        when: always,
        source: "CTX200852; the text itself",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    match finding.kind() {
        Kind::TtlMatchesBaseline
        | Kind::IpIdContinuesCounter
        | Kind::IpIdContinuesHost
        | Kind::TimestampsContinue
        | Kind::FlowLabelKept
        | Kind::DscpReflected
        | Kind::TookRoundTrip
        | Kind::LinkKept
        | Kind::ActiveShape => Share::Weighs(0),
        _ => Share::None,
    }
}
