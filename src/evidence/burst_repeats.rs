// SPDX-License-Identifier: GPL-2.0-or-later

//! # The same RST comes again at once
//!
//! ## What is seen
//! Within a millisecond of another RST of the same claimed sender comes this one,
//! equal in every field, the IP ID included, and nothing else of the conversation was
//! captured twice.
//!
//! ## Why it matters
//! Injectors send each shot two or three times, so that one arrives. A host numbers
//! its packets anew.
//!
//! ## What else explains it
//! A capture that sees each packet twice (a mirror of two ports), where the other
//! packets of the conversation come twice as well.
//!
//! ## References
//! `docs/measured.md#rst-forms-devices-that-can-be-named` (GFW type 2: three within
//! 224 to 301 µs).

use std::time::Duration;

use crate::{
    case::Case,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    frame: FrameNumber,
}

/// Copies by injectors came within 301 µs.
const AT_ONCE: Duration = Duration::from_millis(1);

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(earlier) = case.earlier.filter(|earlier| earlier.same_sender) else {
        return Observed::DoesNotApply;
    };
    let reset = &case.reset;
    let numbered = reset.ip.and_then(|ip| ip.id()).is_some_and(|id| id != 0);
    if !numbered {
        return Observed::DoesNotApply;
    }
    let equal = earlier.ip == reset.ip
        && (earlier.seq, earlier.ack, earlier.flags, earlier.window)
            == (reset.seq, reset.ack, reset.flags, reset.window);
    if !equal || earlier.age > limit!(AT_ONCE) || case.copies > 0 {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        frame: earlier.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "It is the RST of frame {} again, with the same IP ID, yet no other packet came twice.",
            self.frame
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "the same RST again");
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
    fn present_for_an_equal_one_at_once() {
        let again = case().id(7).earlier(0, true);
        let finding = present(observe(&again));
        assert_eq!(
            text(&finding),
            "It is the RST of frame 7 again, with the same IP ID, yet no other packet came twice."
        );
        absent(observe(
            &again.clone().earlier_age(Duration::from_micros(1_001)),
        ));
        absent(observe(&again.clone().window(9)));
        absent(observe(&again.captured_twice(1)));
    }

    #[test]
    fn does_not_apply_without_a_number() {
        does_not_apply(observe(&case().earlier(0, true)));
        does_not_apply(observe(&case().id(7)));
    }
}
