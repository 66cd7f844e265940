// SPDX-License-Identifier: GPL-2.0-or-later

//! TCP sequence numbers: 32 bits that wrap.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// A sequence or acknowledgement number (RFC 9293 §3.4).
///
/// Ordered by the sign of the wrapping difference, and therefore only
/// partially: two numbers half the space apart have no order.
/// Every operation is total, because a passive observer meets any value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct SeqNumber(pub u32);

/// A connection's numbers stay within this of those seen last: the largest window that
/// is common (estimate; RFC 7323 §2.3 allows 1 GiB).
const NEAR: u32 = 1 << 21;

impl SeqNumber {
    /// Whether both may be of one connection at about the same time.
    #[must_use]
    pub(crate) const fn is_near(self, other: Self) -> bool {
        self.distance(other).unsigned_abs() <= NEAR
    }

    /// The number `n` bytes further on.
    #[must_use]
    pub(crate) const fn offset(self, n: u32) -> Self {
        Self(self.0.wrapping_add(n))
    }

    /// How far `self` lies beyond `other`, in bytes; negative if before it.
    #[must_use]
    pub(crate) const fn distance(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// Whether `self` comes after `other`.
    #[must_use]
    pub(crate) const fn is_after(self, other: Self) -> bool {
        self.distance(other) > 0
    }

    /// Whether `self` lies in the `size` numbers that start at `start`.
    #[must_use]
    pub(crate) const fn is_within(self, start: Self, size: u32) -> bool {
        self.0.wrapping_sub(start.0) < size
    }
}

impl PartialOrd for SeqNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match self.distance(*other) {
            i32::MIN => None,
            distance => Some(distance.cmp(&0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_across_the_wrap() {
        let before = SeqNumber(u32::MAX - 9);
        let after = before.offset(30);
        assert_eq!(after, SeqNumber(20));
        assert_eq!(after.distance(before), 30);
        assert_eq!(before.distance(after), -30);
        assert!(after.is_after(before));
        assert!(!before.is_after(after));
    }

    #[test]
    fn numbers_half_the_space_apart_have_no_order() {
        let a = SeqNumber(0);
        let b = SeqNumber(1 << 31);
        assert_eq!(a.partial_cmp(&b), None);
        assert_eq!(b.partial_cmp(&a), None);
    }

    #[test]
    fn window_membership_at_its_edges() {
        let start = SeqNumber(u32::MAX);
        assert!(start.is_within(start, 1));
        assert!(!start.is_within(start, 0));
        assert!(SeqNumber(8).is_within(start, 10));
        assert!(!SeqNumber(9).is_within(start, 10));
        assert!(!SeqNumber(u32::MAX - 1).is_within(start, 10));
    }
}
