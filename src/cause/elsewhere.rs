// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs that other conversations of the capture explain.

use super::{
    About, Cause, Impact,
    forgotten::no_longer_knows,
    opening::{answers_syn, is_unacceptable, write_accepted_before, write_answered, write_scan},
    row::{Row, Rule, name},
};
use crate::{
    case::{Case, Origin, Untranslated},
    words::say,
};

pub(super) const RULES: &[Rule] = &[
    Rule::Row(Row {
        cause: Cause::RefusedOpenPort,
        name: name!("refused_open_port"),
        title: c"refused by a port that is open at other times",
        usual_impact: Impact::Disruptive,
        says_who: true,
        about: About {
            seen: "A SYN is refused by a server port that accepts again afterwards, or whose last connection, accepted before, still stands.",
            means: "The service was down for a while or is being restarted, its listener had no room (some stacks refuse then; Linux drops the SYN), or only some members behind the address listen.",
            alike: "A closed port, where the capture is too short to hold its other times.",
            source: "RFC 9293 §3.10.7.1; tests/lab scenario service_restarts; docs/measured.md#rst-forms-linux.",
            next: "Check when the service restarted, how long its listen queue is, and whether every member behind this address listens.",
        },
        recognise: |case, origin| {
            let refused = answers_syn(case) && !is_unacceptable(case, origin);
            refused && origin != Origin::Middlebox && is_open_at_other_times(case)
        },
        write: write_refused_open_port,
    }),
    Rule::Row(Row {
        cause: Cause::TranslationLost,
        name: name!("translation_lost"),
        title: c"address translation lost",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "The RST, or the segment that it answers, has the sequence numbers of another connection of the same port in this capture; only one address differs.",
            means: "An address translation let a segment through as it was: a reply came from another address than was asked, and the host that never asked there resets it; or the RST itself left with the inner address, and its receiver drops it.",
            alike: "Two connections of one client port whose numbers are within 64 KiB of each other by chance: one in 65,536.",
            source: "nf_conntrack-sysctl, nf_conntrack_tcp_be_liberal: Linux translates no packet that conntrack calls INVALID; tests/lab scenarios …_not_translated.",
            next: "Look at the device or node that translates: replies that bypass it (another route, same subnet), packets that conntrack calls INVALID (`conntrack -S`), a full conntrack table.",
        },
        recognise: |case, origin| {
            case.neighbours.translation.is_some_and(|translation| {
                let follows = translation.what == Untranslated::Before;
                origin != Origin::Middlebox && (!follows || no_longer_knows(case))
            })
        },
        write: write_translation_lost,
    }),
];

fn is_open_at_other_times(case: &Case) -> bool {
    let before = case.neighbours.accepted_before;
    case.neighbours.port_accepted.is_some() || before.is_some_and(|accepted| accepted.is_open)
}

fn write_refused_open_port(case: &Case, _: Origin, out: &mut String) {
    say!(out, "The server refused this connection");
    write_answered(case, out);
    say!(out, ".");
    write_accepted_before(case, out);
    if let Some(frame) = case.neighbours.port_accepted {
        say!(out, "\nThe port accepts again in frame {frame}.");
    }
    write_scan(case, out);
}

fn write_translation_lost(case: &Case, _: Origin, out: &mut String) {
    let Some(translation) = case.neighbours.translation else {
        return;
    };
    let other = translation.other;
    match (translation.what, translation.frame) {
        (Untranslated::Answered, _) => {
            match case.trigger() {
                Some(trigger) => say!(out, "Frame {} came", trigger.frame),
                None => say!(out, "What it answers came"),
            }
            say!(
                out,
                " from {} with the numbers of the connection to {other}: its address was not translated back, so the host refused it.",
                case.reset.destination
            );
        }
        (Untranslated::Before, Some(frame)) => say!(
            out,
            "The client's RST in frame {frame} went to {other}, which is this server without its translation: it ended the connection there."
        ),
        (Untranslated::Before | Untranslated::Reset, _) => say!(
            out,
            "It left from {} with the numbers of {other}'s connection: its address was not translated, so its receiver drops it.",
            case.reset.source
        ),
    }
}
