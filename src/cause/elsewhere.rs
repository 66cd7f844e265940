// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs that belong to another conversation of the capture.

use super::{
    About, Cause, Impact,
    forgotten::no_longer_knows,
    row::{Row, Rule, name},
};
use crate::{
    case::{Case, Origin, Untranslated},
    words::say,
};

pub(super) const RULES: &[Rule] = &[Rule::Row(Row {
    cause: Cause::TranslationLost,
    name: name!("translation_lost"),
    title: c"address translation lost",
    usual_impact: Impact::Disruptive,
    says_who: true,
    about: About {
        seen: "The RST, or the segment that it answers, has the sequence numbers of another connection of the same port in this capture; only one address differs.",
        means: "An address translation let a segment through as it was: a reply came from another address than was asked, and the host that never asked there resets it; or the RST itself left with the inner address, and its receiver drops it.",
        alike: "Two connections of one client port whose numbers are within 64 KiB of each other by chance: one in 65,536.",
        source: "RFC 5382 REQ-1 and §7; nf_conntrack-sysctl, nf_conntrack_tcp_be_liberal; the Linux kernel's nf_nat, which translates no packet that conntrack calls INVALID.",
        next: "Look at the device or node that translates: replies that bypass it (another route, same subnet), packets that conntrack calls INVALID (`conntrack -S`), a full conntrack table.",
    },
    recognise: |case, origin| {
        case.neighbours.translation.is_some_and(|translation| {
            let follows = translation.what == Untranslated::Before;
            origin != Origin::Middlebox && (!follows || no_longer_knows(case))
        })
    },
    write: write_translation_lost,
})];

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
