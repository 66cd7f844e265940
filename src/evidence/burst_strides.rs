// SPDX-License-Identifier: GPL-2.0-or-later

//! # Sequence numbers that climb in strides
//!
//! ## What is seen
//! Shortly after another RST of the same claimed sender comes this one, with a
//! sequence number that is higher by a multiple of 1460, by 12503, or by the
//! unscaled window, and without a segment that it answers.
//!
//! ## Why it matters
//! Injectors send several RSTs in case the first comes too late. A host sends
//! one, or one for each segment that it receives, numbered by what it answers.
//!
//! ## What else explains it
//! Segments that the capture lacks.
//!
//! ## References
//! Clayton et al. 2006 (+1460, +4380); Weaver et al., NDSS 2009
//! (RST_SEQ_CHANGE; Sandvine +12503 is unconfirmed there, but no host steps
//! so); measured: tcpkill steps by the unscaled window.

use std::time::Duration;

use crate::{
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::say,
};

/// The stride.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    stride: u32,
    frame: FrameNumber,
}

/// Pairs farther apart are no burst (NDSS 2009: 2 s).
const BURST_WITHIN: Duration = Duration::from_secs(2);
/// A full segment on Ethernet.
const SEGMENT: u32 = 1460;
/// Strides of more than so many segments would be any number.
const MOST_SEGMENTS: u32 = 10;
const SANDVINE: u32 = 12_503;
/// tcpkill: the k-th shot is k windows beyond the one before.
const MOST_WINDOWS: u32 = 10;

fn is_known(stride: u32, windows: [u16; 2]) -> bool {
    let of_segments = stride.is_multiple_of(SEGMENT) && stride / SEGMENT <= limit!(MOST_SEGMENTS);
    let of_windows = windows
        .into_iter()
        .map(u32::from)
        // Small multiples of a tiny window would be any number.
        .filter(|window| *window > 8)
        .any(|window| stride.is_multiple_of(window) && stride / window <= limit!(MOST_WINDOWS));
    stride == SANDVINE || of_segments || of_windows
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let earlier = case
        .earlier
        .filter(|earlier| earlier.same_sender && earlier.age <= limit!(BURST_WITHIN));
    let Some(earlier) = earlier else {
        return Observed::DoesNotApply;
    };
    let Ok(stride @ 1..) = u32::try_from(case.reset.seq.distance(earlier.seq)) else {
        return Observed::Absent;
    };
    let answers = case.shape() == Shape::Passive;
    if answers || !is_known(stride, [case.sender.window, case.receiver.window]) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        stride,
        frame: earlier.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "Its sequence number is {} beyond that of the RST in frame {}, and it answers nothing: a second shot in case the first was too late.",
            self.stride,
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "burst in strides");
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
    fn present_for_the_strides_of_injectors() {
        let burst = case().shape(Shape::Odd);
        let finding = present(observe(&burst.clone().earlier(1460, true)));
        assert_eq!(
            text(&finding),
            "Its sequence number is 1460 beyond that of the RST in frame 7, and it answers nothing: a second shot in case the first was too late."
        );
        present(observe(&burst.clone().earlier(2920, true)));
        present(observe(&burst.clone().earlier(12_503, true)));
        present(observe(&burst.receiver_window(63).earlier(126, true)));
    }

    #[test]
    fn absent_for_other_strides_and_for_answers() {
        let burst = case().shape(Shape::Odd);
        absent(observe(&burst.clone().earlier(1461, true)));
        absent(observe(&burst.clone().earlier(0, true)));
        absent(observe(&burst.clone().earlier(-1460, true)));
        absent(observe(&burst.earlier(16_060, true)));
        absent(observe(&case().earlier(1460, true)));
    }

    #[test]
    fn not_observable_for_a_single_one() {
        does_not_apply(observe(&case().shape(Shape::Odd)));
        does_not_apply(observe(&case().shape(Shape::Odd).earlier(1460, false)));
    }
}
