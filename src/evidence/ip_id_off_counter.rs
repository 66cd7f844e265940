// SPDX-License-Identifier: GPL-2.0-or-later

//! # The IP ID is off the sender's counter
//!
//! ## What is seen
//! The claimed sender counts its IPv4 packets, and the RST has a number that is
//! neither 0 nor near the counter.
//!
//! ## Why it matters
//! Another machine numbered it.
//!
//! ## What else explains it
//! A counter shared with many other connections that this capture does not
//! hold; a load balancer with several members.
//! ID 0 is left out altogether: a genuine host that has no such connection
//! (any more) answers with it, and so does a firewall.
//!
//! ## References
//! SIGCOMM 2023 §4.3; measured: `tcpkill` draws each ID at random.

use std::time::Duration;

use crate::{
    baseline::Pattern,
    case::Case,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::say,
};

/// The two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    habit: Habit,
    id: u16,
    last: u16,
    frame: FrameNumber,
}

/// Distance, either way, up to which a busy host's counter may have moved on, or
/// packets may have overtaken each other (SIGCOMM 2023 §4.3 counts > 100).
const NEAR: u16 = 100;

/// A busy host with one counter for all sends some hundred packets a second.
const MOVED_ON_AFTER: Duration = Duration::from_secs(1);

/// Whose counter the number is measured against, which tells how far genuine RSTs are
/// off it (`docs/measured.md#ip-id-of-genuine-rsts`): 2.6 %, 11 %, 46 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    OwnCounter,
    HostCounter,
    /// The RST is not the socket's, and neither is its number.
    NoSocket,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(id) = case.reset.ip.and_then(|ip| ip.id()) else {
        // ip_id_continues_counter says so already.
        return Observed::DoesNotApply;
    };
    let (Some(Pattern::Counter), Some((last, frame)), 1..) =
        (case.sender.ip_id.pattern(), case.sender.ip_id.last(), id)
    else {
        return Observed::DoesNotApply;
    };
    let distance = id.wrapping_sub(last).min(last.wrapping_sub(id));
    if distance <= limit!(NEAR) {
        return Observed::Absent;
    }
    if case.reset.time.since(case.sender.last_time) > limit!(MOVED_ON_AFTER) {
        return Observed::NotObservable(
            "the {sender} was silent long enough for its IP ID counter to have moved on",
        );
    }
    Observed::Present(Finding {
        id,
        last,
        frame,
        habit: match (case.reset.flags.ack(), case.sender.ip_id.counts_by_one()) {
            (false, _) => Habit::NoSocket,
            (true, true) => Habit::OwnCounter,
            (true, false) => Habit::HostCounter,
        },
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "IP ID 0x{:04x} is far from the {{sender}}'s counter, 0x{:04x} in frame {}.",
            self.id,
            self.last,
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "IP ID off counter");
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.frame)
    }

    fn grade(&self) -> usize {
        match self.habit {
            Habit::OwnCounter => 0,
            Habit::HostCounter => 1,
            Habit::NoSocket => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::testing::case,
        evidence::testing::{absent, does_not_apply, not_observable, present, text},
    };

    #[test]
    fn present_when_more_than_100_away() {
        let finding = present(observe(&case().sender_ids(&[500, 501]).id(602)));
        assert_eq!(
            text(&finding),
            "IP ID 0x025a is far from the server's counter, 0x01f5 in frame 2."
        );
        present(observe(&case().sender_ids(&[500, 501]).id(400)));
    }

    #[test]
    fn absent_within_100_either_way() {
        absent(observe(&case().sender_ids(&[500, 501]).id(601)));
        absent(observe(&case().sender_ids(&[500, 501]).id(401)));
        absent(observe(&case().sender_ids(&[65_500, 65_501]).id(60)));
    }

    #[test]
    fn not_observable_for_id_0_and_for_ipv6() {
        does_not_apply(observe(&case().sender_ids(&[500, 501]).id(0)));
        let silent = case().silent_for(MOVED_ON_AFTER + Duration::from_nanos(1));
        not_observable(observe(&silent.sender_ids(&[500, 501]).id(602)));
        does_not_apply(observe(&case().ipv6(7)));
        does_not_apply(observe(&case().sender_ids(&[9, 40_000, 70]).id(7_000)));
    }
}
