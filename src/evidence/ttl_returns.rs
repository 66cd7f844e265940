// SPDX-License-Identifier: GPL-2.0-or-later

//! # The sender's TTL is the old one again afterwards
//!
//! ## What is seen
//! The RST came with a higher TTL than the claimed sender's packets before it,
//! and the sender's next packet, in any conversation, comes with the old TTL.
//!
//! ## Why it matters
//! A route that became shorter would have stayed so. Only the RST came from
//! nearer.
//!
//! ## What else explains it
//! Members of a cluster at different distances, paths of different length side
//! by side (ECMP). Another initial value is left out, because a host without
//! the socket answers with its default.
//!
//! ## References
//! RFC 2992 §2 (ECMP keeps a flow on one path); SIGCOMM 2023 §4.3; measured:
//! nft_reject at the far router differs by 1 only.

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// The TTLs and where the old one is seen again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    ttl: u8,
    expected: u8,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(compared) = case.other_distance() else {
        return Observed::DoesNotApply;
    };
    if !compared.nearer() || !compared.same_initial {
        return Observed::DoesNotApply;
    }
    let aftermath = &case.aftermath;
    if let Some(frame) = aftermath.later_ttls.returned {
        return Observed::Present(Finding {
            ttl: compared.ttl,
            expected: compared.baseline.ttl,
            frame,
        });
    }
    let gone_on_so = aftermath
        .continued
        .is_some_and(|later| later.ttl == Some(compared.ttl));
    if gone_on_so || aftermath.later_ttls.begun_as_reset > 0 {
        return Observed::Absent;
    }
    Observed::NotObservable("no later packet of the {sender} shows whether its route changed")
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "The {{sender}}'s packets have TTL {} again later, so no new route explains the RST's {}; see frame {}.",
            self.expected,
            self.ttl,
            self.frame,
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "TTL {}, then {} again", self.ttl, self.expected);
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
        evidence::testing::{absent, does_not_apply, not_observable, present, text},
    };

    #[test]
    fn present_when_the_old_ttl_comes_again() {
        let finding = present(observe(
            &case().sender_ttl(&[61, 61]).ttl(62).ttl_returned(),
        ));
        assert_eq!(
            text(&finding),
            "The server's packets have TTL 61 again later, so no new route explains the RST's 62; see frame 14."
        );
    }

    #[test]
    fn not_observable_while_nothing_follows() {
        not_observable(observe(&case().sender_ttl(&[61, 61]).ttl(62)));
    }

    #[test]
    fn absent_where_the_sender_goes_on_with_the_new_ttl() {
        let case = case().sender_ttl(&[61, 61]).ttl(62).begun_as_reset();
        absent(observe(&case));
    }

    #[test]
    fn not_observable_from_farther_away_or_another_initial_value() {
        does_not_apply(observe(&case().sender_ttl(&[61]).ttl(60).ttl_returned()));
        does_not_apply(observe(&case().sender_ttl(&[61]).ttl(65).ttl_returned()));
    }
}
