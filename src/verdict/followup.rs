// SPDX-License-Identifier: GPL-2.0-or-later

//! Notes on later frames about an earlier RST.

use std::ffi::CStr;

use crate::{cause::Severity, wire::FrameNumber, words::say};

/// What the later frame shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowupKind {
    /// The host that is said to have sent the RST goes on.
    SenderContinues,
    /// The receiver of the RST goes on.
    ResetIgnored,
}

impl FollowupKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::SenderContinues, Self::ResetIgnored];

    /// Filter name of its expert item.
    #[must_use]
    pub const fn name(self) -> &'static CStr {
        match self {
            Self::SenderContinues => c"rst.expert.sender_continues",
            Self::ResetIgnored => c"rst.expert.reset_ignored",
        }
    }

    /// What it stands for.
    #[must_use]
    pub const fn summary(self) -> &'static CStr {
        match self {
            Self::SenderContinues => c"The claimed sender of an earlier RST goes on",
            Self::ResetIgnored => c"The receiver of an earlier RST goes on",
        }
    }

    /// Severity of its expert item.
    #[must_use]
    pub(crate) const fn severity(self) -> Severity {
        match self {
            Self::SenderContinues => Severity::Warn,
            Self::ResetIgnored => Severity::Note,
        }
    }
}

/// A note on a later frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followup {
    /// What the frame shows.
    pub(crate) kind: FollowupKind,
    /// The RST.
    pub(crate) reset: FrameNumber,
}

impl Followup {
    /// Writes `rst.followup`.
    pub(crate) fn write_text(&self, out: &mut String) {
        match self.kind {
            FollowupKind::SenderContinues => say!(
                out,
                "The sender goes on although the RST in frame {} claims to come from it: that RST was forged",
                self.reset
            ),
            FollowupKind::ResetIgnored => say!(
                out,
                "The receiver of the RST in frame {} goes on: that RST did not end the connection",
                self.reset
            ),
        }
    }
}
