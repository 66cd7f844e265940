// SPDX-License-Identifier: GPL-2.0-or-later

//! What a cause is: one row, and how the rules ask for it.

use std::ffi::CStr;

use super::{Cause, Impact};
use crate::case::{Case, Origin};

/// Whether an RST is one of a cause's.
pub(super) type Recognise = fn(&Case, Origin) -> bool;

/// One cause.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) cause: Cause,
    pub(super) name: Name,
    /// What the RST is, as a phrase.
    pub(super) title: &'static CStr,
    /// Its impact where nothing special is seen.
    pub(super) usual_impact: Impact,
    /// Its sentence says itself who sent the RST, or does not depend on it.
    pub(super) says_who: bool,
    pub(super) about: About,
    /// What must have been seen, where no rule before it has known the case.
    pub(super) recognise: Recognise,
    /// Writes `rst.cause.text`.
    pub(super) write: fn(&Case, Origin, &mut String),
}

/// What `docs/causes.md` says of a cause.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// What must have been seen.
    pub seen: &'static str,
    /// What it means.
    pub means: &'static str,
    /// What else looks like it.
    pub alike: &'static str,
    /// Where that is from.
    pub source: &'static str,
    /// The value of `rst.next_step` where the RST is not benign.
    pub next: &'static str,
}

/// What the contract calls a cause; written by [`name!`].
#[derive(Debug)]
pub(super) struct Name {
    /// The value of `rst.cause`.
    pub(super) token: &'static CStr,
    /// Filter name of its expert item.
    pub(super) expert: &'static CStr,
}

/// The [`Name`] of this token.
macro_rules! name {
    ($token:literal) => {
        $crate::cause::row::Name {
            token: $crate::cause::row::literal(concat!($token, "\0")),
            expert: $crate::cause::row::literal(concat!("rst.expert.", $token, "\0")),
        }
    };
}
pub(super) use name;

/// A text as it goes to C; a NUL inside it is a compile error.
pub(super) const fn literal(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => unreachable!(),
    }
}

/// One question in the order of asking.
#[derive(Debug)]
pub(super) enum Rule {
    /// Is it this cause?
    Row(Row),
    /// Is it the cause whose row stands elsewhere, seen in another way?
    Also(Cause, Recognise),
}

impl Rule {
    /// The cause that it asks for.
    pub(super) const fn cause(&self) -> Cause {
        match self {
            Self::Row(row) => row.cause,
            Self::Also(cause, _) => *cause,
        }
    }

    /// Whether the case is the cause's.
    pub(super) fn recognises(&self, case: &Case, origin: Origin) -> bool {
        match self {
            Self::Row(row) => (row.recognise)(case, origin),
            Self::Also(_, recognise) => recognise(case, origin),
        }
    }
}
