// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs while a connection is being opened, or before it carried a byte.

use super::{
    About, Cause, Impact,
    forgotten::is_unsolicited,
    row::{Row, Rule, name},
    write_trigger_frame,
};
use crate::{
    case::{Accepted, Case, Continuation, Origin, Scan},
    conversation::{Acceptability, Phase, Role, SegmentKind, Shape},
    words::{Count, say, write_span},
};

pub(super) const RULES: &[Rule] = &[
    Rule::Row(Row {
        cause: Cause::UnacceptableReset,
        name: name!("unacceptable_reset"),
        title: c"refusal the client must ignore",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "The answer to a SYN is an RST without ACK, or one that does not acknowledge the SYN.",
            means: "The client must drop it: its attempt ends by its own timeout, seconds or minutes later, instead of failing at once.",
            alike: "An RST of an older connection on the same ports, which may be dropped without harm.",
            source: "RFC 9293 §3.10.7.3.",
            next: "Find what answers with these numbers: a load balancer, firewall or NAT that rewrites sequence numbers in one direction only.",
        },
        recognise: is_unacceptable,
        write: write_unacceptable,
    }),
    Rule::Row(Row {
        cause: Cause::ConnectionRejected,
        name: name!("connection_rejected"),
        title: c"connection rejected on the path",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "The answer to a SYN, and the evidence says that another host than the server gave it.",
            means: "A firewall, load balancer or gateway on the path refuses the connection. Where it refuses for many hosts alike, its rule or its routing is wrong.",
            alike: "A closed port, if the device answers with the server's own TTL and delay.",
            source: "netfilter's REJECT --reject-with tcp-reset; docs/measured.md#rst-forms-netfilter.",
            next: "Look for a reject rule for this address and port on the devices between client and server.",
        },
        recognise: |case, origin| answers_syn(case) && origin == Origin::Middlebox,
        write: write_rejected,
    }),
    Rule::Row(Row {
        cause: Cause::ConnectTimeout,
        name: name!("connect_timeout"),
        title: c"connection attempt got no answer",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "Only SYNs of the client, no answer, and then the client's own RST.",
            means: "The client gave up: a firewall drops its SYNs, the server's host is down, or the answers take a way that is lost.",
            alike: "A capture that lacks the server's direction: then the RST may answer a SYN-ACK that is not in it.",
            source: "RFC 9293 §3.10.5: ABORT in SYN-SENT needs no RST, and Linux sends none; some stacks, proxies and programs do.",
            next: "Find out where the SYNs are lost: capture on the server's side; look for a rule that drops instead of rejecting.",
        },
        recognise: |case, origin| gives_up_connecting(case) && origin != Origin::Middlebox,
        write: write_connect_timeout,
    }),
    Rule::Row(Row {
        cause: Cause::PortClosed,
        name: name!("port_closed"),
        title: c"port closed",
        usual_impact: Impact::Disruptive,
        says_who: true,
        about: About {
            seen: "RST+ACK acknowledges the client's SYN before any SYN-ACK, and nothing says that it is not the server's.",
            means: "The server's kernel has no listener on this port: the service is down, or listens elsewhere.",
            alike: "The host's own firewall with a reject rule; a bridge right beside the host, over IPv4.",
            source: "RFC 9293 §3.10.7.1; docs/measured.md#rst-forms-linux.",
            next: "Check on the server that the service listens on this address and port, and that its own firewall admits the client.",
        },
        recognise: |case, _| answers_syn(case),
        write: write_refused,
    }),
    Rule::Row(Row {
        cause: Cause::HalfOpenRecovery,
        name: name!("half_open_recovery"),
        title: c"half-open connection cleared",
        usual_impact: Impact::Noteworthy,
        says_who: false,
        about: About {
            seen: "SYN, an ACK that does not fit it, RST, and mostly the SYN once more.",
            means: "The client reuses ports of a connection that the server still knows; the RST clears the old one.",
            alike: "A stateful device that drops the new SYN's answer.",
            source: "RFC 9293 §3.5.1 figure 9; RFC 5961 §4.",
            next: "The next SYN on the same ports should succeed; if this is frequent, see why the client reuses its ports so early.",
        },
        recognise: |case, _| clears_old_connection(case),
        write: write_half_open_recovery,
    }),
    Rule::Also(Cause::Backscatter, |case, origin| {
        refuses_syn_ack(case, origin) && !case.sender.has_seq()
    }),
    Rule::Also(Cause::StrayAnswer, |case, origin| {
        refuses_syn_ack(case, origin) && answers_wrong_number(case)
    }),
    Rule::Row(Row {
        cause: Cause::RawSocket,
        name: name!("raw_socket"),
        title: c"kernel's answer to a raw-packet program",
        usual_impact: Impact::Noteworthy,
        says_who: false,
        about: About {
            seen: "The client's host answers the SYN-ACK with an RST as if it had never asked, and the client goes on with the connection all the same.",
            means: "A program on the client's host speaks TCP by raw packets (a scanner, a test tool, a stack in user space); the host's kernel knows no such connection and resets it.",
            alike: "An RST that somebody else sent in the client's name.",
            source: "RFC 9293 §3.10.7.1 (only CLOSED answers so); the usual remedy is a rule that drops the kernel's RSTs.",
            next: "On the client's host: keep the kernel quiet (a firewall rule that drops its outgoing RSTs for this port), or let the program use the kernel's sockets.",
        },
        recognise: |case, origin| refuses_syn_ack(case, origin) && goes_on_with_raw_packets(case),
        write: write_raw_socket,
    }),
    Rule::Row(Row {
        cause: Cause::HalfOpenScan,
        name: name!("half_open_scan"),
        title: c"half-open scan",
        usual_impact: Impact::Noteworthy,
        says_who: false,
        about: About {
            seen: "A SYN without timestamps and window scale, as scanners build it, is answered with a SYN-ACK, and the client's kernel, which knows nothing of it, answers with an RST.",
            means: "Somebody scans for open ports (nmap -sS, ZMap, masscan).",
            alike: "A very small stack that offers no options, and gave up; the text says whether other targets were tried.",
            source: "nmap's documentation of -sS; SIGCOMM 2023 §4.2.",
            next: "See which other ports and hosts this client has tried (filter its address and tcp.flags.syn == 1).",
        },
        recognise: |case, origin| refuses_syn_ack(case, origin) && case.sender.is_raw_syn(),
        write: write_half_open_scan,
    }),
    Rule::Row(Row {
        cause: Cause::CancelledConnect,
        name: name!("cancelled_connect"),
        title: c"connection attempt cancelled",
        usual_impact: Impact::Noteworthy,
        says_who: false,
        about: About {
            seen: "The client answers the SYN-ACK to its own SYN with an RST.",
            means: "Its socket was gone when the SYN-ACK came: a connect timeout, or another attempt was faster (Happy Eyeballs, RFC 8305).",
            alike: "A half-open scan whose SYN copies a kernel's.",
            source: "RFC 9293 §3.10.7.1; docs/measured.md#rst-forms-linux.",
            next: "Compare the SYN-ACK's delay with the client's connect timeout; if it is small, see whether the client opened another connection at the same time.",
        },
        recognise: refuses_syn_ack,
        write: write_cancelled,
    }),
    Rule::Row(Row {
        cause: Cause::HealthCheck,
        name: name!("health_check"),
        title: c"health check",
        usual_impact: Impact::Benign,
        says_who: false,
        about: About {
            seen: "Three or more such probes from one client to one server port at equal intervals.",
            means: "A load balancer or monitoring system asks whether the port is open, and saves the four packets of a close.",
            alike: "A slow scan of one port.",
            source: "HAProxy's check (option tcp-check); docs/measured.md#rst-forms-nat-and-proxies.",
            next: "",
        },
        recognise: |case, origin| ends_unused(case, origin, Role::Client) && case.series.is_some(),
        write: write_health_check,
    }),
    Rule::Row(Row {
        cause: Cause::ConnectScan,
        name: name!("connect_scan"),
        title: c"connection closed unused",
        usual_impact: Impact::Benign,
        says_who: false,
        about: About {
            seen: "The client completes the handshake and resets, without a byte from either side.",
            means: "A probe: it wanted to know whether the port is open. Part of a scan if the same client tried five targets in a minute.",
            alike: "A health check seen only once; a browser that opened a connection in advance.",
            source: "nmap's documentation of -sT; Jung et al., S&P 2004 for the number.",
            next: "",
        },
        recognise: |case, origin| ends_unused(case, origin, Role::Client),
        write: write_connect_scan,
    }),
    Rule::Row(Row {
        cause: Cause::NotAccepted,
        name: name!("not_accepted"),
        title: c"not accepted by the application",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "The server resets after the handshake, before it sent a byte and before a request came.",
            means: "Its kernel completed the handshake for an application that never took the connection: listener closed, backlog full (tcp_abort_on_overflow), or refused by the application.",
            alike: "A proxy without a backend.",
            source: "Linux tcp(7), tcp_abort_on_overflow; docs/measured.md#rst-forms-linux.",
            next: "Check on the server the listener's backlog (ss -ltn, nstat TcpExtListenOverflows) and whether the service was just stopping.",
        },
        recognise: |case, origin| ends_unused(case, origin, Role::Server),
        write: write_not_accepted,
    }),
];

