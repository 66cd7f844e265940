// SPDX-License-Identifier: GPL-2.0-or-later

//! The engine: all memory of one capture, and the only thing that changes.
//!
//! [`Engine::observe`] is called once per segment in capture order; what was
//! found is looked up by frame, as often as anybody likes.

#![forbid(unsafe_code)]

mod aftermath;
mod attempts;
mod company;
mod later;
mod requests;
mod verdicts;

use std::time::Duration;

use rustc_hash::FxHashMap;

pub use self::attempts::Outcome;
use self::{
    attempts::Attempts,
    company::{Companies, server_of},
    requests::Requests,
    verdicts::Verdicts,
};
pub use crate::verdict::ExpertLevel;
use crate::{
    baseline::{Entered, Hosts, Look, Numbers, Prober, Resetters},
    cause::Cause,
    conversation::{
        Acceptability, Answer, Conversation, Key, NotedReset, Phase, Role, Side, Table,
    },
    evidence::{Aftermath, Case, Company, EarlierReset, HostHabits, Reset, SharedCounter, Trips},
    verdict::{Followup, Shot, Verdict, signature},
    wire::{Content, FrameNumber, Packet, Segment, Timestamp},
};

/// What the user may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Silence that counts as idle (preference `rst.idle_threshold`).
    pub idle_threshold: Duration,
    /// TTL drop, in hops, that a route change explains (`rst.ttl_tolerance`).
    pub ttl_tolerance: u8,
    /// Which impacts raise expert items (`rst.expert_level`).
    pub expert_level: ExpertLevel,
}

impl Default for Settings {
    /// The contract's defaults.
    fn default() -> Self {
        Self {
            idle_threshold: Duration::from_secs(30),
            ttl_tolerance: 2,
            expert_level: ExpertLevel::All,
        }
    }
}

/// Segments of a side that show its host's habits; of the later ones one in so many
/// is looked at, which a counter of IP IDs tolerates (`ip_id::COUNTER_STEP`).
const HABITS_SHOWN: u8 = 8;

/// RSTs that are judged in one capture; those beyond carry no fields.
/// A million of them take about 700 MiB.
const MOST_VERDICTS: usize = 1 << 20;

/// RSTs of a run that are named together; the signatures count to two.
const LONGEST_RUN: usize = 16;

/// All memory of one capture.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    conversations: Table,
    hosts: Hosts,
    requests: Requests,
    resetters: Resetters,
    numbers: Numbers,
    prober: Prober,
    later: later::Hosts,
    verdicts: Verdicts,
    attempts: Attempts,
    companies: Companies,
    followups: FxHashMap<FrameNumber, Followup>,
}

