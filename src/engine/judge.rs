// SPDX-License-Identifier: GPL-2.0-or-later

//! The way of an RST: its case is gathered and judged, and it is entered in the
//! memories that tell which RSTs belong together.

use super::{Engine, Verdicts, aftermath, learn::keep, verdicts::LONGEST_RUN};
use crate::{
    baseline::{Entry, HeaderForm},
    case::{Case, EarlierReset, Neighbours, SharedCounter, Surroundings, Thresholds},
    cause::Cause,
    conversation::{Acceptability, Conversation, Key, NotedReset, Role, SegmentKind, Side},
    verdict::{RunMember, Verdict, signature},
    wire::{FrameNumber, Segment, Socket},
};

impl Engine {
    pub(super) fn judge(&mut self, segment: &Segment<'_>, (key, side): (Key, Side), looked: bool) {
        let Some(conversation) = self.conversations.entry(key, false) else {
            return;
        };
        if !keep(&mut self.passages, conversation, (segment, side), looked) {
            return self.take_odd(segment, key, side);
        }
        let blind = conversation.is_blind(segment, side);
        if !blind {
            self.hosts.learn_reset(segment);
        }
        self.gateways.learn(segment);
        let Some(mut case) = self.gather(segment, &key, side) else {
            return;
        };
        self.label_run(&mut case);
        self.close_loop(&case);
        let before = case
            .same_reason()
            .filter_map(|frame| self.verdicts.incident(frame));
        case.incident = before.min().unwrap_or(case.incident);
        let asked = self.requests.asked(&key);
        let name = case.request().and(asked).map(|asked| asked.name);
        let Some(conversation) = self.conversations.entry(key, false) else {
            return;
        };
        if let Some(trigger) = case.trigger() {
            conversation
                .recent_mut(side.peer())
                .mark_answered(trigger.frame);
        }
        aftermath::note_answer(&mut self.verdicts, conversation, &case, side);
        let exact = case.acceptability == Acceptability::Exact;
        conversation.note_reset(side, NotedReset::new(segment, exact, blind));
        self.awaited.wait_for(&case);
        let verdict = Box::new(Verdict::of(case, name, segment.payload));
        if let Some(syn) = conversation.attempt() {
            self.attempts
                .answer(syn, &verdict, &mut self.verdicts.changes);
        }
        self.verdicts.insert(segment.frame, verdict);
        self.newest_note = Some(segment.frame);
        self.enter_device(segment);
        self.enter_probe(segment);
        self.neighbourhood.enter(&mut self.verdicts, segment, key);
    }

    /// The case of an RST that claims `side`.
    fn gather(&mut self, segment: &Segment<'_>, key: &Key, side: Side) -> Option<Case> {
        let history_evicted = self.conversations.has_evicted() || self.hosts.has_evicted();
        let conversation = self.conversations.entry(*key, false)?;
        let is_known = conversation.endpoint(side).has_seq();
        let conversation_role = conversation.role(side);
        let translation = if is_known {
            self.translations.after(segment)
        } else {
            self.translations.stray(segment, &self.conversations)
        };
        let server = server(segment, conversation_role);
        let asked = self.requests.asked(key);
        let neighbours = Neighbours {
            translation,
            ..self.neighbourhood.of(
                segment,
                server,
                asked.map(|asked| &asked.name),
                &self.conversations,
            )
        };
        let conversation = self.conversations.entry(*key, false)?;
        let shared_counter = self
            .rst_numbers
            .follow(segment)
            .map(|(id, frame)| SharedCounter { id, frame });
        let earlier = earlier(segment, side, conversation, &self.verdicts);
        let earlier_verdict = earlier.and_then(|earlier| self.verdicts.get(&earlier.frame));
        let surroundings = Surroundings {
            gateway: self.gateways.get(segment),
            host: self.hosts.get(segment.source.address),
            earlier_case: earlier_verdict.as_deref().map(Verdict::case),
            earlier,
            shared_counter,
            neighbours,
            response_end: self.requests.response_end(key),
            name_repeated: asked.is_some_and(|asked| asked.repeated),
            several_interfaces: self.several_interfaces,
            history_evicted,
        };
        let thresholds = Thresholds {
            idle: self.settings.idle_threshold,
            ttl_tolerance: self.settings.ttl_tolerance,
        };
        let place = (&*conversation, side);
        Some(Case::gather(segment, place, &surroundings, thresholds))
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
        let entered = self.probes.enter(
            segment.source.address,
            segment.destination,
            segment.time,
            segment.frame,
        );
        let Some((series, frames)) = entered else {
            return;
        };
        let frames: Vec<FrameNumber> = frames.collect();
        self.verdicts.join(frames.iter().copied());
        for frame in frames {
            self.verdicts
                .amend(frame, |case| case.series = Some(series));
        }
    }

