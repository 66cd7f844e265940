// SPDX-License-Identifier: GPL-2.0-or-later

//! Why an RST was sent, and whether it matters.
//!
//! A cause is one row: its token, its usual impact, what `docs/causes.md` says of
//! it, what must have been seen, and its sentence. One file per group of causes
//! holds the group's rows in the order of asking; `catalogue.rs` collects them.

#![forbid(unsafe_code)]

mod abort;
mod after_reset;
mod catalogue;
mod closing;
mod elsewhere;
mod forgotten;
mod impact;
mod interference;
mod opening;
mod row;
#[cfg(test)]
mod tests;
mod timers;
mod unknown;

pub use catalogue::Cause;
pub(crate) use impact::{Impact, Severity};
pub(crate) use row::About;

use std::ffi::CStr;

use crate::{
    case::{Case, Origin},
    mutation::{Kind, is_out},
    words::{say, write_span},
};

/// In the order of asking.
fn rules() -> impl Iterator<Item = &'static row::Rule> {
    catalogue::GROUPS.iter().copied().flatten()
}

impl Cause {
    /// The cause of this RST.
    #[must_use]
    pub(crate) fn of(case: &Case, origin: Origin) -> Self {
        let is_in = |rule: &row::Rule, place| !is_out(Kind::Cause, rule.cause().token(), place);
        rules()
            .zip(0..)
            .find(|(rule, place)| rule.recognises(case, origin) && is_in(rule, *place))
            .map_or(Self::Unknown, |(rule, _)| rule.cause())
    }

    /// What is asked for, in the order of asking: a cause may be known in two ways.
    #[cfg(feature = "mutation")]
    pub fn asked_for() -> impl Iterator<Item = Self> {
        rules().map(row::Rule::cause)
    }

    /// The value of `rst.cause`.
    #[must_use]
    pub const fn token(self) -> &'static CStr {
        self.row().name.token
    }

    /// Filter name of its expert item.
    #[must_use]
    pub const fn expert_name(self) -> &'static CStr {
        self.row().name.expert
    }

    /// What the RST is, as a phrase.
    #[must_use]
    pub const fn title(self) -> &'static CStr {
        self.row().title
    }

    /// Its impact where nothing special is seen.
    #[must_use]
    pub const fn usual_impact(self) -> Impact {
        self.row().usual_impact
    }

    /// What there is to know of it.
    #[must_use]
    pub const fn about(self) -> &'static About {
        &self.row().about
    }

    /// Number of its expert item.
    #[must_use]
    pub(crate) const fn index(self) -> u32 {
        self as u32
    }

    /// How severe it usually is.
    #[must_use]
    pub(crate) const fn usual_severity(self) -> Severity {
        self.usual_impact().severity()
    }

    /// Writes `rst.cause.text`, one thought a line.
    pub(crate) fn write_text(self, case: &Case, origin: Origin, out: &mut String) {
        let row = self.row();
        (row.write)(case, origin, out);
        if let Some(leg) = case.back_leg() {
            say!(out, "\nJust before, by ");
            write_span(out, leg.apart);
            say!(
                out,
                ", the server's own connection to {} was reset in frame {}: a proxy passes that on.",
                leg.server,
                leg.frame
            );
        }
        if origin == Origin::Unclear && !row.says_who {
            out.push_str(
                "\nThis holds only if the host itself sent the RST, which is not certain.",
            );
        }
    }

    /// Writes `rst.next_step`; nothing for benign RSTs.
    pub(crate) fn write_next_step(self, impact: Impact, out: &mut String) {
        if impact != Impact::Benign {
            out.push_str(self.about().next);
        }
    }
}

/// The frame of the segment that it answers, in brackets.
fn write_trigger_frame(case: &Case, out: &mut String) {
    if let Some(trigger) = case.trigger() {
        say!(out, " (frame {})", trigger.frame);
    }
}
