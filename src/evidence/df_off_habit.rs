// SPDX-License-Identifier: GPL-2.0-or-later

//! # Don't Fragment is off the sender's habit
//!
//! ## What is seen
//! The claimed sender sets Don't Fragment on every IPv4 packet, the RST does
//! not.
//!
//! ## Why it matters
//! A stack with path MTU discovery sets the flag on all it sends. Programs that
//! write RSTs from a raw socket often leave it out.
//!
//! ## What else explains it
//! Apple's systems answer a closed port without the flag, and older hosts answer
//! for any connection that they do not know without it, so answers are left out.
//!
//! ## References
//! RFC 1191 §3; measured: tcpkill and libslirp without, Linux and nf_reject
//! with the flag; nmap's OS database for Apple (155 of 157 without).

use crate::{
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// Where the habit was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    frame: Option<FrameNumber>,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(dont_fragment) = case.reset.ip.and_then(|ip| ip.dont_fragment()) else {
        return Observed::DoesNotApply;
    };
    let habit = case.sender.df_set() && !case.sender.df_clear();
    let answers = matches!(case.shape(), Shape::Passive | Shape::SynAnswer);
    if !habit || answers {
        return Observed::DoesNotApply;
    }
    if dont_fragment {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        frame: case.sender.last_frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "Don't Fragment is not set, but the {{sender}} sets it on all its packets"
        );
        if let Some(frame) = self.frame {
            say!(out, "; compare frame {frame}");
        }
        say!(out, ".");
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "DF missing");
    }

    fn frame(&self) -> Option<FrameNumber> {
        self.frame
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
    fn present_when_the_sender_always_sets_it() {
        let finding = present(observe(
            &case().shape(Shape::Odd).sender_df(&[true, true]).df(false),
        ));
        assert_eq!(
            text(&finding),
            "Don't Fragment is not set, but the server sets it on all its packets; compare frame 8."
        );
    }

    #[test]
    fn absent_when_set() {
        absent(observe(
            &case().shape(Shape::Odd).sender_df(&[true]).df(true),
        ));
    }

    #[test]
    fn not_observable_without_a_habit() {
        does_not_apply(observe(&case().shape(Shape::Odd).df(false)));
        does_not_apply(observe(&case().sender_df(&[true]).df(false)));
        does_not_apply(observe(
            &case().shape(Shape::Odd).sender_df(&[true, false]).df(false),
        ));
        does_not_apply(observe(
            &case().shape(Shape::Odd).sender_df(&[true]).ipv6(1),
        ));
    }
}
