// SPDX-License-Identifier: GPL-2.0-or-later

//! Where a conversation was captured: what tells that a file holds several capture points,
//! and leads to its packets when they are compared.

use super::{PerSide, Side};

/// Packets of a conversation that come from elsewhere and are looked for among all others:
/// as many pass in a round trip before one that was captured before comes again (estimate).
const ODD_AT_MOST: u8 = 64;

/// The whereabouts of one conversation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Track {
    /// Where its newest packet is kept (`points::Passages`); 0 where none is.
    pub(crate) newest: u32,
    /// Where each side's first packet was captured, by `points::station`; 0 before it.
    stations: PerSide<u32>,
    /// The number of a link at which it was captured as well, plus 1; 0 where there is none.
    apart: u16,
    /// Packets that were captured somewhere else than their side's first; saturates.
    odd: u8,
}

impl Track {
    /// Whether a packet of this side was captured somewhere else than its first, and is worth
    /// a look.
    #[inline]
    pub(crate) fn is_odd(&mut self, side: Side, station: u32) -> bool {
        let first = &mut self.stations[side];
        if *first == 0 {
            *first = station;
        }
        *first != station && self.odd < ODD_AT_MOST
    }

    /// One more packet was, and nothing has come of it.
    pub(crate) const fn note_odd(&mut self) {
        self.odd = self.odd.saturating_add(1);
    }

    /// The link of another capture point at which it was captured as well.
    #[must_use]
    pub(crate) fn apart(&self) -> Option<usize> {
        usize::from(self.apart).checked_sub(1)
    }

    /// It was captured at a point on this link as well.
    pub(crate) fn set_apart(&mut self, link: usize) {
        // There are fewer links.
        self.apart = u16::try_from(link + 1).unwrap_or_default();
    }
}
