// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs that come after an earlier RST of the same conversation.

use super::{Cause, CauseGroup};
use crate::{
    case::{Case, EarlierReset, Origin},
    conversation::{Phase, Shape},
    words::{say, write_span},
};

pub(super) const GROUP: CauseGroup = CauseGroup { recognise, write };

fn recognise(case: &Case, origin: Origin) -> Option<Cause> {
    let earlier = case.earlier.filter(|_| case.phase == Phase::Reset)?;
    if is_another_guess(case, earlier, origin) {
        return Some(Cause::BlindInjection);
    }
    // The same side again, or the other side's answer to what still arrives:
    // both follow from the first RST. An RST that answers nothing and comes
    // from the other side is on its own.
    let follows = earlier.same_sender || case.shape() == Shape::Passive;
    let both_ways = case.shape() == Shape::Active;
    (follows || both_ways).then_some(Cause::Consequence)
}

/// A sender of guesses goes on guessing: each is one more attempt and follows
/// from nothing.
fn is_another_guess(case: &Case, earlier: EarlierReset, origin: Origin) -> bool {
    origin == Origin::Middlebox && earlier.same_sender && !earlier.exact && case.is_guess()
}

fn write(cause: Cause, case: &Case, _: Origin, out: &mut String) -> bool {
    let (Cause::Consequence, Some(earlier)) = (cause, case.earlier) else {
        return false;
    };
    let sender = case.sender_word();
    if case.copy.is_some() {
        say!(
            out,
            "It is the packet of frame {} once more, captured behind a router, and was judged as that one.",
            earlier.frame
        );
        return true;
    }
    // What came before the earlier RST was answered by that one.
    let trigger = case
        .trigger()
        .filter(|trigger| !earlier.same_sender || trigger.frame > earlier.frame);
    match trigger {
        Some(trigger) if earlier.same_sender => say!(
            out,
            "The {sender} had reset the connection in frame {}; this RST answers one more segment that arrived afterwards ({} in frame {}).",
            earlier.frame,
            trigger.kind.words(),
            trigger.frame,
        ),
        Some(trigger) => say!(
            out,
            "The RST in frame {} had ended the connection for the {sender}; it answers what still arrives ({} in frame {}) with this one.",
            earlier.frame,
            trigger.kind.words(),
            trigger.frame,
        ),
        None => {
            say!(out, "It repeats the RST in frame {} after ", earlier.frame);
            write_span(out, earlier.age);
            say!(out, ".");
        }
    }
    true
}
