// SPDX-License-Identifier: GPL-2.0-or-later
//! A case on disk: `capture.pcap` and `case.toml`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::{DataLink, TsResolution};
use serde::Serialize;

use crate::tokens::{Cause, Impact, Kind, Origin, Phase};
use crate::vantage::Frame;

/// Captures are in the repository, so they are kept small.
const CAPTURE_LIMIT: usize = 10 * 1024;

const ETHERNET_HEADER: usize = 14;
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
}

/// The contents of `case.toml`.
#[derive(Debug, Serialize)]
pub(crate) struct Case {
    pub(crate) purpose: String,
    pub(crate) provenance: String,
    pub(crate) kind: Kind,
    pub(crate) vantage: &'static str,
    pub(crate) scenario: String,
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
}

impl Case {
    /// Writes the case into its folder, which may hold other files (goldens) that stay.
    pub(crate) fn write(&self, folder: &Path, frames: &[Frame], link: Link) -> Result<()> {
        let capture = pcap(frames, link)?;
        ensure!(
            capture.len() < CAPTURE_LIMIT,
            "the capture has {} bytes, the limit is {CAPTURE_LIMIT}",
            capture.len()
        );
        let description = toml::to_string(self)?;
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(folder.join("capture.pcap"), capture))
            .and_then(|()| fs::write(folder.join("case.toml"), description))
            .with_context(|| format!("cannot write to {}", folder.display()))
    }
}

fn pcap(frames: &[Frame], link: Link) -> Result<Vec<u8>> {
    let header = PcapHeader {
        snaplen: 65535,
        datalink: match link {
            Link::Ethernet => DataLink::ETHERNET,
            Link::Cooked => DataLink::LINUX_SLL,
        },
        ts_resolution: TsResolution::MicroSecond,
        endianness: pcap_file::Endianness::Little,
        ..PcapHeader::default()
    };
    let mut writer = PcapWriter::with_header(Vec::new(), header)?;
    for frame in frames {
        let bytes = match link {
            Link::Ethernet => frame.bytes.clone(),
            Link::Cooked => cooked(frame)?,
        };
        let length = u32::try_from(bytes.len())?;
        writer.write_packet(&PcapPacket::new(frame.time, length, &bytes))?;
    }
    Ok(writer.into_writer())
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
