// SPDX-License-Identifier: GPL-2.0-or-later

//! What a segment is to the conversation.

use std::ffi::CStr;

use serde::{Deserialize, Serialize};

/// What a segment is, as its last relatives show; of the segment that an RST
/// answers it is the value of `rst.trigger`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SegmentKind {
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

impl SegmentKind {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[
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
    pub(crate) const fn token(self) -> &'static CStr {
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
    pub(crate) const fn words(self) -> &'static str {
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
    pub(crate) const fn asks_for_a_name(self) -> bool {
        matches!(self, Self::TlsClientHello | Self::HttpRequest)
    }

    /// Whether the segment carried new payload.
    #[must_use]
    pub(crate) const fn carries_payload(self) -> bool {
        matches!(
            self,
            Self::Data | Self::TlsClientHello | Self::HttpRequest | Self::TlsAlert
        )
    }
}
