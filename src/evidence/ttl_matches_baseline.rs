// SPDX-License-Identifier: GPL-2.0-or-later

//! # The TTL is the sender's
//!
//! ## What is seen
//! The RST arrives with a TTL (hop limit) that the claimed sender's own packets
//! arrive with.
//!
//! ## Why it matters
//! It has travelled as far as the sender's packets.
//!
//! ## What else explains it
//! A device right beside the host (a bridging firewall leaves the TTL alone), or
//! one that copies or guesses the TTL: some censors do. So a match speaks for
//! the host less loudly than a difference speaks against it.
//!
//! ## References
//! SIGCOMM 2023 §4.3; imitated TTLs: net4people/bbs#98 and #294; measured: a
//! bridge that rejects for the server behind it has the server's TTL.

use crate::{
    case::{Case, TtlCompared},
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The TTL that agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    ttl: u8,
    frame: FrameNumber,
    likeness: Likeness,
}

/// How well it agrees, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    /// The same as of packets in this conversation.
    Here,
    /// The same as of packets in others.
    Elsewhere,
    /// The same hops from another initial value: a socket's own TTL, and its host's.
    Roughly(u8),
    /// The same as of few packets here, while the host's other conversations show
    /// another distance.
    Contradicted,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(compared) = case.ttl_compared() else {
        // ttl_off_baseline says so already.
        return Observed::DoesNotApply;
    };
    if case.other_distance().is_some() {
        return Observed::Absent;
    }
    let TtlCompared { ttl, baseline, .. } = compared;
    if compared.hops_apart() != 0 {
        // Within the tolerance: a longer route, or a device beside the host whose
        // packets are counted down once more (OVN starts them from 63).
        return Observed::Absent;
    }
    let likeness = if ttl != baseline.ttl {
        Likeness::Roughly(baseline.ttl)
    } else if case.is_contradicted_elsewhere() {
        Likeness::Contradicted
    } else if baseline.same_conversation() {
        Likeness::Here
    } else {
        Likeness::Elsewhere
    };
    Observed::Present(Finding {
        ttl,
        frame: baseline.frame,
        likeness,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        let (ttl, frame) = (self.ttl, self.frame);
        match self.likeness {
            Likeness::Here | Likeness::Contradicted => say!(
                out,
                "TTL {ttl} is the {{sender}}'s own in this conversation; compare frame {frame}"
            ),
            Likeness::Elsewhere => say!(
                out,
                "TTL {ttl} is the {{sender}}'s own in other conversations; compare frame {frame}"
            ),
            Likeness::Roughly(expected) => say!(
                out,
                "TTL {ttl} means as many hops as the {{sender}}'s packets take (TTL {expected}); compare frame {frame}"
            ),
        }
        if self.likeness == Likeness::Contradicted {
            say!(out, "; its other conversations show another TTL");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "TTL {} as expected", self.ttl);
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.frame)
    }

    fn grade(&self) -> usize {
        match self.likeness {
            Likeness::Here => 0,
            Likeness::Elsewhere => 1,
            Likeness::Roughly(_) => 2,
            Likeness::Contradicted => 3,
        }
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
        let finding = present(observe(&case().sender_ttl(&[61, 61]).ttl(61)));
        assert_eq!(
            text(&finding),
            "TTL 61 is the server's own in this conversation; compare frame 2."
        );
    }

    #[test]
    fn absent_when_off_by_one() {
        absent(observe(&case().sender_ttl(&[61, 61, 63]).ttl(63)));
        absent(observe(&case().sender_ttl(&[61]).ttl(60)));
        let same_place = present(observe(&case().sender_ttl(&[61]).ttl(125)));
        assert_eq!(
            text(&same_place),
            "TTL 125 means as many hops as the server's packets take (TTL 61); compare frame 1."
        );
        absent(observe(&case().sender_ttl(&[61]).ttl(58)));
        absent(observe(&case().sender_ttl(&[61]).ttl(62)));
    }

    #[test]
    fn not_observable_without_a_packet_to_compare_with() {
        does_not_apply(observe(&case().ttl(61)));
    }
}
