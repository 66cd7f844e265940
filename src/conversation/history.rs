// SPDX-License-Identifier: GPL-2.0-or-later

//! The history of one connection, from its SYN (or from where the capture joins) on.

use std::time::Duration;

use super::{
    Endpoint, NotedReset, PerSide, Phase, Recent, Role, SegmentKind, Sent, Side, State, Track,
    learn::{
        classify, content_of, learn_acknowledgement, learn_data, learn_end, learn_habits,
        learn_repeats, learn_syn,
    },
};
use crate::{
    mutation::limit,
    wire::{Content, FrameNumber, Segment, Timestamp},
};

/// A copy follows its original within a router's or a mirror port's delay
/// (measured: 30 µs with `-i any`); 10 ms leave room for a busy one, and are less
/// than any retransmission time-out.
const COPIED_WITHIN: Duration = Duration::from_millis(10);

/// Whether it carries a timestamp from before its sender's last one: a host that sends
/// again writes the time of sending (RFC 7323 §4.1).
fn is_stamped_before(segment: &Segment<'_>, sender: &Endpoint) -> bool {
    let stamps = segment.options.timestamps.filter(|_| sender.timestamps());
    stamps.is_some_and(|stamps| stamps.value.wrapping_sub(sender.timestamp).cast_signed() < 0)
}

/// Whether a sender that counts its packets by 1 has used this segment's IP ID
/// already: a host that sends again counts on.
fn is_numbered_before(segment: &Segment<'_>, sender: &Endpoint) -> bool {
    let id = segment.ip.and_then(|ip| ip.id()).filter(|id| *id != 0);
    let last = sender.ip_id.last().map(|(last, _)| last);
    let (Some(id), Some(last), true) = (id, last, sender.ip_id.counts_by_one()) else {
        return false;
    };
    last.wrapping_sub(id) <= limit!(LATE_AT_MOST)
}

/// Packets by which a copy may be late: a second of a busy connection (estimate).
const LATE_AT_MOST: u16 = 1024;

/// What happened between two endpoints.
#[derive(Clone, Debug)]
pub struct Conversation {
    ends: PerSide<Endpoint>,
    recent: PerSide<Recent>,
    /// The last RST that claims each side.
    resets: PerSide<Option<NotedReset>>,
    client: Option<Side>,
    roles_assumed: bool,
    /// What went before may have been forgotten for want of memory.
    forgotten: bool,
    /// The first RST that refused the attempt which the client goes on with.
    refused: Option<FrameNumber>,
    /// The client's first SYN, while no SYN-ACK has answered it.
    attempt: Option<FrameNumber>,
    /// Where it was captured.
    track: Track,
}

/// What a segment brought.
#[derive(Clone, Copy, Debug)]
pub struct Learned {
    /// What it is.
    pub(crate) kind: SegmentKind,
    /// What its payload is.
    pub(crate) content: Content,
    /// Round trip to its sender that it completes, if it is the smallest so far.
    pub(crate) rtt: Option<Duration>,
    /// The smallest round trip of its sender is certain.
    pub(crate) rtt_is_certain: bool,
}

impl Conversation {
    /// Nothing seen yet; `likely_server` counts until a handshake shows better.
    #[must_use]
    pub(crate) fn new(likely_server: Option<Side>) -> Self {
        Self {
            ends: PerSide::default(),
            recent: PerSide::default(),
            resets: PerSide::default(),
            client: likely_server.map(Side::peer),
            roles_assumed: true,
            forgotten: false,
            refused: None,
            attempt: None,
            track: Track::default(),
        }
    }

    /// The conversation that begins on the same ports.
    #[must_use]
    pub(crate) fn anew(&self, likely_server: Option<Side>) -> Self {
        Self {
            track: self.track,
            ..Self::new(likely_server)
        }
    }

    /// Where it was captured.
    #[must_use]
    pub(crate) const fn track(&self) -> &Track {
        &self.track
    }

    /// The same, to note more of it.
    #[inline]
    pub(crate) const fn track_mut(&mut self) -> &mut Track {
        &mut self.track
    }

