// SPDX-License-Identifier: GPL-2.0-or-later

//! What one segment tells of the endpoint that sent it.

use std::time::Duration;

use super::{Endpoint, Event, Recent, SegmentKind, State};
use crate::{
    baseline::SynLayout,
    wire::{Content, IpVersion, Segment, TcpFlags},
};

/// What the payload is: where it goes on with a request, that request.
pub(super) fn content_of(segment: &Segment<'_>, sender: &Endpoint) -> Content {
    if segment.payload.is_empty() {
        return Content::Other;
    }
    let content = Content::of(segment.payload);
    match (content, sender.partial_request()) {
        (Content::Other, Some(begun)) if segment.seq == sender.snd_nxt => begun,
        _ => content,
    }
}

pub(super) fn classify(segment: &Segment<'_>, sender: &Endpoint, content: Content) -> SegmentKind {
    let flags = segment.flags;
    if flags.contains(TcpFlags::SYN.union(TcpFlags::ACK)) {
        return SegmentKind::SynAck;
    }
    if flags.syn() {
        return SegmentKind::Syn;
    }
    if sender.has_seq() && segment.payload_length <= 1 && !flags.fin() {
        // RFC 9293 §3.8.4: SEG.SEQ = SND.NXT-1, with or without a garbage byte.
        if segment.seq.offset(1) == sender.snd_nxt && flags.ack() && !sender.fin() {
            return SegmentKind::KeepAlive;
        }
    }
    let sent_before = sender.has_seq() && !segment.end().is_after(sender.snd_nxt);
    if segment.payload_length == 0 && !flags.fin() {
        return SegmentKind::Ack;
    }
    if sent_before {
        return SegmentKind::Retransmission;
    }
    if segment.payload_length == 0 {
        return SegmentKind::Fin;
    }
    match content {
        Content::TlsClientHello => SegmentKind::TlsClientHello,
        Content::HttpRequest => SegmentKind::HttpRequest,
        Content::TlsAlert => SegmentKind::TlsAlert,
        Content::HttpResponse | Content::Other => SegmentKind::Data,
    }
}

pub(super) fn learn_syn(segment: &Segment<'_>, sender: &mut Endpoint) {
    sender.isn = segment.seq;
    sender.set_syn();
    if let Some(shift) = segment.options.window_scale {
        sender.window_scale = shift;
        sender.set_scales();
    }
    let options = &segment.options;
    sender.syn_family = SynLayout::of(options.kinds).family();
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

/// What the acknowledgement tells; the round trip that it completes, if it is the
/// smallest so far.
pub(super) fn learn_acknowledgement(
    segment: &Segment<'_>,
    sender: &mut Endpoint,
    receiver: &mut Endpoint,
    peers: &Recent,
) -> Option<Duration> {
    let mut rtt = None;
    // RFC 9293 §3.10.7.3: only the ACK of what was sent establishes, and one of
    // anything else (from an older connection) is not taken for progress.
    let opening = matches!(sender.state, State::SynSent | State::SynReceived);
    let acceptable = !receiver.has_seq() || segment.ack == receiver.snd_nxt;
    if opening && !segment.flags.syn() && !acceptable && receiver.payload == 0 {
        return None;
    }
    let challenge = receiver.state == State::SynSent && segment.ack != receiver.snd_nxt;
    if challenge {
        return None;
    }
    if segment.flags.syn() || !sender.has_acked() || segment.ack.is_after(sender.acked) {
        let of_handshake = segment.flags.syn() || receiver.state == State::SynReceived;
        rtt = round_trip(segment, peers)
            .filter(|_| !sender.raw_syn())
            .filter(|rtt| sender.learn_rtt(*rtt, of_handshake));
        sender.acked = segment.ack;
        sender.set_has_acked();
        receiver.retransmissions = 0;
    }
    if !segment.flags.syn() {
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

/// What was sent again, as a probe or for want of an answer, and what ends it.
pub(super) fn learn_repeats(
    segment: &Segment<'_>,
    sender: &mut Endpoint,
    receiver: &mut Endpoint,
    kind: SegmentKind,
) {
    // Heard from: its peer's probes were answered, whether the peer hears it
    // or not shows only in what the peer does next.
    receiver.keep_alives = 0;
    match kind {
        SegmentKind::KeepAlive => sender.keep_alives = sender.keep_alives.saturating_add(1),
        // The same data again and again, and not for want of its acknowledgement here: what
        // the peer waits for.
        SegmentKind::Retransmission
            if !receiver.has_acked()
                || (!segment.seq.is_after(receiver.acked)
                    && segment.end().is_after(receiver.acked)) =>
        {
            sender.retransmissions = sender.retransmissions.saturating_add(1);
        }
        _ => {}
    }
}

/// What ends the connection of its own will: a FIN, or a fatal alert.
pub(super) fn learn_end(
    segment: &Segment<'_>,
    sender: &mut Endpoint,
    receiver: &mut Endpoint,
    kind: SegmentKind,
) {
    if kind == SegmentKind::TlsAlert {
        sender.set_tls_alert();
    }
    if segment.flags.fin() && !sender.fin() {
        sender.set_fin();
        sender.fin_frame = Some(segment.frame);
        sender.meet(Event::SendsFin);
        receiver.meet(Event::ReceivesFin);
    }
}

pub(super) fn learn_data(segment: &Segment<'_>, sender: &mut Endpoint, kind: SegmentKind) {
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

pub(super) fn learn_habits(segment: &Segment<'_>, sender: &mut Endpoint) {
    sender.segments = sender.segments.saturating_add(1);
    sender.last_time = segment.time;
    sender.last_frame = Some(segment.frame);
    sender.learn_window(segment.window, segment.flags.syn());
    sender.link_source = segment.link.source.unwrap_or_default();
    sender.place = segment.link.place();
    sender.learn_ip_headers(segment.link.ip_headers);
    if let Some(timestamps) = segment.options.timestamps {
        sender.learn_timestamps(timestamps);
    }
    if let Some(ip) = segment.ip {
        sender.ttl.learn(ip.ttl, segment.time, segment.frame);
        sender.last_ttl = Some(ip.ttl);
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
                    SegmentKind::Retransmission | SegmentKind::KeepAlive
                )
        })
        .map(|sent| segment.time.since(sent.time))
}
