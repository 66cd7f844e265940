// SPDX-License-Identifier: GPL-2.0-or-later

//! # The IP ID continues the sender's counter
//!
//! ## What is seen
//! The claimed sender counts its IPv4 packets, and the RST has the next number
//! or one shortly after it.
//!
//! ## Why it matters
//! Only the host itself knows where its counter stands; by chance one in a
//! thousand forged packets would fit.
//!
//! ## What else explains it
//! An injector that sees the sender's packets and adds one.
//!
//! ## References
//! SIGCOMM 2023 §4.3; measured: Linux gives an active RST the socket's next ID.

use crate::{
    baseline::{COUNTER_STEP, Pattern},
    case::Case,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::say,
};

/// The two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    id: u16,
    last: u16,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    if case.is_contradicted_elsewhere() {
        // The packets to compare with may be a device's, too.
        return Observed::DoesNotApply;
    }
    let Some(id) = case.reset.ip.and_then(|ip| ip.id()) else {
        return Observed::NotObservable("IPv6 packets carry no identification");
    };
    if id == 0 {
        return Observed::NotObservable(
            "the RST's IP ID is 0, as in any answer for an unknown connection",
        );
    }
    let (Some(Pattern::Counter), Some((last, frame))) =
        (case.sender.ip_id.pattern(), case.sender.ip_id.last())
    else {
        return Observed::NotObservable(
            "the {sender} does not number its packets in sequence here",
        );
    };
    if !(1..=limit!(COUNTER_STEP of "baseline::ip_id")).contains(&id.wrapping_sub(last)) {
        return Observed::Absent;
    }
    Observed::Present(Finding { id, last, frame })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "IP ID 0x{:04x} follows the {{sender}}'s counter, 0x{:04x} in frame {}.",
            self.id,
            self.last,
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "IP ID continues");
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
        evidence::testing::{absent, not_observable, present, text},
    };

    #[test]
    fn present_up_to_64_steps_on() {
        let finding = present(observe(&case().sender_ids(&[100, 101]).id(102)));
        assert_eq!(
            text(&finding),
            "IP ID 0x0066 follows the server's counter, 0x0065 in frame 2."
        );
        present(observe(&case().sender_ids(&[100, 101]).id(165)));
        present(observe(&case().sender_ids(&[65_533, 65_534]).id(3)));
    }

    #[test]
    fn absent_when_it_repeats_or_jumps() {
        absent(observe(&case().sender_ids(&[100, 101]).id(101)));
        absent(observe(&case().sender_ids(&[100, 101]).id(166)));
    }

    #[test]
    fn not_observable_where_nothing_counts() {
        not_observable(observe(&case().sender_ids(&[100, 101]).id(0)));
        not_observable(observe(&case().sender_ids(&[9, 40_000, 70]).id(71)));
        not_observable(observe(&case().sender_ids(&[100]).id(101)));
        not_observable(observe(&case().ipv6(7)));
    }
}
