// SPDX-License-Identifier: GPL-2.0-or-later

//! The engine: all memory of one capture, and the only thing that changes.
//!
//! [`Engine::observe`] is called once per segment in capture order; what was
//! found is looked up by frame, as often as anybody likes.

#![forbid(unsafe_code)]

mod absence;
mod aftermath;
mod archive;
mod attempts;
mod awaited;
mod crossing;
mod elsewhere;
mod incidents;
mod judge;
mod learn;
mod memory;
mod neighbourhood;
mod requests;
mod settings;
mod statistics;
mod translations;
mod verdicts;

use std::{collections::VecDeque, rc::Rc};

use etherparse::TcpHeaderSlice;

pub use self::settings::Settings;
pub(crate) use self::statistics::Statistics;
use self::{
    attempts::Attempts, awaited::Awaited, crossing::Overlaps, memory::Shares,
    neighbourhood::Neighbourhood, requests::Requests, translations::Translations,
    verdicts::Verdicts,
};
pub use self::{
    attempts::Outcome,
    settings::{Choice, PREFERENCES, Preference, Preferred},
    verdicts::VerdictRef,
};
use crate::{
    baseline::{Gateways, Hosts, Numbers, ProbeSeries, Resetters},
    conversation::{Key, Side, Table},
    points::{Passages, Points},
    verdict::{Followup, Forgotten},
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
    translations: Translations,
    /// Notes on later frames, in their order.
    followups: VecDeque<(FrameNumber, Followup)>,
    most_followups: usize,
    /// The first RST that was judged after something had to be forgotten.
    forgotten_since: Option<FrameNumber>,
    /// The last frame that holds a verdict or a note.
    newest_note: Option<FrameNumber>,
    /// The first packet's interface.
    interface: Option<u32>,
    several_interfaces: bool,
    points: Points,
    /// What was captured at the other points.
    elsewhere: Vec<Engine>,
    /// It is of one of those.
    is_elsewhere: bool,
    /// What passed here.
    passages: Passages,
    overlaps: Overlaps,
    #[cfg(feature = "replay")]
    packs_at_once: bool,
}

