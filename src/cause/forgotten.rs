// SPDX-License-Identifier: GPL-2.0-or-later

//! Answers of a host that no longer knows the connection.

use super::{
    About, Cause, Impact,
    abort::write_stalled,
    opening::{write_unasked, write_wrong_number},
    row::{Row, Rule, name},
    timers::write_candidates,
    write_trigger_frame,
};
use crate::{
    case::{Case, Continuation, OVERTAKEN_AT_MOST, Origin},
    conversation::{Phase, SegmentKind, Shape},
    mutation::limit,
    words::{Count, say, write_span},
};

pub(super) const RULES: &[Rule] = &[
    Rule::Row(Row {
        cause: Cause::Backscatter,
        name: name!("backscatter"),
        title: c"answer to a conversation it did not start",
        usual_impact: Impact::Benign,
        says_who: false,
        about: About {
            seen: "A host answers a SYN-ACK for which the capture holds no SYN, or bare ACKs of three or more conversations that it has no part in.",
            means: "Its address was used by somebody else (spoofed SYNs), or it is scanned with ACKs.",
            alike: "A capture that lacks the SYNs because they take another way.",
            source: "Moore et al., Inferring Internet Denial-of-Service Activity, USENIX Security 2001.",
            next: "",
        },
        recognise: |case, _| {
            is_unsolicited_answer(case) && case.neighbours.unsolicited >= limit!(UNSOLICITED)
        },
        write: write_backscatter,
    }),
    Rule::Row(Row {
        cause: Cause::StrayAnswer,
        name: name!("stray_answer"),
        title: c"answer to a stray segment",
        usual_impact: Impact::Noteworthy,
        says_who: false,
        about: About {
            seen: "An RST without ACK that answers a segment which fits no connection in the capture, or none that was captured.",
            means: "A late copy, a spoofed packet, or a connection whose beginning the capture does not hold.",
            alike: "Backscatter, from three conversations on.",
            source: "RFC 9293 §3.10.7.",
            next: "Look for the segment that it answers: routing may bring it here by another way than the capture sees.",
        },
        recognise: |case, _| is_unsolicited_answer(case) || is_stray(case),
        write: write_stray_answer,
    }),
    Rule::Row(Row {
        cause: Cause::OwnFilter,
        name: name!("own_filter"),
        title: c"reset by the host's own filter or NAT",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "A host answers a segment as if it knew no connection, and its socket goes on past the RST all the same: new data, or acknowledgements of what came later.",
            means: "Not its TCP sent the RST but its own packet filter, NAT or connection tracking (conntrack takes a late segment for INVALID), or the host in front of its container.",
            alike: "A device right beside the host; another member of a cluster, which lacks the connection; a program that holds it with raw packets, of which the kernel knows nothing. A host that restarted never goes on.",
            source: "RFC 9293 §3.10.7.1 (only CLOSED answers so); nf_conntrack-sysctl, nf_conntrack_tcp_be_liberal.",
            next: "Look at the host's own firewall, NAT and conntrack rules (reject rules, INVALID packets, nf_conntrack_tcp_be_liberal), and at the machine that its containers stand behind.",
        },
        recognise: |case, _| no_longer_knows(case) && lives_on(case),
        write: write_own_filter,
    }),
    Rule::Row(Row {
        cause: Cause::RetransmissionTimeout,
        name: name!("retransmission_timeout"),
        title: c"retransmissions unanswered",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "Two or more unanswered copies of the same data, then an RST (Windows, BSD), or, on Linux, an RST in answer to what comes much later.",
            means: "The sender gave up: the peer, or the way to it, was gone.",
            alike: "A restart of the sender between its retransmissions and the answer.",
            source: "RFC 9293 §3.8.3; tcp(7) tcp_retries2; docs/measured.md#timeouts-without-an-rst.",
            next: "Check the path back to the sender: its retransmissions got no answer.",
        },
        recognise: |case, _| {
            no_longer_knows(case) && case.sender.retransmissions >= limit!(GIVEN_UP_AFTER)
        },
        write: write_retransmission_timeout,
    }),
    Rule::Row(Row {
        cause: Cause::ZeroWindowTimeout,
        name: name!("zero_window_timeout"),
        title: c"receiver stalled",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "The receiver had closed its window; the sender aborts, or answers the late window update with an RST.",
            means: "The receiving application had stopped reading, and the sender's patience (tcp_retries2, TCP_USER_TIMEOUT, send_timeout) ran out.",
            alike: "An abort for another reason while the window was closed.",
            source: "RFC 9293 §3.8.6.1; measured with TCP_USER_TIMEOUT and nginx's send_timeout.",
            next: "Find out why the receiving application stopped reading.",
        },
        recognise: |case, _| no_longer_knows(case) && case.receiver.stalled(),
        write: write_zero_window_timeout,
    }),
    Rule::Row(Row {
        cause: Cause::IdleStateLost,
        name: name!("idle_state_lost"),
        title: c"state lost during idle time",
        usual_impact: Impact::Disruptive,
        says_who: true,
        about: About {
            seen: "The first packet after a long silence is answered with an RST.",
            means: "A firewall, NAT, load balancer, or the host itself had forgotten the connection in the meantime; the user sees a failure on the first click after a pause.",
            alike: "A restart of the host during the silence.",
            source: "RFC 5382 REQ-5; src/cause/timers.rs.",
            next: "Compare the idle time with the timeouts of firewalls, NAT and load balancers on the path; keep-alives below it avoid the reset.",
        },
        recognise: |case, _| no_longer_knows(case) && case.ends_silence(),
        write: write_idle_state_lost,
    }),
    Rule::Row(Row {
        cause: Cause::NoConnection,
        name: name!("no_connection"),
        title: c"connection unknown to the host",
        usual_impact: Impact::Disruptive,
        says_who: true,
        about: About {
            seen: "An RST without ACK whose number is the acknowledgement of the segment that it answers, in mid-connection.",
            means: "The host no longer knows the connection: it restarted, a cluster failed over, or the capture began late.",
            alike: "A stateful device that rejects the packet in the host's name.",
            source: "RFC 9293 §3.5.1 and §3.5.2, group 1.",
            next: "Check whether the host or the service restarted, or a cluster failed over, between its last segment and this RST.",
        },
        recognise: |case, _| no_longer_knows(case),
        write: write_no_connection,
    }),
];

