// SPDX-License-Identifier: GPL-2.0-or-later

//! The two sides of a conversation, and what is kept of each.

use std::ops::{Index, IndexMut};

/// Which of the two sockets of a [`Key`](super::Key).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The lower one.
    Lower,
    /// The upper one.
    Upper,
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
pub(crate) struct PerSide<T> {
    lower: T,
    upper: T,
}

impl<T> PerSide<T> {
    /// Both, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        [&self.lower, &self.upper].into_iter()
    }

    /// Those of `side` and of its peer.
    pub(crate) const fn with_peer_mut(&mut self, side: Side) -> (&mut T, &mut T) {
        match side {
            Side::Lower => (&mut self.lower, &mut self.upper),
            Side::Upper => (&mut self.upper, &mut self.lower),
        }
    }
}

impl<T> Index<Side> for PerSide<T> {
    type Output = T;

    fn index(&self, side: Side) -> &T {
        match side {
            Side::Lower => &self.lower,
            Side::Upper => &self.upper,
        }
    }
}

impl<T> IndexMut<Side> for PerSide<T> {
    fn index_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Lower => &mut self.lower,
            Side::Upper => &mut self.upper,
        }
    }
}
