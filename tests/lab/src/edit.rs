// SPDX-License-Identifier: GPL-2.0-or-later

//! What goes wrong between the wire and the file: mirror ports that are late or deliver twice,
//! clocks that are set, captures of two places in one file.
//!
//! The packets were recorded; an edit changes only when and how often the file shows them. A case
//! with edits is declared synthetic.

use std::time::Duration;

use anyhow::{Context as _, Result};
use etherparse::{Ipv4Header, Ipv6Header, TcpHeader};

use crate::{recorded::SECOND_CAPTURE, segment::Segment, vantage::Frame};

const ETHERNET_HEADER: usize = 14;
/// Two devices that nobody else is, for the second copy behind a bridge of tunnels.
const OTHER_MACS: [u8; 12] = [2, 0x77, 0xcc, 0, 0, 2, 2, 0x77, 0xcc, 0, 0, 1];

/// Which frames.
pub(crate) type Which = fn(&Segment) -> bool;

/// One change of what was recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Edit {
    /// Each frame comes again, so much later.
    Twice(Duration),
    /// Each frame comes again, so much later, with other MAC addresses.
    TwiceElsewhere(Duration),
    /// These frames are so much late.
    Late(Which, Duration),
    /// From the first such frame on, the clock shows so many milliseconds more.
    Clock(Which, i64),
    /// These frames are of another interface.
    OtherInterface(Which),
    /// The clock of the second place shows so many milliseconds more.
    SecondClock(i64),
    /// The second place has missed these frames.
    Missed(Which),
    /// From the first such frame on, the server's bytes have numbers that are lower by so much.
    Renumbered(Which, u32),
    /// These frames acknowledge so much less.
    AcknowledgesLess(Which, u32),
}

/// A frame of the file, and which of the recorded ones it is, from 0.
pub(crate) type Edited = (usize, Frame);

impl Edit {
    /// How the file came to be, for its provenance.
    pub(crate) fn provenance(self) -> String {
        match self {
            Self::Twice(later) => format!("the lab wrote each frame again, {later:?} later"),
            Self::TwiceElsewhere(later) => {
                format!("the lab wrote each frame again, {later:?} later, with other MAC addresses")
            }
            Self::Late(_, by) => format!("the lab wrote some frames {by:?} late"),
            Self::Clock(_, by) => format!("the lab set the clock by {by} ms on the way"),
            Self::OtherInterface(_) => {
                "the lab wrote one direction as of a second interface".to_owned()
            }
            Self::SecondClock(by) => {
                format!("the lab set the clock of the second interface by {by} ms")
            }
            Self::Missed(_) => "the lab left frames of the second interface out".to_owned(),
            Self::Renumbered(..) => {
                "the lab lowered the server's sequence numbers in the later connection".to_owned()
            }
            Self::AcknowledgesLess(_, by) => {
                format!("the lab lowered the acknowledgement number by {by} on the way")
            }
        }
    }

    /// Changes what a file holds.
    pub(crate) fn apply(self, mut frames: Vec<Edited>) -> Result<Vec<Edited>> {
        match self {
            Self::Twice(later) => copy(&mut frames, later, |_| {}),
            Self::TwiceElsewhere(later) => copy(&mut frames, later, |bytes| {
                let (macs, towards_client) = (OTHER_MACS, bytes.get(5) == Some(&1));
                let (first, second) = macs.split_at(6);
                let macs = if towards_client {
                    [second, first].concat()
                } else {
                    macs.to_vec()
                };
                if let Some(place) = bytes.get_mut(..macs.len()) {
                    place.copy_from_slice(&macs);
                }
            }),
            Self::Late(which, by) => {
                let late = frames.iter_mut().filter(|(_, frame)| which(&frame.segment));
                late.for_each(|(_, frame)| frame.time += by);
                sort(&mut frames);
            }
            Self::Clock(from, by) => {
                let first = first(&frames, from)?;
                let later = frames.iter_mut().skip(first);
                later.for_each(|(_, frame)| shift(frame, by));
            }
            Self::OtherInterface(which) => {
                let other = frames.iter_mut().filter(|(_, frame)| which(&frame.segment));
                other.for_each(|(_, frame)| frame.interface += SECOND_CAPTURE);
            }
            Self::SecondClock(by) => {
                let second = frames.iter_mut();
                second
                    .filter(|(_, frame)| frame.interface >= SECOND_CAPTURE)
                    .for_each(|(_, frame)| shift(frame, by));
                sort(&mut frames);
            }
            Self::Missed(which) => frames
                .retain(|(_, frame)| frame.interface < SECOND_CAPTURE || !which(&frame.segment)),
            Self::Renumbered(from, by) => {
                let first = first(&frames, from)?;
                for (_, frame) in frames.iter_mut().skip(first) {
                    rewrite(frame, |tcp| renumber(tcp, by))?;
                }
            }
            Self::AcknowledgesLess(which, by) => {
                for (_, frame) in &mut frames {
                    if which(&frame.segment) {
                        rewrite(frame, |tcp| {
                            tcp.acknowledgment_number = tcp.acknowledgment_number.wrapping_sub(by);
                        })?;
                    }
                }
            }
        }
        Ok(frames)
    }
}

/// The place of the first such frame.
fn first(frames: &[Edited], which: Which) -> Result<usize> {
    let place = frames.iter().position(|(_, frame)| which(&frame.segment));
    place.context("no frame to begin an edit at")
}

fn sort(frames: &mut [Edited]) {
    frames.sort_by_key(|(_, frame)| frame.time);
}

fn shift(frame: &mut Frame, by: i64) {
    let span = Duration::from_millis(by.unsigned_abs());
    frame.time = if by < 0 {
        frame.time.saturating_sub(span)
    } else {
        frame.time + span
    };
}

fn copy(frames: &mut Vec<Edited>, later: Duration, change: fn(&mut Vec<u8>)) {
    let mut copies = frames.clone();
    for (_, frame) in &mut copies {
        frame.time += later;
        change(&mut frame.bytes);
    }
    frames.extend(copies);
    sort(frames);
}

/// Lowers the numbers of the server's bytes in one frame; the client has the higher port.
fn renumber(tcp: &mut TcpHeader, by: u32) {
    if tcp.source_port < tcp.destination_port {
        tcp.sequence_number = tcp.sequence_number.wrapping_sub(by);
    } else if tcp.ack {
        tcp.acknowledgment_number = tcp.acknowledgment_number.wrapping_sub(by);
    }
}

/// Changes a frame's TCP header, and its checksum with it.
fn rewrite(frame: &mut Frame, change: impl FnOnce(&mut TcpHeader)) -> Result<()> {
    let (link, packet) = frame
        .bytes
        .split_at_checked(ETHERNET_HEADER)
        .context("a captured frame is too short")?;
    let is_v4 = frame.segment.source.is_ipv4();
    let segment = if is_v4 {
        Ipv4Header::from_slice(packet)?.1
    } else {
        Ipv6Header::from_slice(packet)?.1
    };
    let (mut tcp, payload) = TcpHeader::from_slice(segment)?;
    change(&mut tcp);
    tcp.checksum = if is_v4 {
        tcp.calc_checksum_ipv4(&Ipv4Header::from_slice(packet)?.0, payload)?
    } else {
        tcp.calc_checksum_ipv6(&Ipv6Header::from_slice(packet)?.0, payload)?
    };
    let ip = packet
        .get(..packet.len() - segment.len())
        .unwrap_or_default();
    let mut bytes = [link, ip].concat();
    tcp.write(&mut bytes)?;
    bytes.extend(payload);
    frame.bytes = bytes;
    Ok(())
}
