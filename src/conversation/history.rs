// SPDX-License-Identifier: GPL-2.0-or-later

//! The history of one connection, from its SYN (or from where the capture joins) on.

use std::time::Duration;

use super::{
    Endpoint, NotedReset, PerSide, Phase, Recent, Role, SegmentKind, Sent, Side, State,
    learn::{
        classify, content_of, learn_acknowledgement, learn_data, learn_end, learn_habits,
        learn_repeats, learn_syn,
    },
};
use crate::wire::{Content, FrameNumber, Segment, Timestamp};

/// A copy follows its original within a router's or a mirror port's delay
/// (measured: 30 µs with `-i any`); 10 ms leave room for a busy one, and are less
/// than any retransmission time-out.
const COPIED_WITHIN: Duration = Duration::from_millis(10);

/// What happened between two endpoints.
#[derive(Clone, Debug)]
pub struct Conversation {
    ends: PerSide<Endpoint>,
    recent: PerSide<Recent>,
    /// The last RST that claims each side.
    resets: PerSide<Option<NotedReset>>,
    client: Option<Side>,
    roles_assumed: bool,
    /// The first RST that refused the attempt which the client goes on with.
    refused: Option<FrameNumber>,
}

/// What a segment brought.
#[derive(Clone, Copy, Debug)]
pub struct Learned {
    /// What it is.
    pub kind: SegmentKind,
    /// What its payload is.
    pub content: Content,
    /// Round trip to its sender that it completes, if it is the smallest so far.
    pub rtt: Option<Duration>,
    /// The smallest round trip of its sender is certain.
    pub rtt_is_certain: bool,
}

impl Conversation {
    /// Nothing seen yet; `likely_server` counts until a handshake shows better.
    #[must_use]
    pub fn new(likely_server: Option<Side>) -> Self {
        Self {
            ends: PerSide::default(),
            recent: PerSide::default(),
            resets: PerSide::default(),
            client: likely_server.map(Side::peer),
            roles_assumed: true,
            refused: None,
        }
    }

    /// One side.
    #[must_use]
    pub fn endpoint(&self, side: Side) -> &Endpoint {
        &self.ends[side]
    }

    /// The last segments of one side.
    #[must_use]
    pub fn recent(&self, side: Side) -> &Recent {
        &self.recent[side]
    }

    /// The last segments of one side, to mark one as answered.
    pub fn recent_mut(&mut self, side: Side) -> &mut Recent {
        &mut self.recent[side]
    }

    /// The part that a side plays; `None` where neither handshake nor ports tell.
    #[must_use]
    pub fn role(&self, side: Side) -> Option<Role> {
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
    pub const fn roles_are_assumed(&self) -> bool {
        self.roles_assumed
    }

    /// Whether the SYN or the SYN-ACK was seen.
    #[must_use]
    pub fn handshake_seen(&self) -> bool {
        self.ends.iter().any(Endpoint::syn)
    }

    /// The last RST that claims this side.
    #[must_use]
    pub fn last_reset(&self, side: Side) -> Option<NotedReset> {
        self.resets[side]
    }

    /// The RST that had refused the same attempt before.
    #[must_use]
    pub const fn refused_before(&self) -> Option<FrameNumber> {
        self.refused
    }

    /// When either side was last heard, RSTs not counted.
    #[must_use]
    pub fn last_heard(&self) -> Option<Timestamp> {
        self.ends
            .iter()
            .filter(|end| end.has_seq())
            .map(|end| end.last_time)
            .max()
    }

    /// Where the conversation stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        if self.resets.iter().any(Option::is_some) {
            return Phase::Reset;
        }
        if self.last_heard().is_none() {
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
    pub fn begins_anew(&self, segment: &Segment<'_>, side: Side) -> bool {
        if !segment.flags.syn() || self.last_heard().is_none() {
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

    /// Whether this is one of the last segments once more: captured on both sides
    /// of a router, or on several interfaces.
    #[must_use]
    pub fn is_copy(&self, segment: &Segment<'_>, side: Side) -> bool {
        let sender = self.endpoint(side);
        let more_data = segment.seq == sender.snd_nxt && segment.length() > 0;
        if more_data || (sender.has_acked() && segment.ack.is_after(sender.acked)) {
            return false;
        }
        let original = self.recent(side).iter().zip(0..).find(|(sent, _)| {
            sent.seq == segment.seq
                && sent.ack == segment.ack
                && sent.flags == segment.flags
                && u32::from(sent.length) == segment.length().min(u16::MAX.into())
                && segment.time.since(sent.time) <= COPIED_WITHIN
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
                .expected()
                .is_some_and(|ttl| ttl.abs_diff(ip.ttl) == 1),
        })
    }

    /// Takes a segment that is no RST into account.
    pub fn learn(&mut self, segment: &Segment<'_>, side: Side) -> Learned {
        if segment.flags.syn() {
            self.learn_roles(segment, side);
        }
        let (sender, receiver) = self.ends.with_peer_mut(side);
        let content = content_of(segment, sender);
        let kind = classify(segment, sender, content);
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
    pub fn note_partial_request(&mut self, side: Side, content: Option<Content>) {
        self.ends[side].set_partial_request(content);
    }

    /// The last RST that claims `side`, while its claimed sender is still looked
    /// at; counts the looks.
    pub fn watched_reset(&mut self, side: Side) -> Option<FrameNumber> {
        self.resets[side].as_mut()?.watched()
    }

    /// The claimed sender has shown what it can.
    pub fn stop_watching(&mut self, side: Side) {
        if let Some(reset) = &mut self.resets[side] {
            reset.stop_watching();
        }
    }

    /// Whether, after the last RST, its claimed sender has gone on and its
    /// receiver as well.
    #[must_use]
    pub fn has_survived(&self) -> bool {
        self.resets.iter().flatten().any(NotedReset::was_survived)
    }

    /// Notes what the RST that claims `side` was followed by.
    pub fn note_survival(&mut self, side: Side, sender: bool, receiver: bool) {
        if let Some(reset) = &mut self.resets[side] {
            reset.note_survival(sender, receiver);
        }
    }

    /// Both sides went on: no RST so far has ended anything.
    pub fn revive(&mut self) {
        self.resets = PerSide::default();
    }

    /// Notes an RST that claims `side`.
    pub fn note_reset(&mut self, side: Side, mut reset: NotedReset) {
        reset.exact |= self.resets[side].is_some_and(|earlier| earlier.exact);
        self.resets[side] = Some(reset);
    }
}
