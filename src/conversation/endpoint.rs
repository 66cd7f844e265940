// SPDX-License-Identifier: GPL-2.0-or-later

//! One side of a conversation: its sequence numbers, its window, its habits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Event, State};
use crate::{
    baseline::{IpId, Stack, Ttl},
    wire::{Content, FrameNumber, Place, SeqNumber, Timestamp, Timestamps},
};

/// Round trips that make sure of the smallest: a delayed ACK answers late
/// (RFC 9293 §3.8.6.3: up to 500 ms), but not every time.
const SAMPLES: u8 = 3;

/// What is known of one side, before the RST in hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    /// Capture time of its last segment.
    pub(crate) last_time: Timestamp,
    /// Frame of its last segment.
    pub(crate) last_frame: Option<FrameNumber>,
    /// Frame of its last segment with payload.
    pub(crate) last_data_frame: Option<FrameNumber>,
    /// Frame of its FIN.
    pub(crate) fin_frame: Option<FrameNumber>,
    /// Initial sequence number; meaningless without [`Endpoint::syn`].
    pub(crate) isn: SeqNumber,
    /// SND.NXT: the number after the highest that it sent.
    pub(crate) snd_nxt: SeqNumber,
    /// The highest number that it acknowledged: its RCV.NXT as far as told.
    pub(crate) acked: SeqNumber,
    /// TSval of its last segment that has one.
    pub(crate) timestamp: u32,
    /// Payload that it sent, in bytes, retransmissions not counted; saturates.
    pub(crate) payload: u32,
    /// Segments seen; saturates.
    pub(crate) segments: u8,
    /// Smallest round trip from the capture point to it, microseconds; 0: none yet.
    rtt_us: u32,
    /// Round trips seen; one of the handshake counts for all that are needed.
    rtt_samples: u8,
    /// Round trips seen; saturates.
    pub(crate) rtt_count: u8,
    /// Its last segment that does not fit the rest, until its peer answers it.
    pub(crate) strange: Option<Strange>,
    /// Its packets that were captured twice; saturates.
    pub(crate) copies: u8,
    /// Where its packets came from, by their TTL.
    pub(crate) ttl: Ttl,
    /// TTL of its last packet.
    pub(crate) last_ttl: Option<u8>,
    /// The family whose SYNs are laid out as its own was.
    pub(crate) syn_family: Option<Stack>,
    /// How it numbers its packets.
    pub(crate) ip_id: IpId,
    /// IPv6 flow label of its last segment.
    pub(crate) flow_label: u32,
    /// Window of its last segment, unscaled.
    pub(crate) window: u16,
    /// VLAN and interface of its last segment.
    pub(crate) place: Place,
    /// IP headers around its SYNs and RSTs.
    ip_headers: IpHeaders,
    /// Link-layer source of its last segment; all zero: none was seen.
    pub(crate) link_source: [u8; 6],
    /// Segments with new payload; saturates.
    pub(crate) data_segments: u8,
    /// Retransmissions since the peer last acknowledged something new.
    pub(crate) retransmissions: u8,
    /// Keep-alive probes since its last other segment.
    pub(crate) keep_alives: u8,
    /// Window scale from its SYN; meaningless without [`Endpoint::syn`].
    pub(crate) window_scale: u8,
    /// ToS byte or traffic class of its last segment.
    pub(crate) traffic_class: u8,
    /// State.
    pub(crate) state: State,
    facts: Facts,
}

/// A segment that does not fit the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Strange {
    /// Where it ends.
    pub(crate) end: SeqNumber,
    /// What it acknowledges.
    pub(crate) ack: SeqNumber,
}

/// How deep in tunnels segments were captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum IpHeaders {
    #[default]
    Unseen,
    Always(u8),
    /// As where both ends of a tunnel are captured.
    Mixed,
}

/// Yes-or-no facts, packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Facts(u32);

impl Facts {
    const SYN: u32 = 1;
    const ACK: u32 = 1 << 1;
    const FIN: u32 = 1 << 2;
    const TIMESTAMPS: u32 = 1 << 3;
    const SEQ: u32 = 1 << 4;
    const FIN_ACKED: u32 = 1 << 5;
    const TLS_ALERT: u32 = 1 << 6;
    const DF_SET: u32 = 1 << 7;
    const DF_CLEAR: u32 = 1 << 8;
    const LABELLED: u32 = 1 << 9;
    const UNLABELLED: u32 = 1 << 10;
    const RAW_SYN: u32 = 1 << 11;
    const SCALES: u32 = 1 << 12;
    const STALLED: u32 = 1 << 13;
    const ASKS_TLS: u32 = 1 << 14;
    const ASKS_HTTP: u32 = 1 << 15;
    const STEPPED_BACK: u32 = 1 << 16;

