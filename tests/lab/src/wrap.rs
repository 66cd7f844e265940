// SPDX-License-Identifier: GPL-2.0-or-later

//! What else can stand around a TCP segment: a recorded capture is written again as other devices,
//! tunnels and habits of capturing would have shown it.
//!
//! The lab's kernel has neither VLANs nor most tunnels, so these headers are written here; what is
//! inside them was recorded.

use std::time::Duration;

use anyhow::{Context as _, Result};
use etherparse::{IpNumber, Ipv4Header, Ipv6Header};
use pcap_file::DataLink;

use crate::vantage::Frame;

const ETHERNET_HEADER: usize = 14;
const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const ETHER_TYPE_V4: u16 = 0x0800;
const ETHER_TYPE_V6: u16 = 0x86dd;
const ETHER_TYPE_VLAN: u16 = 0x8100;
const ETHER_TYPE_QINQ: u16 = 0x88a8;
const ETHER_TYPE_MPLS: u16 = 0x8847;
const ETHER_TYPE_PPPOE: u16 = 0x8864;
/// Packet types of a cooked header (`LINUX_SLL_HOST` and `LINUX_SLL_OUTGOING` in `pcap/sll.h`).
const RECEIVED: u8 = 0;
const SENT: u8 = 4;
/// The hardware type of Ethernet (`linux/if_arp.h`).
const ARPHRD_ETHER: u16 = 1;
/// `AF_INET` everywhere, `AF_INET6` on macOS and on OpenBSD.
const BSD_V4: u32 = 2;
const BSD_V6: u32 = 30;
const OPENBSD_V6: u32 = 24;
const VXLAN_PORT: u16 = 4789;
const GTP_PORT: u16 = 2152;
/// The ends of a tunnel, from addresses for documentation, and the TTL between them: nothing like
/// that of the packets inside.
const TUNNEL_V4: [[u8; 4]; 2] = [[192, 0, 2, 1], [192, 0, 2, 2]];
const TUNNEL_TTL: u8 = 250;
const ACCESS_POINT: [u8; 6] = [0x02, 0x77, 0xaa, 0, 0, 1];
/// As old programs captured: Ethernet, IP and TCP with time stamps, and little else.
const SNAPLEN_V4: usize = 68;
const SNAPLEN_V6: usize = 96;

/// One way to show a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrap {
    Vlan,
    QinQ,
    Cooked2,
    RawIp,
    Null,
    Loop,
    Pppoe,
    Mpls,
    Gre,
    /// As [`Wrap::Gre`], but for the resets, which came past the tunnel.
    PastGre,
    /// IPv4 or IPv6 in IPv4.
    InV4,
    /// IPv4 or IPv6 in IPv6.
    InV6,
    Vxlan,
    GtpU,
    Wifi,
    Radiotap,
    Fragments,
    Snaplen,
    /// Segmentation offload of a kind that leaves the length of the IPv4 packet empty.
    NoLength,
    /// Each device of the node is an interface of a pcapng file.
    Interfaces,
    /// Neighbours in the file are not in order of time.
    OutOfOrder,
}

/// One packet of a file.
pub(crate) struct Packet {
    pub(crate) time: Duration,
    pub(crate) interface: usize,
    pub(crate) bytes: Vec<u8>,
    /// How long it was on the wire.
    pub(crate) length: usize,
    /// Which of the recorded frames it holds, from 0.
    pub(crate) frame: usize,
}

