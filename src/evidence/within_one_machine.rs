// SPDX-License-Identifier: GPL-2.0-or-later

//! # Both ends are on one machine
//!
//! ## What is seen
//! The RST goes from a loopback address, or from an address to itself.
//!
//! ## Why it matters
//! Such packets never leave the machine, so nothing on a path can have sent them.
//!
//! ## What else explains it
//! A program on that machine that writes raw packets.
//!
//! ## References
//! RFC 1122 §3.2.1.3 (g); RFC 4291 §2.5.3.

use std::net::IpAddr;

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    address: IpAddr,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let [source, destination] = [case.reset.source.address, case.reset.destination.address];
    if !(source.is_loopback() || source == destination) {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        address: source,
        frame: case.reset.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "It goes from {} to the same machine and crossed no network.",
            self.address
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "within one machine");
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
        evidence::testing::{absent, present, text},
    };

    #[test]
    fn present_for_loopback_and_for_oneself() {
        let finding = present(observe(&case().between("127.0.0.1", "127.0.0.2")));
        assert_eq!(
            text(&finding),
            "It goes from 127.0.0.1 to the same machine and crossed no network."
        );
        present(observe(&case().between("10.0.0.1", "10.0.0.1")));
        absent(observe(&case()));
    }
}
