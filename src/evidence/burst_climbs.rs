// SPDX-License-Identifier: GPL-2.0-or-later

//! # TTL or window climb within a burst
//!
//! ## What is seen
//! Shortly after another RST of the same claimed sender and the same form comes
//! this one, with a TTL or a window that is a little higher.
//!
//! ## Why it matters
//! Some injectors raise TTL and window with every shot. A host's packets travel
//! the same way and carry the same window.
//!
//! ## What else explains it
//! A route change between the two would lower or raise only the TTL, once.
//!
//! ## References
//! net4people/bbs#285 (TTL and window rise within a group of three); gfw.report
//! 2025-08-20 (windows 1980, 1981, 1982).

use std::time::Duration;

use crate::{
    case::Case,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::say,
};

/// How far they climbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    ttl: u8,
    window: u16,
    frame: FrameNumber,
}

/// The shots of a burst leave at once.
const BURST_WITHIN: Duration = Duration::from_millis(50);
/// What still is a little (measured with the published figures of type 2: 79).
const MOST: u16 = 256;

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let earlier = case
        .earlier
        .filter(|earlier| earlier.same_sender && earlier.age <= limit!(BURST_WITHIN));
    let (Some(earlier), Some(ttl)) = (earlier, case.ttl()) else {
        return Observed::DoesNotApply;
    };
    if earlier.flags != case.reset.flags {
        return Observed::DoesNotApply;
    }
    let ttl = ttl.wrapping_sub(earlier.ip.map_or(ttl, |ip| ip.ttl));
    let window = case.reset.window.wrapping_sub(earlier.window);
    let climbs = |step: u16| (1..=limit!(MOST)).contains(&step);
    // The window alone is enough where there is one; the TTL alone could be
    // another route.
    let window_climbs = earlier.window != 0 && climbs(window);
    if !window_climbs {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        ttl: if climbs(ttl.into()) { ttl } else { 0 },
        window,
        frame: earlier.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(out, "Its window is {} higher", self.window);
        if self.ttl > 0 {
            say!(out, " and its TTL {} higher", self.ttl);
        }
        say!(
            out,
            " than in the RST in frame {}: a program counts up through a burst.",
            self.frame
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "burst counts up");
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
    fn present_when_window_and_ttl_climb() {
        let finding = present(observe(&case().earlier_look(60, 1980).window(1981)));
        assert_eq!(
            text(&finding),
            "Its window is 1 higher and its TTL 1 higher than in the RST in frame 7: a program counts up through a burst."
        );
        present(observe(&case().earlier_look(61, 1980).window(2236)));
    }

    #[test]
    fn absent_when_they_stay_or_jump() {
        absent(observe(&case().earlier_look(61, 1980).window(1980)));
        absent(observe(&case().earlier_look(61, 1980).window(2237)));
        absent(observe(&case().earlier_look(60, 0).window(1)));
    }

    #[test]
    fn not_observable_for_a_single_one() {
        does_not_apply(observe(&case().window(1981)));
    }
}
