// SPDX-License-Identifier: GPL-2.0-or-later

//! THE TABLE: every piece of evidence with its number, weights and their source.
//!
//! A weight is 10·log10 of how much likelier the finding is under a device than
//! under a plain host *where no story holds* (`crate::hypothesis`), in decibans:
//! positive speaks for a middlebox, negative for the endpoint. It is never
//! discounted for an innocent explanation, which would count that twice; it is
//! graded by how good the yardstick is.
//! Numbers are never reused; retired ones stay as comments.

use std::ffi::CStr;

use super::{Observed, Words};
use crate::{
    case::{Case, Origin},
    wire::FrameNumber,
};

/// One row of the table.
#[derive(Debug)]
pub struct Evidence {
    /// Never reused.
    pub number: u16,
    /// Which it is.
    pub(crate) kind: Kind,
    /// The value of `rst.evidence`.
    pub token: &'static CStr,
    /// Decibans where it is present, by the finding's grade, best yardstick first.
    /// Absence is a row of its own where it tells something, so that every
    /// contribution is seen by the user.
    pub weights: &'static [i16],
    /// Its RST does not fit its claimed host even where the sum decides nothing.
    pub(crate) suspicious: bool,
    /// Its claimed sender goes on: the later frame carries a note.
    pub(crate) goes_on: bool,
    /// Its TTL says nothing of how far away its maker is.
    pub(crate) ttl_tells_nothing: bool,
    /// The maker that it names, whatever the rest of the RST looks like.
    pub(crate) device: Option<&'static CStr>,
    /// Where the weights come from.
    pub source: &'static str,
    /// The look at the case.
    pub observe: fn(&Case) -> Observed<Finding>,
}

impl Evidence {
    /// The value of `rst.evidence.points_to` where it is present.
    #[must_use]
    pub(crate) fn points_to(&self) -> Origin {
        if self.weights.first().is_some_and(|weight| *weight > 0) {
            Origin::Middlebox
        } else {
            Origin::Endpoint
        }
    }
}

/// What a row has unless it says otherwise.
const PLAIN: Evidence = Evidence {
    number: 0,
    kind: Kind::TtlOffBaseline,
    token: c"",
    weights: &[],
    suspicious: false,
    goes_on: false,
    ttl_tells_nothing: false,
    device: None,
    source: "",
    observe: |_| Observed::DoesNotApply,
};

macro_rules! table {
    ($(
        $number:literal $module:ident $variant:ident: [$($weight:literal),+]
        $(, $attribute:ident $(= $value:expr)?)*;
        $source:literal
    )*) => {
        /// Which evidence, without what was found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind {
            $(
                #[doc = concat!("See [`super::", stringify!($module), "`].")]
                $variant,
            )*
        }

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
            pub(crate) fn evidence(&self) -> &'static Evidence {
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
            use super::{Evidence, Finding, Kind, PLAIN, token};

            $(
                pub(super) static $variant: Evidence = Evidence {
                    number: $number,
                    kind: Kind::$variant,
                    token: token(concat!(stringify!($module), "\0")),
                    weights: &[$($weight),+],
                    source: $source,
                    observe: |case| crate::evidence::$module::observe(case).map(Finding::$variant),
                    $($attribute: table!(@value $($value)?),)*
                    ..PLAIN
                };
            )*
        }

        /// The rows, by number.
        pub static TABLE: &[&Evidence] = &[$(&rows::$variant),*];
    };
    (@value) => { true };
    (@value $value:expr) => { $value };
}

