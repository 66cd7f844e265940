// SPDX-License-Identifier: GPL-2.0-or-later

//! THE TABLE of causes: token, usual impact, title, and what `docs/causes.md` says
//! of each. A rule and its sentence are in the group's file.

use std::ffi::CStr;

use super::Impact;

/// What there is to know of a cause.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// What must have been seen.
    pub seen: &'static str,
    /// What it means.
    pub means: &'static str,
    /// What else looks like it.
    pub alike: &'static str,
    /// Where that is from.
    pub source: &'static str,
    /// The value of `rst.next_step` where the RST is not benign.
    pub next: &'static str,
}

macro_rules! causes {
    ($($variant:ident $token:literal $impact:ident $title:literal $about:expr;)*) => {
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

            /// What there is to know of it.
            #[must_use]
            pub const fn about(self) -> &'static About {
                match self {
                    $(Self::$variant => &$about,)*
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
    PortClosed "port_closed" Disruptive "port closed" About {
        seen: "RST+ACK acknowledges the client's SYN before any SYN-ACK, and nothing says that it is not the server's.",
        means: "The server's kernel has no listener on this port: the service is down, or listens elsewhere.",
        alike: "The host's own firewall with a reject rule; a bridge right beside the host, over IPv4.",
        source: "RFC 9293 §3.10.7.1; docs/measured.md#rst-forms-linux.",
        next: "Check on the server that the service listens on this address and port, and that its own firewall admits the client.",
    };
    ConnectionRejected "connection_rejected" Disruptive "connection rejected on the path" About {
        seen: "The answer to a SYN, and the evidence says that another host than the server gave it.",
        means: "A firewall, load balancer or gateway on the path refuses the connection. Where it refuses for many hosts alike, its rule or its routing is wrong.",
        alike: "A closed port, if the device answers with the server's own TTL and delay.",
        source: "netfilter's REJECT --reject-with tcp-reset; docs/measured.md#rst-forms-netfilter.",
        next: "Look for a reject rule for this address and port on the devices between the two.",
    };
    HalfOpenScan "half_open_scan" Noteworthy "half-open scan" About {
        seen: "A SYN without timestamps and window scale, as scanners build it, is answered with a SYN-ACK, and the client's kernel, which knows nothing of it, answers with an RST.",
        means: "Somebody scans for open ports (nmap -sS, ZMap, masscan).",
        alike: "A very small stack that offers no options, and gave up; the text says whether other targets were tried.",
        source: "nmap's documentation of -sS; SIGCOMM 2023 §4.2.",
        next: "See which other ports and hosts this client has tried (filter its address and tcp.flags.syn == 1).",
    };
    ConnectScan "connect_scan" Benign "connection closed unused" About {
        seen: "The client completes the handshake and resets, without a byte from either side.",
        means: "A probe: it wanted to know whether the port is open. Part of a scan if the same client tried five targets in a minute.",
        alike: "A health check seen only once; a browser that opened a connection in advance.",
        source: "nmap's documentation of -sT; Jung et al., S&P 2004 for the number.",
        next: "",
    };
    HealthCheck "health_check" Benign "health check" About {
        seen: "Three or more such probes from one client to one server port at equal intervals.",
        means: "A load balancer or monitoring system asks whether the port is open, and saves the four packets of a close.",
        alike: "A slow scan of one port.",
        source: "HAProxy's check (option tcp-check); docs/measured.md#rst-forms-nat-and-proxies.",
        next: "",
    };
    CancelledConnect "cancelled_connect" Noteworthy "connection attempt cancelled" About {
        seen: "The client answers the SYN-ACK to its own SYN with an RST.",
        means: "Its socket was gone when the SYN-ACK came: a connect time-out, or another attempt was faster (Happy Eyeballs, RFC 8305).",
        alike: "A half-open scan whose SYN copies a kernel's.",
        source: "RFC 9293 §3.10.7.1; docs/measured.md#rst-forms-linux.",
        next: "Compare the SYN-ACK's delay with the client's connect time-out; if it is small, see whether the client opened another connection at the same time.",
    };
    NotAccepted "not_accepted" Disruptive "not accepted by the application" About {
        seen: "The server resets after the handshake, before it sent a byte and before a request came.",
        means: "Its kernel completed the handshake for an application that never took the connection: listener closed, backlog full (tcp_abort_on_overflow), or refused by the application.",
        alike: "A proxy without a backend.",
        source: "Linux tcp(7), tcp_abort_on_overflow; docs/measured.md#rst-forms-linux.",
        next: "Check on the server the listener's backlog (ss -ltn, nstat TcpExtListenOverflows) and whether the service was just stopping.",
    };
    Backscatter "backscatter" Benign "answer to a conversation it did not start" About {
        seen: "A host answers a SYN-ACK for which the capture holds no SYN, or bare ACKs of three or more conversations that it has no part in.",
        means: "Its address was used by somebody else (spoofed SYNs), or it is scanned with ACKs.",
        alike: "A capture that lacks the SYNs because they take another way.",
        source: "Moore et al., Inferring Internet Denial-of-Service Activity, USENIX Security 2001.",
        next: "",
    };
    RequestRejected "request_rejected" Disruptive "first request rejected" About {
        seen: "The server resets after the first request, without a byte of response.",
        means: "The application took the connection and ended it: it crashed, refused the client, or a proxy found no backend.",
        alike: "A content filter whose RST fits the server in everything that can be observed.",
        source: "docs/measured.md#delays-of-applications.",
        next: "Read the server's log at this time: it took the connection and ended it without a byte of response.",
    };
    ApplicationAbort "application_abort" Noteworthy "aborted by the application" About {
        seen: "RST+ACK in sequence from a side that still has the connection, and no data that it cannot have read.",
        means: "The application closed the socket with SO_LINGER 0, or its process ended.",
        alike: "A device that writes a complete RST+ACK in the sender's name; the two endpoint forms cannot be told apart at all.",
        source: "socket(7) SO_LINGER; RFC 9293 §3.10.5 ABORT.",
        next: "Read the application's log at this time: it closed the socket with SO_LINGER 0, or its process ended.",
    };
    UnreadData "unread_data" Noteworthy "closed with data unread" About {
        seen: "RST+ACK in sequence just after data of the peer arrived.",
        means: "The application closed the socket while received data was unread: the kernel then sends an RST instead of a FIN, and what was on its way is lost.",
        alike: "An abort with SO_LINGER 0 that happened to follow data.",
        source: "RFC 2525 §2.17; measured: 2 to 250 ms after the data.",
        next: "Find out why the application closed before it had read what was sent to it.",
    };
    DataAfterClose "data_after_close" Benign "data after close" About {
        seen: "A side that had sent its FIN answers later data with an RST.",
        means: "It has closed the socket and cannot deliver what still comes.",
        alike: "A host that no longer knows the connection.",
        source: "RFC 9293 §3.6.1; Linux tcp_rcv_state_process.",
        next: "See whether the peer kept sending because it had not read the FIN, and whether its data mattered.",
    };
    AbortAfterFin "abort_after_fin" Benign "abort after its own FIN" About {
        seen: "RST+ACK from a side that had sent its FIN already.",
        means: "It closed, and then dropped the rest: a time-out in FIN-WAIT-2, or its process ended.",
        alike: "Data after close, where the answered segment is not in the capture.",
        source: "Linux tcp_fin_timeout; docs/measured.md#rst-forms-linux.",
        next: "",
    };
    CloseCleanup "close_cleanup" Benign "clean-up after the peer's FIN" About {
        seen: "After the peer's FIN a side ends the connection with RST+ACK instead of a FIN of its own.",
        means: "Many Windows programs and busy servers close so, to save a state. Nothing is lost if everything was acknowledged.",
        alike: "An abort that only happens to come after the FIN.",
        source: "Microsoft KB152474 (Windows, Kerberos and SMB servers); docs/measured.md#servers-that-reset-by-habit.",
        next: "",
    };
    TlsAlert "tls_alert" Disruptive "ended by a TLS alert" About {
        seen: "A fatal TLS alert in clear before the RST.",
        means: "The TLS handshake failed; the RST only closes what the alert ended.",
        alike: "Alerts of TLS 1.3 after the handshake are encrypted and cannot be seen: then it is an abort.",
        source: "RFC 8446 §6.2.",
        next: "Look at the alert's description (tls.alert_message.desc) in the segment before.",
    };
    NoConnection "no_connection" Disruptive "connection unknown to the host" About {
        seen: "An RST without ACK whose number is the acknowledgement of the segment that it answers, in mid-connection.",
        means: "The host no longer knows the connection: it restarted, a cluster failed over, or the capture began late.",
        alike: "A stateful device that rejects the packet in the host's name.",
        source: "RFC 9293 §3.5.1 and §3.5.2, group 1.",
        next: "Check whether the host or the service restarted, or a cluster failed over, between its last segment and this RST.",
    };
    HalfOpenRecovery "half_open_recovery" Noteworthy "half-open connection cleared" About {
        seen: "SYN, an ACK that does not fit it, RST, and mostly the SYN once more.",
        means: "The client reuses ports of a connection that the server still knows; the RST clears the old one.",
        alike: "A stateful device that drops the new SYN's answer.",
        source: "RFC 9293 §3.5.1 figure 9; RFC 5961 §4.",
        next: "The next SYN on the same ports should succeed; if this is frequent, see why the client reuses its ports so early.",
    };
    KeepaliveTimeout "keepalive_timeout" Noteworthy "keep-alive unanswered" About {
        seen: "RST+ACK after keep-alive probes that were not answered, or when the next one was due.",
        means: "The sender's kernel gave the connection up: the peer, or the way back from it, is gone.",
        alike: "An application that ends an idle connection just then.",
        source: "RFC 9293 §3.8.4; tcp(7) tcp_keepalive_probes.",
        next: "Check the path back to the sender: its keep-alive probes got no answer.",
    };
    RetransmissionTimeout "retransmission_timeout" Disruptive "retransmissions unanswered" About {
        seen: "Two or more unanswered copies of the same data, then an RST (Windows, BSD), or, on Linux, an RST in answer to what comes much later.",
        means: "The sender gave up: the peer, or the way to it, was gone.",
        alike: "A restart of the sender between its retransmissions and the answer.",
        source: "RFC 9293 §3.8.3; tcp(7) tcp_retries2; docs/measured.md#timeouts-without-an-rst.",
        next: "Check the path back to the sender: its retransmissions got no answer.",
    };
    ZeroWindowTimeout "zero_window_timeout" Disruptive "receiver stalled" About {
        seen: "The receiver had closed its window; the sender aborts, or answers the late window update with an RST.",
        means: "The receiving application had stopped reading, and the sender's patience (tcp_retries2, TCP_USER_TIMEOUT, send_timeout) ran out.",
        alike: "An abort for another reason while the window was closed.",
        source: "RFC 9293 §3.8.6.1; measured with TCP_USER_TIMEOUT and nginx' send_timeout.",
        next: "Find out why the receiving application stopped reading.",
    };
    IdleTimeout "idle_timeout" Benign "idle time-out" About {
        seen: "An RST that answers nothing, after at least rst.idle_threshold of silence, or after the same silence in three conversations.",
        means: "A timer of the application, or of a device on the path, ended an idle connection.",
        alike: "A person who closed a program after a pause; a peer that waited for an answer in vain (then it is disruptive).",
        source: "src/cause/timers.rs names the known timers and their sources.",
        next: "Compare the idle time with the time-outs of the devices on the path; keep-alives below it avoid the reset.",
    };
    IdleStateLost "idle_state_lost" Disruptive "state lost during idle time" About {
        seen: "The first packet after a long silence is answered with an RST.",
        means: "A firewall, NAT, load balancer, or the host itself had forgotten the connection in the meantime; the user sees a failure on the first click after a pause.",
        alike: "A restart of the host during the silence.",
        source: "RFC 5382 REQ-5; src/cause/timers.rs.",
        next: "Compare the idle time with the time-outs of firewalls, NAT and load balancers on the path; keep-alives below it avoid the reset.",
    };
    ContentFilter "content_filter" Disruptive "content filtered" About {
        seen: "A device's RST just after a ClientHello or an HTTP request.",
        means: "It reads along and objects to the name or to the content.",
        alike: "A device that rejects the connection for another reason when the first data comes.",
        source: "SIGCOMM 2023 §4; Weaver et al., NDSS 2009.",
        next: "Send the same request with another name, or from another network: if only this name is reset, a filter reads it.",
    };
    PolicyBlock "policy_block" Disruptive "cut by a device on the path" About {
        seen: "A device's RST in mid-stream, not after silence, and not after a request that it could have read.",
        means: "A rule was changed, a session limit was reached, an administrator killed it (tcpkill), or a device lost its state.",
        alike: "A filter that objects to payload which is neither TLS nor HTTP.",
        source: "docs/measured.md#rst-forms-injectors.",
        next: "Capture on the claimed sender's side as well: if this RST is not in it, a device in between sent it; its log tells the rule.",
    };
    BlindInjection "blind_injection" Noteworthy "guessed sequence number" About {
        seen: "A sequence number that is not the expected one, and none that the sender has used, from somebody else than the sender.",
        means: "An attacker off the path, or a device that has lost track, guesses.",
        alike: "Heavy reordering where the capture holds no handshake.",
        source: "RFC 5961 §1 and §3.",
        next: "The receiver does not accept this RST; see whether the connection goes on, and who guesses.",
    };
    Consequence "consequence" Benign "consequence of an earlier RST" About {
        seen: "An earlier RST of the same conversation, of which this is a repetition or an answer.",
        means: "Nothing new: look at rst.consequence_of.",
        alike: "A second, independent reset.",
        source: "RFC 9293 §3.5.2; docs/measured.md#one-rst-for-each-late-segment.",
        next: "",
    };
    StrayAnswer "stray_answer" Noteworthy "answer to a stray segment" About {
        seen: "An RST without ACK that answers a segment which fits no connection in the capture, or none that was captured.",
        means: "A late copy, a spoofed packet, or a connection whose beginning the capture does not hold.",
        alike: "Backscatter, from three conversations on.",
        source: "RFC 9293 §3.10.7.",
        next: "Look for the segment that it answers: routing may bring it here by another way than the capture sees.",
    };
    Unknown "unknown" Noteworthy "not explained" About {
        seen: "None of the above.",
        means: "The capture begins with the RST, or shows too little before it.",
        alike: "Anything.",
        source: "–",
        next: "Capture from the beginning of the conversation, and on both sides if possible.",
    };
}