    /// The client's first SYN is in this frame.
    pub(crate) const fn begin_attempt(&mut self, syn: FrameNumber) {
        self.attempt = Some(syn);
    }

    /// The frame of the client's first SYN, while no SYN-ACK has answered it.
    #[must_use]
    pub(crate) const fn attempt(&self) -> Option<FrameNumber> {
        self.attempt
    }

    /// The same when its SYN-ACK comes.
    pub(crate) const fn end_attempt(&mut self) -> Option<FrameNumber> {
        self.attempt.take()
    }

    /// What went before may have been forgotten for want of memory.
    pub(super) const fn set_forgotten(&mut self) {
        self.forgotten = true;
    }

    /// Whether both sides were heard, and one of them with data.
    #[must_use]
    pub(super) fn has_exchanged_data(&self) -> bool {
        self.ends.iter().all(Endpoint::has_seq) && self.ends.iter().any(|end| end.payload > 0)
    }

    /// One side.
    #[must_use]
    pub(crate) fn endpoint(&self, side: Side) -> &Endpoint {
        &self.ends[side]
    }

    /// One side, to note something of it.
    pub(super) fn endpoint_mut(&mut self, side: Side) -> &mut Endpoint {
        &mut self.ends[side]
    }

    /// The last segments of one side.
    #[must_use]
    pub(crate) fn recent(&self, side: Side) -> &Recent {
        &self.recent[side]
    }

    /// The last segments of one side, to mark one as answered.
    pub(crate) fn recent_mut(&mut self, side: Side) -> &mut Recent {
        &mut self.recent[side]
    }

    /// The part that a side plays; `None` where neither handshake nor ports tell.
    #[must_use]
    pub(crate) fn role(&self, side: Side) -> Option<Role> {
        self.client.map(|client| {
            if client == side {
                Role::Client
            } else {
                Role::Server
            }
        })
    }

    /// Whether the roles are a guess from the ports.
    #[must_use]
    pub(crate) const fn roles_are_assumed(&self) -> bool {
        self.roles_assumed
    }

    /// Whether the SYN or the SYN-ACK was seen.
    #[must_use]
    pub(crate) fn handshake_seen(&self) -> bool {
        self.ends.iter().any(Endpoint::syn)
    }

    /// The last RST that claims this side.
    #[must_use]
    pub(crate) fn last_reset(&self, side: Side) -> Option<NotedReset> {
        self.resets[side]
    }

    /// The RST that had refused the same attempt before.
    #[must_use]
    pub(crate) const fn refused_before(&self) -> Option<FrameNumber> {
        self.refused
    }

    /// When either side was last heard, RSTs not counted.
    #[must_use]
    pub(crate) fn last_heard(&self) -> Option<Timestamp> {
        self.ends
            .iter()
            .filter(|end| end.has_seq())
            .map(|end| end.last_time)
            .max()
    }

    /// Whether the capture's clock stepped back between its segments.
    #[must_use]
    pub(crate) fn clock_stepped_back(&self) -> bool {
        self.ends.iter().any(Endpoint::stepped_back)
    }

    /// Packets of it that were captured twice; saturates.
    #[must_use]
    pub(crate) fn copies(&self) -> u8 {
        self.ends
            .iter()
            .fold(0, |sum, end| sum.saturating_add(end.copies))
    }

    /// Notes a packet that was captured before.
    pub(crate) fn note_copy(&mut self, side: Side) {
        let end = &mut self.ends[side];
        end.copies = end.copies.saturating_add(1);
    }

    /// Whether an RST has come that nothing has shown to be without effect.
    #[must_use]
    pub(crate) fn holds_reset(&self) -> bool {
        self.resets.iter().any(Option::is_some)
    }

