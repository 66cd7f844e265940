// SPDX-License-Identifier: GPL-2.0-or-later

//! # TTL is off the sender's baseline
//!
//! ## What is seen
//! The RST arrives with a TTL from another distance than that of the claimed sender's
//! packets: another number of hops, from the nearest initial TTL.
//!
//! ## Why it matters
//! A packet that something else sent has mostly come another length of way. Packets
//! of one host come the same way: of 29,635 data segments after five equal ones 19
//! differed.
//!
//! ## What else explains it
//! A route that changed, another member of a cluster, a stack or program with its own
//! initial TTL: stories of their own. A TTL that is lower by no more than
//! `rst.ttl_tolerance` hops, and one over the same hops from another initial value,
//! is no finding.
//!
//! ## References
//! SIGCOMM 2023 §4.3; `docs/measured.md#ttl-of-genuine-packets`,
//! `docs/measured.md#ttl-of-genuine-rsts`.

use crate::{
    case::{Case, TtlCompared, Yardstick},
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::{Count, say},
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    compared: TtlCompared,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    if case.ttl().is_none() {
        return Observed::NotObservable("no IP header was seen, so the TTL is unknown");
    }
    if case.ttl_baseline().is_none() {
        return Observed::NotObservable(if case.has_written_its_ttl() {
            "a program wrote the client's SYN, so its TTL may be anything"
        } else {
            "no other packet shows which TTL the {sender}'s packets arrive with"
        });
    }
    match case.other_distance() {
        Some(compared) if compared.unrouted() => Observed::DoesNotApply,
        Some(compared) => Observed::Present(Finding { compared }),
        None => Observed::Absent,
    }
}

/// Place of a yardstick's weight in the rows of the TTL.
pub(super) const fn yardstick_grade(yardstick: Yardstick) -> usize {
    match yardstick {
        Yardstick::Many => 0,
        Yardstick::Several => 1,
        Yardstick::One => 2,
        Yardstick::Elsewhere => 3,
    }
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        let TtlCompared {
            ttl,
            baseline,
            hops,
            hops_expected,
            ..
        } = self.compared;
        say!(
            out,
            "TTL {ttl}, but the {{sender}}'s packets arrive with {}: {} away, not {hops_expected}; compare frame {}",
            baseline.ttl,
            Count(hops.into(), "hop"),
            baseline.frame,
        );
        if !baseline.same_conversation() {
            say!(out, " of another conversation");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(
            out,
            "TTL {}, expected {}",
            self.compared.ttl,
            self.compared.baseline.ttl
        );
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.compared.baseline.frame)
    }

    fn grade(&self) -> usize {
        yardstick_grade(self.compared.baseline.yardstick)
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
    fn present_from_another_distance() {
        let finding = present(observe(&case().sender_ttl(&[61]).ttl(63)));
        assert_eq!(
            text(&finding),
            "TTL 63, but the server's packets arrive with 61: 1 hop away, not 3; compare frame 1."
        );
        present(observe(&case().sender_ttl(&[61]).ttl(58)));
    }

    #[test]
    fn graded_by_the_yardstick() {
        let grade = |ttls: &[u8]| present(observe(&case().sender_ttl(ttls).ttl(63))).grade();
        assert_eq!(grade(&[61; 5]), 0);
        assert_eq!(grade(&[61; 4]), 1);
        assert_eq!(grade(&[61; 2]), 1);
        assert_eq!(grade(&[61]), 2);
    }

    #[test]
    fn absent_within_the_tolerance_and_over_the_same_hops() {
        absent(observe(&case().sender_ttl(&[61]).ttl(61)));
        absent(observe(&case().sender_ttl(&[61]).ttl(59)));
        absent(observe(&case().sender_ttl(&[61]).ttl(125)));
    }

    #[test]
    fn not_observable_without_ttl_or_yardstick() {
        not_observable(observe(&case()));
        not_observable(observe(&case().sender_ttl(&[61]).without_ip()));
    }
}
