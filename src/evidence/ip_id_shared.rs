// SPDX-License-Identifier: GPL-2.0-or-later

//! # Another host's RSTs share the counter
//!
//! ## What is seen
//! The RST's IPv4 identification is one of the next after that of an RST which
//! claimed another host and arrived with the same TTL.
//!
//! ## Why it matters
//! Two hosts do not share a counter; one device that speaks for both does.
//!
//! ## What else explains it
//! One machine with several addresses; by chance, once in 4096 for each RST
//! compared with.
//!
//! ## References
//! Weaver, Sommer, Paxson, NDSS 2009 (devices told by their IP IDs); RFC 6864
//! §4.

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    id: u16,
    other: u16,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(id @ 1..) = case.reset.ip.and_then(|ip| ip.id()) else {
        return Observed::DoesNotApply;
    };
    match case.shared_counter {
        Some(shared) => Observed::Present(Finding {
            id,
            other: shared.id,
            frame: shared.frame,
        }),
        None => Observed::Absent,
    }
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "IP ID 0x{:04x} follows 0x{:04x} of the RST in frame {}, which claims to be another host.",
            self.id,
            self.other,
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "counter shared by hosts");
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
    fn present_after_another_hosts_reset() {
        let finding = present(observe(&case().shared_counter(0x100).id(0x101)));
        assert_eq!(
            text(&finding),
            "IP ID 0x0101 follows 0x0100 of the RST in frame 3, which claims to be another host."
        );
    }

    #[test]
    fn absent_without_one() {
        absent(observe(&case().id(0x101)));
    }

    #[test]
    fn not_observable_for_id_0_and_for_ipv6() {
        does_not_apply(observe(&case().shared_counter(0xffff)));
        does_not_apply(observe(&case().shared_counter(1).ipv6(1)));
    }
}
