// SPDX-License-Identifier: GPL-2.0-or-later

//! Why an RST was sent, and whether it matters.
//!
//! One file per group of causes: what must have been seen, what excludes it,
//! and its sentence. The table of tokens, usual impacts and titles is here.
//! Groups are asked in the order of `GROUPS`; the first that knows the case
//! answers, so the more specific stand first.

#![forbid(unsafe_code)]

mod abort;
mod after_reset;
mod closing;
mod forgotten;
mod impact;
mod interference;
mod opening;
mod timers;

pub use impact::{Impact, Severity};

use std::ffi::CStr;

use crate::evidence::{Case, Origin};

/// A group of causes.
struct CauseGroup {
    /// The cause, if the case is one of the group's.
    recognise: fn(&Case, Origin) -> Option<Cause>,
    /// Writes `rst.cause.text`; false if the cause is not the group's.
    write: fn(Cause, &Case, Origin, &mut String) -> bool,
}

const GROUPS: [CauseGroup; 6] = [
    after_reset::GROUP,
    opening::GROUP,
    interference::GROUP,
    closing::GROUP,
    forgotten::GROUP,
    abort::GROUP,
];

macro_rules! causes {
    ($($variant:ident $token:literal $impact:ident $title:literal $next:literal;)*) => {
        /// The value of `rst.cause`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant's title says what it is")]
        pub enum Cause {
            $($variant,)*
        }

        impl Cause {
            /// All of them, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The value of `rst.cause`.
            #[must_use]
            pub const fn token(self) -> &'static CStr {
                match self {
                    $(Self::$variant => literal(concat!($token, "\0")),)*
                }
            }

            /// Filter name of its expert item.
            #[must_use]
            pub const fn expert_name(self) -> &'static CStr {
                match self {
                    $(Self::$variant => literal(concat!("rst.expert.", $token, "\0")),)*
                }
            }

            /// What the RST is, as a phrase.
            #[must_use]
            pub const fn title(self) -> &'static CStr {
                match self {
                    $(Self::$variant => literal(concat!($title, "\0")),)*
                }
            }

            /// Its impact where nothing special is seen.
            #[must_use]
            pub const fn usual_impact(self) -> Impact {
                match self {
                    $(Self::$variant => Impact::$impact,)*
                }
            }

            /// The value of `rst.next_step` where the RST is not benign.
            const fn next_step(self) -> &'static str {
                match self {
                    $(Self::$variant => $next,)*
                }
            }
        }
    };
}

/// A text as it goes to C; a NUL inside it is a compile error.
const fn literal(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => unreachable!(),
    }
}

