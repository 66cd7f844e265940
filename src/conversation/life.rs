// SPDX-License-Identifier: GPL-2.0-or-later

//! One life of a connection, from its SYN (or from where the capture joins) on.

use std::time::Duration;

use super::{Endpoint, Event, Phase, Recent, Role, Sent, Side, State, TriggerKind};
use crate::wire::{Content, FrameNumber, IpVersion, Segment, TcpFlags, Timestamp};

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
    pub const fn new(segment: &Segment<'_>, exact: bool) -> Self {
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
}

/// What a segment brought.
#[derive(Clone, Copy, Debug)]
pub struct Learned {
    /// What it is.
    pub kind: TriggerKind,
    /// What its payload is.
    pub content: Content,
    /// Round trip to its sender that it completes.
    pub rtt: Option<Duration>,
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
        if server.syn() && matches!(client.state, State::SynSent | State::Unknown) {
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
        if !segment.flags.syn() || segment.flags.ack() || self.last_heard().is_none() {
            return false;
        }
        let sender = self.endpoint(side);
        let receiver = self.endpoint(side.peer());
        let simultaneous_open = receiver.state == State::SynSent && !sender.has_seq();
        if sender.syn() {
            sender.isn != segment.seq
        } else {
            !simultaneous_open
        }
    }

    /// Whether this is the segment before once more: captured on both sides of a
    /// router, or on several interfaces.
    #[must_use]
    pub fn is_copy(&self, segment: &Segment<'_>, side: Side) -> bool {
        let sender = self.endpoint(side);
        let Some(last) = self.recent(side).iter().next() else {
            return false;
        };
        let same_segment = last.seq == segment.seq
            && last.ack == segment.ack
            && last.flags == segment.flags
            && u32::from(last.length) == segment.length().min(u16::MAX.into())
            && segment.time.since(last.time) <= COPIED_WITHIN;
        let same_packet = segment.ip.is_some_and(|ip| match ip.id() {
            // A host that sends the segment again gives it a new number.
            Some(id @ 1..) => sender.ip_id.last().is_some_and(|(last, _)| last == id),
            // Without a number the router that it passed must show.
            _ => sender
                .ttl
                .expected()
                .is_some_and(|ttl| ttl.abs_diff(ip.ttl) == 1),
        });
        same_segment && same_packet
    }

