// SPDX-License-Identifier: GPL-2.0-or-later

//! Taking one thing out at run time, to see whether any verdict depends on it:
//! what can be taken out and changes nothing is dead.
//!
//! Only with feature `mutation`, which `cargo xtask mutate` asks for. Without it,
//! as in the plugin, nothing can be taken out and nothing is asked.

#![forbid(unsafe_code)]

#[cfg(feature = "mutation")]
use std::ffi::CStr;

/// What kind of thing is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The weight of a row of the evidence catalogue: it counts 0.
    Weight,
    /// A rule of a cause, by its place in the order of asking: the next one that
    /// knows the case answers.
    Cause,
    /// A line of a table within a row, by its place from 0.
    Line,
    /// A story: it cannot be told.
    Story,
    /// The whole price table of a story: it is told of every case, for nothing.
    Price,
    /// The prices of all stories: they are so many per cent of themselves, [`Mutation::line`].
    Prices,
    /// A threshold: it is as small as can be, so that everything is above it.
    Smallest,
    /// A threshold: it is so large that everything is below it.
    Largest,
}

/// One thing that is taken out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mutation {
    /// Of which kind.
    pub kind: Kind,
    /// Its token, or the path of a threshold's name.
    pub row: String,
    /// Its place within the row; 0 where there are no places. Of [`Kind::Prices`] the per cent.
    pub line: usize,
}

#[cfg(feature = "mutation")]
mod active {
    use std::{cell::RefCell, collections::BTreeSet, ffi::CStr};

    use super::{Kind, Mutation};

    /// Kind, row and place.
    type Asked = BTreeSet<(Kind, &'static CStr, usize)>;

    thread_local! {
        static OUT: RefCell<Option<Mutation>> = const { RefCell::new(None) };
        static ASKED: RefCell<Option<Asked>> = const { RefCell::new(None) };
    }

    /// Takes something out of all that this thread judges until the answer is dropped.
    #[must_use]
    pub fn take_out(mutation: Mutation) -> TakenOut {
        OUT.set(Some(mutation));
        TakenOut(())
    }

    /// Something is out while this lives.
    #[derive(Debug)]
    pub struct TakenOut(());

    impl Drop for TakenOut {
        fn drop(&mut self) {
            OUT.set(None);
        }
    }

    /// What can be taken out and was asked for while this ran: anything else taken
    /// out makes no difference to it.
    pub fn asked_by<T>(run: impl FnOnce() -> T) -> (T, BTreeSet<Mutation>) {
        ASKED.set(Some(Asked::new()));
        let result = run();
        let asked = ASKED.take().unwrap_or_default().into_iter();
        let asked = asked.map(|(kind, row, line)| Mutation {
            kind,
            row: row.to_string_lossy().into_owned(),
            line,
        });
        (result, asked.collect())
    }

    /// A story's price.
    pub(crate) fn price(price: i16) -> i16 {
        let percent = OUT.with_borrow(|out| {
            let prices = out.as_ref().filter(|out| out.kind == Kind::Prices)?;
            i16::try_from(prices.line).ok()
        });
        percent.map_or(price, |percent| price.saturating_mul(percent) / 100)
    }

    /// Whether it is out. To be asked last, where the answer makes a difference.
    pub(crate) fn is_out(kind: Kind, row: &'static CStr, line: usize) -> bool {
        ASKED.with_borrow_mut(|asked| {
            if let Some(asked) = asked {
                asked.insert((kind, row, line));
            }
        });
        OUT.with_borrow(|out| {
            out.as_ref().is_some_and(|out| {
                out.kind == kind && out.line == line && out.row.as_bytes() == row.to_bytes()
            })
        })
    }
}

#[cfg(not(feature = "mutation"))]
mod active {
    use std::ffi::CStr;

    use super::Kind;

    /// A story's price.
    pub(crate) const fn price(price: i16) -> i16 {
        price
    }

