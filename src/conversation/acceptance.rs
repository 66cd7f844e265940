// SPDX-License-Identifier: GPL-2.0-or-later

//! Whether the receiver must accept an RST.

use std::ffi::CStr;

use serde::{Deserialize, Serialize};

use super::{Endpoint, State};
use crate::wire::Segment;

/// The value of `rst.acceptability`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Acceptability {
    /// The receiver's next expected number (or, in SYN-SENT, the right
    /// acknowledgement): the connection ends.
    Exact,
    /// Elsewhere in the window: answered with a challenge ACK.
    InWindow,
    /// Outside the window: dropped.
    OutOfWindow,
    /// The capture does not hold what it takes to tell.
    Unknown,
}

impl Acceptability {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[
        Self::Exact,
        Self::InWindow,
        Self::OutOfWindow,
        Self::Unknown,
    ];

    /// The value of `rst.acceptability`.
    #[must_use]
    pub(crate) const fn token(self) -> &'static CStr {
        match self {
            Self::Exact => c"exact",
            Self::InWindow => c"in_window",
            Self::OutOfWindow => c"out_of_window",
            Self::Unknown => c"unknown",
        }
    }

    /// Judges `reset` as `receiver` would (RFC 9293 §3.10.7.3 and §3.10.7.4,
    /// RFC 5961 §3.2); `sender` is the side that the RST claims.
    #[must_use]
    pub(crate) fn of(reset: &Segment<'_>, sender: &Endpoint, receiver: &Endpoint) -> Self {
        match receiver.state {
            // "If the ACK was acceptable, then signal to the user 'error:
            // connection reset'"; without an ACK the segment is dropped.
            State::SynSent => {
                if reset.flags.ack() && reset.ack == receiver.snd_nxt {
                    Self::Exact
                } else {
                    Self::OutOfWindow
                }
            }
            _ => Self::in_sequence(reset, sender, receiver),
        }
    }

    fn in_sequence(reset: &Segment<'_>, sender: &Endpoint, receiver: &Endpoint) -> Self {
        // What the receiver has told, or, where it delays its ACK, what it must
        // have received by then.
        let told = receiver.has_acked().then_some(receiver.acked);
        let sent = sender.has_seq().then_some(sender.snd_nxt);
        let Some(next) = told.or(sent) else {
            return Self::Unknown;
        };
        if reset.seq == next || Some(reset.seq) == sent {
            return Self::Exact;
        }
        match receiver.receive_window(sender) {
            Some(window) if reset.seq.is_within(next, window) => Self::InWindow,
            Some(_) => Self::OutOfWindow,
            None => Self::Unknown,
        }
    }
}
