// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs that come after an earlier RST of the same conversation.

use super::{
    About, Cause, Impact,
    row::{Row, Rule, name},
};
use crate::{
    case::{Case, Origin},
    conversation::{Phase, Shape},
    words::{say, write_span},
};

pub(super) const RULES: &[Rule] = &[
    Rule::Row(Row {
        cause: Cause::ResetLoop,
        name: name!("reset_loop"),
        title: c"RSTs and ACKs that answer each other",
        usual_impact: Impact::Noteworthy,
        says_who: true,
        about: About {
            seen: "Three or more RSTs of one side with the same number, each after an ACK that says nothing new.",
            means: "The receiver does not take the RST: it is one number off, or a device between the two changes numbers one way. It answers with an ACK, and that is answered with the next RST.",
            alike: "Late segments of one flight, each of which gets its RST: they come sooner than a round trip.",
            source: "RFC 5961 §3.2 (an RST that is not exact gets a challenge ACK); RFC 9293 §3.10.7.4.",
            next: "Compare the RST's sequence number with the ACK's acknowledgement number on both sides: where they differ, a device on the path renumbers, or one host's stack is wrong.",
        },
        recognise: |case, origin| case.in_loop && origin != Origin::Middlebox,
        write: write_reset_loop,
    }),
    Rule::Row(Row {
        cause: Cause::Consequence,
        name: name!("consequence"),
        title: c"consequence of an earlier RST",
        usual_impact: Impact::Benign,
        says_who: true,
        about: About {
            seen: "An earlier RST of the same conversation, of which this is a repetition or an answer.",
            means: "Nothing new: look at rst.consequence_of.",
            alike: "A second, independent reset.",
            source: "RFC 9293 §3.5.2; docs/measured.md#one-rst-for-each-late-segment.",
            next: "",
        },
        recognise: is_consequence,
        write: write_consequence,
    }),
];

fn write_reset_loop(case: &Case, _: Origin, out: &mut String) {
    let (sender, receiver) = (case.sender_word(), case.receiver_word());
    say!(out, "The {receiver}'s ACK");
    if let Some(trigger) = case.trigger() {
        say!(out, " in frame {}", trigger.frame);
    }
    say!(
        out,
        " and the {sender}'s RSTs answer each other: the {receiver} does not accept them."
    );
    if case.turn > 0 {
        say!(out, " This is turn {}.", u16::from(case.turn) + 1);
    }
}

fn is_consequence(case: &Case, origin: Origin) -> bool {
    let earlier = case.earlier.filter(|_| case.phase == Phase::Reset);
    earlier.is_some_and(|earlier| {
        // The same side again, or the other side's answer to what still arrives:
        // both follow from the first RST. An RST that answers nothing and comes
        // from the other side is on its own.
        let follows = earlier.same_sender || case.shape() == Shape::Passive;
        let both_ways = case.shape() == Shape::Active;
        // A sender of guesses goes on guessing: each is one more attempt and
        // follows from nothing.
        let another_guess =
            origin == Origin::Middlebox && earlier.same_sender && !earlier.exact && case.is_guess();
        (follows || both_ways) && !another_guess
    })
}

fn write_consequence(case: &Case, _: Origin, out: &mut String) {
    let Some(earlier) = case.earlier else {
        return;
    };
    if case.copy.is_some() {
        say!(
            out,
            "This is the packet of frame {} again, captured behind a router; its verdict is the same.",
            earlier.frame
        );
        return;
    }
    let sender = case.sender_word();
    // What came before the earlier RST was answered by that one.
    let trigger = case
        .trigger()
        .filter(|trigger| !earlier.same_sender || trigger.frame > earlier.frame);
    match trigger {
        Some(trigger) if earlier.same_sender => say!(
            out,
            "The {sender} had already reset the connection in frame {}; this RST answers a segment that arrived afterwards ({} in frame {}).",
            earlier.frame,
            trigger.kind.words(),
            trigger.frame,
        ),
        Some(trigger) => say!(
            out,
            "The RST in frame {} had ended the connection for the {sender}; this RST answers what still arrived ({} in frame {}).",
            earlier.frame,
            trigger.kind.words(),
            trigger.frame,
        ),
        None => {
            match earlier.same_sender {
                true => say!(out, "It repeats the RST in frame {} after ", earlier.frame),
                false => say!(
                    out,
                    "It follows the other side's RST in frame {} after ",
                    earlier.frame
                ),
            }
            write_span(out, earlier.age);
            say!(out, ".");
        }
    }
}
