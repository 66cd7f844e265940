// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs of a connection that one side had closed already, or that a TLS alert
//! had ended.

use super::{Cause, CauseGroup};
use crate::{
    case::{Case, Origin},
    conversation::{Phase, SegmentKind, Shape},
    words::say,
};

pub(super) const GROUP: CauseGroup = CauseGroup { recognise, write };

fn recognise(case: &Case, _: Origin) -> Option<Cause> {
    let (sender, receiver) = (&case.sender, &case.receiver);
    if (sender.tls_alert() || receiver.tls_alert()) && case.phase != Phase::Closed {
        return Some(Cause::TlsAlert);
    }
    let late_syn_ack = case
        .trigger()
        .is_some_and(|trigger| trigger.kind == SegmentKind::SynAck);
    match (sender.fin(), case.shape()) {
        (true, Shape::Passive) if late_syn_ack => Some(Cause::StrayAnswer),
        (true, Shape::Active) => Some(Cause::AbortAfterFin),
        (true, _) => Some(Cause::DataAfterClose),
        // Without a FIN of its own a host that answers so has no such connection.
        (false, Shape::Passive) if receiver.fin() && case.trigger().is_some() => {
            Some(if case.ends_silence() {
                Cause::IdleStateLost
            } else {
                Cause::NoConnection
            })
        }
        (false, _) => receiver.fin().then_some(Cause::CloseCleanup),
    }
}

fn write(cause: Cause, case: &Case, _: Origin, out: &mut String) -> bool {
    let (sender, receiver) = (case.sender_word(), case.receiver_word());
    match cause {
        Cause::TlsAlert => say!(
            out,
            "A fatal TLS alert had ended the connection; the RST only closes it."
        ),
        Cause::DataAfterClose => {
            say!(out, "The {sender} had closed the connection");
            if let Some(fin) = case.sender.fin_frame {
                say!(out, " (FIN in frame {fin})");
            }
            match case.trigger() {
                Some(trigger) => say!(
                    out,
                    ", and answers what the {receiver} sent afterwards ({} in frame {}) with an RST.",
                    trigger.kind.words(),
                    trigger.frame,
                ),
                None => say!(out, " and answers what came afterwards with an RST."),
            }
        }
        Cause::AbortAfterFin => {
            say!(out, "The {sender} had sent its FIN");
            if let Some(fin) = case.sender.fin_frame {
                say!(out, " in frame {fin}");
            }
            say!(out, " and now drops the rest of the connection.");
        }
        Cause::CloseCleanup => {
            say!(out, "The {receiver} had closed its side");
            if let Some(fin) = case.receiver.fin_frame {
                say!(out, " (FIN in frame {fin})");
            }
            say!(
                out,
                "; the {sender} ends the connection with an RST instead of a FIN of its own."
            );
        }
        _ => return false,
    }
    true
}
