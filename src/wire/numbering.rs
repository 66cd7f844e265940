// SPDX-License-Identifier: GPL-2.0-or-later

//! The numbers that the user sees, where a read filter rejects frames.
//!
//! With `tshark -2 -R` and with a read filter in the GUI, Wireshark dissects every frame
//! and then gives the number of one that was rejected to the next. The engine has seen
//! both, so it counts on: each frame that was dissected has a number of its own here, and
//! only what a user reads is translated back. A frame that was rejected has no number to
//! be cited by.

use std::{cell::RefCell, rc::Rc};

use super::FrameNumber;

/// Runs of rejected frames that are told apart, 12 MiB; after more, no frame is known.
const MOST_RUNS: usize = 1 << 20;

/// Frames that were rejected one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// The first of them.
    first: u32,
    /// The last of them.
    last: u32,
    /// Wireshark's number of the first, and so of the first frame after them.
    shown: u32,
}

/// What Wireshark calls each frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbering {
    rejected: Vec<Run>,
    /// The frame that was begun last.
    newest: u32,
    /// Frames rejected so far.
    offset: u32,
}

impl Numbering {
    /// A frame is dissected for the first time: its own number.
    pub(crate) fn begin(&mut self, shown: FrameNumber) -> Option<FrameNumber> {
        let frame = shown.get().checked_add(self.offset)?;
        if frame <= self.newest {
            self.reject(frame, shown.get());
        }
        self.newest = shown.get().checked_add(self.offset)?;
        FrameNumber::new(self.newest)
    }

    /// The frame that was begun last, if Wireshark calls it so; else this one begins.
    pub(crate) fn current(&mut self, shown: FrameNumber) -> Option<FrameNumber> {
        match FrameNumber::new(self.newest) {
            Some(newest) if shown.get().checked_add(self.offset) == Some(self.newest) => {
                Some(newest)
            }
            _ => self.begin(shown),
        }
    }

    /// Whether the frame that was begun last took over the number of one before it.
    #[must_use]
    pub(crate) fn has_just_rejected(&self) -> bool {
        let last = self.rejected.last();
        last.is_some_and(|run| run.last + 1 == self.newest)
    }

    /// Those from `first` on have lost their numbers.
    fn reject(&mut self, first: u32, shown: u32) {
        let last = self.newest;
        self.offset = self.offset.saturating_add(last - first + 1);
        if let Some(run) = self.rejected.last_mut()
            && run.last + 1 == first
            && run.shown == shown
        {
            run.last = last;
        } else if self.rejected.len() < MOST_RUNS {
            self.rejected.push(Run { first, last, shown });
        } else {
            // Nothing can be told apart any more.
            self.offset = u32::MAX;
        }
    }

    /// The frame that was just begun is the one before it, dissected once more: the GUI
    /// does so with what its read filter lets pass.
    pub(crate) fn is_as_before(&mut self) {
        if !self.has_just_rejected() {
            return;
        }
        let Some(run) = self.rejected.last_mut() else {
            return;
        };
        self.newest = run.last;
        self.offset -= 1;
        if run.first == run.last {
            self.rejected.pop();
        } else {
            run.last -= 1;
        }
    }

    /// The frame that Wireshark calls `shown` now.
    #[must_use]
    pub(crate) fn frame(&self, shown: FrameNumber) -> Option<FrameNumber> {
        let shown = shown.get();
        let runs = self.rejected.partition_point(|run| run.shown <= shown);
        let before = runs
            .checked_sub(1)
            .and_then(|place| self.rejected.get(place));
        let frame = match before {
            None => shown,
            Some(run) => run.last.checked_add(1)?.checked_add(shown - run.shown)?,
        };
        FrameNumber::new(frame).filter(|_| self.offset != u32::MAX)
    }

