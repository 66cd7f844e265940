// SPDX-License-Identifier: GPL-2.0-or-later

//! The family of a host's TCP stack, as its own segments show it.

use std::ffi::CStr;

use serde::{Deserialize, Serialize};

/// The value of `rst.sender.stack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stack {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// macOS, iOS.
    Apple,
    /// FreeBSD.
    FreeBsd,
    /// OpenBSD.
    OpenBsd,
}

impl Stack {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[
        Self::Linux,
        Self::Windows,
        Self::Apple,
        Self::FreeBsd,
        Self::OpenBsd,
    ];

    /// The value of `rst.sender.stack`.
    #[must_use]
    pub(crate) const fn token(self) -> &'static CStr {
        match self {
            Self::Linux => c"linux",
            Self::Windows => c"windows",
            Self::Apple => c"apple",
            Self::FreeBsd => c"freebsd",
            Self::OpenBsd => c"openbsd",
        }
    }
}

/// The order of options in a SYN or SYN-ACK, one hexadecimal digit a kind, the first
/// highest: 0x24813 is MSS, SACK permitted, timestamps, NOP, window scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SynLayout(u64);

impl SynLayout {
    /// The layout of these kinds (`wire::Options::kinds`).
    #[must_use]
    pub(crate) fn of(kinds: u64) -> Self {
        Self(kinds)
    }

    /// The one family that orders its options so, with timestamps offered
    /// (`tcp_output` of each; p0f's and nmap's databases have the same): where
    /// several do, none.
    #[must_use]
    pub(crate) const fn family(self) -> Option<Stack> {
        match self.0 {
            0x0002_4813 => Some(Stack::Linux),
            0x0213_1184 => Some(Stack::Apple),
            0x0002_1141_3118 => Some(Stack::OpenBsd),
            0x0002_1348 => Some(Stack::FreeBsd),
            0x0021_3114 => Some(Stack::Windows),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_of_known_families() {
        assert_eq!(SynLayout::of(0x24813).family(), Some(Stack::Linux));
        assert_eq!(SynLayout::of(0x213_1184).family(), Some(Stack::Apple));
        assert_eq!(SynLayout::of(0x2).family(), None);
    }
}