    /// Takes a segment that is no RST into account.
    pub fn learn(&mut self, segment: &Segment<'_>, side: Side) -> Learned {
        let [lower, upper] = &mut self.ends;
        let (sender, receiver) = match side {
            Side::Lower => (lower, upper),
            Side::Upper => (upper, lower),
        };
        let content = Content::of(segment.payload);
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
        if kind != TriggerKind::KeepAlive {
            sender.keep_alives = 0;
        }
        match kind {
            TriggerKind::KeepAlive => sender.keep_alives = sender.keep_alives.saturating_add(1),
            TriggerKind::Retransmission => {
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
        Learned { kind, content, rtt }
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

fn classify(segment: &Segment<'_>, sender: &Endpoint, content: Content) -> TriggerKind {
    let flags = segment.flags;
    if flags.contains(TcpFlags::SYN.union(TcpFlags::ACK)) {
        return TriggerKind::SynAck;
    }
    if flags.syn() {
        return TriggerKind::Syn;
    }
    if sender.has_seq() && segment.payload_length <= 1 && !flags.fin() {
        // RFC 9293 §3.8.4: SEG.SEQ = SND.NXT-1, with or without a garbage byte.
        if segment.seq.offset(1) == sender.snd_nxt && flags.ack() && !sender.fin() {
            return TriggerKind::KeepAlive;
        }
    }
    let sent_before = sender.has_seq() && !segment.end().is_after(sender.snd_nxt);
    if segment.payload_length == 0 && !flags.fin() {
        return TriggerKind::Ack;
    }
    if sent_before {
        return TriggerKind::Retransmission;
    }
    if segment.payload_length == 0 {
        return TriggerKind::Fin;
    }
    match content {
        Content::TlsClientHello => TriggerKind::TlsClientHello,
        Content::HttpRequest => TriggerKind::HttpRequest,
        Content::TlsAlert => TriggerKind::TlsAlert,
        Content::Other => TriggerKind::Data,
    }
}

fn learn_syn(segment: &Segment<'_>, sender: &mut Endpoint) {
    sender.isn = segment.seq;
    sender.set_syn();
    sender.window_scale = segment.options.window_scale.unwrap_or(0);
    let options = &segment.options;
    let raw = options.window_scale.is_none() && options.timestamps.is_none();
    if raw && !segment.flags.ack() {
        sender.set_raw_syn();
    }
    sender.meet(if segment.flags.ack() {
        Event::SendsSynAck
    } else {
        Event::SendsSyn
    });
}

/// What the acknowledgement tells; the round trip that it completes.
fn learn_acknowledgement(
    segment: &Segment<'_>,
    sender: &mut Endpoint,
    receiver: &mut Endpoint,
    peers: &Recent,
) -> Option<Duration> {
    let mut rtt = None;
    if !sender.has_acked() || segment.ack.is_after(sender.acked) {
        rtt = round_trip(segment, peers).filter(|_| !sender.raw_syn());
        if let Some(rtt) = rtt {
            sender.learn_rtt(rtt);
        }
        sender.acked = segment.ack;
        sender.set_has_acked();
        receiver.retransmissions = 0;
    }
    // RFC 9293 §3.10.7.3: an ACK of what was never sent does not establish.
    let unacceptable =
        sender.state == State::SynSent && receiver.syn() && segment.ack.is_after(receiver.snd_nxt);
    if !segment.flags.syn() && !unacceptable {
        sender.meet(Event::SendsAck);
        if receiver.state == State::SynReceived && segment.ack == receiver.snd_nxt {
            receiver.meet(Event::SynAcked);
        }
    }
    if receiver.fin() && !receiver.fin_acked() && segment.ack == receiver.snd_nxt {
        receiver.set_fin_acked();
        receiver.meet(Event::FinAcked);
    }
    rtt
}

fn learn_data(segment: &Segment<'_>, sender: &mut Endpoint, kind: TriggerKind) {
    if kind.carries_payload() || (segment.flags.syn() && segment.payload_length > 0) {
        let new = if sender.has_seq() {
            let beyond = segment.end().distance(sender.snd_nxt);
            u32::try_from(beyond)
                .unwrap_or(0)
                .min(segment.payload_length)
        } else {
            segment.payload_length
        };
        sender.payload = sender.payload.saturating_add(new);
        sender.last_data_frame = Some(segment.frame);
        sender.data_segments = sender.data_segments.saturating_add(1);
    }
    if !sender.has_seq() || segment.end().is_after(sender.snd_nxt) {
        sender.snd_nxt = segment.end();
        sender.set_has_seq();
    }
}

fn learn_habits(segment: &Segment<'_>, sender: &mut Endpoint) {
    sender.segments = sender.segments.saturating_add(1);
    sender.last_time = segment.time;
    sender.last_frame = Some(segment.frame);
    sender.window = segment.window;
    sender.link_source = segment.link.source.unwrap_or_default();
    sender.vlan = segment.link.vlan.unwrap_or_default();
    if let Some(timestamps) = segment.options.timestamps {
        sender.learn_timestamps(timestamps);
    }
    if let Some(ip) = segment.ip {
        sender.ttl.learn(ip.ttl);
        sender.traffic_class = ip.traffic_class;
        if let Some(id) = ip.id() {
            sender.ip_id.learn(id, segment.frame);
        }
        match ip.version {
            IpVersion::V4 {
                dont_fragment: true,
                ..
            } => sender.set_df_set(),
            IpVersion::V4 { .. } => sender.set_df_clear(),
            IpVersion::V6 { flow_label: 0 } => sender.set_unlabelled(),
            IpVersion::V6 { flow_label } => {
                sender.set_labelled();
                sender.flow_label = flow_label;
            }
        }
    }
}

/// The round trip that an acknowledgement completes. Retransmissions are left
/// out, because one cannot tell which copy is acknowledged (Karn, RFC 6298 §3).
fn round_trip(segment: &Segment<'_>, peer: &Recent) -> Option<Duration> {
    peer.iter()
        .find(|sent| {
            sent.end() == segment.ack
                && sent.length > 0
                && !matches!(
                    sent.kind,
                    TriggerKind::Retransmission | TriggerKind::KeepAlive
                )
        })
        .map(|sent| segment.time.since(sent.time))
}
