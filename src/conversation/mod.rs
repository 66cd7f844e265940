// SPDX-License-Identifier: GPL-2.0-or-later

//! What happened between two endpoints.
//!
//! One [`Conversation`] is one connection: a new SYN on the same ports starts
//! another, as `tcp.stream` does in Wireshark.
//! RSTs are noted here, but nothing is ever learned from them.

#![forbid(unsafe_code)]

mod acceptance;
mod answer;
mod endpoint;
mod history;
mod learn;
mod noted_reset;
mod phase;
mod recent;
mod segment_kind;
mod side;
mod state;
mod stranger;
mod table;
mod track;

pub(crate) use acceptance::Acceptability;
pub(crate) use answer::BESIDE;
pub(crate) use answer::{Answer, Bound, Shape, Trigger};
pub(crate) use endpoint::{Endpoint, Strange};
pub use history::{Conversation, Learned};
pub(crate) use noted_reset::NotedReset;
pub(crate) use phase::Phase;
pub(crate) use recent::{Recent, Sent};
pub(crate) use segment_kind::SegmentKind;
pub(crate) use side::{PerSide, Side};
pub(crate) use state::{Event, State};
pub(crate) use table::{Key, Table};
pub(crate) use track::Track;

use std::ffi::CStr;

use serde::{Deserialize, Serialize};

/// The part that a side plays in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Role {
    /// The side that sent the SYN.
    Client,
    /// The side that answers it.
    Server,
}

impl Role {
    /// The value of `rst.sender`.
    #[must_use]
    pub(crate) const fn token(self) -> &'static CStr {
        match self {
            Self::Client => c"client",
            Self::Server => c"server",
        }
    }

    /// The word for people.
    #[must_use]
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    /// The other side.
    #[must_use]
    pub(crate) const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}