/// Whether its claimed sender's socket has gone on, with what was not sent before the RST.
fn lives_on(case: &Case) -> bool {
    let goes_on = |later: &Continuation| {
        let is_late =
            later.after > limit!(OVERTAKEN_AT_MOST of "case::aftermath") || case.was_sent_after();
        later.plausible && (later.acknowledges_later || (is_late && later.is_progress()))
    };
    let continued = case.aftermath.continued.filter(goes_on);
    continued.is_some() && !case.was_sent_before() && !case.continuation_is_strange()
}

fn write_own_filter(case: &Case, _: Origin, out: &mut String) {
    let sender = case.sender_word();
    say!(out, "The {sender}'s socket lives on: it continued");
    if let Some(later) = case.aftermath.continued {
        say!(out, " ");
        write_span(out, later.after);
        say!(out, " after this RST (frame {})", later.frame);
    }
    say!(
        out,
        ".\nThe host's own filter, NAT or conntrack sent the RST, or another member of its cluster that lacks the connection."
    );
}

/// Retransmissions without an answer from which on a host may have given up
/// (measured with `tcp_retries2` = 2: three copies were sent).
pub(super) const GIVEN_UP_AFTER: u8 = 2;

/// Conversations of other hosts that make a host's stray answers backscatter.
const UNSOLICITED: u8 = 3;

/// Whether it answers a bare ACK, and the capture holds nothing of its sender: the
/// conversation may be one that the host has never had.
pub(super) fn is_unsolicited(case: &Case) -> bool {
    let bare_ack = case
        .trigger()
        .is_some_and(|trigger| trigger.kind == SegmentKind::Ack);
    bare_ack && !case.sender.has_seq() && case.receiver.payload == 0
}

