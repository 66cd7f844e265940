// SPDX-License-Identifier: GPL-2.0-or-later

//! The engine: all memory of one capture, and the only thing that changes.
//!
//! [`Engine::observe`] is called once per segment in capture order; what was
//! found is looked up by frame, as often as anybody likes.

#![forbid(unsafe_code)]

mod aftermath;
mod attempts;
mod awaited;
mod judge;
mod learn;
mod neighbourhood;
mod requests;
mod settings;
mod statistics;
mod verdicts;

use etherparse::TcpHeaderSlice;
use rustc_hash::FxHashMap;

pub use self::settings::Settings;
pub(crate) use self::statistics::Statistics;
use self::{
    attempts::Attempts, awaited::Awaited, neighbourhood::Neighbourhood, requests::Requests,
    verdicts::Verdicts,
};
pub use self::{
    attempts::Outcome,
    settings::{Choice, PREFERENCES, Preference, Preferred},
};
use crate::{
    baseline::{Gateways, Hosts, Numbers, ProbeSeries, Resetters},
    conversation::{Key, Table},
    verdict::{Followup, Verdict},
    wire::{FrameNumber, Packet, Segment},
};

/// All memory of one capture.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    conversations: Table,
    hosts: Hosts,
    gateways: Gateways,
    requests: Requests,
    resetters: Resetters,
    rst_numbers: Numbers,
    probes: ProbeSeries,
    awaited: Awaited,
    verdicts: Verdicts,
    attempts: Attempts,
    neighbourhood: Neighbourhood,
    followups: FxHashMap<FrameNumber, Followup>,
    /// The last frame that holds a verdict or a note.
    newest_note: Option<FrameNumber>,
    /// The first packet's interface.
    interface: Option<u32>,
    several_interfaces: bool,
}

impl Engine {
    /// An engine that has seen nothing.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            conversations: Table::default(),
            hosts: Hosts::default(),
            gateways: Gateways::default(),
            requests: Requests::default(),
            resetters: Resetters::default(),
            rst_numbers: Numbers::default(),
            probes: ProbeSeries::default(),
            awaited: Awaited::default(),
            verdicts: Verdicts::default(),
            attempts: Attempts::default(),
            neighbourhood: Neighbourhood::default(),
            followups: FxHashMap::default(),
            newest_note: None,
            interface: None,
            several_interfaces: false,
        }
    }

    /// What it was made with.
    #[must_use]
    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes one segment in. Once per segment, in capture order. What is not
    /// TCP is passed over.
    pub fn observe(&mut self, packet: &Packet<'_>) {
        // Cut short or malformed otherwise.
        let Ok(tcp) = TcpHeaderSlice::from_slice(packet.tcp) else {
            return;
        };
        let segment = Segment::of(packet, &tcp);
        let first = *self
            .interface
            .get_or_insert(segment.link.interface.unwrap_or_default());
        self.several_interfaces |= segment.link.interface.is_some_and(|this| this != first);
        let (key, side) = Key::of(&segment);
        let changes = self.verdicts.changes.count();
        if segment.flags.rst() {
            self.judge(&segment, key, side);
        } else {
            self.learn(&segment, key, side);
        }
        if self.verdicts.changes.count() != changes {
            self.attempts.follow(&mut self.verdicts.changes, changes);
        }
    }

    /// What is known of the RST in this frame now.
    #[must_use]
    pub fn verdict(&self, frame: FrameNumber) -> Option<&Verdict> {
        self.verdicts.get(&frame)
    }

    /// What has become of the attempt to connect whose first SYN is in this frame.
    #[must_use]
    pub(crate) fn attempt(&self, frame: FrameNumber) -> Option<Outcome> {
        self.attempts.outcome(frame, &self.verdicts)
    }

    /// How often something of an earlier frame may have changed.
    #[must_use]
    pub(crate) fn change_count(&self) -> u64 {
        self.verdicts.changes.count()
    }

    /// The frame of change `index`, while it is kept.
    #[must_use]
    pub(crate) fn change(&self, index: u64) -> Option<FrameNumber> {
        self.verdicts.changes.get(index)
    }

    /// The last frame that holds a verdict or a note: nothing is to be found beyond it.
    #[must_use]
    pub(crate) const fn newest_note(&self) -> Option<FrameNumber> {
        self.newest_note
    }

    /// What this frame shows about an earlier RST.
    #[must_use]
    pub(crate) fn followup(&self, frame: FrameNumber) -> Option<Followup> {
        self.followups.get(&frame).copied()
    }
}

#[cfg(test)]
mod tests;
