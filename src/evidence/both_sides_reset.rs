// SPDX-License-Identifier: GPL-2.0-or-later

//! # Both sides are reset at once
//!
//! ## What is seen
//! Within 10 ms of an RST that claims one side comes this one, which claims the
//! other side and answers nothing.
//!
//! ## Why it matters
//! An RST is never answered with an RST. A device that cuts a connection tells
//! both sides; two hosts seldom abort at the same moment.
//!
//! ## What else explains it
//! The same time-out on both hosts; a proxy's two halves in one capture; an RST
//! that answers a segment which the capture lacks.
//!
//! ## References
//! RFC 9293 §3.5.2 (no RST in answer to an RST); Clayton et al. 2006 and
//! net4people/bbs#285 (both directions).

use std::time::Duration;

use crate::{
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::{say, write_span},
};

/// The other RST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    age: Duration,
    frame: FrameNumber,
}

/// A device sends both at once; what it sends to the far side passes this
/// capture point within its own delay (measured: below 2 ms).
const AT_ONCE: Duration = Duration::from_millis(10);

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(earlier) = case
        .earlier
        .filter(|earlier| !earlier.same_sender && !earlier.blind)
    else {
        return Observed::DoesNotApply;
    };
    if earlier.age > limit!(AT_ONCE) || case.shape() == Shape::Passive {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        age: earlier.age,
        frame: earlier.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(out, "It came ");
        write_span(out, self.age);
        say!(
            out,
            " after an RST in the other side's name (frame {}) and answers nothing: both sides were reset at once.",
            self.frame
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "both sides at once");
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::testing::case,
        evidence::testing::{absent, does_not_apply, present, text},
    };

    #[test]
    fn present_when_it_answers_nothing() {
        let finding = present(observe(&case().shape(Shape::Active).earlier(0, false)));
        assert_eq!(
            text(&finding),
            "It came 1.0 ms after an RST in the other side's name (frame 7) and answers nothing: both sides were reset at once."
        );
    }

    #[test]
    fn absent_for_an_answer_and_after_a_while() {
        absent(observe(&case().earlier(0, false)));
        let late = case().shape(Shape::Active).earlier(0, false);
        let ms = Duration::from_millis(1);
        present(observe(&late.clone().earlier_age(10 * ms)));
        absent(observe(&late.earlier_age(11 * ms)));
    }

    #[test]
    fn not_observable_for_one_side() {
        does_not_apply(observe(&case().shape(Shape::Active)));
        does_not_apply(observe(&case().shape(Shape::Active).earlier(0, true)));
    }
}
