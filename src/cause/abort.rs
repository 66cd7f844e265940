// SPDX-License-Identifier: GPL-2.0-or-later

//! Aborts by an endpoint that still has the connection.

use std::time::Duration;

use super::{
    About, Cause, Impact,
    forgotten::GIVEN_UP_AFTER,
    row::{Row, Rule, name},
    timers::write_candidates,
};
use crate::{
    case::{Case, Origin},
    conversation::{Phase, Role, Shape},
    mutation::limit,
    words::{Count, say, write_span},
};

pub(super) const RULES: &[Rule] = &[
    Rule::Also(Cause::RetransmissionTimeout, |case, _| {
        aborts(case) && case.sender.retransmissions >= limit!(GIVEN_UP_AFTER of "cause::forgotten")
    }),
    Rule::Row(Row {
        cause: Cause::KeepaliveTimeout,
        name: name!("keepalive_timeout"),
        title: c"keep-alive unanswered",
        usual_impact: Impact::Noteworthy,
        says_who: false,
        about: About {
            seen: "RST+ACK after keep-alive probes that were not answered, or when the next one was due.",
            means: "The sender's kernel gave the connection up: the peer, or the way back from it, is gone.",
            alike: "An application that ends an idle connection just then.",
            source: "RFC 9293 §3.8.4; tcp(7) tcp_keepalive_probes.",
            next: "Check the path back to the sender: its keep-alive probes got no answer.",
        },
        recognise: |case, _| aborts(case) && has_probed(case),
        write: write_keepalive_timeout,
    }),
    Rule::Also(Cause::ZeroWindowTimeout, |case, _| {
        aborts(case) && case.receiver.stalled()
    }),
    Rule::Row(Row {
        cause: Cause::RequestRejected,
        name: name!("request_rejected"),
        title: c"first request rejected",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "The server resets after the first request, without a byte of response.",
            means: "The application took the connection and ended it: it crashed, refused the client, or a proxy found no backend.",
            alike: "A content filter whose RST fits the server in everything that can be observed.",
            source: "docs/measured.md#delays-of-applications.",
            next: "Read the server's log at this time: it took the connection and ended it without a byte of response.",
        },
        recognise: |case, _| aborts(case) && has_answered_nothing(case),
        write: write_request_rejected,
    }),
    Rule::Row(Row {
        cause: Cause::IdleTimeout,
        name: name!("idle_timeout"),
        title: c"idle timeout",
        usual_impact: Impact::Benign,
        says_who: false,
        about: About {
            seen: "An RST that answers nothing, after at least rst.idle_threshold of silence, or after the same silence in three conversations.",
            means: "A timer of the application, or of a device on the path, ended an idle connection.",
            alike: "A person who closed a program after a pause; a peer that waited for an answer in vain (then it is disruptive).",
            source: "src/cause/timers.rs names the known timers and their sources.",
            next: "Compare the idle time with the timeouts of the devices on the path; keep-alives below it avoid the reset.",
        },
        recognise: |case, _| aborts(case) && case.ends_silence(),
        write: write_idle_timeout,
    }),
    Rule::Row(Row {
        cause: Cause::UnreadData,
        name: name!("unread_data"),
        title: c"closed with data unread",
        usual_impact: Impact::Noteworthy,
        says_who: false,
        about: About {
            seen: "RST+ACK in sequence just after data of the peer arrived.",
            means: "The application closed the socket while received data was unread: the kernel then sends an RST instead of a FIN, and what was on its way is lost.",
            alike: "An abort with SO_LINGER 0 that happened to follow data.",
            source: "RFC 2525 §2.17; measured: 2 to 250 ms after the data.",
            next: "Find out why the application closed before it had read what was sent to it.",
        },
        recognise: |case, _| aborts(case) && may_have_unread_data(case),
        write: write_unread_data,
    }),
    Rule::Row(Row {
        cause: Cause::ApplicationAbort,
        name: name!("application_abort"),
        title: c"aborted by the application",
        usual_impact: Impact::Noteworthy,
        says_who: false,
        about: About {
            seen: "RST+ACK in sequence from a side that still has the connection, and no data that it cannot have read.",
            means: "The application closed the socket with SO_LINGER 0, or its process ended.",
            alike: "A device that writes a complete RST+ACK in the sender's name; the two endpoint forms cannot be told apart at all.",
            source: "socket(7) SO_LINGER; RFC 9293 §3.10.5 ABORT.",
            next: "Read the application's log at this time: it closed the socket with SO_LINGER 0, or its process ended.",
        },
        recognise: |case, _| aborts(case),
        write: write_application_abort,
    }),
];

