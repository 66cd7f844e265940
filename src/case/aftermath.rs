// SPDX-License-Identifier: GPL-2.0-or-later

//! What came after the RST.

use std::time::Duration;

use crate::wire::FrameNumber;

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
        let steps = |after: Duration| (after.as_millis() >= 5, after.as_millis() >= 100);
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
