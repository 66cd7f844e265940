// SPDX-License-Identifier: GPL-2.0-or-later

//! Whether an RST matters.

use std::ffi::CStr;

use super::Cause;
use crate::{
    case::{Case, Origin},
    conversation::{Phase, Role},
    mutation::limit,
};

/// The value of `rst.impact`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Impact {
    /// No user notices.
    Benign,
    /// Worth knowing; maybe visible.
    Noteworthy,
    /// Somebody's connection failed.
    Disruptive,
}

/// Severity of an expert item, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Comment.
    Comment,
    /// Chat.
    Chat,
    /// Note.
    Note,
    /// Warning.
    Warn,
}

/// Repetitions of the same data after which nobody has taken it (RFC 9293 §3.8.3: R1, at
/// least 3, is when the network layer is told).
const IN_VAIN: u8 = 3;

impl Impact {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[Self::Benign, Self::Noteworthy, Self::Disruptive];

    /// The value of `rst.impact`.
    #[must_use]
    pub const fn token(self) -> &'static CStr {
        match self {
            Self::Benign => c"benign",
            Self::Noteworthy => c"noteworthy",
            Self::Disruptive => c"disruptive",
        }
    }

    /// The severity that follows from it.
    #[must_use]
    pub(crate) const fn severity(self) -> Severity {
        match self {
            Self::Benign => Severity::Chat,
            Self::Noteworthy => Severity::Note,
            Self::Disruptive => Severity::Warn,
        }
    }

    /// The impact of this RST: the cause's usual one, but for what was seen to
    /// make it better or worse.
    #[must_use]
    pub(crate) fn of(cause: Cause, case: &Case, origin: Origin) -> Self {
        let lost = case.unacked_bytes().unwrap_or(0) > 0;
        let cut = case.role == Some(Role::Server) && case.unsent.is_some();
        match cause {
            // Part of what the first one did.
            Cause::Consequence if origin == Origin::Middlebox => Self::Noteworthy,
            // Both were about to go, and nothing was on the way.
            Cause::PolicyBlock if matches!(case.phase, Phase::Closing | Phase::Closed) && !lost => {
                Self::Noteworthy
            }
            // It gives up on what it has sent in vain.
            Cause::ApplicationAbort | Cause::UnreadData | Cause::AbortAfterFin
                if case.sender.retransmissions >= limit!(IN_VAIN) =>
            {
                Self::Disruptive
            }
            Cause::ApplicationAbort | Cause::UnreadData | Cause::AbortAfterFin if cut => {
                Self::Disruptive
            }
            Cause::DataAfterClose if cut => Self::Noteworthy,
            // Not the rest of a response, but all of it.
            Cause::DataAfterClose
                if case.role == Some(Role::Client)
                    && case.unacked_bytes() == Some(case.receiver.payload)
                    && lost =>
            {
                Self::Disruptive
            }
            Cause::ApplicationAbort if case.phase == Phase::Data && lost => Self::Disruptive,
            // A client that throws away a response that it no longer wants
            // harms nobody but itself; a server that does not read its request
            // to the end cuts somebody off.
            Cause::UnreadData if case.role == Some(Role::Server) && lost => Self::Disruptive,
            Cause::DataAfterClose if lost && case.role == Some(Role::Client) => Self::Noteworthy,
            // Nobody's connection: one of many probes, or the attempt of the RST
            // before, repeated.
            Cause::PortClosed
                if case.neighbours.scan.is_some() || case.refused_before.is_some() =>
            {
                Self::Benign
            }
            // Multipath TCP goes on by its other subflows.
            Cause::NotAccepted if case.reset.options.multipath_reason.is_some() => Self::Noteworthy,
            // The peer had closed; what is cut is what was not acknowledged.
            Cause::CloseCleanup if lost && case.role == Some(Role::Server) => Self::Noteworthy,
            Cause::NoConnection | Cause::IdleStateLost if case.receiver.fin() && !lost => {
                Self::Benign
            }
            // In mid-response: the silence was a stall.
            Cause::IdleTimeout if lost => Self::Disruptive,
            Cause::IdleTimeout if case.waits_for_answer() => Self::Disruptive,
            Cause::IdleTimeout if origin != Origin::Endpoint => Self::Noteworthy,
            _ if case.aftermath.continued.is_some() && case.aftermath.ignored.is_some() => {
                cause.usual_impact().min(Self::Noteworthy)
            }
            _ => cause.usual_impact(),
        }
    }
}
