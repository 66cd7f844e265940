// SPDX-License-Identifier: GPL-2.0-or-later

//! # The host's TCP stack does so
//!
//! Stacks differ in what they write into a reset: BSDs leave out timestamps and flow
//! label, lwIP and F5 answer late segments with RST+ACK in strides, FreeRTOS mirrors
//! the window, HP-UX writes text. Where the stack is not known, nothing may rest on
//! Linux' habits alone.

use super::{Effect, Line, Share, Sort, always, explained};
use crate::{
    baseline::Stack,
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Nature;
pub(super) const TITLE: &str = "The host's TCP stack builds its resets this way";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "the host runs Linux, which never does",
        when: |case| case.stack() == Some(Stack::Linux),
        source: "docs/measured.md#rst-forms-linux",
    },
    Line {
        effect: Effect::Costs(9),
        because: "its SYN looks like Linux's",
        when: Case::looks_like_linux,
        source: "docs/measured.md#rst-forms-other-stacks-aborts: stacks that order their options as Linux does",
    },
    Line {
        effect: Effect::Costs(3),
        because: "its SYN is not in the capture",
        when: |case| !case.sender.syn(),
        source: "docs/measured.md#rst-forms-other-stacks-aborts",
    },
    Line {
        effect: Effect::Costs(2),
        because: "its SYN is not one of Linux",
        when: always,
        source: "docs/measured.md#rst-forms-other-stacks-aborts",
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    explained(matches!(
        finding.kind(),
        Kind::FlowLabelUnset
            | Kind::TimestampsMissing
            | Kind::WindowMirrored
            | Kind::DfOffHabit
            | Kind::DscpDropped
            | Kind::IpIdOffCounter
            | Kind::BurstStrides
            | Kind::AckWithoutFlag
            | Kind::SynAnswerNumbered
            | Kind::ForeignPayload
    ))
}