/// Whether it answers the SYN, and with numbers that the client must not take for an
/// answer. A forger's guesses are told otherwise.
pub(super) fn is_unacceptable(case: &Case, origin: Origin) -> bool {
    answers_syn(case)
        && origin != Origin::Middlebox
        && case.acceptability == Acceptability::OutOfWindow
        && !case.sender.has_seq()
}

fn write_unacceptable(case: &Case, _: Origin, out: &mut String) {
    say!(out, "The RST answers the SYN");
    if let Some(syn) = case.receiver.last_frame {
        say!(out, " in frame {syn}");
    }
    if case.reset.flags.ack() {
        let off = case.reset.ack.distance(case.receiver.snd_nxt);
        say!(
            out,
            " but acknowledges {} too {}",
            Count(off.unsigned_abs(), "byte"),
            if off < 0 { "few" } else { "many" },
        );
    } else {
        say!(out, " without an ACK flag");
    }
    say!(
        out,
        ": the client must ignore it and fails only by its own timeout."
    );
}

pub(super) fn answers_syn(case: &Case) -> bool {
    case.phase == Phase::Syn && case.role == Some(Role::Server)
}

/// RFC 9293 §3.5.1 figures 8 and 9: the SYN met an old connection, whose
/// (challenge) ACK the client cannot place.
fn clears_old_connection(case: &Case) -> bool {
    case.phase == Phase::Syn && case.role == Some(Role::Client) && case.shape() == Shape::Passive
}

