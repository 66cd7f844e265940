// SPDX-License-Identifier: GPL-2.0-or-later

//! From a capture file to [`Packet`]s.

use std::{fmt, fs::File, io, net::IpAddr, path::Path, time::Duration};

use etherparse::{
    EtherType, Ethernet2Slice, IpNumber, LaxIpSlice, LenSource, LinuxSllSlice, SingleVlanSlice,
};
use pcap_file::{
    DataLink, PcapError,
    pcap::PcapReader,
    pcapng::{Block, PcapNgReader, blocks::interface_description::InterfaceDescriptionOption},
};

use crate::wire::{FrameNumber, IpHeader, IpVersion, Link, Packet, Timestamp};

/// Why a file cannot be replayed.
#[derive(Debug)]
pub enum Error {
    /// It cannot be opened or read.
    Io(io::Error),
    /// It is neither pcap nor pcapng, or damaged.
    Format(PcapError),
    /// Its frames are of a link type that is not read here.
    LinkType(DataLink),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot read the file: {error}"),
            Self::Format(error) => write!(f, "neither pcap nor pcapng: {error}"),
            Self::LinkType(link) => write!(f, "link type {link:?} is not read by the replay path"),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<PcapError> for Error {
    fn from(error: PcapError) -> Self {
        Self::Format(error)
    }
}

/// One frame of a capture file.
#[derive(Debug)]
pub struct Frame {
    /// Number, from 1.
    pub number: FrameNumber,
    time: Timestamp,
    interface: Option<u32>,
    link: LinkType,
    reported: u32,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum LinkType {
    Ethernet,
    Cooked,
    Cooked2,
    /// BSD's loopback: an address family before the IP header, in either byte order.
    Loopback,
    RawIp,
}

impl TryFrom<DataLink> for LinkType {
    type Error = Error;

