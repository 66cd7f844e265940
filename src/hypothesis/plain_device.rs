// SPDX-License-Identifier: GPL-2.0-or-later

//! # A device on the path
//!
//! A firewall, load balancer or censor writes a reset of its own: nothing in it is
//! the host's.

use super::{Effect, Line, Share, Sort, always};
use crate::{case::Case, evidence::Finding};

pub(super) const SORT: Sort = Sort::Guilty;
pub(super) const TITLE: &str = "A device on the path sent it";

pub(super) const LINES: &[Line] = &[Line {
    effect: Effect::Costs(0),
    because: "devices on the path send resets",
    when: always,
    source: "SIGCOMM 2023 §4; the prior counts how many",
}];

pub(super) fn share(_: &Case, _: &Finding) -> Share {
    Share::None
}
