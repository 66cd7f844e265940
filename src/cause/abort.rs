// SPDX-License-Identifier: GPL-2.0-or-later

//! Aborts by an endpoint that still has the connection.

use std::time::Duration;

use super::{Cause, CauseGroup, forgotten::GIVEN_UP_AFTER};
use crate::{
    case::{Case, Origin},
    conversation::{Phase, Role, Shape},
    words::{Count, say, write_span},
};

pub(super) const GROUP: CauseGroup = CauseGroup { recognise, write };

fn recognise(case: &Case, _: Origin) -> Option<Cause> {
    if case.phase == Phase::Unknown || case.shape() != Shape::Active {
        return None;
    }
    let sender = &case.sender;
    let answered_nothing = case.role == Some(Role::Server) && case.phase == Phase::Request;
    Some(if sender.retransmissions >= GIVEN_UP_AFTER {
        // Windows and BSD end so (Linux gives up silently: see forgotten.rs).
        Cause::RetransmissionTimeout
    } else if sender.keep_alives > 0 || case.answer.unheard_probe.is_some() {
        Cause::KeepaliveTimeout
    } else if case.receiver.stalled() {
        // The sender's data waited for a window that did not open.
        Cause::ZeroWindowTimeout
    } else if answered_nothing {
        Cause::RequestRejected
    } else if case.ends_silence() {
        Cause::IdleTimeout
    } else if may_have_unread_data(case) {
        Cause::UnreadData
    } else {
        Cause::ApplicationAbort
    })
}

/// Data that arrived this shortly before may still be unread (measured: the
/// reading program closes 2 to 10 ms after it in mid-download; a person's pause
/// is longer).
const STILL_ARRIVING: Duration = Duration::from_millis(50);

/// A server that closes without reading a request does so at once (measured: 85 to
/// 250 ms after it); nginx that times a half request out after a second has read
/// what there is.
const LEFT_UNREAD: Duration = Duration::from_secs(1);

/// Whether the application may have closed with data unread (RFC 2525 §2.17:
/// then the close sends an RST).
///
/// A server that has sent nothing since the last request has not answered it.
/// For a client it is normal that the peer spoke last; there the data must
/// still have been arriving.
fn may_have_unread_data(case: &Case) -> bool {
    let (sender, receiver) = (&case.sender, &case.receiver);
    let peer_spoke_last = match (sender.last_data_frame, receiver.last_data_frame) {
        (Some(own), Some(peer)) => peer > own,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    let within = if case.role == Some(Role::Server) {
        LEFT_UNREAD
    } else {
        STILL_ARRIVING
    };
    peer_spoke_last && case.reset.time.since(receiver.last_time) <= within
}

fn write(cause: Cause, case: &Case, _: Origin, out: &mut String) -> bool {
    let (sender, receiver) = (case.sender_word(), case.receiver_word());
    match cause {
        Cause::ApplicationAbort => {
            say!(
                out,
                "The {sender}'s application aborted the connection: SO_LINGER 0, or its process ended (the two look alike)"
            );
            write_outstanding(case, out);
        }
        Cause::UnreadData => {
            say!(
                out,
                "The {sender} closed the connection after the {receiver}'s last data"
            );
            if let Some(frame) = case.receiver.last_data_frame {
                say!(out, " (frame {frame})");
            }
            say!(
                out,
                ", most likely with some of it unread: then a close sends an RST instead of a FIN"
            );
            write_outstanding(case, out);
        }
        Cause::RequestRejected => {
            say!(
                out,
                "The server took the connection and reset it after {} of request, without a byte of response",
                Count(case.receiver.payload, "byte"),
            );
            write_outstanding(case, out);
        }
        Cause::KeepaliveTimeout => write_keepalive_timeout(case, out),
        Cause::ZeroWindowTimeout => {
            say!(
                out,
                "The {receiver} had closed its window (it had stopped reading), and the {sender} ended the connection"
            );
            if let Some(idle) = case.idle.filter(|idle| !idle.is_zero()) {
                say!(out, ", ");
                write_span(out, idle);
                say!(out, " after the last segment");
            }
            write_outstanding(case, out);
        }
        _ => return false,
    }
    true
}

fn write_keepalive_timeout(case: &Case, out: &mut String) {
    let sender = case.sender_word();
    if let Some(probe) = case
        .answer
        .unheard_probe
        .filter(|_| case.sender.keep_alives == 0)
    {
        say!(
            out,
            "The {sender} ended the connection when its next keep-alive probe was due (the last is frame {probe}), although it was answered here: the answers have not reached it, or its application ended the connection just then."
        );
        return;
    }
    say!(
        out,
        "The {sender} had sent {} and got no answer to go on with",
        Count(case.sender.keep_alives.into(), "keep-alive probe"),
    );
    if let Some(idle) = case.idle {
        say!(out, ", the last ");
        write_span(out, idle);
        say!(out, " before");
    }
    say!(out, ", and ends the connection.");
}

fn write_outstanding(case: &Case, out: &mut String) {
    if let Some(bytes @ 1..) = case.unacked_bytes() {
        say!(
            out,
            "; of the {}'s data {} not acknowledged",
            case.receiver_word(),
            were(bytes),
        );
    }
    if let Some(bytes) = case.unsent {
        say!(out, "; of the response {} not sent", were(bytes));
    }
    say!(out, ".");
}

fn were(bytes: u32) -> String {
    match bytes {
        1 => "1 byte was".to_owned(),
        _ => format!("{bytes} bytes were"),
    }
}

/// What to say of an RST that no group knows.
pub(super) fn write_unknown(case: &Case, out: &mut String) {
    if case.phase == Phase::Unknown && case.history_evicted {
        say!(
            out,
            "What went before the RST is not known: this capture holds more conversations than are remembered at a time, and this one may have been forgotten."
        );
    } else if case.phase == Phase::Unknown {
        say!(
            out,
            "The capture holds nothing of this conversation before the RST, so what it ended is not known."
        );
    } else {
        say!(
            out,
            "It answers none of the last segments, and it does not have the form of an abort."
        );
    }
}