    fn try_from(link: DataLink) -> Result<Self, Error> {
        match link {
            DataLink::ETHERNET => Ok(Self::Ethernet),
            DataLink::LINUX_SLL => Ok(Self::Cooked),
            DataLink::LINUX_SLL2 => Ok(Self::Cooked2),
            DataLink::NULL | DataLink::LOOP => Ok(Self::Loopback),
            DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => Ok(Self::RawIp),
            other => Err(Error::LinkType(other)),
        }
    }
}

/// All frames of a file, in its order.
///
/// # Errors
///
/// As [`super::fields()`].
pub fn read_frames(path: &Path) -> Result<Vec<Frame>, Error> {
    match PcapReader::new(File::open(path)?) {
        Ok(reader) => read_pcap(reader),
        Err(_) => read_pcapng(PcapNgReader::new(File::open(path)?)?),
    }
}

fn read_pcap(mut reader: PcapReader<File>) -> Result<Vec<Frame>, Error> {
    let link = reader.header().datalink.try_into()?;
    let mut frames = Vec::new();
    while let Some(packet) = reader.next_packet() {
        let packet = packet?;
        push(
            &mut frames,
            packet.timestamp,
            // Wireshark numbers the one interface of a pcap file 0.
            Some(0),
            link,
            packet.orig_len,
            packet.data.into_owned(),
        );
    }
    Ok(frames)
}

fn read_pcapng(mut reader: PcapNgReader<File>) -> Result<Vec<Frame>, Error> {
    let mut frames = Vec::new();
    while let Some(block) = reader.next_block() {
        let packet = match block? {
            Block::EnhancedPacket(packet) => packet.into_owned(),
            _ => continue,
        };
        let interface = usize::try_from(packet.interface_id)
            .ok()
            .and_then(|id| reader.interfaces().get(id))
            .ok_or(Error::Format(PcapError::InvalidInterfaceId(
                packet.interface_id,
            )))?;
        let link = interface.linktype.try_into()?;
        push(
            &mut frames,
            time(packet.timestamp, &interface.options),
            Some(packet.interface_id),
            link,
            packet.original_len,
            packet.data.into_owned(),
        );
    }
    Ok(frames)
}

/// The time of a packet whose unit its interface tells; the reader takes all for nanoseconds.
fn time(ticks: Duration, options: &[InterfaceDescriptionOption<'_>]) -> Duration {
    let resolution = options.iter().find_map(|option| match option {
        InterfaceDescriptionOption::IfTsResol(resolution) => Some(*resolution),
        _ => None,
    });
    let resolution = u32::from(resolution.unwrap_or(MICROSECONDS));
    // The highest bit stands for powers of two.
    let base: u128 = if resolution < 0x80 { 10 } else { 2 };
    let per_second = base.saturating_pow(resolution & 0x7f);
    let nanoseconds = ticks.as_nanos().saturating_mul(1_000_000_000) / per_second;
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

/// The unit of an interface that tells none, as a power of ten.
const MICROSECONDS: u8 = 6;

fn push(
    frames: &mut Vec<Frame>,
    time: Duration,
    interface: Option<u32>,
    link: LinkType,
    reported: u32,
    bytes: Vec<u8>,
) {
    let number = u32::try_from(frames.len() + 1)
        .ok()
        .and_then(FrameNumber::new);
    if let Some(number) = number {
        frames.push(Frame {
            number,
            time: Timestamp(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)),
            interface,
            link,
            reported,
            bytes,
        });
    }
}

/// What an IP header says.
struct Network {
    source: IpAddr,
    destination: IpAddr,
    header: IpHeader,
    /// Bytes before the payload.
    header_length: usize,
    /// Bytes with the payload, as the header says.
    length: usize,
}

impl Network {
    fn of(ip: &LaxIpSlice<'_>) -> Self {
        match ip {
            LaxIpSlice::Ipv4(v4) => {
                let header = v4.header();
                Self {
                    source: IpAddr::V4(header.source_addr()),
                    destination: IpAddr::V4(header.destination_addr()),
                    header: IpHeader {
                        ttl: header.ttl(),
                        traffic_class: header.dcp().value() << 2 | header.ecn().value(),
                        version: IpVersion::V4 {
                            id: header.identification(),
                            dont_fragment: header.dont_fragment(),
                        },
                    },
                    header_length: usize::from(header.ihl()) * 4,
                    length: usize::from(header.total_len()),
                }
            }
            LaxIpSlice::Ipv6(v6) => {
                const HEADER: usize = 40;
                let header = v6.header();
                Self {
                    source: IpAddr::V6(header.source_addr()),
                    destination: IpAddr::V6(header.destination_addr()),
                    header: IpHeader {
                        ttl: header.hop_limit(),
                        traffic_class: header.traffic_class(),
                        version: IpVersion::V6 {
                            flow_label: header.flow_label().value(),
                        },
                    },
                    header_length: HEADER + v6.extensions().slice().len(),
                    length: HEADER + usize::from(header.payload_length()),
                }
            }
        }
    }
}

impl Frame {
    /// The TCP packet in it, if it holds a whole one.
    #[must_use]
    pub fn packet(&self) -> Option<Packet<'_>> {
        let mut link = Link {
            interface: self.interface,
            ..Link::default()
        };
        let ip = self.network_layer(&mut link)?;
        let ip_offset = self.bytes.len() - ip.len();
        let (ip, _) = LaxIpSlice::from_slice(ip).ok()?;
        let payload = ip.payload();
        if payload.ip_number != IpNumber::TCP || payload.fragmented {
            return None;
        }
        let network = Network::of(&ip);
        // A length of 0 (offload) or beyond the frame gives way to the frame's.
        let frame_length = usize::try_from(self.reported)
            .ok()?
            .checked_sub(ip_offset)?;
        let length = match payload.len_source {
            LenSource::Slice if network.length <= network.header_length => frame_length,
            _ => network.length.min(frame_length),
        };
        Some(Packet {
            frame: self.number,
            time: self.time,
            source: network.source,
            destination: network.destination,
            ip: Some(network.header),
            link,
            link_destination: self.link_destination(),
            tcp: payload.payload,
            tcp_reported: u32::try_from(length.saturating_sub(network.header_length)).ok()?,
        })
    }

    /// Where it goes on an Ethernet.
    fn link_destination(&self) -> Option<[u8; 6]> {
        matches!(self.link, LinkType::Ethernet)
            .then(|| self.bytes.first_chunk().copied())
            .flatten()
    }

    /// Whether it may hold TCP that only Wireshark sees: a fragment, a tunnel, or
    /// something that is not read here. Tunnels in UDP are not looked for.
    #[must_use]
    pub fn is_left_to_wireshark(&self) -> bool {
        // What is cut within a header shows no TCP to Wireshark either.
        let Some((ether_type, rest)) = self.link_layer(&mut Link::default()) else {
            return false;
        };
        if !matches!(ether_type, EtherType::IPV4 | EtherType::IPV6) {
            return CARRIERS_OF_IP.contains(&ether_type);
        }
        let Ok((ip, _)) = LaxIpSlice::from_slice(rest) else {
            return false;
        };
        let payload = ip.payload();
        match payload.ip_number {
            IpNumber::TCP => payload.fragmented,
            IpNumber::IPV4 | IpNumber::IPV6 | IpNumber::GRE => true,
            IpNumber::ETHER_IP | IpNumber::MPLS_IN_IP => true,
            _ => false,
        }
    }

    /// The bytes from the IP header on.
    fn network_layer(&self, link: &mut Link) -> Option<&[u8]> {
        let (ether_type, rest) = self.link_layer(link)?;
        matches!(ether_type, EtherType::IPV4 | EtherType::IPV6).then_some(rest)
    }

    /// What the frame carries, behind VLAN tags and Cisco's metadata.
    fn link_layer(&self, link: &mut Link) -> Option<(EtherType, &[u8])> {
        let (mut ether_type, mut rest) = match self.link {
            // The version is in the header itself.
            LinkType::RawIp => return Some((EtherType::IPV4, &self.bytes)),
            LinkType::Loopback => {
                return Some((EtherType::IPV4, self.bytes.get(LOOPBACK_HEADER..)?));
            }
            LinkType::Cooked2 => {
                let (header, rest) = self.bytes.split_first_chunk::<COOKED_2_HEADER>()?;
                // Wireshark shows the sender's address only where it has six bytes.
                if header[COOKED_2_ADDRESS_LENGTH] == 6 {
                    link.source = header[COOKED_2_ADDRESS..].first_chunk().copied();
                }
                (EtherType(u16::from_be_bytes([header[0], header[1]])), rest)
            }
            LinkType::Cooked => {
                let cooked = LinuxSllSlice::from_slice(&self.bytes).ok()?;
                let payload = cooked.payload();
                link.source = cooked.sender_address().first_chunk().copied();
                let etherparse::LinuxSllProtocolType::EtherType(ether_type) = payload.protocol_type
                else {
                    return None;
                };
                (ether_type, payload.payload)
            }
            LinkType::Ethernet => {
                let ethernet = Ethernet2Slice::from_slice_without_fcs(&self.bytes).ok()?;
                link.source = Some(ethernet.source());
                (ethernet.ether_type(), ethernet.payload().payload)
            }
        };
        loop {
            (ether_type, rest) = match ether_type {
                EtherType::VLAN_TAGGED_FRAME | EtherType::PROVIDER_BRIDGING => {
                    let vlan = SingleVlanSlice::from_slice(rest).ok()?;
                    link.vlan = link.vlan.or(Some(vlan.vlan_identifier().value()));
                    (vlan.ether_type(), rest.get(SINGLE_VLAN_HEADER..)?)
                }
                CISCO_METADATA => behind_metadata(rest)?,
                _ => return Some((ether_type, rest)),
            };
        }
    }
}

/// What follows Cisco's metadata: version, number of options of four bytes, these,
/// and the EtherType.
fn behind_metadata(bytes: &[u8]) -> Option<(EtherType, &[u8])> {
    let ([_version, options], rest) = bytes.split_first_chunk()?;
    let rest = rest.get(usize::from(*options) * 4..)?;
    let (ether_type, rest) = rest.split_first_chunk()?;
    Some((EtherType(u16::from_be_bytes(*ether_type)), rest))
}

/// The security group of the frame, as Cisco's switches carry it.
const CISCO_METADATA: EtherType = EtherType(0x8909);

/// What else may carry IP: PPPoE, MPLS, MACsec, backbone bridges, TRILL, NSH, HSR.
const CARRIERS_OF_IP: [EtherType; 9] = [
    EtherType(0x8864),
    EtherType(0x8847),
    EtherType(0x8848),
    EtherType(0x88e5),
    EtherType(0x88e7),
    EtherType(0x9100),
    EtherType(0x22f3),
    EtherType(0x894f),
    EtherType(0x892f),
];

/// The address family.
const LOOPBACK_HEADER: usize = 4;

/// Linux's second cooked header, and where in it the sender's address and its length are.
const COOKED_2_HEADER: usize = 20;
const COOKED_2_ADDRESS_LENGTH: usize = 11;
const COOKED_2_ADDRESS: usize = 12;

/// VLAN tag and the EtherType after it.
const SINGLE_VLAN_HEADER: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_stepped_over_whatever_its_options() {
        let rest = [0x45, 0x00];
        let one = [1, 1, 0, 1, 0, 2, 0x08, 0x00, 0x45, 0x00];
        assert_eq!(behind_metadata(&one), Some((EtherType::IPV4, &rest[..])));
        let two = [1, 2, 0, 1, 0, 2, 0, 3, 0, 4, 0x86, 0xdd, 0x45, 0x00];
        assert_eq!(behind_metadata(&two), Some((EtherType::IPV6, &rest[..])));
        assert_eq!(behind_metadata(&one[..7]), None);
        assert_eq!(behind_metadata(&[1, 255, 0]), None);
    }
}
