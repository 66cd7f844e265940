// SPDX-License-Identifier: GPL-2.0-or-later

//! Answers of a host that no longer knows the connection.

use super::{Cause, CauseGroup, timers::write_candidates};
use crate::{
    case::{Case, Origin},
    conversation::{Phase, SegmentKind, Shape},
    words::{Count, say, write_span},
};

pub(super) const GROUP: CauseGroup = CauseGroup { recognise, write };

/// Retransmissions without an answer from which on a host may have given up
/// (measured with `tcp_retries2` = 2: three copies were sent).
pub(super) const GIVEN_UP_AFTER: u8 = 2;

fn recognise(case: &Case, _: Origin) -> Option<Cause> {
    if case.shape() != Shape::Passive {
        return is_stray(case).then_some(Cause::StrayAnswer);
    }
    if is_unsolicited(case) {
        return Some(if case.neighbours.unsolicited >= UNSOLICITED {
            Cause::Backscatter
        } else {
            Cause::StrayAnswer
        });
    }
    let known = matches!(
        case.phase,
        Phase::Established | Phase::Request | Phase::Data
    );
    if !known {
        return None;
    }
    Some(if case.sender.retransmissions >= GIVEN_UP_AFTER {
        // Linux gives up silently; the RST comes when the peer speaks again.
        Cause::RetransmissionTimeout
    } else if case.receiver.stalled() {
        // The same for a window that opened too late.
        Cause::ZeroWindowTimeout
    } else if case.ends_silence() {
        Cause::IdleStateLost
    } else {
        Cause::NoConnection
    })
}

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

/// Without ACK flag an RST answers a segment, and its number is that segment's
/// acknowledgement (RFC 9293 §3.5.2); this one's is none of those seen.
fn is_stray(case: &Case) -> bool {
    let known = !matches!(case.phase, Phase::Unknown | Phase::Syn);
    known && case.shape() == Shape::Odd && !case.reset.flags.ack() && case.sender.has_seq()
}

fn write(cause: Cause, case: &Case, origin: Origin, out: &mut String) -> bool {
    let (sender, receiver) = (case.sender_word(), case.receiver_word());
    match cause {
        Cause::NoConnection => {
            say!(out, "The {sender} answers");
            match case.trigger() {
                Some(trigger) => {
                    say!(
                        out,
                        " the {receiver}'s {} in frame {} ",
                        trigger.kind.words(),
                        trigger.frame
                    );
                    say!(out, "after ");
                    write_span(out, trigger.latency);
                }
                None => say!(out, " the {receiver}"),
            }
            say!(
                out,
                " as a host does that has no such connection: it was restarted, another member of a cluster took over, or its application is gone."
            );
            if origin == Origin::Unclear {
                say!(
                    out,
                    " A device on the path that rejects the packet looks the same."
                );
            }
        }
        Cause::IdleStateLost => write_idle_state_lost(case, origin, out),
        Cause::ZeroWindowTimeout => {
            say!(
                out,
                "The {receiver} had closed its window (it had stopped reading) for so long that the {sender} gave the connection up; what the {receiver} sends now"
            );
            if let Some(trigger) = case.trigger() {
                say!(out, " (frame {})", trigger.frame);
            }
            say!(out, " meets no connection.");
        }
        Cause::Backscatter => say!(
            out,
            "The {sender} answers segments of connections that it has not opened, as this capture shows: {} so far. Somebody has used its address (spoofed SYNs elsewhere), or scans it with ACKs.",
            Count(case.neighbours.unsolicited.into(), "conversation"),
        ),
        Cause::StrayAnswer => {
            match case.trigger() {
                Some(trigger) => say!(
                    out,
                    "The {sender} answers the {} in frame {}, which fits no connection that the capture shows",
                    trigger.kind.words(),
                    trigger.frame,
                ),
                None => say!(
                    out,
                    "The {sender} answers a segment that is not in the capture: the RST's sequence number is the acknowledgement of none that was seen lately"
                ),
            }
            say!(out, ": a late copy, or a connection from before.");
        }
        Cause::RetransmissionTimeout => say!(
            out,
            "The {sender} had sent the same data {} times without an answer and given the connection up.",
            u32::from(case.sender.retransmissions) + 1,
        ),
        _ => return false,
    }
    true
}

fn write_idle_state_lost(case: &Case, origin: Origin, out: &mut String) {
    say!(out, "After silence");
    if let Some(idle) = case.idle {
        say!(out, " of ");
        write_span(out, idle);
    }
    say!(out, ", the first packet");
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