impl Engine {
    /// An engine that has seen nothing.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::with(settings, Shares::of(settings.memory_limit))
    }

    /// One that packs every verdict at once, for tests: nothing may look different.
    #[cfg(feature = "replay")]
    #[must_use]
    pub fn packing_at_once(settings: Settings) -> Self {
        let mut shares = Shares::of(settings.memory_limit);
        shares.verdicts.pack_at_once();
        let mut engine = Self::with(settings, shares);
        engine.packs_at_once = true;
        engine
    }

    fn with(settings: Settings, shares: Shares) -> Self {
        Self {
            settings,
            conversations: Table::new(shares.conversations),
            hosts: Hosts::new(shares.hosts),
            gateways: Gateways::default(),
            requests: Requests::new(shares.requests, shares.partial),
            resetters: Resetters::default(),
            rst_numbers: Numbers::default(),
            probes: ProbeSeries::default(),
            awaited: Awaited::new(shares.neighbours),
            verdicts: Verdicts::new(shares.verdicts),
            attempts: Attempts::new(shares.attempts),
            neighbourhood: Neighbourhood::new(shares.neighbours),
            translations: Translations::default(),
            followups: VecDeque::new(),
            most_followups: shares.notes.get(),
            forgotten_since: None,
            newest_note: None,
            interface: None,
            several_interfaces: false,
            points: Points::default(),
            elsewhere: Vec::new(),
            is_elsewhere: false,
            passages: Passages::new(shares.passages),
            overlaps: Overlaps::default(),
            #[cfg(feature = "replay")]
            packs_at_once: false,
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
        let (key, side) = Key::of(&segment);
        let mut again = false;
        if self.points.are_several() || segment.flags.syn() || segment.flags.rst() {
            let place = self.point_of(&segment, packet.link_destination);
            if self.observe_elsewhere(place, &segment, key, side) {
                return;
            }
            again = place.1;
        }
        self.take(&segment, key, side);
        if again {
            self.attempts.leave_out(segment.frame);
        }
    }

    /// Takes in one that was captured at this engine's point.
    #[inline]
    fn take(&mut self, segment: &Segment<'_>, key: Key, side: Side) {
        let first = *self
            .interface
            .get_or_insert(segment.link.interface.unwrap_or_default());
        self.several_interfaces |= segment.link.interface.is_some_and(|this| this != first);
        let changes = self.verdicts.changes.count();
        self.take_here(segment, (key, side), self.is_elsewhere);
        if self.verdicts.changes.count() != changes {
            self.attempts.follow(&mut self.verdicts.changes, changes);
        }
        if segment.flags.rst() {
            self.verdicts.pack();
            if self.forgotten_since.is_none() && self.has_forgotten() {
                self.forgotten_since = Some(segment.frame);
            }
        }
    }

    /// The same; `looked`: whether it was captured at this point has been looked at.
    #[inline]
    fn take_here(&mut self, segment: &Segment<'_>, from: (Key, Side), looked: bool) {
        if segment.flags.rst() {
            self.judge(segment, from, looked);
        } else {
            self.learn(segment, from, looked);
        }
    }

    /// What is known of the RST in this frame now.
    #[must_use]
    pub fn verdict(&self, frame: FrameNumber) -> Option<VerdictRef<'_>> {
        let points = std::iter::once(self).chain(&self.elsewhere).enumerate();
        let (point, verdict) = points
            .filter_map(|(point, engine)| Some((point, engine.verdicts.get(&frame)?)))
            .next()?;
        let incident = self.incident(frame)?;
        let crossing = if self.elsewhere.is_empty() {
            None
        } else {
            self.crossing(point, verdict.case())
        };
        let twins = crossing.iter().flat_map(|crossing| crossing.twins);
        let twins = twins.flatten().filter_map(|twin| self.incident(twin));
        let incident = twins.min().unwrap_or(incident).min(incident);
        if crossing.is_none() && incident == verdict.case().incident {
            return Some(verdict);
        }
        let verdict = verdict.seen_later(incident, crossing);
        Some(VerdictRef::Old(Rc::new(verdict)))
    }

    /// The incident of the RST in this frame, whichever point saw it.
    fn incident(&self, frame: FrameNumber) -> Option<FrameNumber> {
        self.anywhere(|engine| engine.verdicts.incident(frame))
    }

    /// Whether there is a verdict on this frame: cheaper than reading it.
    #[must_use]
    pub(crate) fn holds_verdict(&self, frame: FrameNumber) -> bool {
        self.holds_anywhere(frame)
    }

    /// What has become of the attempt to connect whose first SYN is in this frame.
    #[must_use]
    pub(crate) fn attempt(&self, frame: FrameNumber) -> Option<Outcome> {
        self.anywhere(|engine| engine.attempts.outcome(frame, |reset| self.verdict(reset)))
    }

    fn has_forgotten(&self) -> bool {
        self.conversations.has_evicted()
            || self.hosts.has_evicted()
            || self.verdicts.has_let_go()
            || self.followups.len() == self.most_followups
    }

    /// What this frame has to say about the memory limit.
    #[must_use]
    pub(crate) fn forgotten(&self, frame: FrameNumber) -> Option<Forgotten> {
        let limit = self.settings.memory_limit;
        self.anywhere(|engine| {
            if engine.forgotten_since == Some(frame) {
                Some(Forgotten::Since { limit })
            } else if engine.verdicts.let_go(frame) {
                Some(Forgotten::Verdict { limit })
            } else {
                None
            }
        })
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
        self.anywhere(|engine| {
            let notes = &engine.followups;
            let found = notes.binary_search_by_key(&frame, |(frame, _)| *frame);
            Some(notes.get(found.ok()?)?.1)
        })
    }
}

#[cfg(test)]
mod tests;
