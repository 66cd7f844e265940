// SPDX-License-Identifier: GPL-2.0-or-later

//! One TCP segment, header and options read by etherparse.

use std::net::IpAddr;

use etherparse::TcpHeaderSlice;

use super::{FrameNumber, IpHeader, Link, Options, Packet, SeqNumber, TcpFlags, Timestamp};

/// One side's address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Socket {
    /// Network address.
    pub address: IpAddr,
    /// TCP port.
    pub port: u16,
}

/// One TCP segment with what surrounds it.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Frame that holds it.
    pub frame: FrameNumber,
    /// Capture time.
    pub time: Timestamp,
    /// The side that it claims to come from.
    pub source: Socket,
    /// The side that it goes to.
    pub destination: Socket,
    /// IP header, where one was seen.
    pub ip: Option<IpHeader>,
    /// The link that it was captured on.
    pub link: Link,
    /// Sequence number.
    pub seq: SeqNumber,
    /// Acknowledgement number, also where the ACK flag is missing.
    pub ack: SeqNumber,
    /// Control bits.
    pub flags: TcpFlags,
    /// Window as it stands in the header, unscaled.
    pub window: u16,
    /// Options.
    pub options: Options,
    /// Payload, as far as captured.
    pub payload: &'a [u8],
    /// Payload on the wire, in bytes.
    pub payload_length: u32,
}

/// Where the control bits stand in the header (RFC 9293 §3.1).
const FLAGS_OFFSET: usize = 13;

impl<'a> Segment<'a> {
    /// Reads the TCP header; `None` where it is cut short or malformed.
    #[must_use]
    pub fn parse(packet: &Packet<'a>) -> Option<Self> {
        let header = TcpHeaderSlice::from_slice(packet.tcp).ok()?;
        let header_length = header.slice().len();
        let payload = packet.tcp.get(header_length..).unwrap_or_default();
        let flags = header
            .slice()
            .get(FLAGS_OFFSET)
            .copied()
            .unwrap_or_default();
        Some(Self {
            frame: packet.frame,
            time: packet.time,
            source: Socket {
                address: packet.source,
                port: header.source_port(),
            },
            destination: Socket {
                address: packet.destination,
                port: header.destination_port(),
            },
            ip: packet.ip,
            link: packet.link,
            seq: SeqNumber(header.sequence_number()),
            ack: SeqNumber(header.acknowledgment_number()),
            flags: TcpFlags::from_bits(flags),
            window: header.window_size(),
            options: Options::parse(header.options_iterator()),
            payload,
            payload_length: packet
                .tcp_reported
                .saturating_sub(u32::try_from(header_length).unwrap_or(u32::MAX)),
        })
    }

    /// Sequence space that the segment takes: payload, SYN and FIN (RFC 9293 §3.4).
    #[must_use]
    pub fn length(&self) -> u32 {
        self.payload_length
            .saturating_add(u32::from(self.flags.syn()))
            .saturating_add(u32::from(self.flags.fin()))
    }

    /// The number after the segment's last: where its sender goes on.
    #[must_use]
    pub fn end(&self) -> SeqNumber {
        self.seq.offset(self.length())
    }
}
