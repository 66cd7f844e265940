// SPDX-License-Identifier: GPL-2.0-or-later

//! # RSTs in the host's name come with several TTLs that it never has
//!
//! ## What is seen
//! RSTs that claim this host have arrived with three or more TTLs that none of its
//! own packets had.
//!
//! ## Why it matters
//! A host starts its packets with one or two values. Injectors that copy the TTL of
//! the packet that they answer, or draw one at random, show many.
//!
//! ## What else explains it
//! Routes that change with every packet, each by another number of hops.
//!
//! ## References
//! `docs/measured.md#rst-forms-devices-that-can-be-named` (Belarus: 1 to 28; GFW type
//! 2: 128 to 221).

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
    different: usize,
    frame: FrameNumber,
}

/// Two may be a cluster whose members stand at two distances.
const SEVERAL: usize = 3;

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(host) = case.host else {
        return Observed::DoesNotApply;
    };
    let strange = case.other_distance().is_some();
    let different = host.reset_ttls.strange_to(&host.ttl);
    if !strange || different < limit!(SEVERAL) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        different,
        frame: case.reset.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "RSTs in the {{sender}}'s name came with {} TTLs that its own packets never have.",
            self.different
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "its RSTs' TTL wanders");
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
    fn present_from_three_on() {
        let resets = |ttls: &[u8]| case().sender_ttl(&[61]).ttl(63).host_resets(ttls);
        let finding = present(observe(&resets(&[63, 50, 40])));
        assert_eq!(
            text(&finding),
            "RSTs in the server's name came with 3 TTLs that its own packets never have."
        );
        absent(observe(&resets(&[63, 50])));
        absent(observe(&resets(&[63, 50, 63])));
        does_not_apply(observe(&case().ttl(63)));
    }
}
