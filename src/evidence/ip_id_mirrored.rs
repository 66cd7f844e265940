// SPDX-License-Identifier: GPL-2.0-or-later

//! # The IP ID is the answered packet's
//!
//! ## What is seen
//! The RST carries the IPv4 identification of the other side's last packet,
//! which it answers.
//!
//! ## Why it matters
//! A device that turns a packet round and sends it back as an RST keeps what it
//! does not overwrite. A host draws a number of its own.
//!
//! ## What else explains it
//! One in 65,536 by chance. A sender that happens to have used the same number
//! last is no finding.
//!
//! ## References
//! noahdavids.org firewall_reset_trace (IP ID and window of the packet
//! answered); SIGCOMM 2023 §4.3 (injectors that copy the ID).

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    id: u16,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let id = case.reset.ip.and_then(|ip| ip.id());
    let (Some(id @ 1..), Some((answered, frame))) = (id, case.receiver.ip_id.last()) else {
        return Observed::DoesNotApply;
    };
    let own = case.sender.ip_id.last().map(|(own, _)| own);
    if id != answered || own == Some(id) {
        return Observed::Absent;
    }
    Observed::Present(Finding { id, frame })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "IP ID 0x{:04x} is copied from the packet it answers (frame {}).",
            self.id,
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "IP ID mirrored");
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
    fn present_when_equal() {
        let finding = present(observe(&case().receiver_ids(&[700, 701]).id(701)));
        assert_eq!(
            text(&finding),
            "IP ID 0x02bd is copied from the packet it answers (frame 2)."
        );
    }

    #[test]
    fn absent_when_another_or_the_senders_own() {
        absent(observe(&case().receiver_ids(&[700, 701]).id(700)));
        absent(observe(
            &case().receiver_ids(&[701]).sender_ids(&[701]).id(701),
        ));
    }

    #[test]
    fn not_observable_for_id_0_and_for_ipv6() {
        does_not_apply(observe(&case().receiver_ids(&[700]).id(0)));
        does_not_apply(observe(&case().receiver_ids(&[700]).ipv6(1)));
        does_not_apply(observe(&case().id(700)));
    }
}
