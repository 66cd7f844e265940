// SPDX-License-Identifier: GPL-2.0-or-later

//! Capture files through the engine without Wireshark: the second reader that
//! tests compare Wireshark's with, and the way in for benches.
//!
//! It reads pcap and pcapng with Ethernet (VLANs included), Linux cooked, BSD
//! loopback and raw IP frames, with Cisco's metadata before them. Tunnels and reassembly are left to Wireshark.

#![forbid(unsafe_code)]

mod fields;
mod frames;

pub use fields::{FrameFields, Passes};
pub use frames::{Error, Frame, read_frames};

use std::path::Path;

use crate::{
    engine::{Engine, Settings},
    wire::FrameNumber,
};

/// The fields of every frame that carries some, as `tshark -T fields` prints
/// them: with [`Passes::One`] as known right after the frame, with
/// [`Passes::Two`] after the whole capture.
///
/// # Errors
///
/// The file cannot be read, is no capture, or has a link type that is not
/// read here.
pub fn fields(path: &Path, passes: Passes) -> Result<Vec<FrameFields>, Error> {
    let mut engine = Engine::new(Settings::default());
    let mut found = Vec::new();
    let mut seen = Vec::new();
    for frame in read_frames(path)? {
        if let Some(packet) = frame.packet() {
            engine.observe(&packet);
        }
        match passes {
            Passes::One => found.extend(FrameFields::of(&engine, frame.number)),
            Passes::Two => seen.push(frame.number),
        }
    }
    found.extend(
        seen.into_iter()
            .filter_map(|frame: FrameNumber| FrameFields::of(&engine, frame)),
    );
    Ok(found)
}
