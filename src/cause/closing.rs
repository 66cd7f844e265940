// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs of a connection that one side had closed already, or that a TLS alert
//! had ended.

use std::time::Duration;

use super::{
    About, Cause, Impact,
    forgotten::GIVEN_UP_AFTER,
    row::{Row, Rule, name},
    write_trigger_frame,
};
use crate::{
    case::{Case, Origin},
    conversation::{Phase, Role, SegmentKind, Shape, Trigger},
    mutation::limit,
    words::{Count, say, write_span},
};

pub(super) const RULES: &[Rule] = &[
    Rule::Row(Row {
        cause: Cause::TlsAlert,
        name: name!("tls_alert"),
        title: c"ended by a TLS alert",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "A fatal TLS alert in clear before the RST.",
            means: "The TLS handshake failed; the RST only closes what the alert ended.",
            alike: "Alerts of TLS 1.3 after the handshake are encrypted and cannot be seen: then it is an abort.",
            source: "RFC 8446 §6.2.",
            next: "Look at the alert's description (tls.alert_message.desc) in the segment before.",
        },
        recognise: |case, _| follows_alert(case),
        write: write_tls_alert,
    }),
    Rule::Also(Cause::StrayAnswer, |case, _| {
        case.sender.fin() && answers_late_syn_ack(case)
    }),
    Rule::Row(Row {
        cause: Cause::RequestDropped,
        name: name!("request_dropped"),
        title: c"request never arrived",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "A client repeats its data without ever getting an acknowledgement, closes, and ends the connection with an RST.",
            means: "Something on the path, or the server's host, swallows what the client sends: the request got no answer, and its user waited for the client's own timeout.",
            alike: "A server's host that died; acknowledgements that take a way that the capture does not see.",
            source: "RFC 9293 §3.8.3 (what repetitions mean) and §3.9.1 (CLOSE sends all data first); src/cause/forgotten.rs.",
            next: "Find where the client's data is lost: capture behind the next device; look for a firewall that drops, a path MTU that blocks large segments, or a dead server behind a load balancer.",
        },
        recognise: |case, _| drops_request(case),
        write: write_request_dropped,
    }),
    Rule::Row(Row {
        cause: Cause::AbortAfterFin,
        name: name!("abort_after_fin"),
        title: c"abort after its own FIN",
        usual_impact: Impact::Benign,
        says_who: false,
        about: About {
            seen: "RST+ACK from a side that had sent its FIN already.",
            means: "It closed, and then dropped the rest: a timeout in FIN-WAIT-2, or its process ended.",
            alike: "Data after close, where the answered segment is not in the capture.",
            source: "Linux tcp_fin_timeout; docs/measured.md#rst-forms-linux.",
            next: "",
        },
        recognise: |case, _| case.sender.fin() && case.shape() == Shape::Active,
        write: write_abort_after_fin,
    }),
    Rule::Row(Row {
        cause: Cause::RequestLost,
        name: name!("request_lost"),
        title: c"request lost on a closed connection",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "A server that had answered before sends its FIN; the client, which sends none, uses the connection for another request, and gets the RST.",
            means: "The server closed an idle connection that the client kept for reuse: the request was never answered. Proxies report it as 502 or 503, programs as \"connection reset by peer\".",
            alike: "Data after close, where the client only goes on with what the server has answered already.",
            source: "RFC 9112 §9.3.1 and §9.5 (closing idle connections, and what to retry); RFC 9293 §3.6.1.",
            next: "Let the client drop idle connections sooner than the server does (its keep-alive timeout), and retry requests that got no byte of an answer.",
        },
        recognise: |case, _| loses_request(case),
        write: write_request_lost,
    }),
    Rule::Row(Row {
        cause: Cause::DataAfterClose,
        name: name!("data_after_close"),
        title: c"data after close",
        usual_impact: Impact::Benign,
        says_who: false,
        about: About {
            seen: "A side that had sent its FIN answers later data with an RST.",
            means: "It has closed the socket and cannot deliver what still comes.",
            alike: "A host that no longer knows the connection.",
            source: "RFC 9293 §3.6.1; Linux tcp_rcv_state_process.",
            next: "See whether the peer kept sending because it had not read the FIN, and whether its data mattered.",
        },
        recognise: |case, _| case.sender.fin(),
        write: write_data_after_close,
    }),
    Rule::Also(Cause::IdleStateLost, |case, _| {
        answers_closing_peer(case) && case.ends_silence()
    }),
    Rule::Also(Cause::NoConnection, |case, _| answers_closing_peer(case)),
    Rule::Row(Row {
        cause: Cause::CloseCleanup,
        name: name!("close_cleanup"),
        title: c"clean-up after the peer's FIN",
        usual_impact: Impact::Benign,
        says_who: false,
        about: About {
            seen: "After the peer's FIN a side ends the connection with RST+ACK instead of a FIN of its own.",
            means: "Many Windows programs and busy servers close so, to save a state. Nothing is lost if everything was acknowledged.",
            alike: "An abort that only happens to come after the FIN.",
            source: "Microsoft KB152474 (Windows, Kerberos and SMB servers); docs/measured.md#servers-that-reset-by-habit.",
            next: "",
        },
        recognise: |case, _| case.receiver.fin(),
        write: write_close_cleanup,
    }),
];