    /// Names the run of RSTs in one side's name that ends with this one.
    fn label_run(&mut self, last: &mut Case) {
        let member = |case: &Case| RunMember {
            flags: case.reset.flags,
            ack: case.reset.ack,
        };
        let mut next = last.earlier_of_same_sender();
        let longest = if next.is_some() { LONGEST_RUN } else { 1 };
        let mut members = Vec::with_capacity(longest);
        members.push(member(last));
        let mut before = Vec::with_capacity(longest - 1);
        let mut first = None;
        while let Some(frame) = next.filter(|_| members.len() < LONGEST_RUN) {
            let Some(verdict) = self.verdicts.get(&frame) else {
                break;
            };
            members.push(member(verdict.case()));
            before.push((frame, verdict.case().signature));
            next = verdict.case().earlier_of_same_sender();
            first = Some(verdict);
        }
        let name = signature(first.as_ref().map_or(last, |first| first.case()), &members);
        drop(first);
        last.signature = name;
        for (frame, called) in before {
            // To compare two cases costs as much as to judge one.
            if called != name {
                self.verdicts.amend(frame, |case| case.signature = name);
            }
        }
    }

    /// Tells the RSTs before that they are part of the loop that this one is in: their
    /// receiver has ignored them.
    fn close_loop(&mut self, last: &Case) {
        let Some(trigger) = last.trigger().filter(|_| last.in_loop) else {
            return;
        };
        let mut next = last.earlier_of_same_sender();
        for _ in 0..LONGEST_RUN {
            let Some(frame) = next else { break };
            let Some(verdict) = self.verdicts.get(&frame) else {
                break;
            };
            let case = verdict.case();
            let (is_first, is_told) = (case.turn == 0, case.aftermath.ignored.is_some());
            next = case.earlier_of_same_sender().filter(|_| !is_first);
            let answers_ack = case
                .trigger()
                .is_some_and(|trigger| trigger.kind == SegmentKind::Ack);
            drop(verdict);
            if is_told {
                break;
            }
            self.verdicts.amend(frame, |case| {
                case.in_loop |= answers_ack;
                case.aftermath.ignored = Some(trigger.frame);
            });
        }
    }

    /// Enters an RST that does not fit its claimed host, or goes on with a
    /// device's counter, among the devices that speak for several.
    fn enter_device(&mut self, segment: &Segment<'_>) {
        let Some(verdict) = self.verdicts.get(&segment.frame) else {
            return;
        };
        let form = HeaderForm::of(segment);
        let counted_on = verdict
            .case()
            .shared_counter
            .and_then(|shared| self.verdicts.get(&shared.frame))
            .is_some_and(|before| before.is_of_device() && self.resetters.knows(form));
        if !(verdict.is_suspicious() || counted_on) {
            return;
        }
        let host = segment.source.address;
        let entered = self.resetters.enter(form, host, segment.frame);
        let Some(Entry {
            resetter,
            now_several,
        }) = entered
        else {
            return;
        };
        if resetter.hosts() >= 2 {
            let all = now_several.iter().copied();
            self.verdicts
                .join(all.chain([resetter.first(), segment.frame]));
        }
        for frame in now_several.into_iter().chain([segment.frame]) {
            self.verdicts.amend(frame, |case| {
                case.same_look_hosts = resetter.hosts();
                case.resetter = Some(resetter.clone());
            });
        }
    }
}

/// The server's socket of an RST whose claimed sender plays `role`.
fn server(reset: &Segment<'_>, role: Option<Role>) -> Socket {
    match role {
        Some(Role::Client) => reset.destination,
        Some(Role::Server) | None => reset.source,
    }
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
    let verdict = verdicts.get(&last.frame)?;
    let case = verdict.case();
    Some(EarlierReset {
        frame: last.frame,
        age: segment.time.since(last.time),
        same_sender,
        exact: last.exact,
        blind: last.blind,
        seq: case.reset.seq,
        flags: case.reset.flags,
        window: case.reset.window,
        ack: case.reset.ack,
        ip: case.own_ip(),
    })
}
