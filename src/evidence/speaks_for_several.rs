// SPDX-License-Identifier: GPL-2.0-or-later

//! # One device speaks for several hosts
//!
//! ## What is seen
//! RSTs that claim different hosts, each suspicious on its own or next in such
//! a one's IP ID counter, have one look: link source, TTL, flags, DF, whether the
//! window, the IP ID and the flow label are 0.
//!
//! ## Why it matters
//! Hosts are at different distances and of different make; one device is not.
//!
//! ## What else explains it
//! One machine with several addresses: therefore only RSTs that do not fit
//! their claimed hosts, or cannot come from them, make a device; one that only
//! shares its counter may still claim an address of the device's own.
//!
//! ## References
//! Weaver, Sommer, Paxson, NDSS 2009 (devices told by what their RSTs share);
//! RFC 9505 §4.

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// How many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    hosts: u32,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    match case.same_look_hosts {
        0 => Observed::DoesNotApply,
        1 => Observed::Absent,
        hosts => Observed::Present(Finding { hosts }),
    }
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "RSTs that look the same claim to be {} hosts so far: one device speaks for them all (rst.resetter.hosts counts them).",
            self.hosts
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "speaks for {} hosts", self.hosts);
    }

    fn frame(&self) -> Option<FrameNumber> {
        None
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
    fn present_from_two_hosts_on() {
        let finding = present(observe(&case().same_look_hosts(2)));
        assert_eq!(
            text(&finding),
            "RSTs that look the same claim to be 2 hosts so far: one device speaks for them all (rst.resetter.hosts counts them)."
        );
    }

    #[test]
    fn absent_for_one_host() {
        absent(observe(&case().same_look_hosts(1)));
    }

    #[test]
    fn not_observable_where_nothing_is_suspicious() {
        does_not_apply(observe(&case()));
    }
}