table! {
    1 ttl_off_baseline TtlOffBaseline: [30, 27, 22, 22];
        "docs/measured.md#ttl-of-genuine-packets: 19 of 29,635 after five equal ones, 6 of 3,391 after two to four; elsewhere 12 % differ, which the stories price"
    2 ttl_matches_baseline TtlMatchesBaseline: [-15, -10, -5, -3];
        "docs/measured.md#ttl-of-genuine-rsts: 134 of 138; one device in thirty is taken to sit at the host's distance by chance (SIGCOMM 2023 §4.3)"
    3 ttl_unrouted TtlUnrouted: [30, 27, 22, 22];
        "as ttl_off_baseline"
    4 ip_id_continues_counter IpIdContinuesCounter: [-15];
        "SIGCOMM 2023 §4.3: 95 % of untampered connections; by chance 64 of 65,536; one device in thirty is taken to copy it"
    5 ip_id_off_counter IpIdOffCounter: [13, 6, 3];
        "docs/measured.md#ip-id-of-genuine-rsts: RST+ACK off its own counter 2.6 to 12 %, off a host-wide one 11 to 35 %, bare RST 46 %"
    6 faster_than_path FasterThanPath: [28];
        "physics; docs/measured.md#answers-sooner-than-the-handshake: 0.6 % below half of the smallest of three, which the stories price"
    7 sender_continues SenderContinues: [30, 24], goes_on;
        "RFC 9293 §3.5.2: a host that resets has no connection left to send on; docs/measured.md#senders-that-go-on: 7 of 1,554 bare RSTs"
    8 active_shape ActiveShape: [-2];
        "docs/measured.md#rst-forms-linux: all resets by Linux sockets; no verdict rests on it, it is worth its words"
    9 flow_label_unset FlowLabelUnset: [18];
        "docs/measured.md#flow-label-of-an-rst: Linux TCP never sends label 0, nf_reject always does; other stacks are a story of their own"
    10 flow_label_kept FlowLabelKept: [-18];
        "RFC 6437 §3: labels are hard to guess, 20 bits; one device in sixty is taken to copy the header"
    11 quicker_than_usual QuickerThanUsual: [18];
        "docs/measured.md#answers-sooner-than-the-handshake: 1.2 % below four fifths of the smallest of three"
    12 ip_id_mirrored IpIdMirrored: [25];
        "1 in 65,536 by chance; noahdavids.org firewall_reset_trace; 1 in 200 for what is not known of stacks"
    13 window_mirrored WindowMirrored: [12];
        "docs/measured.md#windows-of-the-packet-answered: 10 of 5678 fingerprints of hosts, several of firewalls"
    14 df_off_habit DfOffHabit: [3];
        "docs/measured.md#df-of-an-rst: 2 of 7 forgers, no Linux host; other stacks mirror the bit"
    15 dscp_reflected DscpReflected: [-3];
        "docs/measured.md#dscp-of-an-rst: Linux always, nf_reject never; every second device is taken to reflect"
    16 dscp_dropped DscpDropped: [2];
        "docs/measured.md#dscp-of-an-rst: nf_reject always; most stacks but Linux, too"
    17 timestamps_missing TimestampsMissing: [15, 7];
        "docs/measured.md#timestamps-of-an-rst: Linux 45 of 45 with, injectors 6 of 7 without; stacks that never write them are a story of their own"
    18 timestamps_off_clock TimestampsOffClock: [15];
        "RFC 7323 §5.4: one clock for a connection; 1 in 30 for what is not known of clocks"
    19 ack_without_flag AckWithoutFlag: [2];
        "docs/measured.md#ack-number-without-the-flag: Windows 186 of 190 (left out by TTL), z/OS, passt"
    20 syn_answer_numbered SynAnswerNumbered: [5];
        "docs/measured.md#sequence-number-of-a-syns-answer: 0 in nearly all of nmap's fingerprints"
    21 burst_strides BurstStrides: [10];
        "Clayton 2006, NDSS 2009, tcpkill; lwIP and F5 answer late segments in such strides, a story of its own"
    22 burst_climbs BurstClimbs: [13];
        "net4people/bbs#285, gfw.report 2025-08-20; no host's window counts up from RST to RST"
    23 link_off LinkOff: [14, 2];
        "on the host's own link its address does not change; behind a router asymmetric routing and redundant routers are common"
    24 names_its_device NamesItsDevice: [35];
        "the text itself (tcpdump's tcp_rst_data, BIG-IP)"
    25 foreign_payload ForeignPayload: [3];
        "docs/measured.md#payload-of-an-rst: Henan; HP-UX and a few old hosts send text as well"
    26 unrouted_stranger UnroutedStranger: [18], suspicious;
        "an untouched initial TTL from an address that cannot be on this link; a gateway's own address is a story of its own"
    27 speaks_for_several SpeaksForSeveral: [10];
        "NDSS 2009; 1 in 10 for one machine with several addresses"
    28 guess_ignored GuessIgnored: [12];
        "RFC 5961 §3; docs/measured.md#guessed-sequence-numbers: all blind guesses, and only genuine aborts with lost data"
    29 ip_id_continues_host IpIdContinuesHost: [-10];
        "as ip_id_continues_counter, over conversations: other hosts' packets may have moved it on"
    30 both_sides_reset BothSidesReset: [6];
        "RFC 9293 §3.5.2; Clayton 2006; 4 to 1 for hosts with one time-out"
    31 ip_id_shared IpIdShared: [8];
        "1 in 512 by chance over the 8 RSTs compared with; 1 in 6 for one machine with several addresses"
    32 link_kept LinkKept: [-10];
        "a forger must be on the host's link and copy its address; 1 in 10 for bridges"
    33 ttl_returns TtlReturns: [8];
        "docs/measured.md#ttl-after-one-odd-packet: 319 of 375; its main work is to refute a new route"
    34 netscaler_code NetscalerCode: [16], device = Some(c"netscaler");
        "CTX200852; 27 of 65,536 windows by chance, 1 in 40 for what hosts' windows are like"
    35 ttl_impossible TtlImpossible: [12], ttl_tells_nothing;
        "docs/measured.md#rst-forms-devices-that-can-be-named: GFW type 2; no host in 492 public captures"
    36 ttl_wanders TtlWanders: [20], ttl_tells_nothing;
        "docs/measured.md#rst-forms-devices-that-can-be-named: GFW type 2, Belarus; no host in 492 public captures"
    37 took_round_trip TookRoundTrip: [-3];
        "docs/measured.md#answers-sooner-than-the-handshake: 89 % of hosts, every second device"
    38 timestamps_continue TimestampsContinue: [-15];
        "RFC 7323 §5.4: 32 bits that only its host and whoever sees its packets know; one device in thirty is taken to copy them"
    39 burst_repeats BurstRepeats: [15];
        "docs/measured.md#rst-forms-devices-that-can-be-named: GFW type 2; hosts number each packet anew"
    40 tos_of_filter TosOfFilter: [14, 16];
        "the sources of pf, ipfw and OVN; 1 host in 30 with programs that ask for low delay"
    41 seq_zero_midstream SeqZeroMidstream: [15];
        "OVN's source; by chance 1 in 4 billion, 1 in 30 for what is not known of stacks"
    42 kernel_knows_no_socket KernelKnowsNoSocket: [-8];
        "docs/measured.md#scanners: every raw SYN that was answered"
    43 within_one_machine WithinOneMachine: [-25];
        "RFC 1122 §3.2.1.3 (g): such a packet must not appear outside a host"
    44 acks_unsent AcksUnsent: [8];
        "RFC 9293 §3.10.7.4; 1 in 6 for gaps in the capture"
    45 ip_id_after_receivers IpIdAfterReceivers: [15];
        "docs/measured.md#rst-forms-devices-that-can-be-named: Belarus, 67 of 67; by chance 1 in 65,536, 1 in 30 for two counters of one machine"
    46 ttl_mirrored TtlMirrored: [10], ttl_tells_nothing;
        "Snort 3's encoder, CenTrace; 1 in 10 for a capture point half-way"
    47 ttl_changed_midway TtlChangedMidway: [22];
        "docs/measured.md#ttl-after-one-odd-packet: 41 of 375 stay with a new TTL, most of them load balancers, which the stories price"
    48 gateway_answers GatewayAnswers: [18], suspicious;
        "RFC 1812 §5.3.1: a router counts the TTL of what it forwards down; its own address is a story of its own"
    49 form_off_stack FormOffStack: [15];
        "docs/measured.md#rst-forms-linux: every such answer of Linux; 1 in 30 for what is not known of its configurations"
    50 answers_nothing AnswersNothing: [8];
        "RFC 9293 §3.5.2; docs/measured.md#guessed-sequence-numbers; 1 in 6 for gaps in the capture"
    51 made_between MadeBetween: [60];
        "what was never sent was made on the way; the price of a capture that missed it comes from the file"
    52 left_its_sender LeftItsSender: [-45, -30];
        "RFC 1812 §5.3.1; it was sent and it arrived: only a device on the host's own link is left, a story of its own; 1 in 1,000 without another packet of the host to compare with (estimate)"
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
    /// Decibans for a middlebox.
    #[must_use]
    pub(crate) fn weight(&self) -> i16 {
        let weights = self.evidence().weights;
        let graded = weights.get(self.words().grade());
        graded.or(weights.last()).copied().unwrap_or_default()
    }

    /// Which evidence it is.
    #[must_use]
    pub(crate) fn kind(&self) -> Kind {
        self.evidence().kind
    }

    /// Writes `rst.evidence.text`.
    pub(crate) fn write_text(&self, out: &mut String) {
        self.words().write_text(out);
    }

    /// Writes what it adds to `rst.vendor_reason`; nothing for most.
    pub(crate) fn write_reason(&self, out: &mut String) {
        self.words().write_reason(out);
    }

    /// Writes at most five words for the brackets of `rst.summary`.
    pub(crate) fn write_brief(&self, out: &mut String) {
        self.words().write_brief(out);
    }

    /// The value of `rst.evidence.frame`.
    #[must_use]
    pub(crate) fn frame(&self) -> Option<FrameNumber> {
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
    fn every_row_has_weights_of_one_sign_and_a_source() {
        for row in TABLE {
            assert!(!row.weights.is_empty(), "{:?}", row.token);
            let points_to_middlebox = row.weights[0] > 0;
            for weight in row.weights {
                assert!(*weight != 0, "{:?}", row.token);
                assert_eq!(*weight > 0, points_to_middlebox, "{:?}", row.token);
            }
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
}