causes! {
    PortClosed "port_closed" Disruptive "port closed"
        "Check on the server that the service listens on this address and port, and that its own firewall admits the client.";
    ConnectionRejected "connection_rejected" Disruptive "connection rejected on the path"
        "Look for a reject rule for this address and port on the devices between the two.";
    HalfOpenScan "half_open_scan" Noteworthy "half-open scan"
        "See which other ports and hosts this client has tried (filter its address and tcp.flags.syn == 1).";
    ConnectScan "connect_scan" Benign "connection closed unused" "";
    HealthCheck "health_check" Benign "health check" "";
    CancelledConnect "cancelled_connect" Noteworthy "connection attempt cancelled"
        "Compare the SYN-ACK's delay with the client's connect time-out; if it is small, see whether the client opened another connection at the same time.";
    NotAccepted "not_accepted" Disruptive "not accepted by the application"
        "Check on the server the listener's backlog (ss -ltn, nstat TcpExtListenOverflows) and whether the service was just stopping.";
    Backscatter "backscatter" Benign "answer to a conversation it did not start" "";
    RequestRejected "request_rejected" Disruptive "first request rejected"
        "Read the server's log at this time: it took the connection and ended it without a byte of response.";
    ApplicationAbort "application_abort" Noteworthy "aborted by the application"
        "Read the application's log at this time: it closed the socket with SO_LINGER 0, or its process ended.";
    UnreadData "unread_data" Noteworthy "closed with data unread"
        "Find out why the application closed before it had read what was sent to it.";
    DataAfterClose "data_after_close" Benign "data after close" "See whether the peer kept sending because it had not read the FIN, and whether its data mattered.";
    AbortAfterFin "abort_after_fin" Benign "abort after its own FIN" "";
    CloseCleanup "close_cleanup" Benign "clean-up after the peer's FIN" "";
    TlsAlert "tls_alert" Disruptive "ended by a TLS alert"
        "Look at the alert's description (tls.alert_message.desc) in the segment before.";
    NoConnection "no_connection" Disruptive "connection unknown to the host"
        "Check whether the host or the service restarted, or a cluster failed over, between its last segment and this RST.";
    HalfOpenRecovery "half_open_recovery" Noteworthy "half-open connection cleared"
        "The next SYN on the same ports should succeed; if this is frequent, see why the client reuses its ports so early.";
    KeepaliveTimeout "keepalive_timeout" Noteworthy "keep-alive unanswered"
        "Check the path back to the sender: its keep-alive probes got no answer.";
    RetransmissionTimeout "retransmission_timeout" Disruptive "retransmissions unanswered"
        "Check the path back to the sender: its retransmissions got no answer.";
    ZeroWindowTimeout "zero_window_timeout" Disruptive "receiver stalled"
        "Find out why the receiving application stopped reading.";
    IdleTimeout "idle_timeout" Benign "idle time-out"
        "Compare the idle time with the time-outs of the devices on the path; keep-alives below it avoid the reset.";
    IdleStateLost "idle_state_lost" Disruptive "state lost during idle time"
        "Compare the idle time with the time-outs of firewalls, NAT and load balancers on the path; keep-alives below it avoid the reset.";
    ContentFilter "content_filter" Disruptive "content filtered"
        "Send the same request with another name, or from another network: if only this name is reset, a filter reads it.";
    PolicyBlock "policy_block" Disruptive "cut by a device on the path"
        "Capture on the claimed sender's side as well: if this RST is not in it, a device in between sent it; its log tells the rule.";
    BlindInjection "blind_injection" Noteworthy "guessed sequence number"
        "The receiver does not accept this RST; see whether the connection goes on, and who guesses.";
    Consequence "consequence" Benign "consequence of an earlier RST" "";
    StrayAnswer "stray_answer" Noteworthy "answer to a stray segment"
        "Look for the segment that it answers: routing may bring it here by another way than the capture sees.";
    Unknown "unknown" Noteworthy "not explained"
        "Capture from the beginning of the conversation, and on both sides if possible.";
}

impl Cause {
    /// The cause of this RST.
    #[must_use]
    pub fn of(case: &Case, origin: Origin) -> Self {
        GROUPS
            .iter()
            .find_map(|group| (group.recognise)(case, origin))
            .unwrap_or(Self::Unknown)
    }

    /// Number of its expert item.
    #[must_use]
    pub const fn index(self) -> u32 {
        self as u32
    }

    /// How severe it usually is.
    #[must_use]
    pub const fn usual_severity(self) -> Severity {
        self.usual_impact().severity()
    }

    /// Writes `rst.cause.text`.
    pub fn write_text(self, case: &Case, origin: Origin, out: &mut String) {
        let known = GROUPS
            .iter()
            .any(|group| (group.write)(self, case, origin, out));
        if !known {
            abort::write_unknown(case, out);
        }
        let says_who = matches!(
            self,
            Self::PortClosed
                | Self::NoConnection
                | Self::IdleStateLost
                | Self::Consequence
                | Self::Unknown
        );
        if origin == Origin::Unclear && !says_who {
            out.push_str(" This holds if the host itself sent the RST, which is not certain.");
        }
    }

    /// Writes `rst.next_step`; nothing for benign RSTs.
    pub fn write_next_step(self, impact: Impact, out: &mut String) {
        if impact != Impact::Benign {
            out.push_str(self.next_step());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_that_can_matter_names_a_next_step() {
        for cause in Cause::ALL {
            assert!(
                cause.usual_impact() == Impact::Benign || !cause.next_step().is_empty(),
                "{cause:?}"
            );
        }
    }

    #[test]
    fn index_is_the_place_in_the_list() {
        for (cause, index) in Cause::ALL.iter().zip(0..) {
            assert_eq!(cause.index(), index);
        }
    }
}
