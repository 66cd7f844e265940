// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs that a device on the path, or an attacker off it, sent into a running
//! connection.

use super::{Cause, CauseGroup, timers::write_candidates};
use crate::{
    case::{Case, Origin},
    conversation::{Phase, SegmentKind},
    words::{say, write_span},
};

pub(super) const GROUP: CauseGroup = CauseGroup { recognise, write };

fn recognise(case: &Case, origin: Origin) -> Option<Cause> {
    if origin != Origin::Middlebox {
        return None;
    }
    if case.is_guess() {
        return Some(Cause::BlindInjection);
    }
    let own_content = case.answer.content.is_some() && !case.after_idle;
    if case.ends_silence() && !own_content {
        return Some(if case.trigger().is_some() {
            Cause::IdleStateLost
        } else {
            Cause::IdleTimeout
        });
    }
    // Once the server has answered a request, the name in it passed the filter.
    let answered_before = case.name_repeated && case.phase != Phase::Request;
    Some(if case.answer.content.is_some() && !answered_before {
        Cause::ContentFilter
    } else {
        Cause::PolicyBlock
    })
}

fn write(cause: Cause, case: &Case, origin: Origin, out: &mut String) -> bool {
    let sender = case.sender_word();
    match cause {
        Cause::ContentFilter => {
            say!(out, "A device on the path reset the connection");
            if let Some(trigger) = case.answer.content {
                say!(out, " ");
                write_span(out, trigger.latency);
                say!(
                    out,
                    " after the {} in frame {}",
                    trigger.kind.words(),
                    trigger.frame
                );
            }
            say!(
                out,
                ", in the {sender}'s name: it reacts to what was asked for."
            );
            if let Some(frame) = case.neighbours.other_name {
                say!(
                    out,
                    " The same server was asked by another name and answered (frame {frame}): the name decides."
                );
            }
        }
        Cause::PolicyBlock => {
            say!(
                out,
                "A device on the path reset the running connection in the {sender}'s name"
            );
            if let Some(trigger) = case.trigger() {
                say!(out, ", ");
                write_span(out, trigger.latency);
                say!(
                    out,
                    " after the {} in frame {}",
                    trigger.kind.words(),
                    trigger.frame
                );
            }
            say!(out, ".");
            if case
                .trigger()
                .is_some_and(|trigger| trigger.kind == SegmentKind::Data)
            {
                say!(out, " A filter that objects to that data looks the same.");
            }
        }
        Cause::BlindInjection => {
            let receiver = case.receiver_word();
            let expected = if case.receiver.has_acked() {
                Some(case.receiver.acked)
            } else {
                case.sender.has_seq().then_some(case.sender.snd_nxt)
            };
            match expected {
                Some(expected) => say!(
                    out,
                    "Its sequence number is {} bytes away from the one that the {receiver} expects",
                    case.reset.seq.distance(expected).unsigned_abs(),
                ),
                None => say!(out, "It does not acknowledge what the {receiver} has sent"),
            }
            say!(
                out,
                ": a guess by somebody who does not see the connection."
            );
        }
        Cause::IdleTimeout => {
            say!(out, "The connection had been silent");
            if let Some(idle) = case.idle {
                say!(out, " for ");
                write_span(out, idle);
            }
            match origin {
                Origin::Middlebox => say!(out, " when a device on the path ended it."),
                Origin::Endpoint | Origin::Unclear => say!(out, " when the {sender} ended it."),
            }
            write_candidates(case, out);
        }
        _ => return false,
    }
    true
}
