// SPDX-License-Identifier: GPL-2.0-or-later

//! Who really sent an RST: the answer that everything here works towards.

use std::ffi::CStr;

/// The value of `rst.origin`: who really sent an RST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The host that its source address names.
    Endpoint,
    /// Something else in that host's name.
    Middlebox,
    /// The capture does not tell.
    Unclear,
}

impl Origin {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[Self::Endpoint, Self::Middlebox, Self::Unclear];

    /// The value of `rst.origin`.
    #[must_use]
    pub(crate) const fn token(self) -> &'static CStr {
        match self {
            Self::Endpoint => c"endpoint",
            Self::Middlebox => c"middlebox",
            Self::Unclear => c"unclear",
        }
    }
}