    const fn has(self, fact: u32) -> bool {
        self.0 & fact != 0
    }
}

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident, $set:ident = $fact:ident;)*) => {
        impl Endpoint {
            $(
                $(#[$doc])*
                #[must_use]
                pub(crate) const fn $name(&self) -> bool {
                    self.facts.has(Facts::$fact)
                }

                pub(super) const fn $set(&mut self) {
                    self.facts.0 |= Facts::$fact;
                }
            )*
        }
    };
}

facts! {
    /// Its SYN or SYN-ACK was seen.
    syn, set_syn = SYN;
    /// It has acknowledged something: `acked` is meant.
    has_acked, set_has_acked = ACK;
    /// It sent a FIN.
    fin, set_fin = FIN;
    /// Its segments carry the timestamps option.
    timestamps, set_timestamps = TIMESTAMPS;
    /// A segment was seen: `snd_nxt` is meant.
    has_seq, set_has_seq = SEQ;
    /// The peer acknowledged its FIN.
    fin_acked, set_fin_acked = FIN_ACKED;
    /// It sent a fatal TLS alert in clear.
    tls_alert, set_tls_alert = TLS_ALERT;
    /// It sent IPv4 packets with Don't Fragment.
    df_set, set_df_set = DF_SET;
    /// It sent IPv4 packets without Don't Fragment.
    df_clear, set_df_clear = DF_CLEAR;
    /// It sent IPv6 packets with a flow label.
    labelled, set_labelled = LABELLED;
    /// It sent IPv6 packets without a flow label.
    unlabelled, set_unlabelled = UNLABELLED;
    /// It sent a SYN that no kernel of today makes: without timestamps and window
    /// scale, as scanners build it (nmap -sS: MSS only; ZMap: no options; SIGCOMM
    /// 2023 §4.2). Its kernel knows nothing of it and answers the SYN-ACK, and
    /// what its program answers takes the time that it takes.
    raw_syn, set_raw_syn = RAW_SYN;
    /// Its SYN offered window scaling.
    scales, set_scales = SCALES;
    /// A packet of it is older by the capture's clock than one before it.
    stepped_back, set_stepped_back = STEPPED_BACK;
    /// Its window is 0, or was until its last segment.
    stalled, set_stalled = STALLED;
}

impl Endpoint {
    /// Smallest round trip seen between the capture point and this side.
    #[must_use]
    pub(crate) fn rtt(&self) -> Option<Duration> {
        (self.rtt_us != 0).then(|| Duration::from_micros(self.rtt_us.into()))
    }

    /// Whether the smallest round trip is one: of the handshake, which kernels
    /// answer at once, or of several.
    #[must_use]
    pub(crate) const fn rtt_is_certain(&self) -> bool {
        self.rtt_samples >= SAMPLES
    }

    /// Takes a round trip into account; true if it is the smallest so far.
    pub(super) fn learn_rtt(&mut self, sample: Duration, of_handshake: bool) -> bool {
        let counts = if of_handshake { SAMPLES } else { 1 };
        self.rtt_samples = self.rtt_samples.saturating_add(counts);
        self.rtt_count = self.rtt_count.saturating_add(1);
        let us = u32::try_from(sample.as_micros()).unwrap_or(u32::MAX).max(1);
        let smallest = self.rtt_us == 0 || us < self.rtt_us;
        if smallest {
            self.rtt_us = us;
        }
        smallest
    }

    /// Bytes that it is ready to receive beyond `acked`; `None` where the
    /// capture lacks the handshake. Scaled only if both SYNs have offered it
    /// (RFC 7323 §2.2), and never in a SYN.
    #[must_use]
    pub(crate) fn receive_window(&self, peer: &Self) -> Option<u32> {
        let scaled = self.scales() && peer.scales() && !self.syn_only();
        let shift = if scaled { self.window_scale } else { 0 };
        let known = self.syn() && (peer.syn() || !self.scales());
        known.then(|| u32::from(self.window) << shift)
    }

