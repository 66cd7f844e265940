// SPDX-License-Identifier: GPL-2.0-or-later

//! Pieces of evidence on who sent an RST, one file each.
//!
//! A piece of evidence is a pure function of a [`Case`](crate::case::Case): it sees neither other
//! evidence, nor weights, nor the verdict. It answers [`Observed::Present`],
//! [`Observed::Absent`], [`Observed::NotObservable`], which weighs nothing and is
//! said to the user, or [`Observed::DoesNotApply`], which says nothing.
//!
//! To add one: a file with `observe`, `Finding` and its words, one row in
//! [`catalogue`], one capture where it is present and one where it is absent
//! (CONTRIBUTING.md has the steps).

#![forbid(unsafe_code)]

pub mod ack_without_flag;
pub mod acks_unsent;
pub mod active_shape;
pub mod answers_nothing;
pub mod both_sides_reset;
pub mod burst_climbs;
pub mod burst_repeats;
pub mod burst_strides;
pub mod catalogue;
pub mod df_off_habit;
pub mod dscp_dropped;
pub mod dscp_reflected;
pub mod faster_than_path;
pub mod flow_label_kept;
pub mod flow_label_unset;
pub mod foreign_payload;
pub mod form_off_stack;
pub mod gateway_answers;
pub mod guess_ignored;
pub mod ip_id_after_receivers;
pub mod ip_id_continues_counter;
pub mod ip_id_continues_host;
pub mod ip_id_mirrored;
pub mod ip_id_off_counter;
pub mod ip_id_shared;
pub mod kernel_knows_no_socket;
pub mod link_kept;
pub mod link_off;
pub mod names_its_device;
pub mod netscaler_code;
pub mod quicker_than_usual;
pub mod sender_continues;
pub mod seq_zero_midstream;
pub mod speaks_for_several;
pub mod syn_answer_numbered;
pub mod timestamps_continue;
pub mod timestamps_missing;
pub mod timestamps_off_clock;
pub mod took_round_trip;
pub mod tos_of_filter;
pub mod ttl_changed_midway;
pub mod ttl_impossible;
pub mod ttl_matches_baseline;
pub mod ttl_mirrored;
pub mod ttl_off_baseline;
pub mod ttl_returns;
pub mod ttl_unrouted;
pub mod ttl_wanders;
pub mod unrouted_stranger;
pub mod window_mirrored;
pub mod within_one_machine;

#[cfg(test)]
pub(crate) mod testing;

pub use catalogue::{Evidence, Finding, Kind};

use crate::{case::Case, wire::FrameNumber};

/// What a piece of evidence answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed<F> {
    /// The RST shows it.
    Present(F),
    /// The RST could have shown it, and does not.
    Absent,
    /// This capture cannot show it; the words complete "not observable: ".
    NotObservable(&'static str),
    /// Not a question for this RST, or one that another row answers: says nothing.
    DoesNotApply,
}

impl<F> Observed<F> {
    /// Puts the finding into the catalogue's enum.
    pub(crate) fn map<G>(self, into: impl FnOnce(F) -> G) -> Observed<G> {
        match self {
            Self::Present(finding) => Observed::Present(into(finding)),
            Self::Absent => Observed::Absent,
            Self::NotObservable(why) => Observed::NotObservable(why),
            Self::DoesNotApply => Observed::DoesNotApply,
        }
    }
}

/// What every finding can say of itself.
pub trait Words {
    /// `rst.evidence.text`: claim – measured numbers – frames to look at.
    fn write_text(&self, out: &mut String);

    /// At most five words for the brackets of `rst.summary`.
    fn write_brief(&self, out: &mut String);

    /// Which of its row's weights it has: 0 for the first.
    fn grade(&self) -> usize {
        0
    }

    /// What it adds to `rst.vendor_reason`: nothing for most.
    fn write_reason(&self, _out: &mut String) {}

    /// `rst.evidence.frame`.
    fn frame(&self) -> Option<FrameNumber>;
}

/// Whether the case shows this evidence.
#[must_use]
pub fn shows(case: &Case, kind: Kind) -> bool {
    let row = catalogue::TABLE.iter().find(|row| row.kind == kind);
    row.is_some_and(|row| matches!((row.observe)(case), Observed::Present(_)))
}
