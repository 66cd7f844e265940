// SPDX-License-Identifier: GPL-2.0-or-later

//! Stories that could explain the findings, innocent or guilty, one file each.
//!
//! Findings share innocent explanations: a shorter route changes TTL *and* round
//! trip, another member of a cluster TTL, link *and* IP ID. So they are not
//! discounted one by one but put before stories. An innocent story says what it
//! explains fully and has a price: a small table whose lines name what makes it
//! usual, cheaper or dearer, each with its source. A guilty story has a price, too,
//! and says what speaks for the host and yet does not speak against it.
//! `verdict/weigh.rs` puts them against each other.
//!
//! To add one: its file, its row in [`catalogue`], a capture where it decides and
//! one where it is refuted.

#![forbid(unsafe_code)]

pub(crate) mod capture_missed_it;
pub(crate) mod captured_late;
pub(crate) mod captured_twice;
pub(crate) mod catalogue;
pub(crate) mod clock_stepped;
pub(crate) mod copying_device;
pub(crate) mod device_beside_host;
pub(crate) mod device_holds_connection;
pub(crate) mod device_sends_data;
pub(crate) mod gateway_itself;
pub(crate) mod other_is_forged;
pub(crate) mod other_member;
pub(crate) mod own_host_program;
pub(crate) mod plain_device;
pub(crate) mod ports_reused;
pub(crate) mod proxy_handshake;
pub(crate) mod route_changed;
pub(crate) mod slow_first_round_trip;
pub(crate) mod stack_of_its_kind;

pub use catalogue::{Hypothesis, TABLE};

use crate::case::Case;

/// What one line of a price table does where it holds.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// The story cannot be told.
    Refutes,
    /// The price, in decibans, if no line before it has set one.
    Costs(i16),
    /// The same, as it was measured in the capture itself.
    Measured(fn(&Case) -> i16),
    /// So much more, or less, in decibans.
    Adds(i16),
}

/// One line of a story's price table.
#[derive(Debug)]
pub struct Line {
    /// What it does.
    pub effect: Effect,
    /// What holds, in words that follow "because".
    pub because: &'static str,
    /// When it holds.
    pub(crate) when: fn(&Case) -> bool,
    /// Where the figure comes from.
    pub source: &'static str,
}

/// Whom a story speaks for. Of the innocent ones at most one of each sort is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Innocent: something happened on the path or at the host.
    Situation,
    /// Innocent: the host is of a kind that does so.
    Nature,
    /// Innocent: one of several captures is not complete.
    Capture,
    /// A device sent the RST.
    Guilty,
}

/// What a story makes of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// Nothing: it weighs as it does.
    None,
    /// It weighs so much if the story is true.
    Weighs(i16),
}

/// The share of a finding that an innocent story explains, or not.
pub(crate) const fn explained(is: bool) -> Share {
    if is { Share::Weighs(0) } else { Share::None }
}

/// A line that always holds.
pub(crate) fn always(_: &Case) -> bool {
    true
}
