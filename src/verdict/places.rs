// SPDX-License-Identifier: GPL-2.0-or-later

//! Where on the path an RST was made, where the file holds several capture points.

use std::time::Duration;

use super::Verdict;
use crate::{
    case::{Case, Crossing, Made, Origin},
    conversation::Role,
    wire::{FrameNumber, numbering},
    words::{say, write_span},
};

/// Clocks that are kept by NTP differ by less (RFC 5905 §1: tens of milliseconds over
/// the internet, less in a local network).
const WORTH_SAYING: i64 = 1_000_000;

impl Verdict {
    /// The same as it is seen now: of an incident that began earlier, and beside what other
    /// capture points show.
    #[must_use]
    pub(crate) fn seen_later(&self, incident: FrameNumber, crossing: Option<Crossing>) -> Self {
        let mut verdict = self.clone();
        verdict.case.incident = incident;
        if crossing.is_some() {
            verdict.amend(|case| case.crossing = crossing);
        }
        verdict
    }

    /// `rst.incident`: the frame of its first RST, or of this one where that was filtered out.
    #[must_use]
    pub(crate) fn incident(&self) -> u32 {
        let frames = [self.case.incident, self.case.reset.frame];
        let shown = frames.into_iter().find_map(numbering::shown);
        shown.unwrap_or(self.case.incident).get()
    }

    /// `rst.twin_frame`, one of several.
    #[must_use]
    pub(crate) fn twin_frame(&self, index: usize) -> Option<FrameNumber> {
        self.case.crossing?.twins.into_iter().flatten().nth(index)
    }

    /// `rst.clock_offset`, ns.
    #[must_use]
    pub(crate) fn clock_offset(&self) -> Option<i64> {
        self.case.crossing?.ahead
    }

    /// Writes `rst.made_between`: what is known of where on the path it was made; nothing
    /// with one capture point.
    pub(crate) fn write_made_between(&self, out: &mut String) {
        let case = &self.case;
        let Some(crossing) = case.crossing else {
            return;
        };
        let sender = case.sender_word();
        if let Some(made) = crossing.made {
            match self.origin() {
                Origin::Middlebox => say!(out, "between the capture points ("),
                Origin::Unclear => say!(out, "perhaps between the capture points ("),
                Origin::Endpoint => {
                    say!(
                        out,
                        "on the {sender}'s side, where the capture has missed it"
                    );
                }
            }
            if self.origin() != Origin::Endpoint {
                write_points(case, made, out);
                say!(out, ")");
            }
        } else if crossing.passed_before || crossing.left_sender.is_some() {
            say!(out, "on the {sender}'s side of both capture points");
        } else if crossing.undelivered.is_none() {
            say!(out, "not known");
        }
        if let Some(point) = crossing.undelivered {
            let so_far = if out.is_empty() { "" } else { "; " };
            say!(out, "{so_far}it was never captured at the other point (");
            case.write_point(point, out);
            say!(out, ")");
        }
        if let Some(ahead) = crossing.ahead.filter(|ahead| ahead.abs() >= WORTH_SAYING) {
            let how = if ahead > 0 { "ahead" } else { "behind" };
            say!(out, "; this point's clock runs ");
            write_span(out, Duration::from_nanos(ahead.unsigned_abs()));
            say!(out, " {how}");
        }
    }

    /// Why its sender had no connection any more, where its own side's capture shows it.
    pub(super) fn write_reason_elsewhere(&self, out: &mut String) {
        if let Some(frame) = self.case.ended_elsewhere() {
            let sender = self.case.sender_word();
            say!(
                out,
                "\nThe {sender}'s side shows why: the RST in frame {frame} had ended the connection there."
            );
        }
    }

    /// Where to go on when it is known between which points it was made.
    pub(super) fn write_next_step_between(&self, out: &mut String) {
        if let Some(made) = self.case.made() {
            say!(out, "Look at the devices between the two capture points (");
            write_points(&self.case, made, out);
            say!(
                out,
                "): the log of one of them names the rule. A third capture half-way shows which one."
            );
        }
    }
}

/// The two points between which it was made, the client's first.
pub(super) fn write_points(case: &Case, made: Made, out: &mut String) {
    let [first, second] = if case.role == Some(Role::Client) {
        [made.there, made.here]
    } else {
        [made.here, made.there]
    };
    case.write_point(first, out);
    say!(out, ", ");
    case.write_point(second, out);
}
