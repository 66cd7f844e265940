// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST carries a packet filter's ToS
//!
//! ## What is seen
//! The RST's ToS byte is 0x10 (minimize delay) or 0xc0 (CS6), which neither side's
//! packets have.
//!
//! ## Why it matters
//! pf and ipfw write 0x10 into the resets that they make, and OVN 0xc0, whatever the
//! flow carries.
//!
//! ## What else explains it
//! A host of which interactive programs ask for low delay (ssh did so), or a network
//! that marks resets.
//!
//! ## References
//! the sources of pf, ipfw and OVN
//! (`docs/measured.md#rst-forms-devices-that-can-be-named`).

use crate::{
    case::Case,
    conversation::Endpoint,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    traffic_class: u8,
    frame: FrameNumber,
}

/// pf's and ipfw's IPTOS_LOWDELAY, OVN's CS6.
const OF_FILTERS: [u8; 2] = [0x10, 0xc0];

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(ip) = case.reset.ip else {
        return Observed::DoesNotApply;
    };
    if !OF_FILTERS.contains(&ip.traffic_class) {
        return Observed::Absent;
    }
    let used = |side: &Endpoint| side.has_seq() && side.traffic_class == ip.traffic_class;
    if used(&case.sender) || used(&case.receiver) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        traffic_class: ip.traffic_class,
        frame: case.reset.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        let maker = if self.traffic_class == 0x10 {
            "pf and ipfw write it into their resets"
        } else {
            "OVN writes it into its resets"
        };
        say!(
            out,
            "ToS 0x{:02x}: neither side uses it, but {maker}.",
            self.traffic_class
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "ToS 0x{:02x} of a filter", self.traffic_class);
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.frame)
    }

    fn grade(&self) -> usize {
        usize::from(self.traffic_class == 0xc0)
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
    fn present_where_neither_side_uses_it() {
        let finding = present(observe(&case().class(0x10)));
        assert_eq!(
            text(&finding),
            "ToS 0x10: neither side uses it, but pf and ipfw write it into their resets."
        );
        present(observe(&case().class(0xc0)));
        absent(observe(&case().class(0x11)));
        absent(observe(&case().class(0x10).sender_class(0x10)));
        does_not_apply(observe(&case().without_ip()));
    }
}
