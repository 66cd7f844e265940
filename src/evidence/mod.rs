// SPDX-License-Identifier: GPL-2.0-or-later

//! Pieces of evidence on who sent an RST, one file each.
//!
//! A piece of evidence is a pure function of a [`Case`]: it sees neither other
//! evidence, nor weights, nor the verdict. It answers [`Observed::Present`],
//! [`Observed::Absent`] or [`Observed::NotObservable`]; the last weighs nothing
//! and is said to the user.
//!
//! To add one: a file with `observe`, `Finding` and its words, one row in
//! [`catalogue`], one capture where it is present and one where it is absent
//! (CONTRIBUTING.md has the steps).

#![forbid(unsafe_code)]

mod case;
pub mod catalogue;

macro_rules! modules {
    ($($number:literal $module:ident $variant:ident:
        $group:ident, present $present:literal $(, $conclusive:ident)?;
        $source:literal
    )*) => {
        $(pub mod $module;)*
    };
}

catalogue::catalogue!(modules);

#[cfg(test)]
pub(crate) mod testing;

pub use case::{
    Aftermath, Case, Company, Continuation, EarlierReset, HostHabits, Reset, SAME_SILENCES, Scan,
    SharedCounter, Trips, TtlBaseline, Vantage,
};
pub use catalogue::{Evidence, Finding, Group};

use std::{ffi::CStr, fmt::Write as _, time::Duration};

use crate::wire::FrameNumber;

/// What a piece of evidence answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed<F> {
    /// The RST shows it.
    Present(F),
    /// The RST could have shown it, and does not.
    Absent,
    /// This capture cannot show it; the words complete "not observable: ".
    NotObservable(&'static str),
}

impl<F> Observed<F> {
    /// Puts the finding into the catalogue's enum.
    pub(crate) fn map<G>(self, into: impl FnOnce(F) -> G) -> Observed<G> {
        match self {
            Self::Present(finding) => Observed::Present(into(finding)),
            Self::Absent => Observed::Absent,
            Self::NotObservable(why) => Observed::NotObservable(why),
        }
    }
}

/// The value of `rst.origin`: who really sent an RST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The host that its source address names.
    Endpoint,
    /// Something else in that host's name.
    Middlebox,
    /// The capture does not tell.
    Unclear,
}

impl Origin {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Endpoint, Self::Middlebox, Self::Unclear];

    /// The value of `rst.origin`.
    #[must_use]
    pub const fn token(self) -> &'static CStr {
        match self {
            Self::Endpoint => c"endpoint",
            Self::Middlebox => c"middlebox",
            Self::Unclear => c"unclear",
        }
    }
}

/// What every finding can say of itself.
pub trait Words {
    /// `rst.evidence.text`: claim – measured numbers – frames to look at.
    fn write_text(&self, out: &mut String);

    /// At most five words for the brackets of `rst.summary`.
    fn write_brief(&self, out: &mut String);

    /// `rst.evidence.frame`.
    fn frame(&self) -> Option<FrameNumber>;
}

/// Writes a time span in the unit that people read it in, three digits at least.
pub(crate) fn write_span(out: &mut String, span: Duration) {
    let us = span.as_micros();
    // Writing to a String cannot fail.
    let _ = match us {
        0..1_000 => write!(out, "{us} µs"),
        1_000..100_000 => write!(out, "{}.{} ms", us / 1_000, us % 1_000 / 100),
        100_000..1_000_000 => write!(out, "{} ms", us / 1_000),
        1_000_000..100_000_000 => {
            write!(out, "{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000)
        }
        _ => write!(out, "{} s", us / 1_000_000),
    };
}

/// A number of things: "1 byte", "2 bytes".
pub(crate) struct Count<'a>(pub(crate) u32, pub(crate) &'a str);

impl std::fmt::Display for Count<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

/// `write!` into a `String`, which cannot fail.
macro_rules! say {
    ($out:expr, $($words:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($words)*);
    }};
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_their_own_unit() {
        let cases = [
            (Duration::from_nanos(999), "0 µs"),
            (Duration::from_micros(640), "640 µs"),
            (Duration::from_micros(7_752), "7.7 ms"),
            (Duration::from_micros(123_456), "123 ms"),
            (Duration::from_millis(1_600), "1.60 s"),
            (Duration::from_secs(350), "350 s"),
        ];
        for (span, words) in cases {
            let mut out = String::new();
            write_span(&mut out, span);
            assert_eq!(out, words);
        }
    }
}
