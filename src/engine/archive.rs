// SPDX-License-Identifier: GPL-2.0-or-later

//! Old verdicts, packed: blocks of a few dozen, each compressed as a whole, because
//! neighbours resemble each other. The oldest block goes when they get too many.

use std::{collections::VecDeque, mem::size_of};

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use crate::{baseline::Resetter, verdict::Verdict, wire::FrameNumber};

/// Verdicts that are compressed together: 16, 32 or 64 make 109, 103 or 98 bytes of each in
/// public captures (`docs/performance.md#verdicts`), and unpacking one unpacks its block.
const IN_A_BLOCK: usize = 32;

/// Verdicts on successive RSTs.
#[derive(Debug)]
struct Block {
    /// Their frames, in order.
    frames: Box<[FrameNumber]>,
    /// Each as bytes, and all of them compressed.
    bytes: Box<[u8]>,
}

impl Block {
    fn new(frames: Box<[FrameNumber]>, packed: &[&[u8]]) -> Self {
        let mut plain = Vec::with_capacity(packed.iter().map(|one| one.len() + 4).sum());
        for one in packed {
            // None is that long: what is longest in it is a text from a payload.
            let length = u32::try_from(one.len()).unwrap_or(0);
            plain.extend_from_slice(&length.to_le_bytes());
            plain.extend_from_slice(one);
        }
        Self {
            frames,
            bytes: lz4_flex::compress_prepend_size(&plain).into(),
        }
    }

    /// What it takes, bytes.
    fn cost(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.frames) + self.bytes.len()
    }

    /// Shows the packed verdicts.
    fn open<T>(&self, look: impl FnOnce(&[&[u8]]) -> Option<T>) -> Option<T> {
        let plain = lz4_flex::decompress_size_prepended(&self.bytes).ok()?;
        let mut packed = Vec::with_capacity(IN_A_BLOCK);
        let mut rest = plain.as_slice();
        while let Some((length, behind)) = rest.split_first_chunk() {
            let (one, next) =
                behind.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
            packed.push(one);
            rest = next;
        }
        look(&packed)
    }
}

/// Where a verdict is.
enum Place {
    /// In a block, at an index.
    Block(usize, usize),
    /// Among those that make the next block.
    Next(usize),
}

/// Old verdicts in order of their frames.
#[derive(Debug)]
pub(super) struct Archive {
    blocks: VecDeque<Block>,
    next: Vec<(FrameNumber, Vec<u8>)>,
    /// The devices that were packed as their numbers.
    devices: FxHashMap<u32, Resetter>,
    /// What the blocks take, bytes.
    cost: usize,
    most: usize,
    /// Frames whose verdicts had to go: one bit of a frame at most.
    let_go: RoaringBitmap,
}

impl Archive {
    /// An empty one that takes `most` bytes at most, beside the block in the making.
    pub(super) fn new(most: usize) -> Self {
        Self {
            blocks: VecDeque::new(),
            next: Vec::new(),
            devices: FxHashMap::default(),
            cost: 0,
            most,
            let_go: RoaringBitmap::new(),
        }
    }

    /// Whether the verdict on this frame had to go for want of memory.
    pub(super) fn let_go(&self, frame: FrameNumber) -> bool {
        self.let_go.contains(frame.get())
    }

    /// Whether any had to.
    pub(super) fn has_let_go(&self) -> bool {
        !self.let_go.is_empty()
    }

    /// Takes in a verdict on a frame after all others.
    pub(super) fn put(&mut self, frame: FrameNumber, verdict: &Verdict) {
        self.note_device(verdict);
        self.next.push((frame, verdict.pack()));
        if self.next.len() < IN_A_BLOCK {
            return;
        }
        let (frames, packed): (Vec<FrameNumber>, Vec<&[u8]>) = self
            .next
            .iter()
            .map(|(frame, bytes)| (*frame, bytes.as_slice()))
            .unzip();
        let block = Block::new(frames.into(), &packed);
        self.next.clear();
        self.cost += block.cost();
        self.blocks.push_back(block);
        while self.cost > self.most
            && let Some(oldest) = self.blocks.pop_front()
        {
            self.cost -= oldest.cost();
            self.let_go
                .extend(oldest.frames.iter().map(|frame| frame.get()));
        }
    }

