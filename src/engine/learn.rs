// SPDX-License-Identifier: GPL-2.0-or-later

//! The way of a segment that is no RST: whether it tells anything of its sender, and
//! which memories learn what.

use super::{Attempts, Engine, Neighbourhood, Verdicts, aftermath};
use crate::{
    baseline::Shown,
    conversation::{Conversation, Key, Learned, Phase, Role, Side},
    points::{Passages, Station, station},
    verdict::Followup,
    wire::{Content, FrameNumber, Segment},
};

/// Segments of a side that show its host's habits; of the later ones one in so many
/// is looked at, which a counter of IP IDs tolerates (`ip_id::COUNTER_STEP`).
const HABITS_SHOWN: u8 = 8;

impl Engine {
    /// Whether a segment that came from somewhere else than its side's first was captured at
    /// another point.
    #[cold]
    fn is_from_elsewhere(&mut self, segment: &Segment<'_>, key: Key) -> bool {
        let Some(conversation) = self.conversations.entry(key, segment.flags.syn()) else {
            return false;
        };
        let is_reset = segment.flags.rst();
        if conversation.track().apart().is_some() && !is_reset {
            return true;
        }
        let sender = Station::of_sender(segment);
        let seen = self
            .passages
            .seen_elsewhere(conversation.track().newest, segment)
            .filter(|seen| self.points.are_on_two_links(sender, *seen, is_reset));
        if seen.is_none() {
            conversation.track_mut().note_odd();
        }
        seen.is_some()
    }

    /// A segment that came from somewhere else than its side's first goes to the engine of
    /// the point that it was captured at, if it shows one.
    #[cold]
    pub(super) fn take_odd(&mut self, segment: &Segment<'_>, key: Key, side: Side) {
        if self.is_from_elsewhere(segment, key) && self.set_apart(segment, key, side) {
            return;
        }
        self.take_here(segment, (key, side), true);
    }

    #[inline]
    pub(super) fn learn(&mut self, segment: &Segment<'_>, (key, side): (Key, Side), looked: bool) {
        // Looked up once: each segment is.
        let Some(conversation) = self.conversations.entry(key, segment.flags.syn()) else {
            return;
        };
        if !keep(&mut self.passages, conversation, (segment, side), looked) {
            return self.take_odd(segment, key, side);
        }
        if !is_news(segment, (conversation, side)) {
            return;
        }
        if conversation.may_begin_anew(segment, side) && conversation.begins_anew(segment, side) {
            aftermath::note_reuse(&mut self.verdicts, conversation, segment, side);
            *conversation = conversation.anew(key.likely_server());
            self.requests.forget(&key);
        }
        if segment.flags.syn() {
            let memories = (
                &mut self.attempts,
                &mut self.neighbourhood,
                &mut self.verdicts,
            );
            learn_opening(memories, conversation, segment, side);
        }
        let learned = conversation.learn(segment, side);
        let sent = conversation.endpoint(side).segments;
        if learned.content != Content::Other {
            self.requests
                .learn(conversation, segment, (key, side), learned.content);
        }
        if sent == 1 && conversation.role(side) == Some(Role::Client) {
            self.translations
                .opens(segment.source, segment.destination, segment.frame);
        }
        let first_answer = learned.kind.carries_payload()
            && conversation.endpoint(side).data_segments == 1
            && conversation.role(side) == Some(Role::Server);
        if first_answer && let Some(asked) = self.requests.asked(&key) {
            self.neighbourhood
                .answered(segment.source, asked.name, segment.frame);
        }
        // A SYN-ACK for which the capture holds no SYN may be anybody's.
        let unasked = segment.flags.syn()
            && segment.flags.ack()
            && !conversation.endpoint(side.peer()).has_seq();
        if conversation.holds_reset() {
            let followup = aftermath::watch(
                &mut self.verdicts,
                conversation,
                segment,
                side,
                learned.kind,
            );
            if let Some(followup) = followup {
                self.note(segment.frame, followup);
            }
        }
        if !unasked {
            self.learn_host(segment, sent, &learned);
        }
    }

    /// Keeps what a frame shows about an earlier RST.
    fn note(&mut self, frame: FrameNumber, followup: Followup) {
        if self.followups.len() == self.most_followups {
            self.followups.pop_front();
        }
        self.followups.push_back((frame, followup));
        self.newest_note = Some(frame);
    }

    /// What the segment shows of its host over all conversations; `sent` counts those of
    /// its side.
    fn learn_host(&mut self, segment: &Segment<'_>, sent: u8, learned: &Learned) {
        let begins = sent == 1;
        self.awaited.host_sends(&mut self.verdicts, segment, begins);
        if begins {
            self.gateways.learn(segment);
        }
        let tells = sent <= HABITS_SHOWN || sent.is_multiple_of(HABITS_SHOWN);
        if !tells && learned.rtt.is_none() {
            return;
        }
        let shown = Shown {
            begins,
            rtt: learned.rtt,
            rtt_is_certain: learned.rtt_is_certain,
        };
        if self.hosts.learn(segment, shown) {
            self.awaited
                .host_shows(&mut self.verdicts, &self.hosts, segment.source.address);
        }
    }
}

/// Keeps a segment among what passed this point; false if it may have passed another one,
/// and nobody has looked yet.
#[inline]
pub(super) fn keep(
    passages: &mut Passages,
    conversation: &mut Conversation,
    (segment, side): (&Segment<'_>, Side),
    looked: bool,
) -> bool {
    let station = station(segment);
    let track = conversation.track_mut();
    if track.is_odd(side, station) && !looked {
        return false;
    }
    track.newest = passages.push(segment, (side, station), track.newest);
    true
}

/// What a SYN or SYN-ACK shows of the attempt to connect, and of its server's ports.
fn learn_opening(
    (attempts, neighbourhood, verdicts): (&mut Attempts, &mut Neighbourhood, &mut Verdicts),
    conversation: &mut Conversation,
    segment: &Segment<'_>,
    side: Side,
) {
    let [own, peers] = [side, side.peer()].map(|side| conversation.endpoint(side).syn());
    if segment.flags.ack() {
        if let Some(syn) = conversation.end_attempt() {
            attempts.accept(syn, &mut verdicts.changes);
        }
        neighbourhood.accepted(verdicts, segment);
    } else if own && conversation.phase() == Phase::Syn {
        neighbourhood.unanswered(verdicts, segment);
    } else if !own {
        attempts.begin(segment.frame);
        if peers {
            // Captured after its answer.
            attempts.accept(segment.frame, &mut verdicts.changes);
        } else {
            conversation.begin_attempt(segment.frame);
        }
    }
}

/// Whether the segment tells something new of its sender: it fits the connection, or
/// opens another one, and was not sent or captured before.
fn is_news(segment: &Segment<'_>, (conversation, side): (&mut Conversation, Side)) -> bool {
    if conversation.is_strange(segment, side) {
        let answers = conversation.answers_strange(segment, side);
        if !answers {
            conversation.note_strange(segment, side);
        }
        return answers;
    }
    let begins = segment.flags.syn() && conversation.begins_anew(segment, side);
    if begins || conversation.brings_news(segment, side) {
        return true;
    }
    if conversation.is_copy(segment, side) {
        conversation.note_copy(side);
        return false;
    }
    if conversation.is_belated(segment, side) {
        conversation.learn_belated(segment, side);
        return false;
    }
    true
}
