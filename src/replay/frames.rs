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
/// As [`super::fields`].
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
        let (source, destination, header, header_length, length) = match &ip {
            LaxIpSlice::Ipv4(v4) => {
                let header = v4.header();
                (
                    IpAddr::V4(header.source_addr()),
                    IpAddr::V4(header.destination_addr()),
                    IpHeader {
                        ttl: header.ttl(),
                        traffic_class: header.dcp().value() << 2 | header.ecn().value(),
                        version: IpVersion::V4 {
                            id: header.identification(),
                            dont_fragment: header.dont_fragment(),
                        },
                    },
                    usize::from(header.ihl()) * 4,
                    usize::from(header.total_len()),
                )
            }
            LaxIpSlice::Ipv6(v6) => {
                let header = v6.header();
                const HEADER: usize = 40;
                (
                    IpAddr::V6(header.source_addr()),
                    IpAddr::V6(header.destination_addr()),
                    IpHeader {
                        ttl: header.hop_limit(),
                        traffic_class: header.traffic_class(),
                        version: IpVersion::V6 {
                            flow_label: header.flow_label().value(),
                        },
                    },
                    HEADER + v6.extensions().slice().len(),
                    HEADER + usize::from(header.payload_length()),
                )
            }
        };
        // A length of 0 (offload) or beyond the frame gives way to the frame's.
        let frame_length = usize::try_from(self.reported)
            .ok()?
            .checked_sub(ip_offset)?;
        let length = match payload.len_source {
            LenSource::Slice if length <= header_length => frame_length,
            _ => length.min(frame_length),
        };
        Some(Packet {
            frame: self.number,
            time: self.time,
            source,
            destination,
            ip: Some(header),
            link,
            tcp: payload.payload,
            tcp_reported: u32::try_from(length.saturating_sub(header_length)).ok()?,
        })
    }

    /// The bytes from the IP header on.
    fn network_layer(&self, link: &mut Link) -> Option<&[u8]> {
        let (mut ether_type, mut rest) = match self.link {
            LinkType::RawIp => return Some(&self.bytes),
            LinkType::Loopback => return self.bytes.get(LOOPBACK_HEADER..),
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
        while matches!(
            ether_type,
            EtherType::VLAN_TAGGED_FRAME | EtherType::PROVIDER_BRIDGING
        ) {
            let vlan = SingleVlanSlice::from_slice(rest).ok()?;
            link.vlan = link.vlan.or(Some(vlan.vlan_identifier().value()));
            ether_type = vlan.ether_type();
            rest = rest.get(SINGLE_VLAN_HEADER..)?;
        }
        matches!(ether_type, EtherType::IPV4 | EtherType::IPV6).then_some(rest)
    }
}

/// The address family.
const LOOPBACK_HEADER: usize = 4;

/// Linux's second cooked header, and where in it the sender's address and its length are.
const COOKED_2_HEADER: usize = 20;
const COOKED_2_ADDRESS_LENGTH: usize = 11;
const COOKED_2_ADDRESS: usize = 12;

/// VLAN tag and the EtherType after it.
const SINGLE_VLAN_HEADER: usize = 4;
