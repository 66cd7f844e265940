// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST's IP ID is the receiver's last one plus 1
//!
//! ## What is seen
//! The RST's IPv4 identification follows that of the packet that its receiver sent
//! last, and not the claimed sender's own.
//!
//! ## Why it matters
//! Some filters build the reset from the packet that they object to and count its
//! number up.
//!
//! ## What else explains it
//! Two hosts whose counters happen to stand beside each other.
//!
//! ## References
//! `docs/measured.md#rst-forms-devices-that-can-be-named` (Belarus: 67 of 67).

use crate::{
    baseline::COUNTER_STEP,
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    id: u16,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let id = case.reset.ip.and_then(|ip| ip.id());
    let (Some(id @ 1..), Some((last, frame))) = (id, case.receiver.ip_id.last()) else {
        return Observed::DoesNotApply;
    };
    let own = case.sender.ip_id.last().map(|(own, _)| own);
    // Beside the claimed sender's own number it says nothing.
    let near_own = own.is_some_and(|own| own.abs_diff(id) <= COUNTER_STEP);
    if id != last.wrapping_add(1) || near_own {
        return Observed::Absent;
    }
    Observed::Present(Finding { id, frame })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "IP ID 0x{:04x} follows the {{receiver}}'s last one (frame {}), as if counted up from the packet it answers.",
            self.id,
            self.frame
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "IP ID after the receiver's");
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
    fn present_right_after_the_receivers() {
        let finding = present(observe(&case().id(8).receiver_ids(&[6, 7])));
        assert_eq!(
            text(&finding),
            "IP ID 0x0008 follows the client's last one (frame 2), as if counted up from the packet it answers."
        );
        absent(observe(&case().id(9).receiver_ids(&[6, 7])));
        absent(observe(
            &case().id(8).receiver_ids(&[6, 7]).sender_ids(&[3, 5]),
        ));
        does_not_apply(observe(&case().receiver_ids(&[7])));
    }
}
