// SPDX-License-Identifier: GPL-2.0-or-later

//! Verdicts that are packed as soon as they are made say what whole ones say.

use std::{error::Error, path::Path};

use rstscope::{
    engine::{Engine, Settings},
    replay::{self, FrameFields, read_frames},
};
use rstscope_test_support::cases;

/// What is said of each frame right after it, and at the capture's end.
fn said(mut engine: Engine, frames: &[replay::Frame]) -> Vec<Option<FrameFields>> {
    let mut said = Vec::new();
    for frame in frames {
        if let Some(packet) = frame.packet() {
            engine.observe(&packet);
        }
        said.push(FrameFields::of(&engine, frame.number));
    }
    let last = frames.iter().map(|frame| frame.number);
    said.extend(last.map(|frame| FrameFields::of(&engine, frame)));
    said
}

fn check(capture: &Path) -> Result<usize, Box<dyn Error>> {
    let frames = match read_frames(capture) {
        Ok(frames) => frames,
        // Wi-Fi: only Wireshark reads it.
        Err(replay::Error::LinkType(_)) => return Ok(0),
        Err(error) => return Err(format!("{}: {error}", capture.display()).into()),
    };
    let whole = said(Engine::new(Settings::default()), &frames);
    let packed = said(Engine::packing_at_once(Settings::default()), &frames);
    for (whole, packed) in whole.iter().zip(&packed) {
        assert_eq!(whole, packed, "{}", capture.display());
    }
    Ok(whole.iter().flatten().count())
}

#[test]
fn packed_verdicts_say_the_same() -> Result<(), Box<dyn Error>> {
    let mut said = 0;
    for case in cases::all()? {
        said += check(&case.capture)?;
    }
    assert!(said > 0, "no case holds an RST");
    Ok(())
}
