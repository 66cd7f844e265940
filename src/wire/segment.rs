// SPDX-License-Identifier: GPL-2.0-or-later

//! One TCP segment, header and options read by etherparse.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    ops::Deref,
};

use etherparse::TcpHeaderSlice;
use serde::{Deserialize, Serialize};

use super::{FrameNumber, IpHeader, Link, Options, Packet, SeqNumber, TcpFlags, Timestamp};

/// One side's address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Socket {
    /// Network address.
    pub(crate) address: IpAddr,
    /// TCP port.
    pub(crate) port: u16,
}

/// As people write it: `192.0.2.1:80`, `[2001:db8::1]:80`.
impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.address, self.port).fmt(f)
    }
}

/// Everything about one TCP segment but its payload: as long as a case lives, so
/// does this of its RST.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Frame that holds it.
    pub(crate) frame: FrameNumber,
    /// Capture time.
    pub(crate) time: Timestamp,
    /// The side that it claims to come from.
    pub(crate) source: Socket,
    /// The side that it goes to.
    pub(crate) destination: Socket,
    /// IP header, where one was seen.
    pub(crate) ip: Option<IpHeader>,
    /// The link that it was captured on.
    pub(crate) link: Link,
    /// Sequence number.
    pub(crate) seq: SeqNumber,
    /// Acknowledgement number, also where the ACK flag is missing.
    pub(crate) ack: SeqNumber,
    /// Control bits.
    pub(crate) flags: TcpFlags,
    /// Window as it stands in the header, unscaled.
    pub(crate) window: u16,
    /// Options.
    pub(crate) options: Options,
    /// Payload on the wire, in bytes.
    pub(crate) payload_length: u32,
}

/// One TCP segment with what surrounds it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    /// All but the payload; a segment answers for it directly.
    pub(crate) header: Header,
    /// Payload, as far as captured.
    pub(crate) payload: &'a [u8],
}

impl Deref for Segment<'_> {
    type Target = Header;

    fn deref(&self) -> &Header {
        &self.header
    }
}

/// Where the control bits stand in the header (RFC 9293 §3.1).
const FLAGS_OFFSET: usize = 13;

impl<'a> Segment<'a> {
    /// Takes the TCP header, which stands at the beginning of `packet.tcp`.
    #[must_use]
    #[inline]
    pub(crate) fn of(packet: &Packet<'a>, tcp: &TcpHeaderSlice<'_>) -> Self {
        let header_length = tcp.slice().len();
        let payload = packet.tcp.get(header_length..).unwrap_or_default();
        let flags = tcp.slice().get(FLAGS_OFFSET).copied().unwrap_or_default();
        // In place, because moving it costs as much as reading it.
        Self {
            header: Header {
                frame: packet.frame,
                time: packet.time,
                source: Socket {
                    address: packet.source,
                    port: tcp.source_port(),
                },
                destination: Socket {
                    address: packet.destination,
                    port: tcp.destination_port(),
                },
                ip: packet.ip,
                link: packet.link,
                seq: SeqNumber(tcp.sequence_number()),
                ack: SeqNumber(tcp.acknowledgment_number()),
                flags: TcpFlags::of(flags),
                window: tcp.window_size(),
                options: Options::parse(tcp.options_iterator()),
                payload_length: packet
                    .tcp_reported
                    .saturating_sub(u32::try_from(header_length).unwrap_or(u32::MAX)),
            },
            payload,
        }
    }
}

impl Header {
    /// Sequence space that the segment takes: payload, SYN and FIN (RFC 9293 §3.4).
    #[must_use]
    pub(crate) fn length(&self) -> u32 {
        self.payload_length
            .saturating_add(u32::from(self.flags.syn()))
            .saturating_add(u32::from(self.flags.fin()))
    }

    /// The number after the segment's last: where its sender goes on.
    #[must_use]
    pub(crate) fn end(&self) -> SeqNumber {
        self.seq.offset(self.length())
    }
}