    /// Whether it is out: never.
    pub(crate) const fn is_out(_: Kind, _: &CStr, _: usize) -> bool {
        false
    }
}

#[cfg(feature = "mutation")]
pub use active::{TakenOut, asked_by, take_out};
pub(crate) use active::{is_out, price};

/// A threshold as it stands, unless it is taken out. One that another module has is
/// written `limit!(NAME of "its::module")`.
#[cfg(not(feature = "mutation"))]
macro_rules! limit {
    ($name:ident $(of $module:literal)?) => {
        $name
    };
}

#[cfg(feature = "mutation")]
macro_rules! limit {
    ($name:ident) => {
        $crate::mutation::limit!(@ $name, concat!(module_path!(), "::", stringify!($name), "\0"))
    };
    ($name:ident of $module:literal) => {
        $crate::mutation::limit!(@ $name, concat!("rstscope::", $module, "::", stringify!($name), "\0"))
    };
    (@ $name:ident, $path:expr) => {{
        const PATH: &std::ffi::CStr = $crate::mutation::threshold($path);
        $crate::mutation::Limit::unless_out($name, PATH)
    }};
}
pub(crate) use limit;

/// Every threshold that can be taken out, by the path of its name.
///
/// One that is left out here does not compile with feature `mutation`; one that
/// nothing uses any more shows as dead.
pub const THRESHOLDS: &[&str] = &[
    "baseline::ip_id::COUNTER_STEP",
    "baseline::resetter::FARTHEST",
    "baseline::series::SHORTEST",
    "baseline::series::TOLERANCE",
    "case::aftermath::CLOCK_SLACK_MS",
    "case::aftermath::OVERTAKEN_AT_MOST",
    "case::aftermath::SHUFFLED_AT_MOST",
    "case::aftermath::STEP_MS",
    "case::distance::CONFIRMED_BY",
    "case::distance::FORGERS_FEW",
    "case::gather::DOUBLED",
    "case::host::CLOCK_SLACK",
    "case::host::QUICK",
    "case::host::SHORTEST_PATH",
    "case::neighbours::SAME_SILENCES",
    "case::reset::FORWARDED_WITHIN",
    "case::reset::NUMBERED_WITHIN",
    "cause::abort::LEFT_UNREAD",
    "cause::abort::STILL_ARRIVING",
    "cause::closing::KEPT_FOR_LATER",
    "cause::forgotten::GIVEN_UP_AFTER",
    "cause::forgotten::UNSOLICITED",
    "cause::impact::IN_VAIN",
    "conversation::answer::ANSWERED_WITHIN",
    "conversation::answer::ANSWERED_WITHIN_ROUND_TRIPS",
    "conversation::answer::BESIDE",
    "conversation::answer::PROBE_JITTER",
    "conversation::answer::REACTS_WITHIN",
    "conversation::history::COPIED_WITHIN",
    "conversation::history::LATE_AT_MOST",
    "engine::translations::NEAR",
    "engine::neighbourhood::FOLLOWS_WITHIN",
    "case::gather::TURNS",
    "case::reset::SHARE_OF_ROUND_TRIP",
    "conversation::stranger::PLACED",
    "conversation::stranger::SYN_AGAIN",
    "engine::aftermath::UNKNOWN_PATH",
    "engine::neighbourhood::SAME_WITHIN_PER_CENT",
    "engine::neighbourhood::SCANNED",
    "engine::neighbourhood::SCANNED_WITHIN",
    "engine::neighbourhood::SHORTEST_SILENCE",
    "evidence::acks_unsent::MISSED",
    "evidence::both_sides_reset::AT_ONCE",
    "evidence::burst_climbs::BURST_WITHIN",
    "evidence::burst_climbs::MOST",
    "evidence::burst_repeats::AT_ONCE",
    "evidence::burst_strides::BURST_WITHIN",
    "evidence::burst_strides::MOST_SEGMENTS",
    "evidence::burst_strides::MOST_WINDOWS",
    "evidence::foreign_payload::LONGEST",
    "evidence::gateway_answers::STRANGERS",
    "evidence::ip_id_off_counter::MOVED_ON_AFTER",
    "evidence::ip_id_off_counter::NEAR",
    "evidence::sender_continues::HANDSHAKE_WITHIN",
    "evidence::took_round_trip::WHOLE",
    "evidence::ttl_changed_midway::FEW",
    "evidence::ttl_impossible::MOST_HOPS",
    "evidence::ttl_wanders::SEVERAL",
    "hypothesis::own_host_program::A_PATH",
    "hypothesis::own_host_program::NO_PATH",
    "verdict::labels::PACKETS_LOOKED_AT",
];

/// The path of a threshold that has a row in [`THRESHOLDS`]; anything else is a
/// compile error.
#[cfg(feature = "mutation")]
pub(crate) const fn threshold(path: &'static str) -> &'static CStr {
    /// Whether `path` is `row`, with a NUL behind it.
    const fn is(mut row: &[u8], mut path: &[u8]) -> bool {
        loop {
            match (row, path) {
                ([], [0]) => return true,
                ([a, row_rest @ ..], [b, path_rest @ ..]) if *a == *b => {
                    (row, path) = (row_rest, path_rest);
                }
                _ => return false,
            }
        }
    }
    let (_crate, inside) = path.as_bytes().split_at("rstscope::".len());
    let mut rows = THRESHOLDS;
    while let [row, rest @ ..] = rows {
        if is(row.as_bytes(), inside) {
            break;
        }
        rows = rest;
    }
    match CStr::from_bytes_with_nul(path.as_bytes()) {
        Ok(path) if !rows.is_empty() => path,
        _ => unreachable!(),
    }
}

/// What a threshold may be.
#[cfg(feature = "mutation")]
pub(crate) trait Limit: Copy {
    /// So small that everything is above it; 1 for numbers, which may divide.
    const SMALLEST: Self;
    /// So large that everything is below it, and sums with it stay in range.
    const LARGEST: Self;

    /// Itself, unless it is taken out.
    fn unless_out(self, path: &'static CStr) -> Self {
        if is_out(Kind::Smallest, path, 0) {
            Self::SMALLEST
        } else if is_out(Kind::Largest, path, 0) {
            Self::LARGEST
        } else {
            self
        }
    }
}

#[cfg(feature = "mutation")]
impl Limit for std::time::Duration {
    const SMALLEST: Self = Self::ZERO;
    const LARGEST: Self = Self::from_secs(1_000_000);
}

#[cfg(feature = "mutation")]
macro_rules! numbers {
    ($($number:ident $largest:literal),*) => {
        $(impl Limit for $number {
            const SMALLEST: Self = 1;
            const LARGEST: Self = $largest;
        })*
    };
}
#[cfg(feature = "mutation")]
numbers!(u8 255, u16 65_535, u32 1_000_000, usize 1_000_000, i16 1_000);