    /// Whether nothing but its SYN or SYN-ACK was seen: its window is unscaled.
    #[must_use]
    pub(crate) const fn syn_only(&self) -> bool {
        self.syn() && self.segments <= 1
    }

    /// Whether nothing but a [`Endpoint::raw_syn`] was seen of it.
    #[must_use]
    pub(crate) const fn is_raw_syn(&self) -> bool {
        self.syn_only() && self.raw_syn()
    }

    /// The request that its next bytes go on with.
    pub(super) const fn partial_request(&self) -> Option<Content> {
        if self.facts.has(Facts::ASKS_TLS) {
            Some(Content::TlsClientHello)
        } else if self.facts.has(Facts::ASKS_HTTP) {
            Some(Content::HttpRequest)
        } else {
            None
        }
    }

    /// Its next bytes go on with this request.
    pub(super) fn set_partial_request(&mut self, content: Option<Content>) {
        self.facts.0 &= !(Facts::ASKS_TLS | Facts::ASKS_HTTP);
        self.facts.0 |= match content {
            Some(Content::TlsClientHello) => Facts::ASKS_TLS,
            Some(Content::HttpRequest) => Facts::ASKS_HTTP,
            _ => 0,
        };
    }

    /// Keeps the window of a segment.
    pub(super) const fn learn_window(&mut self, window: u16, of_handshake: bool) {
        if window == 0 && !of_handshake {
            self.set_stalled();
        } else if self.window != 0 {
            self.facts.0 &= !Facts::STALLED;
        }
        self.window = window;
    }

    /// Keeps how many IP headers stood around a segment; 0: not counted.
    pub(crate) const fn learn_ip_headers(&mut self, count: u8) {
        self.ip_headers = match self.ip_headers {
            known if count == 0 => known,
            IpHeaders::Unseen => IpHeaders::Always(count),
            IpHeaders::Always(known) if known == count => return,
            IpHeaders::Always(_) | IpHeaders::Mixed => IpHeaders::Mixed,
        };
    }

    /// IP headers around TCP, more than 1 in a tunnel; `None` where they were not
    /// counted, or not always the same.
    #[must_use]
    pub(crate) const fn ip_headers(&self) -> Option<u8> {
        match self.ip_headers {
            IpHeaders::Always(count) => Some(count),
            IpHeaders::Unseen | IpHeaders::Mixed => None,
        }
    }

    /// The only writer of `state`.
    pub(super) const fn meet(&mut self, event: Event) {
        self.state = self.state.after(event);
    }

    /// A side that has sent one segment, for tests of what looks at it.
    #[cfg(test)]
    pub(crate) fn test_sent(&mut self, snd_nxt: SeqNumber, window: u16, timestamp: u32) {
        self.set_has_seq();
        self.snd_nxt = snd_nxt;
        self.window = window;
        self.learn_timestamps(Timestamps {
            value: timestamp,
            echo: 0,
        });
        self.segments = 2;
    }

    /// A SYN and so many segments with payload, for tests.
    #[cfg(test)]
    pub(crate) fn test_opened(&mut self, data_segments: u8) {
        self.set_syn();
        self.set_has_seq();
        self.data_segments = data_segments;
        self.segments = 2 + data_segments;
    }

    /// A FIN, for tests.
    #[cfg(test)]
    pub(crate) fn test_closed(&mut self) {
        self.set_has_seq();
        self.set_fin();
    }

    /// A window of 0, for tests.
    #[cfg(test)]
    pub(crate) fn test_stalled(&mut self) {
        self.set_has_seq();
        self.learn_window(0, false);
    }

    /// A packet with this flow label, for tests.
    #[cfg(test)]
    pub(crate) fn test_label(&mut self, label: u32) {
        self.flow_label = label;
        self.set_labelled();
    }

    /// A packet with or without Don't Fragment, for tests.
    #[cfg(test)]
    pub(crate) fn test_df(&mut self, dont_fragment: bool) {
        if dont_fragment {
            self.set_df_set();
        } else {
            self.set_df_clear();
        }
    }

    /// Keeps the clock of its last segment.
    pub(super) const fn learn_timestamps(&mut self, timestamps: Timestamps) {
        self.set_timestamps();
        self.timestamp = timestamps.value;
    }
}
