// SPDX-License-Identifier: GPL-2.0-or-later

//! # A device that copies the header
//!
//! Some injectors take TTL, IP ID, flow label and timestamps from the packets that
//! they see, so that these speak for nobody.

use super::{Effect, Line, Share, Sort, always};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Guilty;
pub(super) const TITLE: &str = "A device that copies the host's header sent it";

pub(super) const LINES: &[Line] = &[Line {
    effect: Effect::Costs(14),
    because: "few devices copy the header",
    when: always,
    source: "docs/measured.md#rst-forms-injectors: one of sixteen kinds, and fewer in the field",
}];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    match finding.kind() {
        Kind::TtlMatchesBaseline
        | Kind::IpIdContinuesCounter
        | Kind::IpIdContinuesHost
        | Kind::FlowLabelKept
        | Kind::DscpReflected
        | Kind::ActiveShape
        // It would have copied a TTL that does not differ.
        | Kind::TtlOffBaseline
        | Kind::TtlUnrouted => Share::Weighs(0),
        Kind::TimestampsContinue => Share::Weighs(-6),
        _ => Share::None,
    }
}
