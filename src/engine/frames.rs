// SPDX-License-Identifier: GPL-2.0-or-later

//! What is kept by frame, for quick looks: every frame of a capture is looked
//! up, and next to none has anything.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use crate::wire::FrameNumber;

/// Values by frame.
pub(super) type ByFrame<T> = HashMap<FrameNumber, T, BuildHasherDefault<FrameHasher>>;

/// Spreads frame numbers. They are counted up and nobody chooses them, so that
/// nobody can make them collide.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FrameHasher(u64);

/// 2^64 divided by the golden ratio: neighbours land far apart (Knuth,
/// "The Art of Computer Programming", volume 3, §6.4).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for FrameHasher {
    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(SPREAD);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32((*byte).into());
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
