// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST has passed more hops than paths have
//!
//! ## What is seen
//! From the nearest initial TTL the RST has passed more than 40 hops.
//!
//! ## Why it matters
//! Paths on the Internet have about 30 hops at most. Injectors that draw a TTL at
//! random, or count one up, leave such values.
//!
//! ## What else explains it
//! A host with an initial TTL of its own.
//!
//! ## References
//! `docs/measured.md#rst-forms-devices-that-can-be-named` (GFW type 2: TTL 128 to
//! 221); traceroute's own limit of 30 hops.

use crate::{
    baseline::hops,
    case::Case,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    ttl: u8,
    hops: u8,
    frame: FrameNumber,
}

/// traceroute looks no further than 30 hops; 10 are left for initial values that no
/// common stack has.
const MOST_HOPS: u8 = 40;

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(ttl) = case.ttl() else {
        return Observed::DoesNotApply;
    };
    let hops = hops(ttl);
    // A host whose own packets are as strange starts them so.
    let own = case.sender.ttl.has_seen(ttl);
    if hops <= limit!(MOST_HOPS) || own {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        ttl,
        hops,
        frame: case.reset.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "TTL {} would mean {} hops from the nearest initial TTL, and no path is that long.",
            self.ttl,
            self.hops
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "TTL {} of no path", self.ttl);
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
    fn present_beyond_40_hops() {
        let finding = present(observe(&case().ttl(183)));
        assert_eq!(
            text(&finding),
            "TTL 183 would mean 72 hops from the nearest initial TTL, and no path is that long."
        );
        present(observe(&case().ttl(87)));
        absent(observe(&case().ttl(88)));
        absent(observe(&case().ttl(183).sender_ttl(&[183])));
        does_not_apply(observe(&case().without_ip()));
    }
}
