// SPDX-License-Identifier: GPL-2.0-or-later

//! One endpoint's state, by the names of RFC 9293 §3.3.2, as a passive
//! observer can infer it.
//!
//! The observer sees segments and not calls, so LISTEN cannot be told from
//! CLOSED before a SYN, and [`State::Unknown`] stands for an endpoint of which
//! the capture does not hold the beginning.
//! An RST changes no state here: whether it was genuine and whether it took
//! effect is what the rest of the program is about.

use std::fmt;

use serde::{Deserialize, Serialize};

/// State of one endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    /// The capture does not tell.
    #[default]
    Unknown,
    /// SYN sent.
    SynSent,
    /// SYN received and answered.
    SynReceived,
    /// Handshake done.
    Established,
    /// FIN sent.
    FinWait1,
    /// Own FIN acknowledged.
    FinWait2,
    /// FIN received.
    CloseWait,
    /// FINs crossed, own not yet acknowledged.
    Closing,
    /// FIN sent after the peer's.
    LastAck,
    /// Both FINs acknowledged, the side that closed first.
    TimeWait,
    /// No connection any more.
    Closed,
}

/// What an endpoint does or meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Sends a SYN.
    SendsSyn,
    /// Sends a SYN-ACK.
    SendsSynAck,
    /// Sends an ACK that completes the handshake or belongs to a running connection.
    SendsAck,
    /// Receives the ACK of its SYN-ACK.
    SynAcked,
    /// Sends a FIN.
    SendsFin,
    /// Receives a FIN.
    ReceivesFin,
    /// Receives the ACK of its own FIN.
    FinAcked,
}

impl State {
    /// The state after `event` (RFC 9293 figure 5, seen from outside).
    ///
    /// What the diagram does not allow leaves the state as it is: a capture has
    /// gaps, and an observer must not be surprised.
    #[must_use]
    pub(crate) const fn after(self, event: Event) -> Self {
        use State::{
            CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, SynReceived,
            SynSent, TimeWait, Unknown,
        };
        match (self, event) {
            // A repeated SYN of a connection that is up changes nothing; a new one
            // begins another conversation.
            (Unknown, Event::SendsSyn) => SynSent,
            (Unknown | SynSent, Event::SendsSynAck) => SynReceived,
            (Unknown | SynSent, Event::SendsAck) | (Unknown | SynReceived, Event::SynAcked) => {
                Established
            }
            (Unknown | Established | SynReceived | SynSent, Event::SendsFin) => FinWait1,
            (CloseWait, Event::SendsFin) => LastAck,
            (Unknown | Established | SynReceived | SynSent, Event::ReceivesFin) => CloseWait,
            (FinWait1, Event::ReceivesFin) => Closing,
            (FinWait2, Event::ReceivesFin) => TimeWait,
            (FinWait1, Event::FinAcked) => FinWait2,
            (Closing, Event::FinAcked) => TimeWait,
            (LastAck, Event::FinAcked) => Closed,
            _ => self,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
            Self::Closed => "CLOSED",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Event::*, State, State::*};

    #[track_caller]
    fn walk(events: &[super::Event], states: &[State]) {
        let mut state = Unknown;
        let walked: Vec<State> = events
            .iter()
            .map(|event| {
                state = state.after(*event);
                state
            })
            .collect();
        assert_eq!(walked, states);
    }

    /// Every state and every event; what is not listed leaves the state alone.
    #[test]
    fn transition_matrix() {
        let states = [
            Unknown,
            SynSent,
            SynReceived,
            Established,
            FinWait1,
            FinWait2,
            CloseWait,
            Closing,
            LastAck,
            TimeWait,
            Closed,
        ];
        let events = [
            SendsSyn,
            SendsSynAck,
            SendsAck,
            SynAcked,
            SendsFin,
            ReceivesFin,
            FinAcked,
        ];
        let mut matrix = String::new();
        for state in states {
            for event in events {
                let next = state.after(event);
                if next != state {
                    matrix += &format!("{state} -- {event:?} -> {next}\n");
                }
            }
        }
        insta::assert_snapshot!(matrix);
    }

    #[test]
    fn active_open_and_first_close() {
        walk(
            &[SendsSyn, SendsAck, SendsFin, FinAcked, ReceivesFin],
            &[SynSent, Established, FinWait1, FinWait2, TimeWait],
        );
    }

    #[test]
    fn passive_open_and_second_close() {
        walk(
            &[SendsSynAck, SynAcked, ReceivesFin, SendsFin, FinAcked],
            &[SynReceived, Established, CloseWait, LastAck, Closed],
        );
    }

    #[test]
    fn simultaneous_close() {
        walk(
            &[SendsAck, SendsFin, ReceivesFin, FinAcked],
            &[Established, FinWait1, Closing, TimeWait],
        );
    }

    #[test]
    fn joining_in_mid_stream() {
        walk(&[SendsAck], &[Established]);
        walk(&[ReceivesFin, SendsAck], &[CloseWait, CloseWait]);
    }
}
