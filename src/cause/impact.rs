// SPDX-License-Identifier: GPL-2.0-or-later

//! Whether an RST matters.

use std::ffi::CStr;

use super::Cause;
use crate::{
    conversation::{Phase, Role},
    evidence::{Case, Origin},
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
pub enum Severity {
    /// Chat.
    Chat,
    /// Note.
    Note,
    /// Warning.
    Warn,
}

impl Impact {
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
    pub const fn severity(self) -> Severity {
        match self {
            Self::Benign => Severity::Chat,
            Self::Noteworthy => Severity::Note,
            Self::Disruptive => Severity::Warn,
        }
    }

    /// The impact of this RST: the cause's usual one, but for what was seen to
    /// make it better or worse.
    #[must_use]
    pub fn of(cause: Cause, case: &Case, origin: Origin) -> Self {
        let lost = case.unacked_bytes().unwrap_or(0) > 0;
        match cause {
            Cause::ApplicationAbort if case.phase == Phase::Data && lost => Self::Disruptive,
            // A client that throws away a response that it no longer wants
            // harms nobody but itself; a server that does not read its request
            // to the end cuts somebody off.
            Cause::UnreadData if case.role == Some(Role::Server) && lost => Self::Disruptive,
            Cause::DataAfterClose if lost && case.role == Some(Role::Client) => Self::Noteworthy,
            Cause::IdleTimeout if origin == Origin::Middlebox => Self::Noteworthy,
            _ if case.aftermath.continued.is_some() && case.aftermath.ignored.is_some() => {
                cause.usual_impact().min(Self::Noteworthy)
            }
            _ => cause.usual_impact(),
        }
    }
}
