// SPDX-License-Identifier: GPL-2.0-or-later

//! TCP segments: read off captured frames, and written as forged ones.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context as _, Result};
use etherparse::{
    IpDscp, IpEcn, IpFragOffset, IpHeaders, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header,
    NetSlice, PacketBuilder, SlicedPacket, TcpHeader, TcpOptionElement, TransportSlice,
};

/// The flags that tell segments apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) syn: bool,
    pub(crate) ack: bool,
    pub(crate) fin: bool,
    pub(crate) rst: bool,
    pub(crate) psh: bool,
}

/// One TCP segment with the parts of its IP header that matter for resets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) flags: Flags,
    pub(crate) sequence: u32,
    pub(crate) acknowledgment: u32,
    pub(crate) window: u16,
    pub(crate) timestamps: Option<(u32, u32)>,
    pub(crate) payload: Vec<u8>,
    pub(crate) ttl: u8,
    /// IPv4 identification; no meaning in IPv6.
    pub(crate) identification: u16,
    /// IPv4 "don't fragment"; no meaning in IPv6.
    pub(crate) dont_fragment: bool,
    /// IPv6 flow label; no meaning in IPv4.
    pub(crate) flow_label: u32,
    /// ToS byte or traffic class.
    pub(crate) traffic_class: u8,
}

impl Segment {
    /// Reads an Ethernet frame; `None` where it holds no TCP segment.
    pub(crate) fn parse(frame: &[u8]) -> Option<Self> {
        let packet = SlicedPacket::from_ethernet(frame).ok()?;
        let Some(TransportSlice::Tcp(tcp)) = packet.transport else {
            return None;
        };
        let (source, destination, ttl, identification, dont_fragment, flow_label, traffic_class) =
            match packet.net? {
                NetSlice::Ipv4(ip) => {
                    let ip = ip.header();
                    (
                        IpAddr::V4(ip.source_addr()),
                        IpAddr::V4(ip.destination_addr()),
                        ip.ttl(),
                        ip.identification(),
                        ip.dont_fragment(),
                        0,
                        ip.dcp().value() << 2 | ip.ecn().value(),
                    )
                }
                NetSlice::Ipv6(ip) => {
                    let ip = ip.header();
                    (
                        IpAddr::V6(ip.source_addr()),
                        IpAddr::V6(ip.destination_addr()),
                        ip.hop_limit(),
                        0,
                        false,
                        ip.flow_label().value(),
                        ip.traffic_class(),
                    )
                }
                NetSlice::Arp(_) => return None,
            };
        let timestamps = tcp
            .options_iterator()
            .flatten()
            .find_map(|option| match option {
                TcpOptionElement::Timestamp(value, echo) => Some((value, echo)),
                _ => None,
            });
        Some(Self {
            source: SocketAddr::new(source, tcp.source_port()),
            destination: SocketAddr::new(destination, tcp.destination_port()),
            flags: Flags {
                syn: tcp.syn(),
                ack: tcp.ack(),
                fin: tcp.fin(),
                rst: tcp.rst(),
                psh: tcp.psh(),
            },
            sequence: tcp.sequence_number(),
            acknowledgment: tcp.acknowledgment_number(),
            window: tcp.window_size(),
            timestamps,
            payload: tcp.payload().to_vec(),
            ttl,
            identification,
            dont_fragment,
            flow_label,
            traffic_class,
        })
    }

    /// The sequence number that follows this segment.
    pub(crate) fn next_sequence(&self) -> u32 {
        let controls = u32::from(self.flags.syn) + u32::from(self.flags.fin);
        let payload = u32::try_from(self.payload.len()).unwrap_or(u32::MAX);
        self.sequence.wrapping_add(payload).wrapping_add(controls)
    }

    /// A bare reset in the opposite direction: the receiver's answer, as a forger starts from it.
    pub(crate) fn forged_answer(&self) -> Self {
        Self {
            source: self.destination,
            destination: self.source,
            flags: Flags {
                rst: true,
                ack: true,
                ..Flags::default()
            },
            sequence: self.acknowledgment,
            acknowledgment: self.next_sequence(),
            window: 0,
            timestamps: None,
            payload: Vec::new(),
            ttl: 64,
            identification: 0,
            dont_fragment: true,
            flow_label: 0,
            traffic_class: 0,
        }
    }

