// SPDX-License-Identifier: GPL-2.0-or-later

//! The control bits of a TCP header.

use serde::{Deserialize, Serialize};

bitflags::bitflags! {
    /// Control bits (RFC 9293 §3.1); the ECN bits are not kept.
    #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub(crate) struct TcpFlags: u8 {
        /// FIN: no more data from the sender.
        const FIN = 1;
        /// SYN: synchronise sequence numbers.
        const SYN = 1 << 1;
        /// RST: reset the connection.
        const RST = 1 << 2;
        /// PSH: push.
        const PSH = 1 << 3;
        /// ACK: the acknowledgement number is significant.
        const ACK = 1 << 4;
        /// URG: the urgent pointer is significant.
        const URG = 1 << 5;
    }
}

impl TcpFlags {
    /// The control bits of the header's byte.
    #[must_use]
    pub(crate) const fn of(byte: u8) -> Self {
        // Spares each flag's own test, for every segment.
        Self::from_bits_retain(byte & Self::all().bits())
    }

    /// FIN is set.
    #[must_use]
    pub(crate) const fn fin(self) -> bool {
        self.contains(Self::FIN)
    }

    /// SYN is set.
    #[must_use]
    pub(crate) const fn syn(self) -> bool {
        self.contains(Self::SYN)
    }

    /// RST is set.
    #[must_use]
    pub(crate) const fn rst(self) -> bool {
        self.contains(Self::RST)
    }

    /// ACK is set.
    #[must_use]
    pub(crate) const fn ack(self) -> bool {
        self.contains(Self::ACK)
    }
}

impl std::fmt::Debug for TcpFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut separator = "";
        for (name, _) in self.iter_names() {
            write!(f, "{separator}{name}")?;
            separator = "+";
        }
        if self.is_empty() {
            f.write_str("none")?;
        }
        Ok(())
    }
}
