// SPDX-License-Identifier: GPL-2.0-or-later

//! The two sides of a conversation, and what is kept of each.

use std::ops::{Index, IndexMut};

/// Which of the two sockets of a [`Key`](super::Key).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The lower one.
    Lower = 0,
    /// The upper one.
    Upper = 1,
}

impl Side {
    /// The other side.
    #[must_use]
    pub(crate) const fn peer(self) -> Self {
        match self {
            Self::Lower => Self::Upper,
            Self::Upper => Self::Lower,
        }
    }
}

/// One `T` for each side, found by the side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PerSide<T>([T; 2]);

impl<T> PerSide<T> {
    /// Both, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// Those of `side` and of its peer.
    pub(crate) const fn with_peer_mut(&mut self, side: Side) -> (&mut T, &mut T) {
        let [lower, upper] = &mut self.0;
        match side {
            Side::Lower => (lower, upper),
            Side::Upper => (upper, lower),
        }
    }
}

impl<T> Index<Side> for PerSide<T> {
    type Output = T;

    #[expect(clippy::indexing_slicing, reason = "there are two sides")]
    fn index(&self, side: Side) -> &T {
        // An offset, not a branch: every segment asks a dozen times.
        &self.0[side as usize]
    }
}

impl<T> IndexMut<Side> for PerSide<T> {
    #[expect(clippy::indexing_slicing, reason = "there are two sides")]
    fn index_mut(&mut self, side: Side) -> &mut T {
        &mut self.0[side as usize]
    }
}
