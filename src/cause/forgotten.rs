// SPDX-License-Identifier: GPL-2.0-or-later

//! Answers of a host that no longer knows the connection.

use super::{Cause, CauseGroup, timers::write_candidates};
use crate::{
    conversation::{Phase, Shape},
    evidence::{Case, Origin, say, write_span},
};

pub(super) const GROUP: CauseGroup = CauseGroup { recognise, write };

/// Retransmissions without an answer from which on a host may have given up
/// (measured with `tcp_retries2` = 2: three copies were sent).
pub(super) const GIVEN_UP_AFTER: u8 = 2;

fn recognise(case: &Case, _: Origin) -> Option<Cause> {
    let known = matches!(
        case.phase,
        Phase::Established | Phase::Request | Phase::Data
    );
    if !known || case.shape() != Shape::Passive {
        return None;
    }
    Some(if case.sender.retransmissions >= GIVEN_UP_AFTER {
        // Linux gives up silently; the RST comes when the peer speaks again.
        Cause::RetransmissionTimeout
    } else if case.after_idle {
        Cause::IdleStateLost
    } else {
        Cause::NoConnection
    })
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
    if let Some(idle) = case.idle {
        write_candidates(idle, out);
    }
}
