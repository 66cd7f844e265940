// SPDX-License-Identifier: GPL-2.0-or-later

//! # A device that also sends data in the host's name
//!
//! A block page, a FIN or a forged ACK came first, so that the last packets in the
//! host's name are the device's, and its RST fits them.

use super::{Effect, Line, Share, Sort, always};
use crate::{
    case::Case,
    evidence::{Finding, Kind, shows},
};

pub(super) const SORT: Sort = Sort::Guilty;
pub(super) const TITLE: &str = "A device that also sends data in the host's name sent it";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "no earlier packet of the host had another TTL",
        when: |case| !shows(case, Kind::TtlChangedMidway) && case.own_packets_as_reset() == 0,
        source: "nothing to explain",
    },
    Line {
        effect: Effect::Costs(7),
        because: "the last packets in the host's name came from where the RST came from",
        when: always,
        source: "docs/measured.md#rst-forms-injectors: block pages",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    match finding.kind() {
        // A jump would show where its packets begin.
        Kind::IpIdContinuesCounter if counts_on(case) => Share::None,
        Kind::TtlMatchesBaseline
        | Kind::IpIdContinuesCounter
        | Kind::IpIdContinuesHost
        | Kind::TookRoundTrip
        | Kind::LinkKept
        | Kind::ActiveShape => Share::Weighs(0),
        // As for a device that copies them.
        Kind::TimestampsContinue => Share::Weighs(-6),
        _ => Share::None,
    }
}

/// Whether all packets of either TTL are numbered by one counter.
fn counts_on(case: &Case) -> bool {
    case.sender.ip_id.counts_by_one() && !case.sender.ip_id.has_jumped()
}