/// Whether the client has closed on data that it repeated, and that nobody acknowledged.
fn drops_request(case: &Case) -> bool {
    case.role == Some(Role::Client)
        && case.sender.fin()
        && case.shape() == Shape::Active
        && case.sender.retransmissions >= limit!(GIVEN_UP_AFTER of "cause::forgotten")
        && case.has_unacked_payload_of_sender()
}

fn follows_alert(case: &Case) -> bool {
    (case.sender.tls_alert() || case.receiver.tls_alert()) && case.phase != Phase::Closed
}

/// From then on a client that sends once more has kept the connection for later.
const KEPT_FOR_LATER: Duration = Duration::from_secs(1);

/// Whether the client has asked for something after the server's FIN: a request of its
/// own, or data that it sent long after it had acknowledged the FIN. What comes sooner
/// may be the rest of what the server has answered already.
fn loses_request(case: &Case) -> bool {
    let (server, client) = (&case.sender, &case.receiver);
    let asks = |trigger: Trigger| {
        let waited = case.idle.is_some_and(|idle| idle >= limit!(KEPT_FOR_LATER));
        let kept_sending = trigger.kind.carries_payload() && server.fin_acked() && waited;
        let is_later = Some(trigger.frame) > server.fin_frame;
        is_later && (trigger.kind == SegmentKind::HttpRequest || kept_sending)
    };
    let is_reused = server.fin() && server.payload > 0 && !client.fin();
    case.role == Some(Role::Server)
        && is_reused
        && case.trigger().is_some_and(asks)
        && case.unacked_bytes().unwrap_or(0) > 0
}

fn answers_late_syn_ack(case: &Case) -> bool {
    let trigger = case.trigger();
    case.shape() == Shape::Passive
        && trigger.is_some_and(|trigger| trigger.kind == SegmentKind::SynAck)
}

/// Without a FIN of its own a host that answers so has no such connection.
fn answers_closing_peer(case: &Case) -> bool {
    case.receiver.fin() && case.shape() == Shape::Passive && case.trigger().is_some()
}

fn write_tls_alert(_: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "A fatal TLS alert had already ended the connection; the RST only closes it."
    );
}

fn write_request_dropped(case: &Case, _: Origin, out: &mut String) {
    say!(out, "The client's last data");
    if let Some(frame) = case.sender.last_data_frame {
        say!(out, " (frame {frame})");
    }
    say!(
        out,
        " was sent again {}, and never acknowledged; the client gave up.",
        Count(case.sender.retransmissions.into(), "time")
    );
}

fn write_abort_after_fin(case: &Case, _: Origin, out: &mut String) {
    say!(out, "The {} had sent its FIN", case.sender_word());
    if let Some(fin) = case.sender.fin_frame {
        say!(out, " in frame {fin}");
    }
    say!(out, "; this RST drops the rest of the connection.");
}

fn write_request_lost(case: &Case, _: Origin, out: &mut String) {
    say!(out, "The server had closed the connection");
    if let Some(fin) = case.sender.fin_frame {
        say!(out, " (FIN in frame {fin})");
    }
    say!(out, " before the client's next request");
    write_trigger_frame(case, out);
    if let Some(idle) = case.idle.filter(|idle| *idle >= limit!(KEPT_FOR_LATER)) {
        say!(out, ", which came after ");
        write_span(out, idle);
        say!(out, " of silence");
    }
    say!(out, ": the request was never answered.");
}

fn write_data_after_close(case: &Case, _: Origin, out: &mut String) {
    let (sender, receiver) = (case.sender_word(), case.receiver_word());
    say!(out, "The {sender} had closed the connection");
    if let Some(fin) = case.sender.fin_frame {
        say!(out, " (FIN in frame {fin})");
    }
    match case.trigger() {
        Some(trigger) => say!(
            out,
            " and answers what the {receiver} sent afterwards ({} in frame {}) with an RST.",
            trigger.kind.words(),
            trigger.frame,
        ),
        None => say!(out, " and answers what came afterwards with an RST."),
    }
}

fn write_close_cleanup(case: &Case, _: Origin, out: &mut String) {
    let (sender, receiver) = (case.sender_word(), case.receiver_word());
    say!(out, "The {receiver} had closed its side");
    if let Some(fin) = case.receiver.fin_frame {
        say!(out, " (FIN in frame {fin})");
    }
    say!(
        out,
        "; the {sender} ends the connection with an RST instead of its own FIN."
    );
}