    /// What Wireshark calls `frame`; `None` if it was rejected.
    #[must_use]
    fn shown(&self, frame: FrameNumber) -> Option<FrameNumber> {
        let frame = frame.get();
        let runs = self.rejected.partition_point(|run| run.first <= frame);
        let before = runs
            .checked_sub(1)
            .and_then(|place| self.rejected.get(place));
        match before {
            None => FrameNumber::new(frame),
            Some(run) if frame <= run.last => None,
            Some(run) => FrameNumber::new(run.shown + (frame - run.last - 1)),
        }
    }
}

thread_local! {
    /// What the text that is being composed calls the frames.
    static READER: RefCell<Option<Rc<Numbering>>> = const { RefCell::new(None) };
}

/// Ends the translation, also if composing panics.
struct Reading;

impl Drop for Reading {
    fn drop(&mut self) {
        READER.set(None);
    }
}

/// Composes what a user will read, who knows the frames by these numbers.
pub(crate) fn read_with<T>(numbering: &Rc<Numbering>, compose: impl FnOnce() -> T) -> T {
    // Without a read filter the numbers are the frames' own.
    if numbering.offset == 0 {
        return compose();
    }
    READER.set(Some(Rc::clone(numbering)));
    let _reading = Reading;
    compose()
}

/// The number by which the user knows this frame; `None` if a read filter rejected it.
#[must_use]
pub(crate) fn shown(frame: FrameNumber) -> Option<FrameNumber> {
    READER.with_borrow(|reader| match reader {
        None => Some(frame),
        Some(numbering) => numbering.shown(frame),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> FrameNumber {
        FrameNumber::new(number).unwrap()
    }

    /// Begins frames with these numbers.
    fn begun(shown: &[u32]) -> Numbering {
        let mut numbering = Numbering::default();
        for shown in shown {
            numbering.begin(number(*shown));
        }
        numbering
    }

    #[test]
    fn frames_are_their_own_numbers_without_a_read_filter() {
        let numbering = begun(&[1, 2, 3]);
        assert_eq!(numbering.shown(number(2)), Some(number(2)));
        assert_eq!(numbering.frame(number(3)), Some(number(3)));
    }

    #[test]
    fn rejected_frames_have_no_number_and_later_ones_are_found() {
        // Dissected: 1, (2), (3), 4, 5, (6), 7.
        let numbering = begun(&[1, 2, 2, 2, 3, 4, 4]);
        let shown: Vec<Option<u32>> = (1..=7)
            .map(|frame| numbering.shown(number(frame)).map(FrameNumber::get))
            .collect();
        assert_eq!(
            shown,
            [Some(1), None, None, Some(2), Some(3), None, Some(4)]
        );
        let frames: Vec<Option<u32>> = (1..=4)
            .map(|shown| numbering.frame(number(shown)).map(FrameNumber::get))
            .collect();
        assert_eq!(frames, [Some(1), Some(4), Some(5), Some(7)]);
    }

    #[test]
    fn first_frame_may_be_rejected() {
        let numbering = begun(&[1, 1, 2]);
        assert_eq!(numbering.shown(number(1)), None);
        assert_eq!(numbering.frame(number(1)), Some(number(2)));
        assert_eq!(numbering.shown(number(3)), Some(number(2)));
    }

    #[test]
    fn frame_that_is_dissected_twice_is_one() {
        let mut numbering = begun(&[1, 1, 2]);
        numbering.begin(number(2));
        numbering.is_as_before();
        assert_eq!(numbering.begin(number(3)), Some(number(4)));
        assert_eq!(numbering.shown(number(3)), Some(number(2)));
        assert_eq!(numbering.shown(number(4)), Some(number(3)));
    }

    #[test]
    fn texts_are_translated_while_they_are_composed() {
        let numbering = Rc::new(begun(&[1, 2, 2, 3]));
        let text = || format!("{}, {}", number(2), number(4));
        assert_eq!(read_with(&numbering, text), "(filtered out), 3");
        assert_eq!(text(), "2, 4");
    }
}