impl Wrap {
    /// As it appears in case names.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Vlan => "vlan",
            Self::QinQ => "qinq",
            Self::Cooked2 => "sll2",
            Self::RawIp => "raw_ip",
            Self::Null => "null",
            Self::Loop => "loop",
            Self::Pppoe => "pppoe",
            Self::Mpls => "mpls",
            Self::Gre => "gre",
            Self::PastGre => "past_gre",
            Self::InV4 => "in_ipv4",
            Self::InV6 => "in_ipv6",
            Self::Vxlan => "vxlan",
            Self::GtpU => "gtp_u",
            Self::Wifi => "wifi",
            Self::Radiotap => "radiotap",
            Self::Fragments => "fragments",
            Self::Snaplen => "snaplen",
            Self::NoLength => "no_length",
            Self::Interfaces => "interfaces",
            Self::OutOfOrder => "out_of_order",
        }
    }

    /// Completes "The same conversations …".
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Vlan => "with a VLAN tag",
            Self::QinQ => "with two VLAN tags (802.1ad)",
            Self::Cooked2 => "behind Linux's second cooked header, as `tcpdump -i any` writes it",
            Self::RawIp => "without a link layer, as on a tun device",
            Self::Null => "behind BSD's loopback header",
            Self::Loop => "behind OpenBSD's loopback header",
            Self::Pppoe => "in a PPPoE session",
            Self::Mpls => "behind an MPLS label",
            Self::Gre => "in a GRE tunnel",
            Self::PastGre => "in a GRE tunnel, but for the reset, which came past it",
            Self::InV4 => "in a tunnel of IPv4 packets",
            Self::InV6 => "in a tunnel of IPv6 packets",
            Self::Vxlan => "in a VXLAN",
            Self::GtpU => "in a GTP-U tunnel of a mobile network",
            Self::Wifi => "in Wi-Fi frames",
            Self::Radiotap => "in Wi-Fi frames behind a radiotap header",
            Self::Fragments => "with data in IP fragments",
            Self::Snaplen => "cut off behind the headers",
            Self::NoLength => {
                "with an IPv4 length of 0 where the client's kernel leaves segmentation to its device"
            }
            Self::Interfaces => "on both devices of a router, as interfaces of a pcapng file",
            Self::OutOfOrder => "with neighbours in the file out of order",
        }
    }

    /// How the recorded frames came to look like this.
    pub(crate) fn provenance(self) -> Option<&'static str> {
        match self {
            Self::Interfaces => None,
            Self::OutOfOrder | Self::Snaplen => Some("reordered or cut by the lab"),
            _ => Some("the headers around the recorded packets were written by the lab"),
        }
    }

    /// Whether Wireshark alone can read it.
    pub(crate) fn is_for_wireshark(self) -> bool {
        !matches!(
            self,
            Self::Vlan
                | Self::QinQ
                | Self::Cooked2
                | Self::RawIp
                | Self::Null
                | Self::Loop
                | Self::Snaplen
                | Self::NoLength
                | Self::Interfaces
                | Self::OutOfOrder
        )
    }

    pub(crate) fn link(self) -> DataLink {
        match self {
            Self::Cooked2 => DataLink::LINUX_SLL2,
            Self::RawIp => DataLink::RAW,
            Self::Null => DataLink::NULL,
            Self::Loop => DataLink::LOOP,
            Self::Wifi => DataLink::IEEE802_11,
            Self::Radiotap => DataLink::IEEE802_11_RADIOTAP,
            _ => DataLink::ETHERNET,
        }
    }

    /// Writes recorded frames anew.
    pub(crate) fn apply(self, frames: &[Frame]) -> Result<Vec<Packet>> {
        let mut packets = Vec::new();
        for (number, frame) in frames.iter().enumerate() {
            for bytes in self.frame(frame)? {
                let length = bytes.len();
                packets.push(Packet {
                    time: frame.time,
                    interface: frame.interface,
                    bytes,
                    length,
                    frame: number,
                });
            }
        }
        match self {
            Self::Snaplen => {
                for packet in &mut packets {
                    let is_v6 = packet.bytes.get(12..14) == Some(&ETHER_TYPE_V6.to_be_bytes());
                    packet
                        .bytes
                        .truncate(if is_v6 { SNAPLEN_V6 } else { SNAPLEN_V4 });
                }
            }
            Self::OutOfOrder => {
                for pair in packets.chunks_exact_mut(2) {
                    let has_reset = pair.iter().any(|packet| {
                        frames
                            .get(packet.frame)
                            .is_some_and(|frame| frame.segment.flags.rst)
                    });
                    if !has_reset {
                        pair.reverse();
                    }
                }
            }
            _ => {}
        }
        Ok(packets)
    }

    /// The packets that show one frame.
    fn frame(self, frame: &Frame) -> Result<Vec<Vec<u8>>> {
        let layers = Layers::of(frame)?;
        let Layers { macs, ip, .. } = layers;
        let bytes = frame.bytes.as_slice();
        let ether_type = layers.ether_type();
        let one = match self {
            Self::Interfaces | Self::OutOfOrder | Self::Snaplen => bytes.to_vec(),
            Self::Vlan => [macs, &tag(ETHER_TYPE_VLAN, 77), layers.untagged].concat(),
            Self::QinQ => [
                macs,
                &tag(ETHER_TYPE_QINQ, 7),
                &tag(ETHER_TYPE_VLAN, 77),
                layers.untagged,
            ]
            .concat(),
            Self::Cooked2 => cooked2(frame, ether_type, ip)?,
            Self::RawIp => ip.to_vec(),
            Self::Null => {
                let family = if layers.is_v6 { BSD_V6 } else { BSD_V4 };
                [&family.to_le_bytes(), ip].concat()
            }
            Self::Loop => {
                let family = if layers.is_v6 { OPENBSD_V6 } else { BSD_V4 };
                [&family.to_be_bytes(), ip].concat()
            }
            Self::Pppoe => layers.pppoe()?,
            // Label 100, the last of the stack, TTL 64.
            Self::Mpls => layers.ethernet(ETHER_TYPE_MPLS, &[&[0, 0x06, 0x41, 64], ip].concat()),
            Self::PastGre if frame.segment.flags.rst => bytes.to_vec(),
            Self::Gre | Self::PastGre | Self::InV4 | Self::InV6 | Self::Vxlan | Self::GtpU => {
                self.tunnel(frame, &layers)?
            }
            Self::Wifi => wifi(frame, ether_type, ip),
            Self::Radiotap => [
                &[0, 0, 8, 0, 0, 0, 0, 0],
                wifi(frame, ether_type, ip).as_slice(),
            ]
            .concat(),
            Self::NoLength => without_length(frame, layers.is_v6),
            Self::Fragments => return layers.fragments(frame.segment.sequence),
        };
        Ok(vec![one])
    }

    /// The frame in a tunnel of this kind.
    fn tunnel(self, frame: &Frame, layers: &Layers<'_>) -> Result<Vec<u8>> {
        let ip = layers.ip;
        let (number, payload) = match self {
            Self::Vxlan => {
                let vxlan = [&[0x08, 0, 0, 0, 0, 0, 77, 0], frame.bytes.as_slice()].concat();
                (IpNumber::UDP, udp(VXLAN_PORT, &vxlan)?)
            }
            Self::GtpU => {
                let length = u16::try_from(ip.len())?;
                let header = [&[0x30, 0xff], length.to_be_bytes().as_slice()].concat();
                let gtp = [header.as_slice(), &77_u32.to_be_bytes(), ip].concat();
                (IpNumber::UDP, udp(GTP_PORT, &gtp)?)
            }
            Self::InV4 | Self::InV6 if layers.is_v6 => (IpNumber::IPV6, ip.to_vec()),
            Self::InV4 | Self::InV6 => (IpNumber::IPV4, ip.to_vec()),
            _ => {
                let ether_type = layers.ether_type().to_be_bytes();
                let gre = [&[0, 0], ether_type.as_slice(), ip].concat();
                (IpNumber::GRE, gre)
            }
        };
        Ok(if matches!(self, Self::InV6) {
            layers.ethernet(ETHER_TYPE_V6, &tunnel_v6(frame, number, &payload)?)
        } else {
            layers.ethernet(ETHER_TYPE_V4, &tunnel_v4(frame, number, &payload)?)
        })
    }
}