fn aborts(case: &Case) -> bool {
    case.phase != Phase::Unknown && case.shape() == Shape::Active
}

fn has_probed(case: &Case) -> bool {
    case.sender.keep_alives > 0 || case.answer.unheard_probe.is_some()
}

fn has_answered_nothing(case: &Case) -> bool {
    case.role == Some(Role::Server) && case.phase == Phase::Request
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
        limit!(LEFT_UNREAD)
    } else {
        limit!(STILL_ARRIVING)
    };
    peer_spoke_last && case.reset.time.since(receiver.last_time) <= within
}

fn write_keepalive_timeout(case: &Case, _: Origin, out: &mut String) {
    let sender = case.sender_word();
    if let Some(probe) = case
        .answer
        .unheard_probe
        .filter(|_| case.sender.keep_alives == 0)
    {
        say!(
            out,
            "The {sender} ended the connection when its next keep-alive probe was due (the last is frame {probe}), although the probes were answered here.\nThe answers never reached it, or its application ended the connection just then."
        );
        return;
    }
    say!(
        out,
        "The {sender} had sent {} without a usable answer",
        Count(case.sender.keep_alives.into(), "keep-alive probe"),
    );
    if let Some(idle) = case.idle {
        say!(out, ", the last ");
        write_span(out, idle);
        say!(out, " before");
    }
    say!(out, ", and gave up.");
}

/// A [`Cause::ZeroWindowTimeout`] of a sender that still has the connection: its data
/// waited for a window that did not open.
pub(super) fn write_stalled(case: &Case, out: &mut String) {
    let (sender, receiver) = (case.sender_word(), case.receiver_word());
    say!(
        out,
        "The {receiver} had closed its window (it stopped reading), and the {sender} ended the connection"
    );
    if let Some(idle) = case.idle.filter(|idle| !idle.is_zero()) {
        say!(out, ", ");
        write_span(out, idle);
        say!(out, " after the last segment");
    }
    write_outstanding(case, out);
}

fn write_request_rejected(case: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "The server accepted the connection and reset it after {} of request, without a byte of response",
        Count(case.receiver.payload, "byte"),
    );
    write_outstanding(case, out);
}

fn write_idle_timeout(case: &Case, origin: Origin, out: &mut String) {
    match origin {
        Origin::Middlebox => say!(out, "A device on the path"),
        Origin::Endpoint | Origin::Unclear => say!(out, "The {}", case.sender_word()),
    }
    say!(out, " ended the connection after ");
    if let Some(idle) = case.idle {
        write_span(out, idle);
        say!(out, " of ");
    }
    say!(out, "silence.");
    write_candidates(case, out);
}

fn write_unread_data(case: &Case, _: Origin, out: &mut String) {
    let (sender, receiver) = (case.sender_word(), case.receiver_word());
    say!(
        out,
        "The {sender} closed the connection after the {receiver}'s last data"
    );
    if let Some(frame) = case.receiver.last_data_frame {
        say!(out, " (frame {frame})");
    }
    say!(
        out,
        ", probably with some of it unread: such a close sends an RST instead of a FIN"
    );
    write_outstanding(case, out);
}

fn write_application_abort(case: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "The {}'s application aborted the connection: SO_LINGER 0, or its process ended (the two look alike)",
        case.sender_word(),
    );
    write_outstanding(case, out);
}

/// Ends the sentence, and says what was lost.
fn write_outstanding(case: &Case, out: &mut String) {
    say!(out, ".");
    if let Some(bytes @ 1..) = case.unacked_bytes() {
        say!(
            out,
            "\n{} of the {}'s data {} unacknowledged.",
            Count(bytes, "byte"),
            case.receiver_word(),
            were(bytes),
        );
    }
    if let Some(bytes) = case.unsent {
        say!(
            out,
            "\n{} of the response {} not sent.",
            Count(bytes, "byte"),
            were(bytes)
        );
    }
}

const fn were(bytes: u32) -> &'static str {
    if bytes == 1 { "was" } else { "were" }
}
