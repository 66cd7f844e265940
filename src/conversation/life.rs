// SPDX-License-Identifier: GPL-2.0-or-later

//! One life of a connection, from its SYN (or from where the capture joins) on.

use std::time::Duration;

use super::{
    Endpoint, Event, Phase, Recent, Role, Sent, Side, State, TriggerKind,
    learn::{classify, learn_acknowledgement, learn_data, learn_habits, learn_syn},
};
use crate::wire::{Content, FrameNumber, Segment, Timestamp};

/// An RST that was seen in this conversation.
#[derive(Clone, Copy, Debug)]
pub struct NotedReset {
    /// Capture time.
    pub time: Timestamp,
    /// Frame.
    pub frame: FrameNumber,
    /// It, or one before it, had the exact sequence number.
    pub exact: bool,
    /// Segments of its claimed sender that may still show that it was forged.
    watch: u8,
    /// Its claimed sender has gone on.
    sender_continued: bool,
    /// Its receiver has gone on.
    receiver_continued: bool,
}

/// Segments of the claimed sender that are looked at after an RST: those that
/// were overtaken, and a few of those that count.
const WATCHED_SEGMENTS: u8 = 64;

/// A copy follows its original within a router's or a mirror port's delay
/// (measured: 30 µs with `-i any`); 10 ms leave room for a busy one, and are less
/// than any retransmission time-out.
const COPIED_WITHIN: Duration = Duration::from_millis(10);

impl NotedReset {
    /// Notes this RST.
    #[must_use]
    pub fn new(segment: &Segment<'_>, exact: bool) -> Self {
        Self {
            time: segment.time,
            frame: segment.frame,
            exact,
            watch: WATCHED_SEGMENTS,
            sender_continued: false,
            receiver_continued: false,
        }
    }
}

/// What happened between two endpoints.
#[derive(Clone, Debug)]
pub struct Conversation {
    ends: [Endpoint; 2],
    recent: [Recent; 2],
    /// The last RST that claims each side.
    resets: [Option<NotedReset>; 2],
    client: Option<Side>,
    roles_assumed: bool,
    /// The first RST that refused the attempt which the client goes on with.
    refused: Option<FrameNumber>,
}

/// What a segment brought.
#[derive(Clone, Copy, Debug)]
pub struct Learned {
    /// What it is.
    pub kind: TriggerKind,
    /// What its payload is.
    pub content: Content,
    /// Round trip to its sender that it completes, if it is the smallest so far.
    pub rtt: Option<Duration>,
    /// The smallest round trip of its sender is certain.
    pub rtt_is_certain: bool,
}

const fn index(side: Side) -> usize {
    match side {
        Side::Lower => 0,
        Side::Upper => 1,
    }
}

impl Conversation {
    /// Nothing seen yet; `likely_server` counts until a handshake shows better.
    #[must_use]
    pub fn new(likely_server: Option<Side>) -> Self {
        Self {
            ends: Default::default(),
            recent: Default::default(),
            resets: [None; 2],
            client: likely_server.map(Side::peer),
            roles_assumed: true,
            refused: None,
        }
    }

    /// One side.
    #[must_use]
    pub const fn endpoint(&self, side: Side) -> &Endpoint {
        let [lower, upper] = &self.ends;
        match side {
            Side::Lower => lower,
            Side::Upper => upper,
        }
    }

    /// The last segments of one side.
    #[must_use]
    pub const fn recent(&self, side: Side) -> &Recent {
        let [lower, upper] = &self.recent;
        match side {
            Side::Lower => lower,
            Side::Upper => upper,
        }
    }

