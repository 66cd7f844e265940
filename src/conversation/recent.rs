// SPDX-License-Identifier: GPL-2.0-or-later

//! The last few segments of one side: what an RST may be the answer to.

use std::{ffi::CStr, time::Duration};

use crate::wire::{FrameNumber, SeqNumber, TcpFlags, Timestamp};

/// The value of `rst.trigger`: what kind of segment an RST reacted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerKind {
    /// SYN.
    Syn,
    /// SYN-ACK.
    SynAck,
    /// ACK without payload.
    Ack,
    /// Payload of no known kind.
    Data,
    /// TLS ClientHello.
    TlsClientHello,
    /// HTTP/1 request.
    HttpRequest,
    /// FIN.
    Fin,
    /// Keep-alive probe (RFC 9293 §3.8.4).
    KeepAlive,
    /// Payload that was sent before.
    Retransmission,
    /// Fatal TLS alert in clear.
    TlsAlert,
}

impl TriggerKind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Syn,
        Self::SynAck,
        Self::Ack,
        Self::Data,
        Self::TlsClientHello,
        Self::HttpRequest,
        Self::Fin,
        Self::KeepAlive,
        Self::Retransmission,
        Self::TlsAlert,
    ];

    /// The value of `rst.trigger`.
    #[must_use]
    pub const fn token(self) -> &'static CStr {
        match self {
            Self::Syn => c"syn",
            Self::SynAck => c"syn_ack",
            Self::Ack => c"ack",
            Self::Data => c"data",
            Self::TlsClientHello => c"tls_client_hello",
            Self::HttpRequest => c"http_request",
            Self::Fin => c"fin",
            Self::KeepAlive => c"keep_alive",
            Self::Retransmission => c"retransmission",
            Self::TlsAlert => c"tls_alert",
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Syn => "SYN",
            Self::SynAck => "SYN-ACK",
            Self::Ack => "ACK",
            Self::Data => "data",
            Self::TlsClientHello => "TLS ClientHello",
            Self::HttpRequest => "HTTP request",
            Self::Fin => "FIN",
            Self::KeepAlive => "keep-alive probe",
            Self::Retransmission => "retransmission",
            Self::TlsAlert => "TLS alert",
        }
    }

    /// Whether the segment may name the server that the client asks for.
    #[must_use]
    pub const fn asks_for_a_name(self) -> bool {
        matches!(self, Self::TlsClientHello | Self::HttpRequest)
    }

    /// Whether the segment carried new payload.
    #[must_use]
    pub const fn carries_payload(self) -> bool {
        matches!(
            self,
            Self::Data | Self::TlsClientHello | Self::HttpRequest | Self::TlsAlert
        )
    }
}

/// One segment, as much as is needed to tell what an RST answers.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Capture time.
    pub time: Timestamp,
    /// Frame.
    pub frame: FrameNumber,
    /// Sequence number.
    pub seq: SeqNumber,
    /// Acknowledgement number.
    pub ack: SeqNumber,
    /// Sequence space taken, in bytes; at most 65,535 is kept.
    pub length: u16,
    /// Flags.
    pub flags: TcpFlags,
    /// What it is.
    pub kind: TriggerKind,
}

impl Sent {
    /// The number after its last.
    #[must_use]
    pub fn end(&self) -> SeqNumber {
        self.seq.offset(self.length.into())
    }
}

/// How many segments of a side are kept. With three, the handshake and a
/// request are all there when the answer is an RST; more would break the
/// budget of 384 bytes a conversation.
const KEPT: usize = 3;

/// The last segments of one side, newest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recent {
    sent: [Option<Sent>; KEPT],
    /// Bit n: the n-th newest was answered by an RST already.
    answered: u8,
    /// Segments were dropped at the end.
    overflowed: bool,
}

impl Recent {
    /// Keeps one more; the oldest goes.
    pub fn push(&mut self, sent: Sent) {
        self.overflowed |= self.sent.last().is_some_and(Option::is_some);
        self.sent.rotate_right(1);
        self.answered <<= 1;
        let [first, ..] = &mut self.sent;
        *first = Some(sent);
    }

    /// Newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Sent> {
        self.sent.iter().flatten()
    }

    /// Those that no RST has answered yet, newest first.
    pub fn unanswered(&self) -> impl Iterator<Item = &Sent> {
        let answered = self.answered;
        self.sent
            .iter()
            .flatten()
            .enumerate()
            .filter(move |(n, _)| answered & (1 << n) == 0)
            .map(|(_, sent)| sent)
    }

    /// Marks the segment of this frame as answered.
    pub fn mark_answered(&mut self, frame: FrameNumber) {
        let place = self.iter().position(|sent| sent.frame == frame);
        if let Some(n) = place {
            self.answered |= 1 << n;
        }
    }

    /// Whether older segments are no longer kept.
    #[must_use]
    pub const fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    /// Whether every segment of the last `span` before `now` is still here.
    #[must_use]
    pub fn covers(&self, span: Duration, now: Timestamp) -> bool {
        !self.overflowed
            || self
                .iter()
                .last()
                .is_some_and(|oldest| now.since(oldest.time) >= span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(frame: u32) -> Sent {
        Sent {
            time: Timestamp(i64::from(frame) * 1_000_000),
            frame: FrameNumber::new(frame).unwrap(),
            seq: SeqNumber(frame),
            ack: SeqNumber(0),
            length: 1,
            flags: TcpFlags::ACK,
            kind: TriggerKind::Data,
        }
    }

    #[test]
    fn answered_segments_stay_marked_while_newer_ones_come() {
        let mut recent = Recent::default();
        (1..=2).for_each(|frame| recent.push(sent(frame)));
        recent.mark_answered(FrameNumber::new(1).unwrap());
        recent.push(sent(3));
        let left: Vec<u32> = recent.unanswered().map(|sent| sent.frame.get()).collect();
        assert_eq!(left, [3, 2]);
    }

    #[test]
    fn covers_what_has_not_been_dropped() {
        let mut recent = Recent::default();
        let (now, second) = (Timestamp(5_000_000), Duration::from_secs(1));
        (1..=3).for_each(|frame| recent.push(sent(frame)));
        assert!(recent.covers(second, now));
        recent.push(sent(4));
        assert!(recent.covers(Duration::from_millis(3), now));
        assert!(!recent.covers(Duration::from_millis(4), now));
    }
}
