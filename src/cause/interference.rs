// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs that a device on the path, or an attacker off it, sent into a running
//! connection.

use super::{
    About, Cause, Impact,
    row::{Row, Rule, name},
};
use crate::{
    case::{Case, Origin},
    conversation::{Phase, SegmentKind},
    words::{say, write_span},
};

pub(super) const RULES: &[Rule] = &[
    Rule::Row(Row {
        cause: Cause::BlindInjection,
        name: name!("blind_injection"),
        title: c"guessed sequence number",
        usual_impact: Impact::Noteworthy,
        says_who: false,
        about: About {
            seen: "A sequence number that is not the expected one, and none that the sender has used, from somebody else than the sender.",
            means: "An attacker off the path, or a device that has lost track, guesses.",
            alike: "Heavy reordering where the capture holds no handshake.",
            source: "RFC 5961 §1 and §3.",
            next: "The receiver does not accept this RST; see whether the connection goes on, and who guesses.",
        },
        // A maker that can be named writes numbers of its own, and guesses none.
        recognise: |case, origin| {
            origin == Origin::Middlebox && case.is_guess() && case.maker().is_none()
        },
        write: write_guess,
    }),
    Rule::Also(Cause::IdleStateLost, |case, origin| {
        times_out(case, origin) && case.trigger().is_some()
    }),
    Rule::Also(Cause::IdleTimeout, times_out),
    Rule::Row(Row {
        cause: Cause::ContentFilter,
        name: name!("content_filter"),
        title: c"content filtered",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "A device's RST just after a ClientHello or an HTTP request.",
            means: "It reads along and objects to the name or to the content.",
            alike: "A device that rejects the connection for another reason when the first data comes.",
            source: "SIGCOMM 2023 §4; Weaver et al., NDSS 2009.",
            next: "Send the same request with another name, or from another network: if only this name is reset, a filter reads it.",
        },
        recognise: |case, origin| origin == Origin::Middlebox && objects_to_content(case),
        write: write_content_filter,
    }),
    Rule::Row(Row {
        cause: Cause::PolicyBlock,
        name: name!("policy_block"),
        title: c"cut by a device on the path",
        usual_impact: Impact::Disruptive,
        says_who: false,
        about: About {
            seen: "A device's RST in mid-stream, not after silence, and not after a request that it could have read.",
            means: "A rule was changed, a session limit was reached, an administrator killed it (tcpkill), or a device lost its state.",
            alike: "A filter that objects to payload which is neither TLS nor HTTP.",
            source: "docs/measured.md#rst-forms-injectors.",
            next: "Capture beside the host whose address the RST carries: if the RST is missing there, a device in between sent it, and its log names the rule.",
        },
        recognise: |_, origin| origin == Origin::Middlebox,
        write: write_policy_block,
    }),
];

/// Whether a device ends a silence, and does not react to what has just been asked.
fn times_out(case: &Case, origin: Origin) -> bool {
    let own_content = case.answer.content.is_some() && !case.after_idle;
    origin == Origin::Middlebox && case.ends_silence() && !own_content
}

/// Whether something was asked that a filter may have objected to. Once the server
/// has answered a request, the name in it passed the filter.
fn objects_to_content(case: &Case) -> bool {
    let answered_before = case.name_repeated && case.phase != Phase::Request;
    case.answer.content.is_some() && !answered_before
}

fn write_guess(case: &Case, _: Origin, out: &mut String) {
    let receiver = case.receiver_word();
    let expected = if case.receiver.has_acked() {
        Some(case.receiver.acked)
    } else {
        case.sender.has_seq().then_some(case.sender.snd_nxt)
    };
    match expected {
        Some(expected) => say!(
            out,
            "Its sequence number is {} bytes away from the one the {receiver} expects",
            case.reset.seq.distance(expected).unsigned_abs(),
        ),
        None => say!(out, "It does not acknowledge what the {receiver} has sent"),
    }
    say!(out, ": a guess by somebody who cannot see the connection.");
}

fn write_content_filter(case: &Case, _: Origin, out: &mut String) {
    let sender = case.sender_word();
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
    say!(out, ", in the {sender}'s name: it reacted to the request.");
    if let Some(frame) = case.neighbours.other_name {
        say!(
            out,
            "\nThe same server answered when asked for another name (frame {frame}): the name decides."
        );
    }
}

fn write_policy_block(case: &Case, _: Origin, out: &mut String) {
    let sender = case.sender_word();
    say!(
        out,
        "A device on the path reset the running connection in the {sender}'s name"
    );
    let Some(trigger) = case.trigger() else {
        say!(out, ".");
        return;
    };
    say!(out, ", ");
    write_span(out, trigger.latency);
    say!(
        out,
        " after the {} in frame {}.",
        trigger.kind.words(),
        trigger.frame
    );
    if trigger.kind == SegmentKind::Data {
        say!(out, "\nA filter that objects to that data looks the same.");
    }
}