    /// Puts a verdict in the place of the one before on the same frame, if that is
    /// still there.
    pub(super) fn replace(&mut self, frame: FrameNumber, verdict: &Verdict) {
        self.note_device(verdict);
        match self.place(frame) {
            None => {}
            Some(Place::Next(index)) => {
                if let Some((_, bytes)) = self.next.get_mut(index) {
                    *bytes = verdict.pack();
                }
            }
            Some(Place::Block(block, index)) => {
                let Some(block) = self.blocks.get_mut(block) else {
                    return;
                };
                self.cost -= block.cost();
                let frames = std::mem::take(&mut block.frames);
                let bytes = verdict.pack();
                let anew = block.open(|packed| {
                    let mut packed = packed.to_vec();
                    *packed.get_mut(index)? = &bytes;
                    Some(Block::new(frames, &packed))
                });
                if let Some(anew) = anew {
                    *block = anew;
                }
                self.cost += block.cost();
            }
        }
    }

    /// The verdict on this frame, unpacked.
    pub(super) fn get(&self, frame: FrameNumber) -> Option<Verdict> {
        let unpack =
            |bytes: &[u8]| Verdict::unpack(bytes, |number| self.devices.get(&number).cloned());
        match self.place(frame)? {
            Place::Next(index) => unpack(&self.next.get(index)?.1),
            Place::Block(block, index) => self
                .blocks
                .get(block)?
                .open(|packed| unpack(packed.get(index)?)),
        }
    }

    /// Whether there is a verdict on this frame.
    pub(super) fn holds(&self, frame: FrameNumber) -> bool {
        self.place(frame).is_some()
    }

    fn place(&self, frame: FrameNumber) -> Option<Place> {
        if self.next.first().is_some_and(|(first, _)| *first <= frame) {
            let index = self.next.binary_search_by_key(&frame, |(frame, _)| *frame);
            return index.ok().map(Place::Next);
        }
        let block = self
            .blocks
            .partition_point(|block| block.frames.last().is_some_and(|last| *last < frame));
        let frames = &self.blocks.get(block)?.frames;
        Some(Place::Block(block, frames.binary_search(&frame).ok()?))
    }

    fn note_device(&mut self, verdict: &Verdict) {
        if let Some(device) = &verdict.case().resetter {
            self.devices
                .entry(device.number())
                .or_insert_with(|| device.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::testing::case;

    fn frame(number: usize) -> FrameNumber {
        FrameNumber::new(u32::try_from(number).unwrap()).unwrap()
    }

    /// A verdict that can be told from others by the client's segments.
    fn verdict(mark: usize) -> Verdict {
        let case = case().client_sent(u8::try_from(mark % 200).unwrap());
        Verdict::of((*case).clone(), None, b"")
    }

    fn filled(most: usize, count: usize) -> Archive {
        let mut archive = Archive::new(most);
        for number in 1..=count {
            archive.put(frame(2 * number), &verdict(number));
        }
        archive
    }

    #[test]
    fn each_verdict_comes_back() {
        let archive = filled(usize::MAX, 3 * IN_A_BLOCK + 5);
        for number in 1..=3 * IN_A_BLOCK + 5 {
            let kept = archive.get(frame(2 * number)).unwrap();
            assert_eq!(kept.case(), verdict(number).case());
            assert!(archive.holds(frame(2 * number)));
            assert!(!archive.holds(frame(2 * number + 1)));
        }
        assert!(archive.get(frame(1)).is_none());
        assert!(!archive.has_let_go());
    }

    #[test]
    fn one_is_replaced_and_its_neighbours_stay() {
        let mut archive = filled(usize::MAX, IN_A_BLOCK + 2);
        for place in [2, IN_A_BLOCK + 1] {
            archive.replace(frame(2 * place), &verdict(199));
            assert_eq!(
                archive.get(frame(2 * place)).unwrap().case(),
                verdict(199).case()
            );
            assert_eq!(
                archive.get(frame(2 * place - 2)).unwrap().case(),
                verdict(place - 1).case()
            );
        }
        let cost: usize = archive.blocks.iter().map(Block::cost).sum();
        assert_eq!(archive.cost, cost);
    }

    #[test]
    fn oldest_block_goes_first_and_is_named() {
        let one = filled(usize::MAX, IN_A_BLOCK).cost;
        let archive = filled(2 * one + one / 2, 4 * IN_A_BLOCK);
        assert!(archive.cost <= archive.most);
        let gone = |number| archive.let_go(frame(number));
        assert!(gone(2) && gone(4 * IN_A_BLOCK) && !gone(4 * IN_A_BLOCK + 2) && !gone(3));
        assert!(!archive.holds(frame(2)));
        assert!(archive.holds(frame(8 * IN_A_BLOCK)));
    }
}
