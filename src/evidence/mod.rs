// SPDX-License-Identifier: GPL-2.0-or-later

//! Pieces of evidence on who sent an RST, one file each.
//!
//! A piece of evidence is a pure function of a [`Case`]: it sees neither other
//! evidence, nor weights, nor the verdict. It answers [`Observed::Present`],
//! [`Observed::Absent`], [`Observed::NotObservable`], which weighs nothing and is
//! said to the user, or [`Observed::DoesNotApply`], which says nothing.
//!
//! To add one: a file with `observe`, `Finding` and its words, one row in
//! [`catalogue`], one capture where it is present and one where it is absent
//! (CONTRIBUTING.md has the steps).

#![forbid(unsafe_code)]

pub(crate) mod ack_without_flag;
pub(crate) mod acks_unsent;
pub(crate) mod active_shape;
pub(crate) mod answers_nothing;
pub(crate) mod both_sides_reset;
pub(crate) mod burst_climbs;
pub(crate) mod burst_repeats;
pub(crate) mod burst_strides;
pub mod catalogue;
pub(crate) mod df_off_habit;
pub(crate) mod dscp_dropped;
pub(crate) mod dscp_reflected;
pub(crate) mod faster_than_path;
pub(crate) mod flow_label_kept;
pub(crate) mod flow_label_unset;
pub(crate) mod foreign_payload;
pub(crate) mod form_off_stack;
pub(crate) mod gateway_answers;
pub(crate) mod guess_ignored;
pub(crate) mod ip_id_after_receivers;
pub(crate) mod ip_id_continues_counter;
pub(crate) mod ip_id_continues_host;
pub(crate) mod ip_id_mirrored;
pub(crate) mod ip_id_off_counter;
pub(crate) mod ip_id_shared;
pub(crate) mod kernel_knows_no_socket;
pub(crate) mod left_its_sender;
pub(crate) mod link_kept;
pub(crate) mod link_off;
pub(crate) mod made_between;
pub(crate) mod names_its_device;
pub(crate) mod netscaler_code;
pub(crate) mod quicker_than_usual;
pub(crate) mod sender_continues;
pub(crate) mod seq_zero_midstream;
pub(crate) mod speaks_for_several;
pub(crate) mod syn_answer_numbered;
pub(crate) mod timestamps_continue;
pub(crate) mod timestamps_missing;
pub(crate) mod timestamps_off_clock;
pub(crate) mod took_round_trip;
pub(crate) mod tos_of_filter;
pub(crate) mod ttl_changed_midway;
pub(crate) mod ttl_impossible;
pub(crate) mod ttl_matches_baseline;
pub(crate) mod ttl_mirrored;
pub(crate) mod ttl_off_baseline;
pub(crate) mod ttl_returns;
pub(crate) mod ttl_unrouted;
pub(crate) mod ttl_wanders;
pub(crate) mod unrouted_stranger;
pub(crate) mod window_mirrored;
pub(crate) mod within_one_machine;

#[cfg(test)]
pub(crate) mod testing;

pub(crate) use catalogue::{Evidence, Finding, Kind};

use crate::{case::Case, wire::FrameNumber};

/// What a piece of evidence answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed<F> {
    /// The RST shows it.
    Present(F),
    /// The RST could have shown it, and does not.
    Absent,
    /// This capture cannot show it; the words complete "not observable: ", with
    /// `{sender}` and `{receiver}` for the sides' names.
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
pub(crate) trait Words {
    /// `rst.evidence.text`: claim – measured numbers – frames to look at. A finding
    /// does not know the sides' names: it writes `{sender}` and `{receiver}`.
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
pub(crate) fn shows(case: &Case, kind: Kind) -> bool {
    let row = catalogue::TABLE.iter().find(|row| row.kind == kind);
    row.is_some_and(|row| matches!((row.observe)(case), Observed::Present(_)))
}
