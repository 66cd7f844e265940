// SPDX-License-Identifier: GPL-2.0-or-later

//! What a capture holds, read without the engine.

use std::{error::Error, fs::File, net::IpAddr, path::Path, time::Duration};

use etherparse::{LinkSlice, NetSlice, SlicedPacket, TcpOptionElement, TransportSlice};
use pcap_file::{
    DataLink,
    pcap::PcapReader,
    pcapng::{Block, PcapNgReader, blocks::interface_description::InterfaceDescriptionOption},
};

/// One TCP packet.
#[derive(Clone, Debug)]
pub(crate) struct Tcp {
    pub(crate) frame: u32,
    /// Seconds.
    pub(crate) time: f64,
    pub(crate) source: (IpAddr, u16),
    pub(crate) destination: (IpAddr, u16),
    pub(crate) ttl: u8,
    pub(crate) tos: u8,
    pub(crate) id: Option<u16>,
    pub(crate) dont_fragment: Option<bool>,
    pub(crate) label: Option<u32>,
    pub(crate) mac: Option<String>,
    pub(crate) syn: bool,
    pub(crate) ack_flag: bool,
    pub(crate) fin: bool,
    pub(crate) rst: bool,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) window: u16,
    pub(crate) payload: Vec<u8>,
    pub(crate) stamps: Option<(u32, u32)>,
    pub(crate) scales: bool,
}

impl Tcp {
    /// The number after its last.
    pub(crate) fn end(&self) -> u32 {
        let length = u32::try_from(self.payload.len()).unwrap_or_default();
        let controls = u32::from(self.syn) + u32::from(self.fin);
        self.seq.wrapping_add(length).wrapping_add(controls)
    }

    pub(crate) fn hops(&self) -> u8 {
        hops(self.ttl)
    }

    /// Whether both go one way in one conversation.
    pub(crate) fn beside(&self, other: &Self) -> bool {
        (self.source, self.destination) == (other.source, other.destination)
    }

    /// Whether it goes the other way.
    pub(crate) fn against(&self, other: &Self) -> bool {
        (self.source, self.destination) == (other.destination, other.source)
    }
}

/// Routers passed since the nearest initial TTL.
pub(crate) fn hops(ttl: u8) -> u8 {
    let initial = [32, 64, 128, 255]
        .into_iter()
        .find(|initial| ttl <= *initial);
    initial.unwrap_or(255) - ttl
}

/// The TCP packets of a capture; none where it is of a link type that is not read here.
pub(crate) fn read(path: &Path) -> Result<Vec<Tcp>, Box<dyn Error>> {
    let mut packets = Vec::new();
    let mut push = |frame: u32, time: Duration, link: DataLink, bytes: &[u8]| {
        packets.extend(packet(frame, time.as_secs_f64(), link, bytes));
    };
    if let Ok(mut reader) = PcapReader::new(File::open(path)?) {
        let link = reader.header().datalink;
        let mut frame = 0;
        while let Some(packet) = reader.next_packet() {
            let packet = packet?;
            frame += 1;
            push(frame, packet.timestamp, link, &packet.data);
        }
        return Ok(packets);
    }
    let mut reader = PcapNgReader::new(File::open(path)?)?;
    let mut frame = 0;
    while let Some(block) = reader.next_block() {
        if let Block::EnhancedPacket(packet) = block?.into_owned() {
            frame += 1;
            let interface = usize::try_from(packet.interface_id)?;
            let interface = reader.interfaces().get(interface);
            let link = interface.map(|it| it.linktype);
            // The reader takes all ticks for nanoseconds.
            let nanoseconds = interface.is_some_and(|it| {
                it.options
                    .iter()
                    .any(|option| matches!(option, InterfaceDescriptionOption::IfTsResol(9)))
            });
            let time = packet.timestamp * if nanoseconds { 1 } else { 1000 };
            push(
                frame,
                time,
                link.unwrap_or(DataLink::ETHERNET),
                &packet.data,
            );
        }
    }
    Ok(packets)
}

fn packet(frame: u32, time: f64, link: DataLink, bytes: &[u8]) -> Option<Tcp> {
    let sliced = match link {
        DataLink::ETHERNET => SlicedPacket::from_ethernet(bytes).ok()?,
        DataLink::LINUX_SLL => SlicedPacket::from_linux_sll(bytes).ok()?,
        DataLink::LINUX_SLL2 => SlicedPacket::from_ip(bytes.get(20..)?).ok()?,
        DataLink::NULL | DataLink::LOOP => SlicedPacket::from_ip(bytes.get(4..)?).ok()?,
        DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => SlicedPacket::from_ip(bytes).ok()?,
        _ => return None,
    };
    let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else {
        return None;
    };
    let mac = match &sliced.link {
        Some(LinkSlice::Ethernet2(ethernet)) => Some(ethernet.source().to_vec()),
        Some(LinkSlice::LinuxSll(cooked)) => Some(cooked.sender_address().to_vec()),
        // An address of six bytes stands behind its length.
        _ if link == DataLink::LINUX_SLL2 => bytes.get(12..18).map(<[u8]>::to_vec),
        _ => None,
    };
    let mac = mac.map(|bytes| {
        let bytes: Vec<String> = bytes
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        bytes.join(":")
    });
    let ip = ip(&sliced)?;
    let mut stamps = None;
    let mut scales = false;
    for option in tcp.options_iterator().flatten() {
        match option {
            TcpOptionElement::Timestamp(value, echo) => stamps = Some((value, echo)),
            TcpOptionElement::WindowScale(_) => scales = true,
            _ => {}
        }
    }
    Some(Tcp {
        frame,
        time,
        source: (ip.source, tcp.source_port()),
        destination: (ip.destination, tcp.destination_port()),
        ttl: ip.ttl,
        tos: ip.tos,
        id: ip.id,
        dont_fragment: ip.dont_fragment,
        label: ip.label,
        mac,
        syn: tcp.syn(),
        ack_flag: tcp.ack(),
        fin: tcp.fin(),
        rst: tcp.rst(),
        seq: tcp.sequence_number(),
        ack: tcp.acknowledgment_number(),
        window: tcp.window_size(),
        payload: tcp.payload().to_vec(),
        stamps,
        scales,
    })
}

/// What an IP header says.
struct Ip {
    source: IpAddr,
    destination: IpAddr,
    ttl: u8,
    tos: u8,
    id: Option<u16>,
    dont_fragment: Option<bool>,
    label: Option<u32>,
}

fn ip(sliced: &SlicedPacket<'_>) -> Option<Ip> {
    Some(match &sliced.net {
        Some(NetSlice::Ipv4(ip)) => {
            let ip = ip.header();
            Ip {
                source: ip.source_addr().into(),
                destination: ip.destination_addr().into(),
                ttl: ip.ttl(),
                tos: ip.dcp().value() << 2 | ip.ecn().value(),
                id: Some(ip.identification()),
                dont_fragment: Some(ip.dont_fragment()),
                label: None,
            }
        }
        Some(NetSlice::Ipv6(ip)) => {
            let ip = ip.header();
            Ip {
                source: ip.source_addr().into(),
                destination: ip.destination_addr().into(),
                ttl: ip.hop_limit(),
                tos: ip.traffic_class(),
                id: None,
                dont_fragment: None,
                label: Some(ip.flow_label().value()),
            }
        }
        _ => return None,
    })
}
