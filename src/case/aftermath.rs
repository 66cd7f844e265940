// SPDX-License-Identifier: GPL-2.0-or-later

//! What came after the RST.

use std::time::Duration;

use crate::wire::FrameNumber;

/// What comes later than a round trip and this was not overtaken (reordering on
/// real paths is a matter of milliseconds; RFC 4737 §1.3 has examples).
pub(crate) const OVERTAKEN_AT_MOST: Duration = Duration::from_millis(100);

/// What a capture with several queues puts in another order (estimate; below 1 ms on
/// common cards).
pub(crate) const SHUFFLED_AT_MOST: Duration = Duration::from_millis(5);

/// A later segment of the RST's claimed sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Continuation {
    /// Its frame.
    pub frame: FrameNumber,
    /// From the RST to it.
    pub after: Duration,
    /// New payload in it, bytes.
    pub payload: u32,
    /// It goes on behind the payload of the RST.
    pub behind_payload: bool,
    /// It goes beyond the sequence number of the RST: what was sent before the
    /// RST and overtaken by it could not.
    pub beyond_reset: bool,
}

impl Continuation {
    /// Whether it can show what an earlier one could not: it goes beyond the RST
    /// for the first time, or it is later by another step of patience.
    #[must_use]
    pub fn tells_more_than(&self, before: &Self) -> bool {
        let steps = |after: Duration| (after >= SHUFFLED_AT_MOST, after >= OVERTAKEN_AT_MOST);
        let shown = |it: &Self| (it.beyond_reset, it.behind_payload, steps(it.after));
        shown(self) != shown(before)
    }
}

/// What came after the RST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aftermath {
    /// The claimed sender went on.
    pub continued: Option<Continuation>,
    /// The receiver went on.
    pub ignored: Option<FrameNumber>,
    /// The receiver gave up.
    pub obeyed: Option<FrameNumber>,
    /// The claimed sender's packets came with the TTL from before the RST again.
    pub ttl_returned: Option<FrameNumber>,
}