    /// Where the conversation stands.
    #[must_use]
    pub(crate) fn phase(&self) -> Phase {
        if self.holds_reset() {
            return Phase::Reset;
        }
        if self.forgotten || self.last_heard().is_none() {
            return Phase::Unknown;
        }
        let Some(client_side) = self.client else {
            return Phase::Data;
        };
        let client = self.endpoint(client_side);
        let server = self.endpoint(client_side.peer());
        if client.syn() && !server.syn() && client.state == State::SynSent {
            return Phase::Syn;
        }
        let unanswered = matches!(client.state, State::SynSent | State::Unknown);
        if server.syn() && unanswered && server.payload == 0 {
            return Phase::Handshake;
        }
        match (client.fin(), server.fin()) {
            (true, true) => Phase::Closed,
            (true, false) | (false, true) => Phase::Closing,
            (false, false) if server.payload > 0 => Phase::Data,
            (false, false) if client.payload > 0 => Phase::Request,
            (false, false) => Phase::Established,
        }
    }

    /// Whether this SYN begins another connection on the same ports (RFC 9293 §3.4.1:
    /// another incarnation).
    #[must_use]
    pub(crate) fn begins_anew(&self, segment: &Segment<'_>, side: Side) -> bool {
        if !segment.flags.syn() {
            return self.answers_strange(segment, side);
        }
        if self.last_heard().is_none() {
            return false;
        }
        let sender = self.endpoint(side);
        if segment.flags.ack() {
            // The SYN of another connection was not captured; after this one's own SYN
            // it is that one's answer.
            let answers = self.endpoint(side.peer()).state == State::SynSent;
            return !answers && sender.has_seq() && !(sender.syn() && sender.isn == segment.seq);
        }
        let receiver = self.endpoint(side.peer());
        let simultaneous_open = receiver.state == State::SynSent && !sender.has_seq();
        // Captured after its answer.
        let late = receiver.syn() && receiver.has_acked() && receiver.acked == segment.end();
        if sender.syn() {
            sender.isn != segment.seq
        } else {
            !simultaneous_open && !late
        }
    }

    /// Whether the segment goes on where its sender stood: such is no copy of an older
    /// one, and not belated.
    #[must_use]
    pub(crate) fn brings_news(&self, segment: &Segment<'_>, side: Side) -> bool {
        let sender = self.endpoint(side);
        let more_data = segment.seq == sender.snd_nxt && segment.length() > 0;
        let acknowledges = segment.flags.ack() && sender.has_acked();
        more_data || (acknowledges && segment.ack.is_after(sender.acked))
    }

    /// Whether this segment, which brings no news, is one of the last once more:
    /// captured on both sides of a router, or on several interfaces.
    #[must_use]
    pub(crate) fn is_copy(&self, segment: &Segment<'_>, side: Side) -> bool {
        let sender = self.endpoint(side);
        let original = self.recent(side).iter().zip(0..).find(|(sent, _)| {
            sent.seq == segment.seq
                && sent.ack == segment.ack
                && sent.flags == segment.flags
                && u32::from(sent.length) == segment.length().min(u16::MAX.into())
                && segment.time.since(sent.time) <= limit!(COPIED_WITHIN)
        });
        let Some((_, newer)) = original else {
            return false;
        };
        segment.ip.is_some_and(|ip| match ip.id() {
            // A host that sends the segment again gives it a new number; those of
            // the newer ones are passed over.
            Some(id @ 1..) => sender
                .ip_id
                .last()
                .is_some_and(|(last, _)| last.wrapping_sub(id) <= newer),
            // Without a number the router that it passed must show.
            _ => sender
                .ttl
                .usual()
                .is_some_and(|ttl| ttl.abs_diff(ip.ttl) == 1),
        })
    }

    /// Whether this packet, which brings no news, was sent before others of its sender that are known
    /// already: by another way, or captured a second time by a mirror port that is late.
    #[must_use]
    pub(crate) fn is_belated(&self, segment: &Segment<'_>, side: Side) -> bool {
        let sender = self.endpoint(side);
        is_numbered_before(segment, sender)
            || is_stamped_before(segment, sender)
            || self.is_stamped_alike(segment, side)
    }

