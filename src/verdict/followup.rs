// SPDX-License-Identifier: GPL-2.0-or-later

//! Notes on later frames about an earlier RST.

use std::ffi::CStr;

use crate::{cause::Severity, conversation::Role, wire::FrameNumber, words::say};

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
            Self::SenderContinues => c"Host still sending after a forged RST",
            Self::ResetIgnored => c"RST ignored by its receiver",
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
    /// Who goes on, where that is known.
    pub(crate) side: Option<Role>,
}

impl Followup {
    /// Writes `rst.followup`.
    pub(crate) fn write_text(&self, out: &mut String) {
        let side = match self.side {
            Some(Role::Client) => "Client",
            Some(Role::Server) => "Server",
            None => "Host",
        };
        let reset = self.reset;
        match self.kind {
            FollowupKind::SenderContinues => {
                say!(
                    out,
                    "{side} still sending after the forged RST in frame {reset}"
                );
            }
            FollowupKind::ResetIgnored => {
                say!(out, "{side} carries on despite the RST in frame {reset}");
            }
        }
    }
}
