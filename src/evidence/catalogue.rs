// SPDX-License-Identifier: GPL-2.0-or-later

//! THE TABLE: every piece of evidence with its number, group and weights.
//!
//! A weight is 10·log10 of the likelihood ratio middlebox : endpoint, in
//! decibans: positive speaks for a middlebox, negative for the endpoint.
//! Of the evidence in one [`Group`] only the strongest counts, because what one
//! hand writes at once is not independent.
//! Numbers are never reused; retired ones stay as comments.

use std::ffi::CStr;

use super::{Observed, Words};
use crate::{
    case::{Case, Origin},
    wire::FrameNumber,
};

/// Evidence that shares its causes: one member tells most of what all tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// How the packet resembles its sender's: whoever copies one header field
    /// copies them all.
    Likeness,
    /// How far the packet has travelled, and by which way it came.
    Distance,
    /// Whose numbering the packet breaks.
    Numbering,
    /// What the packet's form lacks.
    Form,
    /// How long the answer took.
    Time,
    /// What the claimed sender did afterwards.
    Aftermath,
    /// What several RSTs in a row show.
    Burst,
    /// What RSTs in other hosts' names show.
    Profile,
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
    /// Its RST does not fit its claimed host even where the sum decides nothing.
    pub suspicious: bool,
    /// Its claimed sender goes on: the later frame carries a note.
    pub goes_on: bool,
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

macro_rules! table {
    ($(
        $number:literal $module:ident $variant:ident:
        $group:ident, present $present:literal $(, $attribute:ident)*;
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
            use super::{Evidence, Finding, Group, PLAIN, token};

            $(
                pub(super) static $variant: Evidence = Evidence {
                    number: $number,
                    token: token(concat!(stringify!($module), "\0")),
                    group: Group::$group,
                    present: $present,
                    source: $source,
                    observe: |case| crate::evidence::$module::observe(case).map(Finding::$variant),
                    $($attribute: true,)*
                    ..PLAIN
                };
            )*
        }

        /// The rows, by number.
        pub static TABLE: &[&Evidence] = &[$(&rows::$variant),*];
    };
}

/// What a row has unless it says otherwise.
const PLAIN: Evidence = Evidence {
    number: 0,
    token: c"",
    group: Group::Form,
    present: 0,
    conclusive: false,
    suspicious: false,
    goes_on: false,
    source: "",
    observe: |_| Observed::DoesNotApply,
};

