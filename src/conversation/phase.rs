// SPDX-License-Identifier: GPL-2.0-or-later

//! Where a conversation stood when an RST came.

use std::ffi::CStr;

use serde::{Deserialize, Serialize};

/// The value of `rst.phase`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Only SYNs so far.
    Syn,
    /// SYN-ACK seen, the client's ACK not.
    Handshake,
    /// Handshake done, no payload.
    Established,
    /// Only the client has sent payload.
    Request,
    /// Payload from the server, or from both.
    Data,
    /// One side's FIN seen.
    Closing,
    /// Both sides' FINs seen.
    Closed,
    /// An earlier RST already ended it.
    Reset,
    /// The capture holds nothing of this conversation before the RST.
    Unknown,
}

impl Phase {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[
        Self::Syn,
        Self::Handshake,
        Self::Established,
        Self::Request,
        Self::Data,
        Self::Closing,
        Self::Closed,
        Self::Reset,
        Self::Unknown,
    ];

    /// The value of `rst.phase`.
    #[must_use]
    pub(crate) const fn token(self) -> &'static CStr {
        match self {
            Self::Syn => c"syn",
            Self::Handshake => c"handshake",
            Self::Established => c"established",
            Self::Request => c"request",
            Self::Data => c"data",
            Self::Closing => c"closing",
            Self::Closed => c"closed",
            Self::Reset => c"reset",
            Self::Unknown => c"unknown",
        }
    }

    /// Where in the conversation, in words that follow "RST".
    #[must_use]
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Syn => "in answer to a connection attempt",
            Self::Handshake => "during the handshake",
            Self::Established => "right after the handshake",
            Self::Request => "after the request",
            Self::Data => "in mid-stream",
            Self::Closing => "while closing",
            Self::Closed => "after the close",
            Self::Reset => "after an earlier RST",
            Self::Unknown => "without anything before it",
        }
    }
}