    /// The last segments of one side, to mark one as answered.
    pub const fn recent_mut(&mut self, side: Side) -> &mut Recent {
        let [lower, upper] = &mut self.recent;
        match side {
            Side::Lower => lower,
            Side::Upper => upper,
        }
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
    pub const fn handshake_seen(&self) -> bool {
        let [lower, upper] = &self.ends;
        lower.syn() || upper.syn()
    }

    /// The last RST that claims this side.
    #[must_use]
    pub const fn last_reset(&self, side: Side) -> Option<NotedReset> {
        let [lower, upper] = self.resets;
        match side {
            Side::Lower => lower,
            Side::Upper => upper,
        }
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

    /// Whether this SYN begins another life of the connection on the same ports.
    #[must_use]
    pub fn begins_anew(&self, segment: &Segment<'_>, side: Side) -> bool {
        if !segment.flags.syn() || self.last_heard().is_none() {
            return false;
        }
        let sender = self.endpoint(side);
        if segment.flags.ack() {
            // The SYN of another life was not captured; after this life's own SYN
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
        let [lower, upper] = &mut self.ends;
        let (sender, receiver) = match side {
            Side::Lower => (lower, upper),
            Side::Upper => (upper, lower),
        };
        let mut content = Content::of(segment.payload);
        if let (Content::Other, Some(begun)) = (content, sender.partial_request())
            && segment.seq == sender.snd_nxt
            && !segment.payload.is_empty()
        {
            content = begun;
        }
        let kind = classify(segment, sender, content);

        let syn = segment.flags.syn();
        if syn {
            self.roles_assumed = false;
            self.client = Some(if segment.flags.ack() {
                side.peer()
            } else {
                side
            });
            if !segment.flags.ack() {
                // The same SYN again after an RST: Windows tries three times
                // (KB175523), so the attempt is open once more.
                let refused = self.resets.iter().flatten().map(|reset| reset.frame).min();
                self.refused = self.refused.or(refused);
                self.resets = [None; 2];
            }
            learn_syn(segment, sender);
        }
        let rtt = if segment.flags.ack() {
            let [lower, upper] = &self.recent;
            let peers = match side {
                Side::Lower => upper,
                Side::Upper => lower,
            };
            learn_acknowledgement(segment, sender, receiver, peers)
        } else {
            None
        };
        // Heard from: its peer's probes were answered, whether the peer hears it
        // or not shows only in what the peer does next.
        receiver.keep_alives = 0;
        match kind {
            TriggerKind::KeepAlive => sender.keep_alives = sender.keep_alives.saturating_add(1),
            // The same data again and again: what the peer waits for.
            TriggerKind::Retransmission
                if !receiver.has_acked() || !segment.seq.is_after(receiver.acked) =>
            {
                sender.retransmissions = sender.retransmissions.saturating_add(1);
            }
            TriggerKind::TlsAlert => sender.set_tls_alert(),
            _ => {}
        }
        if segment.flags.fin() && !sender.fin() {
            sender.set_fin();
            sender.fin_frame = Some(segment.frame);
            sender.meet(Event::SendsFin);
            receiver.meet(Event::ReceivesFin);
        }
        learn_data(segment, sender, kind);
        learn_habits(segment, sender);

        let sent = Sent {
            time: segment.time,
            frame: segment.frame,
            seq: segment.seq,
            ack: segment.ack,
            length: u16::try_from(segment.length()).unwrap_or(u16::MAX),
            flags: segment.flags,
            kind,
        };
        self.recent_mut(side).push(sent);
        Learned {
            kind,
            content,
            rtt,
            rtt_is_certain: self.endpoint(side).rtt_is_certain(),
        }
    }

    /// The next bytes of `side` go on with this request.
    pub fn note_partial_request(&mut self, side: Side, content: Option<Content>) {
        if let Some(end) = self.ends.get_mut(index(side)) {
            end.set_partial_request(content);
        }
    }

    /// The last RST that claims `side`, while its claimed sender is still looked
    /// at; counts the looks.
    pub fn watched_reset(&mut self, side: Side) -> Option<FrameNumber> {
        let reset = self.resets.get_mut(index(side))?.as_mut()?;
        reset.watch = reset.watch.checked_sub(1)?;
        Some(reset.frame)
    }

    /// The claimed sender has shown what it can.
    pub fn stop_watching(&mut self, side: Side) {
        if let Some(Some(reset)) = self.resets.get_mut(index(side)) {
            reset.watch = 0;
        }
    }

    /// Whether, after the last RST, its claimed sender has gone on and its
    /// receiver as well.
    #[must_use]
    pub fn has_survived(&self) -> bool {
        self.resets
            .iter()
            .flatten()
            .any(|reset| reset.sender_continued && reset.receiver_continued)
    }

    /// Notes what the RST that claims `side` was followed by.
    pub fn note_survival(&mut self, side: Side, sender: bool, receiver: bool) {
        if let Some(Some(reset)) = self.resets.get_mut(index(side)) {
            reset.sender_continued |= sender;
            reset.receiver_continued |= receiver;
        }
    }

    /// Both sides went on: no RST so far has ended anything.
    pub const fn revive(&mut self) {
        self.resets = [None; 2];
    }

    /// Notes an RST that claims `side`.
    pub fn note_reset(&mut self, side: Side, mut reset: NotedReset) {
        if let Some(noted) = self.resets.get_mut(index(side)) {
            reset.exact |= noted.is_some_and(|earlier| earlier.exact);
            *noted = Some(reset);
        }
    }
}