table! {
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
    7 sender_continues SenderContinues: Aftermath, present 30, conclusive, goes_on;
        "RFC 9293 §3.5.2: a host that resets has no connection left to send on; Weaver et al., NDSS 2009, RST_SEQ_DATA"
    8 active_shape ActiveShape: Likeness, present -8;
        "lab: all resets by Linux sockets (docs/measured.md#rst-forms-linux), 1 of 7 kinds of forged ones"
    9 flow_label_unset FlowLabelUnset: Form, present 12;
        "lab: Linux TCP never sends label 0, nf_reject always does; 1 in 16 for a firewall on the host itself"
    10 flow_label_kept FlowLabelKept: Likeness, present -10;
        "RFC 6437 §3: labels are hard to guess, 20 bits; 1 in 10 for injectors that copy the header"
    11 quicker_than_usual QuickerThanUsual: Time, present 7;
        "lab: a device half-way; 1 host in 20 is taken to have shown only a slow first round trip before"
    12 ip_id_mirrored IpIdMirrored: Numbering, present 15;
        "1 in 65,536 by chance; noahdavids.org firewall_reset_trace; 1 in 32 for what is not known of stacks"
    13 window_mirrored WindowMirrored: Form, present 7;
        "nmap's OS database: 10 of 5678 fingerprints of hosts, several of firewalls; 5 to 1 for embedded hosts that do it too"
    14 df_off_habit DfOffHabit: Form, present 6;
        "measured: 2 of 7 forgers, no host (their answers left out)"
    15 dscp_reflected DscpReflected: Likeness, present -6;
        "measured: Linux always, nf_reject never; 1 in 4 for networks that mark both ways"
    16 dscp_dropped DscpDropped: Form, present 3;
        "measured: nf_reject always, Linux never; every second host is taken to be of another kind"
    17 timestamps_missing TimestampsMissing: Form, present 4;
        "measured: Linux' aborts always carry them, injectors of the lab 6 of 7 not; BSD's line leaves them out (RFC 7323 §3.2 allows it)"
    18 timestamps_off_clock TimestampsOffClock: Form, present 12;
        "RFC 7323 §5.4; 1 in 16 for load balancers whose members differ"
    19 ack_without_flag AckWithoutFlag: Form, present 3;
        "nmap's OS database: Windows 186 of 190 (left out by TTL), else rare; measured: passt"
    20 syn_answer_numbered SynAnswerNumbered: Form, present 7;
        "RFC 9293 §3.5.2; nmap's OS database: S=Z in nearly all"
    21 burst_strides BurstStrides: Burst, present 15;
        "Clayton 2006, NDSS 2009, tcpkill (measured); a host has no reason to step by segments that it has not sent"
    22 burst_climbs BurstClimbs: Burst, present 15;
        "net4people/bbs#285, gfw.report 2025-08-20; no host's window counts up from RST to RST"
    23 link_off LinkOff: Distance, present 5;
        "estimate: asymmetric routing is common (RFC 5798, RFC 2992), so 3 to 1; a new route changes TTL and MAC together"
    24 names_its_device NamesItsDevice: Form, present 25, conclusive;
        "the text itself (tcpdump's tcp_rst_data, BIG-IP)"
    25 foreign_payload ForeignPayload: Form, present 6;
        "Henan: XTLS/Xray-core#2426; p0f v2 knows a few old hosts that send text"
    26 unrouted_stranger UnroutedStranger: Distance, present 9, suspicious;
        "an untouched initial TTL over the Internet; 1 in 8 for a gateway's own public address"
    27 speaks_for_several SpeaksForSeveral: Profile, present 10;
        "NDSS 2009; 1 in 10 for one machine with several addresses"
    28 guess_ignored GuessIgnored: Aftermath, present 10;
        "RFC 5961 §3; lab: all blind guesses, and only genuine aborts with lost data, 1 in 10"
    29 ip_id_continues_host IpIdContinuesHost: Likeness, present -10;
        "as ip_id_continues_counter"
    30 both_sides_reset BothSidesReset: Burst, present 6;
        "RFC 9293 §3.5.2; Clayton 2006; 4 to 1 for hosts with one time-out"
    31 ip_id_shared IpIdShared: Profile, present 8;
        "1 in 512 by chance over the 8 RSTs compared with; 1 in 6 for one machine with several addresses"
    32 link_kept LinkKept: Likeness, present -8;
        "a forger must be on the host's link and copy its address; 1 in 6 for bridges"
    33 ttl_returns TtlReturns: Aftermath, present 8;
        "SIGCOMM 2023 §4.3: no large TTL difference in > 99 % of untampered connections; 1 in 6 for clusters and paths side by side"
    34 netscaler_code NetscalerCode: Form, present 14;
        "CTX200852; 27 of 65,536 windows by chance, 1 in 25 for what hosts' windows are like"
}

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

    /// Writes what it adds to `rst.vendor_reason`; nothing for most.
    pub fn write_reason(&self, out: &mut String) {
        self.words().write_reason(out);
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
    use std::path::Path;

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

    /// Plain `pub mod` lines, so that rustfmt sees the files: a file without a row,
    /// or a row without a file, is found here.
    #[test]
    fn every_file_has_a_row() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/evidence");
        let mut files: Vec<String> = folder
            .read_dir()
            .unwrap()
            .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
            .filter(|name| !["mod", "catalogue", "testing"].contains(&name.as_str()))
            .collect();
        files.sort();
        let mut rows: Vec<_> = TABLE
            .iter()
            .map(|row| row.token.to_str().unwrap())
            .collect();
        rows.sort_unstable();
        assert_eq!(files, rows);
    }

    #[test]
    fn only_proof_against_the_sender_is_conclusive() {
        for row in TABLE.iter().filter(|row| row.conclusive) {
            assert!(row.present >= 20, "{:?}", row.token);
        }
    }
}