/// A frame as it was captured, taken apart.
#[derive(Clone, Copy)]
struct Layers<'a> {
    macs: &'a [u8],
    /// All behind the addresses.
    untagged: &'a [u8],
    ip: &'a [u8],
    is_v6: bool,
}

impl<'a> Layers<'a> {
    fn of(frame: &'a Frame) -> Result<Self> {
        let bytes = frame.bytes.as_slice();
        let (macs, untagged) = bytes
            .split_at_checked(12)
            .context("a captured frame is too short")?;
        let ip = bytes
            .get(ETHERNET_HEADER..)
            .context("a captured frame is too short")?;
        Ok(Self {
            macs,
            untagged,
            ip,
            is_v6: ip.first().is_some_and(|first| first >> 4 == 6),
        })
    }

    const fn ether_type(&self) -> u16 {
        if self.is_v6 {
            ETHER_TYPE_V6
        } else {
            ETHER_TYPE_V4
        }
    }

    fn ethernet(&self, kind: u16, rest: &[u8]) -> Vec<u8> {
        [self.macs, &kind.to_be_bytes(), rest].concat()
    }

    fn pppoe(&self) -> Result<Vec<u8>> {
        let protocol: u16 = if self.is_v6 { 0x0057 } else { 0x0021 };
        let length = u16::try_from(self.ip.len() + 2)?;
        let header = [&[0x11, 0, 0, 1], length.to_be_bytes().as_slice()].concat();
        let session = [header.as_slice(), &protocol.to_be_bytes(), self.ip].concat();
        Ok(self.ethernet(ETHER_TYPE_PPPOE, &session))
    }

