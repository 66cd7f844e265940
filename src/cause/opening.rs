// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs while a connection is being opened, or before it carried a byte.

use super::{Cause, CauseGroup, forgotten::is_unsolicited};
use crate::{
    case::{Case, Origin, Scan},
    conversation::{Phase, Role, SegmentKind, Shape},
    words::{Count, say, write_span},
};

pub(super) const GROUP: CauseGroup = CauseGroup { recognise, write };

fn recognise(case: &Case, origin: Origin) -> Option<Cause> {
    let middlebox = origin == Origin::Middlebox;
    match (case.phase, case.role?) {
        (Phase::Syn, Role::Server) if middlebox => Some(Cause::ConnectionRejected),
        (Phase::Syn, Role::Server) => Some(Cause::PortClosed),
        // RFC 9293 §3.5.1 figures 8 and 9: the SYN met an old connection, whose
        // (challenge) ACK the client cannot place.
        (Phase::Syn, Role::Client) if case.shape() == Shape::Passive => {
            Some(Cause::HalfOpenRecovery)
        }
        (Phase::Handshake | Phase::Established, _) if middlebox || case.after_idle => None,
        // A bare ACK of strangers, or what came after a long life of silence.
        (Phase::Established, _) if is_unsolicited(case) => None,
        (Phase::Handshake, Role::Client) if answers_unasked(case) => Some(Cause::Backscatter),
        (Phase::Handshake, Role::Client) if answers_wrong_number(case) => Some(Cause::StrayAnswer),
        (Phase::Handshake, Role::Client) if case.shape() == Shape::Passive => {
            Some(if case.sender.is_raw_syn() {
                Cause::HalfOpenScan
            } else {
                Cause::CancelledConnect
            })
        }
        (Phase::Handshake | Phase::Established, Role::Client) if case.series.is_some() => {
            Some(Cause::HealthCheck)
        }
        (Phase::Handshake | Phase::Established, Role::Client) => Some(Cause::ConnectScan),
        (Phase::Handshake | Phase::Established, Role::Server) => Some(Cause::NotAccepted),
        _ => None,
    }
}

/// Whether it answers a SYN-ACK to a SYN that the capture does not hold.
fn answers_unasked(case: &Case) -> bool {
    case.shape() == Shape::Passive && !case.sender.has_seq()
}

/// Whether the SYN-ACK that it answers acknowledges another SYN than its own
/// (RFC 9293 §3.10.7.3: an unacceptable ACK is answered with an RST).
fn answers_wrong_number(case: &Case) -> bool {
    case.shape() == Shape::Passive && case.sender.syn() && case.reset.seq != case.sender.snd_nxt
}

fn write(cause: Cause, case: &Case, origin: Origin, out: &mut String) -> bool {
    match cause {
        Cause::PortClosed => write_refused(case, origin, out),
        Cause::ConnectionRejected => {
            say!(out, "A device on the path rejected the connection attempt");
            write_answered(case, out);
            say!(out, "; the server did not send this RST.");
            if case.same_look_hosts > 1 {
                say!(
                    out,
                    " It answers for {} hosts alike: look at its rules and routes first.",
                    case.same_look_hosts,
                );
            }
        }
        Cause::Backscatter if case.phase == Phase::Handshake => {
            say!(out, "The client answers a SYN-ACK");
            if let Some(trigger) = case.trigger() {
                say!(out, " (frame {})", trigger.frame);
            }
            say!(
                out,
                " for which the capture holds no SYN: somebody has used its address elsewhere, or the SYN took another way."
            );
        }
        Cause::StrayAnswer if case.phase == Phase::Handshake => {
            say!(out, "The SYN-ACK");
            if let Some(trigger) = case.trigger() {
                say!(out, " in frame {}", trigger.frame);
            }
            say!(
                out,
                " does not acknowledge the client's SYN (it is {} off), so the client refuses it: a late copy, or a server that still knows an older connection.",
                case.reset.seq.distance(case.sender.snd_nxt).unsigned_abs(),
            );
        }
        Cause::HalfOpenRecovery => {
            say!(
                out,
                "The client's SYN met a connection that the server still knew; the server answered with an ACK"
            );
            if let Some(trigger) = case.trigger() {
                say!(out, " (frame {})", trigger.frame);
            }
            say!(
                out,
                ", and this RST clears the old connection, so that the SYN can be repeated."
            );
        }
        Cause::HalfOpenScan => {
            say!(
                out,
                "The client's SYN was not made by its kernel (no timestamps, no window scale), which answers the SYN-ACK with this RST: a half-open scan looks like this."
            );
            write_scan(case, out);
        }
        Cause::CancelledConnect => {
            say!(
                out,
                "The client had given up the attempt when the SYN-ACK came"
            );
            if let Some(trigger) = case.trigger() {
                say!(out, " (frame {})", trigger.frame);
            }
            say!(
                out,
                ": a connect time-out, or another attempt that was faster (Happy Eyeballs)."
            );
        }
        Cause::HealthCheck => {
            say!(
                out,
                "The client opened the connection and reset it without a byte"
            );
            if let Some(series) = case.series {
                say!(out, ", as every ");
                write_span(out, series.period);
                say!(out, " ({} times so far)", series.count);
            }
            say!(out, ": a health check.");
        }
        Cause::ConnectScan if case.neighbours.scan.is_some() => {
            say!(
                out,
                "The client opened the connection and reset it without a byte."
            );
            write_scan(case, out);
        }
        Cause::ConnectScan => say!(
            out,
            "The client opened the connection and reset it without a byte: a probe, a port scan, or a connection that was not needed after all."
        ),
        Cause::NotAccepted => {
            say!(
                out,
                "The server's kernel completed the handshake, and the connection was reset before the server sent a byte: the listener was closed, its backlog was full, or the application refused the client."
            );
        }
        _ => return false,
    }
    true
}

fn write_refused(case: &Case, origin: Origin, out: &mut String) {
    say!(out, "The connection attempt was refused");
    write_answered(case, out);
    say!(
        out,
        ": nothing listens on this port, or the host's own firewall rejects it (the two look alike)."
    );
    if origin == Origin::Unclear {
        say!(
            out,
            " Whether the host itself or a device before it answered, this capture does not tell."
        );
    }
    if let Some(earlier) = case.refused_before {
        say!(
            out,
            " It is the attempt of frame {earlier} once more: the client repeats its SYN (Windows tries three times)."
        );
    }
    write_scan(case, out);
    if let Some((port, frame)) = case.neighbours.silent_port {
        say!(
            out,
            " The same host drops SYNs to port {port} silently (frame {frame}): that port is filtered, this one is not."
        );
    }
}

fn write_scan(case: &Case, out: &mut String) {
    if let Some(Scan { ports, hosts }) = case.neighbours.scan {
        say!(
            out,
            " It is part of a scan: the client tried {} on {} within a minute.",
            Count(ports.into(), "port"),
            Count(hosts.into(), "host"),
        );
    }
}

fn write_answered(case: &Case, out: &mut String) {
    if let Some(trigger) = case
        .trigger()
        .filter(|trigger| trigger.kind == SegmentKind::Syn)
    {
        say!(out, " (SYN in frame {}) after ", trigger.frame);
        write_span(out, trigger.latency);
    }
}
