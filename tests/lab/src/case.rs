// SPDX-License-Identifier: GPL-2.0-or-later

//! A case on disk: `capture.pcap` and `case.toml`.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use pcap_file::{
    DataLink, TsResolution,
    pcap::{PcapHeader, PcapPacket, PcapWriter},
    pcapng::{
        PcapNgWriter,
        blocks::{
            enhanced_packet::EnhancedPacketBlock,
            interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption},
        },
    },
};
use serde::Serialize;

use crate::{
    tokens::{Cause, Impact, Kind, Origin, Phase},
    vantage::Frame,
    wrap::{Packet, Wrap},
};

/// Captures are in the repository, so they are kept small.
const CAPTURE_LIMIT: usize = 10 * 1024;
/// For the few that must hold a lot of traffic.
const LARGE_CAPTURE_LIMIT: usize = 64 * 1024;

const ETHERNET_HEADER: usize = 14;
/// `if_tsresol`: a power of ten.
const NANOSECONDS: u8 = 9;
/// Packet types of a cooked header (`LINUX_SLL_HOST` and `LINUX_SLL_OUTGOING` in `pcap/sll.h`).
const RECEIVED: u16 = 0;
const SENT: u16 = 4;
/// The hardware type of Ethernet (`linux/if_arp.h`).
const ARPHRD_ETHER: u16 = 1;

/// What stands before the IP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    Ethernet,
    /// As `tcpdump -i any` writes it.
    Cooked,
    /// Each place of capture is an interface of a pcapng file.
    Interfaces,
    Wrapped(Wrap),
}

/// The contents of `case.toml`.
#[derive(Debug, Serialize)]
pub(crate) struct Case {
    pub(crate) purpose: String,
    pub(crate) provenance: String,
    pub(crate) kind: Kind,
    pub(crate) vantage: &'static str,
    pub(crate) scenario: String,
    /// The only reader that can see the segments in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reader: Option<&'static str>,
    #[serde(rename = "reset", skip_serializing_if = "Vec::is_empty")]
    pub(crate) resets: Vec<CaseReset>,
}

/// One `[[reset]]` table.
#[derive(Debug, Serialize)]
pub(crate) struct CaseReset {
    pub(crate) frame: usize,
    pub(crate) origin: Origin,
    pub(crate) decidable: bool,
    pub(crate) phase: Phase,
    pub(crate) cause: Cause,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) looks_like: Option<Cause>,
    pub(crate) impact: Impact,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) story: Option<&'static str>,
}

impl Case {
    /// Writes the case into its folder, which may hold other files (goldens) that stay.
    pub(crate) fn write(
        &mut self,
        folder: &Path,
        frames: &[Frame],
        link: Link,
        large: bool,
    ) -> Result<()> {
        let (name, capture) = self.capture(frames, link)?;
        let limit = if large {
            LARGE_CAPTURE_LIMIT
        } else {
            CAPTURE_LIMIT
        };
        ensure!(
            capture.len() < limit,
            "the capture has {} bytes, the limit is {limit}",
            capture.len()
        );
        let description = toml::to_string(self)?;
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(folder.join(name), capture))
            .and_then(|()| fs::write(folder.join("case.toml"), description))
            .with_context(|| format!("cannot write to {}", folder.display()))
    }

    /// The file's name and contents. Where a wrapping changes the number of packets, the resets are
    /// numbered anew.
    fn capture(&mut self, frames: &[Frame], link: Link) -> Result<(&'static str, Vec<u8>)> {
        let Link::Wrapped(wrap) = link else {
            let packets = recorded(frames, link)?;
            if link == Link::Interfaces {
                return Ok(("capture.pcapng", pcapng(&packets, DataLink::ETHERNET)?));
            }
            let link = match link {
                Link::Cooked => DataLink::LINUX_SLL,
                _ => DataLink::ETHERNET,
            };
            return Ok(("capture.pcap", pcap(&packets, link)?));
        };
        let packets = wrap.apply(frames)?;
        for reset in &mut self.resets {
            let shown = packets
                .iter()
                .rposition(|packet| packet.frame + 1 == reset.frame);
            reset.frame = shown.context("a reset is lost in its wrapping")? + 1;
        }
        if wrap == Wrap::Interfaces {
            return Ok(("capture.pcapng", pcapng(&packets, wrap.link())?));
        }
        Ok(("capture.pcap", pcap(&packets, wrap.link())?))
    }
}

/// The packets of a case as recorded.
fn recorded(frames: &[Frame], link: Link) -> Result<Vec<Packet>> {
    let show = |(number, frame): (usize, &Frame)| {
        let bytes = match link {
            Link::Cooked => cooked(frame)?,
            _ => frame.bytes.clone(),
        };
        Ok(Packet {
            time: frame.time,
            interface: frame.interface,
            length: bytes.len(),
            bytes,
            frame: number,
        })
    };
    frames.iter().enumerate().map(show).collect()
}

/// The contents of a pcap file.
fn pcap(packets: &[Packet], link: DataLink) -> Result<Vec<u8>> {
    let header = PcapHeader {
        snaplen: 65535,
        datalink: link,
        ts_resolution: TsResolution::MicroSecond,
        endianness: pcap_file::Endianness::Little,
        ..PcapHeader::default()
    };
    let mut writer = PcapWriter::with_header(Vec::new(), header)?;
    for packet in packets {
        let length = u32::try_from(packet.length)?;
        writer.write_packet(&PcapPacket::new(packet.time, length, &packet.bytes))?;
    }
    Ok(writer.into_writer())
}

/// The contents of a pcapng file with an interface for each device.
fn pcapng(packets: &[Packet], link: DataLink) -> Result<Vec<u8>> {
    let mut devices: Vec<usize> = packets.iter().map(|packet| packet.interface).collect();
    devices.sort_unstable();
    devices.dedup();
    let mut writer = PcapNgWriter::with_endianness(Vec::new(), pcap_file::Endianness::Little)?;
    for _ in &devices {
        writer.write_pcapng_block(InterfaceDescriptionBlock {
            linktype: link,
            snaplen: 65535,
            options: vec![InterfaceDescriptionOption::IfTsResol(NANOSECONDS)],
        })?;
    }
    for packet in packets {
        let device = devices
            .iter()
            .position(|device| *device == packet.interface);
        writer.write_pcapng_block(EnhancedPacketBlock {
            interface_id: u32::try_from(device.context("a device is missing")?)?,
            timestamp: packet.time,
            original_len: u32::try_from(packet.length)?,
            data: packet.bytes.as_slice().into(),
            options: Vec::new(),
        })?;
    }
    Ok(writer.into_inner())
}

/// The frame with Linux's cooked header instead of Ethernet's.
fn cooked(frame: &Frame) -> Result<Vec<u8>> {
    let (header, payload) = frame
        .bytes
        .split_at_checked(ETHERNET_HEADER)
        .context("a captured frame is too short")?;
    let source = header.get(6..12).unwrap_or_default();
    let ether_type = header.get(12..).unwrap_or_default();
    let direction = if frame.outgoing { SENT } else { RECEIVED };
    let parts = [
        &direction.to_be_bytes(),
        &ARPHRD_ETHER.to_be_bytes(),
        &6_u16.to_be_bytes(),
        source,
        &[0, 0],
        ether_type,
        payload,
    ];
    Ok(parts.concat())
}
