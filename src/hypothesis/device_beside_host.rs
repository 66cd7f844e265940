// SPDX-License-Identifier: GPL-2.0-or-later

//! # A device right beside the host
//!
//! A bridge, a hypervisor's switch or a firewall on the host's own link: its resets
//! come over the host's hops, from its link, and no sooner than its own.

use super::{Effect, Line, Share, Sort, always};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Guilty;
pub(super) const TITLE: &str = "A device right beside the host sent it";

pub(super) const LINES: &[Line] = &[Line {
    effect: Effect::Costs(14),
    because: "few devices stand right beside the host",
    when: always,
    source: "estimate, 1 in 25; docs/measured.md#rst-forms-devices-that-can-be-named: OVN, bridges",
}];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    match finding.kind() {
        Kind::TtlMatchesBaseline => Share::Weighs(-2),
        Kind::LinkKept => Share::Weighs(-3),
        Kind::LeftItsSender => Share::Weighs(-5),
        Kind::FasterThanPath | Kind::QuickerThanUsual | Kind::TookRoundTrip => Share::Weighs(0),
        _ => Share::None,
    }
}
