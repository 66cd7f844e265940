// SPDX-License-Identifier: GPL-2.0-or-later

//! Flag patterns of runs of RSTs, as "Global, Passive Detection of Connection
//! Tampering" (SIGCOMM 2023, Table 1) names them.

use std::ffi::CStr;

use serde::{Deserialize, Serialize};

/// The value of `rst.signature`: how far the conversation had come, and which RSTs
/// followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Signature {
    SynReset,
    SynResetAck,
    SynBoth,
    AckReset,
    AckResets,
    AckResetAck,
    AckResetAcks,
    PushReset,
    PushResetAck,
    PushResetAcks,
    PushBoth,
    PushResetsSame,
    PushResetsZero,
    PushResetsDiffer,
    DataReset,
    DataResetAck,
}

impl Signature {
    /// The value of `rst.signature`.
    #[must_use]
    pub(crate) const fn token(self) -> &'static CStr {
        match self {
            Self::SynReset => c"SYN → RST",
            Self::SynResetAck => c"SYN → RST+ACK",
            Self::SynBoth => c"SYN → RST; RST+ACK",
            Self::AckReset => c"SYN; ACK → RST",
            Self::AckResets => c"SYN; ACK → RST; RST",
            Self::AckResetAck => c"SYN; ACK → RST+ACK",
            Self::AckResetAcks => c"SYN; ACK → RST+ACK; RST+ACK",
            Self::PushReset => c"PSH+ACK → RST",
            Self::PushResetAck => c"PSH+ACK → RST+ACK",
            Self::PushResetAcks => c"PSH+ACK → RST+ACK; RST+ACK",
            Self::PushBoth => c"PSH+ACK → RST; RST+ACK",
            Self::PushResetsSame => c"PSH+ACK → RST = RST",
            Self::PushResetsZero => c"PSH+ACK → RST; RST0",
            Self::PushResetsDiffer => c"PSH+ACK → RST ≠ RST",
            Self::DataReset => c"PSH+ACK; Data → RST",
            Self::DataResetAck => c"PSH+ACK; Data → RST+ACK",
        }
    }
}
