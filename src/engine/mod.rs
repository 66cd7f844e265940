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
mod neighbourhood;
mod requests;
mod settings;
mod verdicts;

use rustc_hash::FxHashMap;

use self::{
    attempts::Attempts, awaited::Awaited, neighbourhood::Neighbourhood, requests::Requests,
    verdicts::Verdicts,
};
pub use self::{
    attempts::Outcome,
    settings::{Choice, PREFERENCES, Preference, Preferred, Settings},
};
pub use crate::verdict::ExpertLevel;
use crate::{
    baseline::{Gateways, Hosts, Numbers, ProbeSeries, Resetters, Shown},
    conversation::{Conversation, Key, Phase, Role, Side, Table},
    verdict::{Followup, Verdict},
    wire::{Content, FrameNumber, Packet, Segment},
};

/// Segments of a side that show its host's habits; of the later ones one in so many
/// is looked at, which a counter of IP IDs tolerates (`ip_id::COUNTER_STEP`).
const HABITS_SHOWN: u8 = 8;

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
            interface: None,
            several_interfaces: false,
        }
    }

    /// What it was made with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes one segment in. Once per segment, in capture order. What is not
    /// TCP is passed over.
    pub fn observe(&mut self, packet: &Packet<'_>) {
        let Some(segment) = Segment::parse(packet) else {
            return;
        };
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
    pub fn attempt(&self, frame: FrameNumber) -> Option<Outcome> {
        self.attempts.outcome(frame, &self.verdicts)
    }

    /// How often something of an earlier frame may have changed.
    #[must_use]
    pub fn change_count(&self) -> u64 {
        self.verdicts.changes.count()
    }

    /// The frame of change `index`, while it is kept.
    #[must_use]
    pub fn change(&self, index: u64) -> Option<FrameNumber> {
        self.verdicts.changes.get(index)
    }

    /// What this frame shows about an earlier RST.
    #[must_use]
    pub fn followup(&self, frame: FrameNumber) -> Option<Followup> {
        self.followups.get(&frame).copied()
    }

    fn learn(&mut self, segment: &Segment<'_>, key: Key, side: Side) {
        let conversation = self.conversations.entry(key);
        if conversation.is_strange(segment, side) {
            conversation.note_strange(segment, side);
            return;
        }
        if conversation.begins_anew(segment, side) {
            aftermath::note_reuse(&mut self.verdicts, conversation, segment, side);
            *conversation = Conversation::new(key.likely_server());
            self.requests.forget(&key);
        }
        if conversation.is_copy(segment, side) {
            conversation.note_copy(side);
            return;
        }
        if conversation.is_belated(segment, side) {
            conversation.learn_belated(segment, side);
            return;
        }
        if segment.flags.syn() {
            let [own, peers] = [side, side.peer()].map(|side| conversation.endpoint(side).syn());
            if segment.flags.ack() {
                self.attempts.accept(&key, &mut self.verdicts.changes);
                self.neighbourhood
                    .accepted(&mut self.verdicts, segment.source, segment.frame);
            } else if own && conversation.phase() == Phase::Syn {
                self.neighbourhood.unanswered(&mut self.verdicts, segment);
            } else if !own && !peers {
                self.attempts.begin(key, segment.frame);
            }
        }
        let learned = conversation.learn(segment, side);
        let sent = conversation.endpoint(side).segments;
        self.awaited
            .host_sends(&mut self.verdicts, segment, sent == 1);
        if sent == 1 {
            self.gateways.learn(segment);
        }
        let tells = sent <= HABITS_SHOWN || sent.is_multiple_of(HABITS_SHOWN);
        let news = (tells || learned.rtt.is_some())
            && self.hosts.learn(
                segment,
                Shown {
                    begins: sent == 1,
                    rtt: learned.rtt,
                    rtt_is_certain: learned.rtt_is_certain,
                },
            );
        if news {
            self.awaited
                .host_shows(&mut self.verdicts, &self.hosts, segment.source.address);
        }
        if learned.content != Content::Other {
            self.requests
                .learn(conversation, segment, (key, side), learned.content);
        }
        let first_answer = learned.kind.carries_payload()
            && conversation.endpoint(side).data_segments == 1
            && conversation.role(side) == Some(Role::Server);
        if first_answer && let Some(asked) = self.requests.asked(&key) {
            self.neighbourhood
                .answered(segment.source, asked.name, segment.frame);
        }
        let followup = aftermath::watch(
            &mut self.verdicts,
            conversation,
            segment,
            side,
            learned.kind,
        );
        if let Some(followup) = followup {
            self.followups.insert(segment.frame, followup);
        }
    }
}

#[cfg(test)]
mod tests;
