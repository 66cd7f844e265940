// SPDX-License-Identifier: GPL-2.0-or-later

//! THE TABLE: every piece of evidence with its number, group and weights.
//!
//! A weight is 10·log10 of the likelihood ratio middlebox : endpoint, in
//! decibans: positive speaks for a middlebox, negative for the endpoint.
//! Of the evidence in one [`Group`] only the strongest counts, because what one
//! hand writes at once is not independent.
//! Numbers are never reused; retired ones stay as comments.

use std::ffi::CStr;

use super::{Case, Observed, Origin, Words};
use crate::wire::FrameNumber;

/// Evidence that shares its causes: one member tells most of what all tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// How the packet resembles its sender's: whoever copies one header field
    /// copies them all.
    Likeness,
    /// How far the packet has travelled.
    Distance,
    /// Whose numbering the packet breaks.
    Numbering,
    /// What the packet's form lacks.
    Form,
    /// How long the answer took.
    Time,
    /// What the claimed sender did afterwards.
    Aftermath,
}

/// One row of the table.
#[derive(Debug)]
pub struct Evidence {
    /// Never reused.
    pub number: u16,
    /// The value of `rst.evidence`.
    pub token: &'static CStr,
    /// What it counts with.
    pub group: Group,
    /// Decibans where it is present. Absence is a row of its own where it tells
    /// something, so that every contribution is seen by the user.
    pub present: i16,
    /// Enough for `middlebox` without a second group.
    pub conclusive: bool,
    /// Where the weights come from.
    pub source: &'static str,
    /// The look at the case.
    pub observe: fn(&Case) -> Observed<Finding>,
}

impl Evidence {
    /// The value of `rst.evidence.points_to` where it is present.
    #[must_use]
    pub const fn points_to(&self) -> Origin {
        if self.present > 0 {
            Origin::Middlebox
        } else {
            Origin::Endpoint
        }
    }
}

/// Hands the rows to the macro `$with`: here it makes the table of them, in
/// `evidence/mod.rs` the list of modules.
macro_rules! catalogue {
    ($with:ident) => {
        $with! {
            1 ttl_off_baseline TtlOffBaseline: Distance, present 12;
                "SIGCOMM 2023 §4.3: TTL differs by more than 1 in < 5 % of untampered connections, in steps for forged ones; 80 % : 5 % = 12"
            2 ttl_matches_baseline TtlMatchesBaseline: Likeness, present -6;
                "SIGCOMM 2023 §4.3: > 95 % of untampered connections; every fourth device is taken to sit at, or imitate, the host's distance"
            3 ttl_unrouted TtlUnrouted: Distance, present 15;
                "an untouched initial TTL from a host whose packets are routed; > 99 % of untampered connections have no such difference (SIGCOMM 2023 §4.3)"
            4 ip_id_continues_counter IpIdContinuesCounter: Likeness, present -10;
                "SIGCOMM 2023 §4.3: 95 % of untampered connections; by chance 64 of 65,536, with imitating injectors counted 1 in 10"
            5 ip_id_off_counter IpIdOffCounter: Numbering, present 9;
                "SIGCOMM 2023 §4.3: > 100 away in 4.2 % of untampered connections, in 40 to 100 % of those that match a signature; ID 0 left out"
            6 faster_than_path FasterThanPath: Time, present 20, conclusive;
                "physics; 1 in 100 is for a path that became shorter, or a first round trip that was slow (lab: devices at 6.5 ms of 47, hosts never below 47)"
            7 sender_continues SenderContinues: Aftermath, present 30, conclusive;
                "RFC 9293 §3.5.2: a host that resets has no connection left to send on; Weaver et al., NDSS 2009, RST_SEQ_DATA"
            8 active_shape ActiveShape: Likeness, present -8;
                "lab: all resets by Linux sockets (`reset-facts-measured.md` §1), 1 of 7 kinds of forged ones"
            9 flow_label_unset FlowLabelUnset: Form, present 12;
                "lab: Linux TCP never sends label 0, nf_reject always does; 1 in 16 for a firewall on the host itself"
            10 flow_label_kept FlowLabelKept: Likeness, present -10;
                "RFC 6437 §3: labels are hard to guess, 20 bits; 1 in 10 for injectors that copy the header"
            11 quicker_than_usual QuickerThanUsual: Time, present 7;
                "lab: a device half-way; 1 host in 20 is taken to have shown only a slow first round trip before"
        }
    };
}
pub(super) use catalogue;

macro_rules! table {
    ($(
        $number:literal $module:ident $variant:ident:
        $group:ident, present $present:literal $(, $conclusive:ident)?;
        $source:literal
    )*) => {
        /// What a piece of evidence found, with the numbers to say it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Finding {
            $(
                #[doc = concat!("See [`super::", stringify!($module), "`].")]
                $variant(super::$module::Finding),
            )*
        }

        impl Finding {
            /// Its row.
            #[must_use]
            pub fn evidence(&self) -> &'static Evidence {
                match self {
                    $(Self::$variant(_) => &rows::$variant,)*
                }
            }

            fn words(&self) -> &dyn Words {
                match self {
                    $(Self::$variant(finding) => finding,)*
                }
            }
        }

        #[expect(non_upper_case_globals, reason = "one row per variant, by its name")]
        mod rows {
            use super::{Evidence, Finding, Group, token};

            $(
                pub(super) static $variant: Evidence = Evidence {
                    number: $number,
                    token: token(concat!(stringify!($module), "\0")),
                    group: Group::$group,
                    present: $present,
                    conclusive: table!(@conclusive $($conclusive)?),
                    source: $source,
                    observe: |case| crate::evidence::$module::observe(case).map(Finding::$variant),
                };
            )*
        }

        /// The rows, by number.
        pub static TABLE: &[&Evidence] = &[$(&rows::$variant),*];
    };
    (@conclusive conclusive) => { true };
    (@conclusive) => { false };
}

catalogue!(table);

/// A module's name as it goes to C; anything but a name ended by NUL is a
/// compile error.
const fn token(name: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(name.as_bytes()) {
        Ok(token) => token,
        Err(_) => unreachable!(),
    }
}

impl Finding {
    /// Writes `rst.evidence.text`.
    pub fn write_text(&self, out: &mut String) {
        self.words().write_text(out);
    }

    /// Writes at most five words for the brackets of `rst.summary`.
    pub fn write_brief(&self, out: &mut String) {
        self.words().write_brief(out);
    }

    /// The value of `rst.evidence.frame`.
    #[must_use]
    pub fn frame(&self) -> Option<FrameNumber> {
        self.words().frame()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_tokens_are_unique() {
        assert!(TABLE.windows(2).all(|pair| pair[0].number < pair[1].number));
        let mut tokens: Vec<_> = TABLE.iter().map(|row| row.token).collect();
        tokens.sort_unstable();
        tokens.dedup();
        assert_eq!(tokens.len(), TABLE.len());
    }

    #[test]
    fn every_row_has_a_weight_and_a_source() {
        for row in TABLE {
            assert!(row.present != 0, "{:?}", row.token);
            assert!(!row.source.is_empty(), "{:?}", row.token);
        }
    }

    #[test]
    fn only_proof_against_the_sender_is_conclusive() {
        for row in TABLE.iter().filter(|row| row.conclusive) {
            assert!(row.present >= 20, "{:?}", row.token);
        }
    }
}