    /// Whether it is one of the last segments once more, with the same timestamp,
    /// longer ago than a tick: a host that sends again writes the time anew.
    fn is_stamped_alike(&self, segment: &Segment<'_>, side: Side) -> bool {
        let sender = self.endpoint(side);
        let stamped = segment.options.timestamps.filter(|_| sender.timestamps());
        let alike = stamped.is_some_and(|stamps| stamps.value == sender.timestamp);
        alike
            && self.recent(side).iter().any(|sent| {
                sent.seq == segment.seq
                    && sent.ack == segment.ack
                    && sent.flags == segment.flags
                    && segment.time.since(sent.time) > limit!(COPIED_WITHIN)
            })
    }

    /// Keeps a belated packet as one that an RST may answer; of its sender it tells
    /// nothing that is still so.
    pub(crate) fn learn_belated(&mut self, segment: &Segment<'_>, side: Side) {
        self.note_copy(side);
        let sender = self.endpoint(side);
        let kind = classify(segment, sender, content_of(segment, sender));
        self.recent[side].push(Sent::new(segment, kind));
    }

    /// Takes a segment that is no RST into account.
    pub(crate) fn learn(&mut self, segment: &Segment<'_>, side: Side) -> Learned {
        if segment.flags.syn() {
            self.learn_roles(segment, side);
        }
        let (sender, receiver) = self.ends.with_peer_mut(side);
        let content = if segment.payload.is_empty() {
            Content::Other
        } else {
            content_of(segment, sender)
        };
        let kind = classify(segment, sender, content);
        let heard = sender.last_time.max(receiver.last_time);
        if sender.has_seq() && segment.time < heard {
            sender.set_stepped_back();
        }
        if segment.flags.syn() {
            learn_syn(segment, sender);
        }
        let rtt = if segment.flags.ack() {
            learn_acknowledgement(segment, sender, receiver, &self.recent[side.peer()])
        } else {
            None
        };
        learn_repeats(segment, sender, receiver, kind);
        learn_end(segment, sender, receiver, kind);
        learn_data(segment, sender, kind);
        learn_habits(segment, sender);
        self.recent[side].push(Sent::new(segment, kind));
        Learned {
            kind,
            content,
            rtt,
            rtt_is_certain: sender.rtt_is_certain(),
        }
    }

    /// A SYN or SYN-ACK tells who is the client.
    fn learn_roles(&mut self, segment: &Segment<'_>, side: Side) {
        self.roles_assumed = false;
        if segment.flags.ack() {
            self.client = Some(side.peer());
            return;
        }
        self.client = Some(side);
        // The same SYN again after an RST: Windows tries three times (KB175523), so
        // the attempt is open once more.
        let refused = self.resets.iter().flatten().map(|reset| reset.frame).min();
        self.refused = self.refused.or(refused);
        self.resets = PerSide::default();
    }

    /// The next bytes of `side` go on with this request.
    pub(crate) fn note_partial_request(&mut self, side: Side, content: Option<Content>) {
        self.ends[side].set_partial_request(content);
    }

    /// The last RST that claims `side`, while its claimed sender is still looked
    /// at; counts the looks.
    pub(crate) fn watched_reset(&mut self, side: Side) -> Option<FrameNumber> {
        self.resets[side].as_mut()?.watched()
    }

    /// The claimed sender has shown what it can.
    pub(crate) fn stop_watching(&mut self, side: Side) {
        if let Some(reset) = &mut self.resets[side] {
            reset.stop_watching();
        }
    }

    /// Whether, after the last RST, its claimed sender has gone on and its
    /// receiver as well.
    #[must_use]
    pub(crate) fn has_survived(&self) -> bool {
        self.resets.iter().flatten().any(NotedReset::was_survived)
    }

    /// Notes what the RST that claims `side` was followed by.
    pub(crate) fn note_survival(&mut self, side: Side, sender: bool, receiver: bool) {
        if let Some(reset) = &mut self.resets[side] {
            reset.note_survival(sender, receiver);
        }
    }

    /// Both sides went on: no RST so far has ended anything.
    pub(crate) fn revive(&mut self) {
        self.resets = PerSide::default();
    }

    /// Notes an RST that claims `side`.
    pub(crate) fn note_reset(&mut self, side: Side, mut reset: NotedReset) {
        reset.exact |= self.resets[side].is_some_and(|earlier| earlier.exact);
        self.resets[side] = Some(reset);
    }
}
