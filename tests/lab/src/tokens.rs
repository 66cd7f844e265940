// SPDX-License-Identifier: GPL-2.0-or-later

//! The public contract's tokens (`docs/fields.md`), so that a label cannot be misspelt.

use serde::Serialize;

/// Who really made a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    Endpoint,
    Middlebox,
}

/// How bad a reset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Impact {
    Benign,
    Noteworthy,
    Disruptive,
}

/// Whether every packet was made by a kernel, or some were written by a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Real,
    Synthetic,
}

/// Where the conversation stood (`rst.phase`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    Syn,
    Handshake,
    Established,
    Request,
    Data,
    Closing,
    Closed,
    Reset,
    Unknown,
}

/// Why the reset was sent (`rst.cause`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cause {
    PortClosed,
    ConnectionRejected,
    RefusedOpenPort,
    UnacceptableReset,
    RawSocket,
    ConnectTimeout,
    HalfOpenScan,
    ConnectScan,
    HealthCheck,
    CancelledConnect,
    NotAccepted,
    Backscatter,
    RequestRejected,
    RequestLost,
    RequestDropped,
    TranslationLost,
    OwnFilter,
    ApplicationAbort,
    UnreadData,
    DataAfterClose,
    AbortAfterFin,
    CloseCleanup,
    TlsAlert,
    NoConnection,
    HalfOpenRecovery,
    KeepaliveTimeout,
    RetransmissionTimeout,
    ZeroWindowTimeout,
    IdleTimeout,
    IdleStateLost,
    ContentFilter,
    PolicyBlock,
    BlindInjection,
    Consequence,
    ResetLoop,
    StrayAnswer,
    Unknown,
}
