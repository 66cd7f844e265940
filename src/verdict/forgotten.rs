// SPDX-License-Identifier: GPL-2.0-or-later

//! What the memory limit made the engine forget, as the user is told.

use std::ffi::CStr;

use crate::{cause::Severity, words::say};

/// What a frame has to say about the memory limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// It is the first RST that was judged after something had to be forgotten.
    Since {
        /// The limit, MiB.
        limit: u32,
    },
    /// The verdict on its RST was let go.
    Verdict {
        /// The limit, MiB.
        limit: u32,
    },
}

impl Forgotten {
    /// Filter name of the expert item, of which a file has one.
    pub const NAME: &CStr = c"rst.expert.history_evicted";
    /// What it stands for.
    pub(crate) const SUMMARY: &CStr = c"The memory limit made the analysis forget";

    /// Severity of its expert item; none but the first of a file raises one.
    #[must_use]
    pub(crate) const fn severity(self) -> Option<Severity> {
        match self {
            Self::Since { .. } => Some(Severity::Comment),
            Self::Verdict { .. } => None,
        }
    }

    /// Writes what it says.
    pub(crate) fn write_text(self, out: &mut String) {
        match self {
            Self::Since { limit } => say!(
                out,
                "The analysis reached its memory limit of {limit} MiB and forgot the oldest connections, hosts or verdicts. Raise the preference rst.memory_limit to keep more."
            ),
            Self::Verdict { limit } => say!(
                out,
                "The verdict on this RST was let go at the memory limit of {limit} MiB. Raise the preference rst.memory_limit to keep it."
            ),
        }
    }
}