    /// Writes the TCP part alone, for a raw socket.
    pub(crate) fn to_tcp(&self) -> Result<Vec<u8>> {
        let headers = if self.source.is_ipv4() {
            14 + 20
        } else {
            14 + 40
        };
        let frame = self.to_frame([0; 6], [0; 6])?;
        Ok(frame.get(headers..).unwrap_or_default().to_vec())
    }

    /// Writes the segment as an Ethernet frame with correct checksums.
    pub(crate) fn to_frame(&self, source: [u8; 6], destination: [u8; 6]) -> Result<Vec<u8>> {
        let ip = match (self.source.ip(), self.destination.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let mut header = Ipv4Header::new(
                    0,
                    self.ttl,
                    IpNumber::TCP,
                    source.octets(),
                    destination.octets(),
                )?;
                header.identification = self.identification;
                header.dont_fragment = self.dont_fragment;
                header.dscp = IpDscp::try_new(self.traffic_class >> 2)?;
                header.ecn = IpEcn::try_new(self.traffic_class & 3)?;
                header.fragment_offset = IpFragOffset::ZERO;
                IpHeaders::Ipv4(header, etherparse::Ipv4Extensions::default())
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => IpHeaders::Ipv6(
                Ipv6Header {
                    flow_label: Ipv6FlowLabel::try_new(self.flow_label)
                        .context("the flow label has more than 20 bits")?,
                    hop_limit: self.ttl,
                    traffic_class: self.traffic_class,
                    source: source.octets(),
                    destination: destination.octets(),
                    ..Ipv6Header::default()
                },
                etherparse::Ipv6Extensions::default(),
            ),
            _ => anyhow::bail!("a segment cannot mix IPv4 and IPv6"),
        };
        let mut tcp = TcpHeader::new(
            self.source.port(),
            self.destination.port(),
            self.sequence,
            self.window,
        );
        tcp.acknowledgment_number = self.acknowledgment;
        tcp.syn = self.flags.syn;
        tcp.ack = self.flags.ack;
        tcp.fin = self.flags.fin;
        tcp.rst = self.flags.rst;
        tcp.psh = self.flags.psh;
        if let Some((value, echo)) = self.timestamps {
            tcp.set_options(&[
                TcpOptionElement::Noop,
                TcpOptionElement::Noop,
                TcpOptionElement::Timestamp(value, echo),
            ])?;
        }
        let builder = PacketBuilder::ethernet2(source, destination)
            .ip(ip)
            .tcp_header(tcp);
        let mut frame = Vec::with_capacity(builder.size(self.payload.len()));
        builder.write(&mut frame, &self.payload)?;
        Ok(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::{Flags, Segment};

    fn segment(source: &str, destination: &str) -> Segment {
        Segment {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            flags: Flags {
                ack: true,
                psh: true,
                ..Flags::default()
            },
            sequence: u32::MAX - 1,
            acknowledgment: 77,
            window: 501,
            timestamps: Some((5, 6)),
            payload: b"hello".to_vec(),
            ttl: 61,
            identification: 0,
            dont_fragment: false,
            flow_label: 0,
            traffic_class: 0x48,
        }
    }

    #[test]
    fn segment_written_and_read_ipv4_is_the_same() {
        let sent = Segment {
            identification: 9,
            dont_fragment: true,
            ..segment("10.77.1.1:40000", "10.77.4.2:8080")
        };
        let frame = sent.to_frame([2; 6], [4; 6]).unwrap();
        assert_eq!(Segment::parse(&frame), Some(sent));
    }

    #[test]
    fn segment_written_and_read_ipv6_is_the_same() {
        let sent = Segment {
            flow_label: 0xabcde,
            ..segment("[fd77:1::1]:4", "[fd77:4::2]:5")
        };
        let frame = sent.to_frame([2; 6], [4; 6]).unwrap();
        assert_eq!(Segment::parse(&frame), Some(sent));
    }

    #[test]
    fn forged_answer_wraps_sequence_numbers() {
        let answer = segment("10.77.1.1:4", "10.77.4.2:5").forged_answer();
        assert_eq!((answer.sequence, answer.acknowledgment), (77, 3));
    }

    #[test]
    fn frame_without_tcp_is_none() {
        assert_eq!(Segment::parse(&[0; 60]), None);
    }
}
