// SPDX-License-Identifier: GPL-2.0-or-later

//! When and where in the capture.

use std::{fmt, num::NonZeroU32, time::Duration};

use serde::{Deserialize, Serialize};

use super::numbering::shown;

/// Wireshark's frame number, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FrameNumber(NonZeroU32);

impl FrameNumber {
    /// The frame `number`; `None` for 0, which Wireshark uses for "no frame".
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number, from 1.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for FrameNumber {
    /// As the reader of the text knows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match shown(*self) {
            Some(number) => number.0.fmt(f),
            None => f.write_str("(filtered out)"),
        }
    }
}

/// Capture time, in nanoseconds since 1970-01-01 00:00 UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Time since `earlier`; zero if the capture's clock stepped back.
    #[must_use]
    pub(crate) const fn since(self, earlier: Self) -> Duration {
        let span = self.0.saturating_sub(earlier.0);
        if span > 0 {
            Duration::from_nanos(span.unsigned_abs())
        } else {
            Duration::ZERO
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_zero_is_no_frame() {
        assert_eq!(FrameNumber::new(0), None);
        assert_eq!(FrameNumber::new(7).map(FrameNumber::get), Some(7));
    }

    #[test]
    fn time_that_steps_back_counts_as_none() {
        assert_eq!(Timestamp(5).since(Timestamp(2)), Duration::from_nanos(3));
        assert_eq!(Timestamp(2).since(Timestamp(5)), Duration::ZERO);
        assert_eq!(
            Timestamp(i64::MAX).since(Timestamp(i64::MIN)),
            Duration::from_nanos(i64::MAX.unsigned_abs())
        );
    }
}