/// Whether this side itself ends a connection that has not carried a byte.
fn ends_unused(case: &Case, origin: Origin, role: Role) -> bool {
    let unused = match case.phase {
        Phase::Handshake => true,
        // Not a bare ACK of strangers.
        Phase::Established => !is_unsolicited(case),
        _ => false,
    };
    // What comes after a long silence was not for want of use.
    unused && case.role == Some(role) && origin != Origin::Middlebox && !case.after_idle
}

/// Whether its claimed sender takes the SYN-ACK all the same, which its kernel refused.
fn goes_on_with_raw_packets(case: &Case) -> bool {
    let took = |continued: Continuation| continued.plausible && continued.payload > 0;
    case.aftermath.continued.is_some_and(took)
}

fn write_raw_socket(case: &Case, _: Origin, out: &mut String) {
    say!(out, "The client's kernel refused the SYN-ACK");
    write_trigger_frame(case, out);
    if let Some(continued) = case.aftermath.continued {
        say!(
            out,
            ", but the client takes it in frame {}: a program there speaks TCP by raw packets.",
            continued.frame
        );
    }
}

fn refuses_syn_ack(case: &Case, origin: Origin) -> bool {
    case.phase == Phase::Handshake
        && case.shape() == Shape::Passive
        && ends_unused(case, origin, Role::Client)
}

/// Whether the SYN-ACK that it answers acknowledges another SYN than its own
/// (RFC 9293 §3.10.7.3: an unacceptable ACK is answered with an RST).
fn answers_wrong_number(case: &Case) -> bool {
    case.sender.syn() && case.reset.seq != case.sender.snd_nxt
}

fn write_rejected(case: &Case, _: Origin, out: &mut String) {
    say!(out, "A device on the path rejected the connection");
    write_answered(case, out);
    say!(out, "; the server did not send this RST.");
    if case.same_look_hosts > 1 {
        say!(
            out,
            "\nIt answers for {} hosts alike: check its rules and routes first.",
            case.same_look_hosts,
        );
    }
}

pub(super) fn write_accepted_before(case: &Case, out: &mut String) {
    if let Some(Accepted { count, last, .. }) = case.neighbours.accepted_before {
        say!(
            out,
            "\nThe same port had accepted {} before, the last in frame {last}.",
            Count(count.into(), "connection")
        );
    }
}

/// Whether its claimed sender ends an attempt to connect of which nobody took notice.
fn gives_up_connecting(case: &Case) -> bool {
    case.role == Some(Role::Client)
        && case.phase == Phase::Syn
        && case.sender.syn()
        && !case.receiver.has_seq()
        && case.receiver.strange.is_none()
        && case.trigger().is_none()
        // With an acknowledgement it has had an answer, which the capture does not hold.
        && !(case.reset.flags.ack() && case.reset.ack.0 != 0)
}

