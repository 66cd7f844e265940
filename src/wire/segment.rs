// SPDX-License-Identifier: GPL-2.0-or-later

//! One TCP segment, header and options read by etherparse.

use std::{net::IpAddr, ops::Deref};

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

/// Everything about one TCP segment but its payload: as long as a case lives, so
/// does this of its RST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
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
    /// Payload on the wire, in bytes.
    pub payload_length: u32,
}

/// One TCP segment with what surrounds it.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// All but the payload; a segment answers for it directly.
    pub header: Header,
    /// Payload, as far as captured.
    pub payload: &'a [u8],
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
    /// Reads the TCP header; `None` where it is cut short or malformed.
    #[must_use]
    pub fn parse(packet: &Packet<'a>) -> Option<Self> {
        let tcp = TcpHeaderSlice::from_slice(packet.tcp).ok()?;
        let header_length = tcp.slice().len();
        let payload = packet.tcp.get(header_length..).unwrap_or_default();
        let flags = tcp.slice().get(FLAGS_OFFSET).copied().unwrap_or_default();
        let header = Header {
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
            flags: TcpFlags::from_bits_truncate(flags),
            window: tcp.window_size(),
            options: Options::parse(tcp.options_iterator()),
            payload_length: packet
                .tcp_reported
                .saturating_sub(u32::try_from(header_length).unwrap_or(u32::MAX)),
        };
        Some(Self { header, payload })
    }
}

impl Header {
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
