// SPDX-License-Identifier: GPL-2.0-or-later

//! One TCP packet as the capture gives it, the TCP header not yet read.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{FrameNumber, Timestamp};

/// What whoever reads the capture (Wireshark, or the replay path) hands over.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Frame that holds it.
    pub frame: FrameNumber,
    /// Capture time.
    pub time: Timestamp,
    /// Address that it claims to come from.
    pub source: IpAddr,
    /// Address that it goes to.
    pub destination: IpAddr,
    /// The IP header, where one was seen (under ESP, for example, none is).
    pub ip: Option<IpHeader>,
    /// The link that it was captured on.
    pub link: Link,
    /// Where it goes on that link (MAC); read of SYN and RST only.
    pub link_destination: Option<[u8; 6]>,
    /// TCP header and payload, as far as captured.
    pub tcp: &'a [u8],
    /// Bytes of TCP header and payload on the wire.
    pub tcp_reported: u32,
}

/// The parts of an IP header that say something about its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpHeader {
    /// TTL or hop limit.
    pub ttl: u8,
    /// ToS byte or traffic class: DSCP and ECN.
    pub traffic_class: u8,
    /// What only one of the versions has.
    pub version: IpVersion,
}

/// The parts that differ between IPv4 and IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpVersion {
    /// IPv4.
    V4 {
        /// Identification.
        id: u16,
        /// Don't Fragment.
        dont_fragment: bool,
    },
    /// IPv6.
    V6 {
        /// Flow label, 20 bits.
        flow_label: u32,
    },
}

/// The differentiated services code point of a ToS byte or traffic class; the ECN
/// bits below it differ from packet to packet (RFC 3168 §5).
#[must_use]
pub const fn dscp(traffic_class: u8) -> u8 {
    traffic_class >> 2
}

impl IpHeader {
    /// IPv4 identification.
    #[must_use]
    pub(crate) const fn id(&self) -> Option<u16> {
        match self.version {
            IpVersion::V4 { id, .. } => Some(id),
            IpVersion::V6 { .. } => None,
        }
    }

    /// IPv4 Don't Fragment.
    #[must_use]
    pub(crate) const fn dont_fragment(&self) -> Option<bool> {
        match self.version {
            IpVersion::V4 { dont_fragment, .. } => Some(dont_fragment),
            IpVersion::V6 { .. } => None,
        }
    }

    /// IPv6 flow label, 20 bits.
    #[must_use]
    pub(crate) const fn flow_label(&self) -> Option<u32> {
        match self.version {
            IpVersion::V4 { .. } => None,
            IpVersion::V6 { flow_label } => Some(flow_label),
        }
    }
}

/// Where on the link a packet was captured; absent members were not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Link-layer source address (MAC).
    pub(crate) source: Option<[u8; 6]>,
    /// VLAN identifier, the outermost.
    pub(crate) vlan: Option<u16>,
    /// Number of the capture interface in the file.
    pub(crate) interface: Option<u32>,
    /// IP headers around TCP, more than 1 in a tunnel; 0: not counted, which is
    /// done for SYN and RST only.
    pub(crate) ip_headers: u8,
}

impl Link {
    /// The same at another interface of the file.
    #[must_use]
    pub const fn at_interface(self, interface: u32) -> Self {
        Self {
            interface: Some(interface),
            ..self
        }
    }

    /// VLAN and interface in two bytes.
    #[must_use]
    pub(crate) fn place(&self) -> Place {
        let interface = u16::try_from(self.interface.unwrap_or_default() & 0xf).unwrap_or_default();
        Place(interface << VLAN_BITS | self.vlan.unwrap_or_default() & VLAN_MASK)
    }
}

/// IEEE 802.1Q: a VLAN identifier has 12 bits.
const VLAN_BITS: u32 = 12;
const VLAN_MASK: u16 = (1 << VLAN_BITS) - 1;

/// Where a packet was captured, small enough to be kept for each side of a
/// conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place(u16);

impl Place {
    /// VLAN identifier; 0: none was seen.
    #[must_use]
    pub(crate) const fn vlan(self) -> u16 {
        self.0 & VLAN_MASK
    }

    /// The last four bits of the interface's number in the file, 0 to 15; 0 also
    /// where the file has no interfaces.
    #[must_use]
    pub(crate) const fn interface(self) -> u16 {
        self.0 >> VLAN_BITS
    }
}
