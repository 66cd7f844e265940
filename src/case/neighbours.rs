// SPDX-License-Identifier: GPL-2.0-or-later

//! What other conversations show about an RST.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::wire::{FrameNumber, Socket};

/// An RST of another host with the number before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SharedCounter {
    /// Its IPv4 identification.
    pub(crate) id: u16,
    /// Its frame.
    pub(crate) frame: FrameNumber,
}

/// Attempts of one client that came to nothing, within a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scan {
    /// Different ports, of all hosts.
    pub(crate) ports: u8,
    /// Different hosts.
    pub(crate) hosts: u8,
}

/// Connections that a port has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Accepted {
    /// How many; saturates.
    pub(crate) count: u16,
    /// Where the last.
    pub(crate) last: FrameNumber,
    /// That one has not ended: its server lives.
    pub(crate) is_open: bool,
}

/// The failure of a proxy's other connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leg {
    /// The RST that it received there.
    pub(crate) frame: FrameNumber,
    /// The server that it was connected to, or wanted to be.
    pub(crate) server: Socket,
    /// From that RST to this one.
    pub(crate) apart: Duration,
}

/// What an address translation left as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Untranslated {
    /// The segment that the RST answers.
    Answered,
    /// The RST itself.
    Reset,
    /// A segment before, whose answer ended the connection where it is known.
    Before,
}

/// Another conversation of the capture has the RST's numbers: an address was left
/// untranslated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Translation {
    /// What was left.
    pub(crate) what: Untranslated,
    /// The socket that stands in the other conversation for the one here.
    pub(crate) other: Socket,
    /// Where the client showed itself in that conversation for the first time.
    pub(crate) began: FrameNumber,
    /// Where it was left, if before.
    pub(crate) frame: Option<FrameNumber>,
}

/// What other conversations show about an RST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Neighbours {
    /// It answers, or ends, one of many attempts of one client.
    pub(crate) scan: Option<Scan>,
    /// A port of the same server that answers SYNs neither with SYN-ACK nor with
    /// RST, and the frame of a repeated SYN to it.
    pub(crate) silent_port: Option<(u16, FrameNumber)>,
    /// Where the same server port accepted another connection after this refusal.
    pub(crate) port_accepted: Option<FrameNumber>,
    /// Where the same server was asked by another name, and answered.
    pub(crate) other_name: Option<FrameNumber>,
    /// Conversations that ended by an RST after the same silence, this one
    /// included, and the last frame before this one; 0 where there are no others.
    pub(crate) same_idle: u8,
    /// Conversations of other hosts whose stray segments the claimed sender has
    /// answered, this one included.
    pub(crate) unsolicited: u8,
    /// The same server port had accepted connections before.
    pub(crate) accepted_before: Option<Accepted>,
    /// The claimed sender, a proxy, had just received an RST on a connection of its own.
    pub(crate) back_leg: Option<Leg>,
    /// A translation that was lost.
    pub(crate) translation: Option<Translation>,
}

/// Conversations that make the same silence a rule: two may be chance.
pub(crate) const SAME_SILENCES: u8 = 3;