impl Engine {
    /// An engine that has seen nothing.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            conversations: Table::default(),
            hosts: Hosts::default(),
            requests: Requests::default(),
            resetters: Resetters::default(),
            numbers: Numbers::default(),
            prober: Prober::default(),
            later: later::Hosts::default(),
            verdicts: Verdicts::default(),
            attempts: Attempts::default(),
            companies: Companies::default(),
            followups: FxHashMap::default(),
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
        if conversation.begins_anew(segment, side) {
            aftermath::note_reuse(&mut self.verdicts, conversation, segment, side);
            *conversation = Conversation::new(key.likely_server());
            self.requests.forget(&key);
        }
        if conversation.is_copy(segment, side) {
            return;
        }
        if segment.flags.syn() {
            let [own, peers] = [side, side.peer()].map(|side| conversation.endpoint(side).syn());
            if segment.flags.ack() {
                self.attempts.accept(&key, &mut self.verdicts.changes);
                self.companies.accepted(segment.source);
            } else if own && conversation.phase() == Phase::Syn {
                self.companies.unanswered(&mut self.verdicts, segment);
            } else if !own && !peers {
                self.attempts.begin(key, segment.frame);
            }
        }
        let learned = conversation.learn(segment, side);
        self.later.host_sends(&mut self.verdicts, segment);
        let sent = conversation.endpoint(side).segments;
        let tells = sent <= HABITS_SHOWN || sent.is_multiple_of(HABITS_SHOWN);
        let news = (tells || learned.rtt.is_some())
            && self
                .hosts
                .learn(segment, learned.rtt, learned.rtt_is_certain);
        if news {
            self.later
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
            self.companies
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

    fn judge(&mut self, segment: &Segment<'_>, key: Key, side: Side) {
        let history_evicted = self.conversations.has_evicted();
        let conversation = self.conversations.entry(key);
        let asked = self.requests.asked(&key);
        let mut case = case(segment, side, conversation, &self.hosts, &self.settings);
        case.earlier = earlier(segment, side, conversation, &self.verdicts);
        let original = case
            .earlier
            .filter(|earlier| earlier.is_forwarded_as(&case.reset))
            .and_then(|earlier| self.verdicts.get(&earlier.frame));
        if let Some(original) = original {
            case = case.as_copy_of(original.case());
        }
        case.shared_counter = self
            .numbers
            .follow(segment)
            .map(|(id, frame)| SharedCounter { id, frame });
        case.history_evicted = history_evicted;
        let server = match case.role {
            Some(Role::Client) => &case.receiver,
            Some(Role::Server) | None => &case.sender,
        };
        case.unsent = self.requests.unsent(&key, server.snd_nxt);
        case.name_repeated = asked.is_some_and(|asked| asked.repeated);
        let exact = case.acceptability == Acceptability::Exact;
        if let Some(trigger) = case.trigger() {
            conversation
                .recent_mut(side.peer())
                .mark_answered(trigger.frame);
        }
        let request = case
            .trigger()
            .filter(|trigger| trigger.kind.asks_for_a_name())
            .or(case.answer.content);
        let name = request.and(asked).map(|asked| asked.name);
        case.company = self
            .companies
            .of(segment, server_of(&case, segment), name.as_ref());
        aftermath::note_answer(&mut self.verdicts, conversation, &case, side);
        conversation.note_reset(side, NotedReset::new(segment, exact));
        if self.verdicts.len() < MOST_VERDICTS {
            self.later.wait_for(&case);
            let verdict = Box::new(Verdict::of(case, name, segment.payload));
            self.attempts
                .answer(&key, &verdict, &mut self.verdicts.changes);
            self.verdicts.insert(segment.frame, verdict);
            self.enter_device(segment);
            self.label_run(segment.frame);
            self.enter_probe(segment);
            self.companies.enter(&mut self.verdicts, segment, key);
        }
    }

    /// Enters a connection that its client reset unused among those that come
    /// again and again.
    fn enter_probe(&mut self, segment: &Segment<'_>) {
        let probe = self.verdicts.get(&segment.frame).is_some_and(|verdict| {
            matches!(verdict.cause(), Cause::ConnectScan | Cause::HealthCheck)
        });
        if !probe {
            return;
        }
        let entered = self.prober.enter(
            segment.source.address,
            segment.destination,
            segment.time,
            segment.frame,
        );
        let Some((series, frames)) = entered else {
            return;
        };
        for frame in frames {
            if let Some(verdict) = self.verdicts.get_mut(&frame) {
                verdict.repeat(series);
            }
        }
    }

    /// Names the run of RSTs in one side's name that ends with this one.
    fn label_run(&mut self, last: FrameNumber) {
        let mut frames = Vec::new();
        let mut next = Some(last);
        while let Some(frame) = next.filter(|_| frames.len() < LONGEST_RUN) {
            let Some(verdict) = self.verdicts.get(&frame) else {
                break;
            };
            let reset = &verdict.case().reset;
            let shot = Shot {
                flags: reset.flags,
                ack: reset.ack,
            };
            frames.push((frame, shot));
            let earlier = verdict.case().earlier;
            next = earlier
                .filter(|earlier| earlier.same_sender)
                .map(|earlier| earlier.frame);
        }
        let first = frames
            .last()
            .and_then(|(first, _)| self.verdicts.get(first));
        let run: Vec<Shot> = frames.iter().map(|(_, shot)| *shot).collect();
        let name = first.and_then(|first| signature(first.case(), &run));
        for (frame, _) in frames {
            if let Some(verdict) = self.verdicts.get_mut(&frame) {
                verdict.label(name);
            }
        }
    }

    /// Enters an RST that does not fit its claimed host, or goes on with a
    /// device's counter, among the devices that speak for several.
    fn enter_device(&mut self, segment: &Segment<'_>) {
        let Some(verdict) = self.verdicts.get(&segment.frame) else {
            return;
        };
        let look = Look::of(segment);
        let counted_on = verdict
            .case()
            .shared_counter
            .and_then(|shared| self.verdicts.get(&shared.frame))
            .is_some_and(|before| before.is_of_device() && self.resetters.knows(look));
        if !(verdict.is_suspicious() || counted_on) {
            return;
        }
        let host = segment.source.address;
        let entered = self.resetters.enter(look, host, segment.frame);
        let Some(Entered {
            resetter,
            now_several,
        }) = entered
        else {
            return;
        };
        for frame in now_several.into_iter().chain([segment.frame]) {
            if let Some(verdict) = self.verdicts.get_mut(&frame) {
                verdict.attribute(resetter.clone());
            }
        }
    }
}

/// Everything that was seen up to now about the RST in hand.
fn case(
    segment: &Segment<'_>,
    side: Side,
    conversation: &Conversation,
    hosts: &Hosts,
    settings: &Settings,
) -> Case {
    let sender = *conversation.endpoint(side);
    let receiver = *conversation.endpoint(side.peer());
    let host = hosts.get(segment.source.address);
    let trips = Trips {
        conversation: sender.rtt(),
        host: host.and_then(|host| host.rtt()),
        certain: sender.rtt_is_certain() || host.is_some_and(|host| host.rtt_is_certain),
    };
    let answer = Answer::of(
        segment,
        (&sender, conversation.recent(side)),
        (&receiver, conversation.recent(side.peer())),
        trips.smallest(),
    );
    let idle = idle_time(segment, side, conversation, &answer);
    Case {
        reset: Reset {
            frame: segment.frame,
            time: segment.time,
            claimed: segment.source.address,
            receiver: segment.destination.address,
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags,
            window: segment.window,
            any_options: segment.options.any,
            timestamps: segment.options.timestamps,
            ip: segment.ip,
            link: segment.link,
            payload_length: segment.payload_length,
            names_big_ip: segment.payload.starts_with(BIG_IP),
            multipath_reason: segment.options.multipath_reason,
        },
        role: conversation.role(side),
        roles_assumed: conversation.roles_are_assumed(),
        phase: conversation.phase(),
        handshake_seen: conversation.handshake_seen(),
        sender,
        receiver,
        host: host.and_then(HostHabits::of),
        answer,
        acceptability: Acceptability::of(segment, &sender, &receiver),
        trips,
        idle,
        after_idle: idle.is_some_and(|idle| idle >= settings.idle_threshold),
        earlier: None,
        name_repeated: false,
        same_look_hosts: 0,
        series: None,
        copy: None,
        unsent: None,
        company: Company::default(),
        refused_before: conversation.refused_before(),
        shared_counter: None,
        aftermath: Aftermath::default(),
        history_evicted: false,
        ttl_tolerance: settings.ttl_tolerance,
    }
}

/// Silence before the RST, or before the segment that it answers.
fn idle_time(
    reset: &Segment<'_>,
    side: Side,
    conversation: &Conversation,
    answer: &Answer,
) -> Option<Duration> {
    let Some(trigger) = answer.trigger else {
        return Some(reset.time.since(conversation.last_heard()?));
    };
    let sent: Vec<(FrameNumber, Timestamp)> = [side, side.peer()]
        .into_iter()
        .flat_map(|side| conversation.recent(side).iter())
        .map(|sent| (sent.frame, sent.time))
        .collect();
    let trigger_time = sent.iter().find(|sent| sent.0 == trigger.frame)?.1;
    let before = sent.iter().filter(|sent| sent.0 < trigger.frame);
    Some(trigger_time.since(before.map(|sent| sent.1).max()?))
}

/// The last RST of either side.
fn earlier(
    segment: &Segment<'_>,
    side: Side,
    conversation: &Conversation,
    verdicts: &Verdicts,
) -> Option<EarlierReset> {
    let own = conversation.last_reset(side).map(|reset| (reset, true));
    let peers = conversation
        .last_reset(side.peer())
        .map(|reset| (reset, false));
    let (last, same_sender) = [own, peers]
        .into_iter()
        .flatten()
        .max_by_key(|(reset, _)| reset.frame)?;
    let case = verdicts.get(&last.frame)?.case();
    let look = &case.reset;
    Some(EarlierReset {
        frame: last.frame,
        age: segment.time.since(last.time),
        same_sender,
        exact: last.exact,
        seq: look.seq,
        flags: look.flags,
        window: look.window,
        ack: look.ack,
        ip: case.own_ip(),
    })
}

/// How the reset cause of F5's BIG-IP begins in an RST's payload.
const BIG_IP: &[u8] = b"BIG-IP";

#[cfg(test)]
mod tests;