fn write_connect_timeout(case: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "The capture holds no answer to the client's {}",
        Count(case.sender.segments.into(), "SYN")
    );
    if let Some(frame) = case.sender.last_frame {
        say!(out, " (the last in frame {frame})");
    }
    say!(out, "; the client gave up");
    if let Some(idle) = case.idle {
        say!(out, " ");
        write_span(out, idle);
        say!(out, " later");
    }
    say!(out, ".");
}

fn write_refused(case: &Case, origin: Origin, out: &mut String) {
    say!(out, "The connection was refused");
    write_answered(case, out);
    say!(
        out,
        ": nothing listens on this port, or the host's own firewall rejects it (the two look alike)."
    );
    if origin == Origin::Unclear {
        say!(
            out,
            "\nThis capture cannot show whether the host or a device in front of it answered."
        );
    }
    if let Some(earlier) = case.refused_before {
        say!(
            out,
            "\nIt repeats the attempt of frame {earlier}: the client sends its SYN again (Windows tries three times)."
        );
    }
    write_accepted_before(case, out);
    write_scan(case, out);
    if let Some((port, frame)) = case.neighbours.silent_port {
        say!(
            out,
            "\nThe same host silently drops SYNs to port {port} (frame {frame}): that port is filtered, this one is not."
        );
    }
}

fn write_half_open_recovery(case: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "The client's SYN hit a connection the server still knew; the server answered with an ACK"
    );
    write_trigger_frame(case, out);
    say!(
        out,
        ", and this RST clears the old connection so that the SYN can be sent again."
    );
}

/// A [`Cause::Backscatter`] that answers a SYN-ACK.
pub(super) fn write_unasked(case: &Case, out: &mut String) {
    say!(out, "The client answers a SYN-ACK");
    write_trigger_frame(case, out);
    say!(
        out,
        ", but the capture holds no SYN for it: somebody spoofed its address, or the SYN took another path."
    );
}

/// A [`Cause::StrayAnswer`] to a SYN-ACK.
pub(super) fn write_wrong_number(case: &Case, out: &mut String) {
    say!(out, "The SYN-ACK");
    if let Some(trigger) = case.trigger() {
        say!(out, " in frame {}", trigger.frame);
    }
    say!(
        out,
        " does not acknowledge the client's SYN (it is {} off), so the client refuses it: a late copy, or the server still knows an older connection.",
        Count(
            case.reset.seq.distance(case.sender.snd_nxt).unsigned_abs(),
            "byte"
        ),
    );
}

fn write_half_open_scan(case: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "A program, not the kernel, wrote the client's SYN (no timestamps, no window scale), so the kernel resets what it never asked for: a half-open scan looks like this."
    );
    write_scan(case, out);
}

fn write_cancelled(case: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "The client had already given up when the SYN-ACK arrived"
    );
    write_trigger_frame(case, out);
    say!(
        out,
        ": a connect timeout, or a parallel attempt was faster (Happy Eyeballs)."
    );
}

fn write_health_check(case: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "The client opened the connection and reset it without sending a byte"
    );
    if let Some(series) = case.series {
        say!(out, ", as it does every ");
        write_span(out, series.period);
        say!(out, " ({} times so far)", series.count);
    }
    say!(out, ": a health check.");
}

fn write_connect_scan(case: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "The client opened the connection and reset it without sending a byte"
    );
    if case.neighbours.scan.is_some() {
        say!(out, ".");
        write_scan(case, out);
    } else {
        say!(
            out,
            ": a probe, a port scan, or a connection it did not need after all."
        );
    }
}

fn write_not_accepted(_: &Case, _: Origin, out: &mut String) {
    say!(
        out,
        "The server's kernel completed the handshake, but the connection was reset before the server sent a byte.\nThe listener was closed, its backlog was full, or the application refused the client."
    );
}

pub(super) fn write_scan(case: &Case, out: &mut String) {
    if let Some(Scan { ports, hosts }) = case.neighbours.scan {
        say!(
            out,
            "\nIt is part of a scan: the client tried {} on {} within a minute.",
            Count(ports.into(), "port"),
            Count(hosts.into(), "host"),
        );
    }
}

pub(super) fn write_answered(case: &Case, out: &mut String) {
    if let Some(trigger) = case
        .trigger()
        .filter(|trigger| trigger.kind == SegmentKind::Syn)
    {
        say!(out, " (SYN in frame {}) after ", trigger.frame);
        write_span(out, trigger.latency);
    }
}