    fn fragments(&self, identification: u32) -> Result<Vec<Vec<u8>>> {
        let header = if self.is_v6 { IPV6_HEADER } else { IPV4_HEADER };
        let fragments = if self.ip.len() <= header + FIRST_FRAGMENT {
            vec![self.ip.to_vec()]
        } else if self.is_v6 {
            fragments_v6(self.ip, identification)?
        } else {
            fragments_v4(self.ip)?
        };
        let framed = fragments
            .iter()
            .map(|part| self.ethernet(self.ether_type(), part));
        Ok(framed.collect())
    }
}

fn tag(kind: u16, number: u16) -> Vec<u8> {
    [kind.to_be_bytes(), number.to_be_bytes()].concat()
}

/// What a host hands to a device that writes the length itself.
fn without_length(frame: &Frame, is_v6: bool) -> Vec<u8> {
    let mut bytes = frame.bytes.clone();
    if frame.outgoing && !is_v6 && !frame.segment.payload.is_empty() {
        bytes.splice(16..18, [0, 0]);
        // The device computes the checksum as well.
        bytes.splice(24..26, [0, 0]);
    }
    bytes
}

/// Linux's second cooked header: protocol, interface, hardware type, direction, address.
fn cooked2(frame: &Frame, ether_type: u16, ip: &[u8]) -> Result<Vec<u8>> {
    let source = frame.bytes.get(6..12).unwrap_or_default();
    let interface = u32::try_from(frame.interface)?;
    let direction = if frame.outgoing { SENT } else { RECEIVED };
    Ok([
        ether_type.to_be_bytes().as_slice(),
        &[0, 0],
        &interface.to_be_bytes(),
        &ARPHRD_ETHER.to_be_bytes(),
        &[direction, 6],
        source,
        &[0, 0],
        ip,
    ]
    .concat())
}

/// The ends of a tunnel in the direction of a frame.
fn ends<T: Copy>(frame: &Frame, tunnel: [T; 2]) -> (T, T) {
    let [near, far] = tunnel;
    if frame.outgoing {
        (near, far)
    } else {
        (far, near)
    }
}