fn is_unsolicited_answer(case: &Case) -> bool {
    case.shape() == Shape::Passive && is_unsolicited(case)
}

/// Without ACK flag an RST answers a segment, and its number is that segment's
/// acknowledgement (RFC 9293 §3.5.2); this one's is none of those seen.
fn is_stray(case: &Case) -> bool {
    let known = !matches!(case.phase, Phase::Unknown | Phase::Syn);
    known && case.shape() == Shape::Odd && !case.reset.flags.ack() && case.sender.has_seq()
}

/// Whether a host that had the connection answers as one that has none.
pub(super) fn no_longer_knows(case: &Case) -> bool {
    let known = matches!(
        case.phase,
        Phase::Established | Phase::Request | Phase::Data
    );
    known && case.shape() == Shape::Passive
}

fn write_backscatter(case: &Case, _: Origin, out: &mut String) {
    if case.phase == Phase::Handshake {
        write_unasked(case, out);
        return;
    }
    say!(
        out,
        "The {} answers segments of connections that it never opened in this capture: {} so far.\nSomebody spoofed its address in SYNs elsewhere, or scans it with ACKs.",
        case.sender_word(),
        Count(case.neighbours.unsolicited.into(), "conversation"),
    );
}

fn write_stray_answer(case: &Case, _: Origin, out: &mut String) {
    if case.phase == Phase::Handshake {
        write_wrong_number(case, out);
        return;
    }
    let sender = case.sender_word();
    match case.trigger() {
        Some(trigger) => say!(
            out,
            "The {sender} answers the {} in frame {}, which fits no connection in this capture",
            trigger.kind.words(),
            trigger.frame,
        ),
        None => say!(
            out,
            "The {sender} answers a segment that is not in the capture (no recent one acknowledges the RST's sequence number)"
        ),
    }
    say!(out, ": a late copy, or part of an earlier connection.");
}

fn write_retransmission_timeout(case: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "The {} had sent the same data {} times without an answer and given up.",
        case.sender_word(),
        u32::from(case.sender.retransmissions) + 1,
    );
}

fn write_zero_window_timeout(case: &Case, _: Origin, out: &mut String) {
    if case.shape() == Shape::Active {
        write_stalled(case, out);
        return;
    }
    let (sender, receiver) = (case.sender_word(), case.receiver_word());
    say!(
        out,
        "The {receiver} had closed its window (it stopped reading) for so long that the {sender} gave up; what the {receiver} sends now"
    );
    write_trigger_frame(case, out);
    say!(out, " finds no connection.");
}

fn write_idle_state_lost(case: &Case, origin: Origin, out: &mut String) {
    say!(out, "After ");
    if let Some(idle) = case.idle {
        write_span(out, idle);
        say!(out, " of ");
    }
    say!(out, "silence the first packet");
    if let Some(trigger) = case.trigger() {
        say!(
            out,
            " ({} in frame {})",
            trigger.kind.words(),
            trigger.frame
        );
    }
    let sender = case.sender_word();
    say!(out, " was answered with this RST: ");
    match origin {
        Origin::Middlebox => say!(out, "a device on the path had forgotten the connection."),
        Origin::Endpoint => say!(
            out,
            "the {sender}, or a device at its distance, had forgotten the connection."
        ),
        Origin::Unclear => say!(
            out,
            "the {sender} or a device on the path had forgotten the connection."
        ),
    }
    write_candidates(case, out);
}

fn write_no_connection(case: &Case, origin: Origin, out: &mut String) {
    let (sender, receiver) = (case.sender_word(), case.receiver_word());
    say!(out, "The {sender} answers the {receiver}");
    if let Some(trigger) = case.trigger() {
        say!(
            out,
            "'s {} in frame {} after ",
            trigger.kind.words(),
            trigger.frame
        );
        write_span(out, trigger.latency);
    }
    say!(
        out,
        " like a host without this connection: it restarted, another cluster member took over, or the application is gone."
    );
    if origin == Origin::Unclear {
        say!(
            out,
            "\nA device on the path that rejects the packet looks the same."
        );
    }
}
