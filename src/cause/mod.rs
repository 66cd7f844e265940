// SPDX-License-Identifier: GPL-2.0-or-later

//! Why an RST was sent, and whether it matters.
//!
//! One file per group of causes: what must have been seen, what excludes it,
//! and its sentence. `catalogue.rs` has the table of tokens and impacts.
//! Groups are asked in the order of `GROUPS`; the first that knows the case
//! answers, so the more specific stand first.

#![forbid(unsafe_code)]

mod abort;
mod after_reset;
mod catalogue;
mod closing;
mod forgotten;
mod impact;
mod interference;
mod opening;
mod timers;

pub use catalogue::{About, Cause};
pub use impact::{Impact, Severity};

use crate::case::{Case, Origin};

/// A group of causes.
struct CauseGroup {
    /// The cause, if the case is one of the group's.
    recognise: fn(&Case, Origin) -> Option<Cause>,
    /// Writes `rst.cause.text`; false if the cause is not the group's.
    write: fn(Cause, &Case, Origin, &mut String) -> bool,
}

const GROUPS: [CauseGroup; 6] = [
    after_reset::GROUP,
    opening::GROUP,
    interference::GROUP,
    closing::GROUP,
    forgotten::GROUP,
    abort::GROUP,
];

impl Cause {
    /// The cause of this RST.
    #[must_use]
    pub fn of(case: &Case, origin: Origin) -> Self {
        GROUPS
            .iter()
            .find_map(|group| (group.recognise)(case, origin))
            .unwrap_or(Self::Unknown)
    }

    /// Number of its expert item.
    #[must_use]
    pub const fn index(self) -> u32 {
        self as u32
    }

    /// How severe it usually is.
    #[must_use]
    pub const fn usual_severity(self) -> Severity {
        self.usual_impact().severity()
    }

    /// Writes `rst.cause.text`.
    pub fn write_text(self, case: &Case, origin: Origin, out: &mut String) {
        let known = GROUPS
            .iter()
            .any(|group| (group.write)(self, case, origin, out));
        if !known {
            abort::write_unknown(case, out);
        }
        let says_who = matches!(
            self,
            Self::PortClosed
                | Self::NoConnection
                | Self::IdleStateLost
                | Self::Consequence
                | Self::Unknown
        );
        if origin == Origin::Unclear && !says_who {
            out.push_str(" This holds if the host itself sent the RST, which is not certain.");
        }
    }

    /// Writes `rst.next_step`; nothing for benign RSTs.
    pub fn write_next_step(self, impact: Impact, out: &mut String) {
        if impact != Impact::Benign {
            out.push_str(self.about().next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_that_can_matter_names_a_next_step() {
        for cause in Cause::ALL {
            assert!(
                cause.usual_impact() == Impact::Benign || !cause.about().next.is_empty(),
                "{cause:?}"
            );
        }
    }

    #[test]
    fn index_is_the_place_in_the_list() {
        for (cause, index) in Cause::ALL.iter().zip(0..) {
            assert_eq!(cause.index(), index);
        }
    }
}