fn tunnel_v4(frame: &Frame, protocol: IpNumber, inside: &[u8]) -> Result<Vec<u8>> {
    let (source, destination) = ends(frame, TUNNEL_V4);
    let length = u16::try_from(inside.len())?;
    let header = Ipv4Header::new(length, TUNNEL_TTL, protocol, source, destination)?;
    let mut bytes = Vec::new();
    header.write(&mut bytes)?;
    bytes.extend(inside);
    Ok(bytes)
}

fn tunnel_v6(frame: &Frame, protocol: IpNumber, inside: &[u8]) -> Result<Vec<u8>> {
    let mut near = [0; 16];
    near[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    let mut far = near;
    (near[15], far[15]) = (1, 2);
    let (source, destination) = ends(frame, [near, far]);
    let header = Ipv6Header {
        payload_length: u16::try_from(inside.len())?,
        next_header: protocol,
        hop_limit: TUNNEL_TTL,
        source,
        destination,
        ..Ipv6Header::default()
    };
    let mut bytes = Vec::new();
    header.write(&mut bytes)?;
    bytes.extend(inside);
    Ok(bytes)
}

/// Without a checksum, as tunnels may send it.
fn udp(port: u16, inside: &[u8]) -> Result<Vec<u8>> {
    let length = u16::try_from(inside.len() + 8)?;
    let header = [port, port, length, 0].map(u16::to_be_bytes).concat();
    Ok([header.as_slice(), inside].concat())
}

/// A data frame to or from an access point, with the LLC header of RFC 1042.
fn wifi(frame: &Frame, ether_type: u16, ip: &[u8]) -> Vec<u8> {
    let destination = frame.bytes.get(..6).unwrap_or_default();
    let source = frame.bytes.get(6..12).unwrap_or_default();
    let (direction, addresses) = if frame.outgoing {
        (0x01, [ACCESS_POINT.as_slice(), source, destination])
    } else {
        (0x02, [destination, ACCESS_POINT.as_slice(), source])
    };
    [
        &[0x08, direction, 0, 0],
        addresses.concat().as_slice(),
        &[0, 0],
        &[0xaa, 0xaa, 3, 0, 0, 0],
        &ether_type.to_be_bytes(),
        ip,
    ]
    .concat()
}

/// The first fragment holds the TCP header and so much more.
const FIRST_FRAGMENT: usize = 40;

fn fragments_v4(ip: &[u8]) -> Result<Vec<Vec<u8>>> {
    let (mut header, rest) = Ipv4Header::from_slice(ip)?;
    let (first, second) = rest.split_at(FIRST_FRAGMENT);
    header.dont_fragment = false;
    let mut fragments = Vec::new();
    for (offset, part, more) in [(0, first, true), (FIRST_FRAGMENT / 8, second, false)] {
        header.more_fragments = more;
        header.fragment_offset = u16::try_from(offset)?.try_into()?;
        header.set_payload_len(part.len())?;
        let mut bytes = Vec::new();
        header.write(&mut bytes)?;
        bytes.extend(part);
        fragments.push(bytes);
    }
    Ok(fragments)
}

fn fragments_v6(ip: &[u8], identification: u32) -> Result<Vec<Vec<u8>>> {
    let (mut header, rest) = Ipv6Header::from_slice(ip)?;
    let (first, second) = rest.split_at(FIRST_FRAGMENT);
    let inside = header.next_header.0;
    header.next_header = IpNumber::IPV6_FRAGMENTATION_HEADER;
    let mut fragments = Vec::new();
    for (offset, part, more) in [(0, first, 1), (FIRST_FRAGMENT, second, 0)] {
        header.payload_length = u16::try_from(part.len() + 8)?;
        let mut bytes = Vec::new();
        header.write(&mut bytes)?;
        bytes.extend([inside, 0]);
        bytes.extend((u16::try_from(offset)? | more).to_be_bytes());
        bytes.extend(identification.to_be_bytes());
        bytes.extend(part);
        fragments.push(bytes);
    }
    Ok(fragments)
}
