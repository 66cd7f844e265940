// SPDX-License-Identifier: GPL-2.0-or-later

//! THE TABLE that maps the words of the labelled sets to the tokens of the contract.
//!
//! The labels were written before the contract and keep their own words.
//! A row says which tokens are right answers for a word; a word without a row is an error,
//! so that a new label cannot pass unnoticed.

/// What a label's word for the phase allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhaseRule {
    /// One of these tokens.
    OneOf(&'static [&'static str]),
    /// Any phase, so long as the reset is seen to come after silence.
    AfterIdle,
}

/// Phase words of the labels → tokens of `rst.phase`.
const PHASES: &[(&str, PhaseRule)] = {
    use PhaseRule::{AfterIdle, OneOf};
    &[
        // The contract's own tokens, as in tests/captures.
        ("syn", OneOf(&["syn"])),
        ("handshake", OneOf(&["handshake"])),
        ("established", OneOf(&["established"])),
        ("request", OneOf(&["request"])),
        ("closed", OneOf(&["closed"])),
        ("reset", OneOf(&["reset"])),
        ("unknown", OneOf(&["unknown"])),
        // The lab's. It calls any payload `data`, and any FIN `closing`.
        ("data", OneOf(&["request", "data"])),
        ("closing", OneOf(&["closing", "closed"])),
        ("after_rst", OneOf(&["reset"])),
        // The public set's.
        ("established-nodata", OneOf(&["established"])),
        ("established-data", OneOf(&["request", "data"])),
        ("after-fin", OneOf(&["closing", "closed"])),
        ("after-rst", OneOf(&["reset"])),
        ("after-idle", AfterIdle),
        ("unknown-start", OneOf(&["unknown"])),
    ]
};

/// Phase words that mean the contract's token exactly where a case of the project uses them.
const EXACT_IN_CASES: &[(&str, PhaseRule)] = &[
    ("data", PhaseRule::OneOf(&["data"])),
    ("closing", PhaseRule::OneOf(&["closing"])),
];

/// Cause words of the lab → tokens of `rst.cause` that are right for them.
///
/// The lab knows what the kernel or device did; the capture shows less,
/// so that some words allow more than one token.
const CAUSES: &[(&str, &[&str])] = &[
    // A challenge ACK answered with RST: RFC 9293 §3.10.7.3, half-open recovery.
    ("answer_to_challenge_ack", &["half_open_recovery"]),
    ("answer_to_timewait_ack", &["half_open_recovery"]),
    ("blind_offpath", &["blind_injection"]),
    ("bridge_nf_reject", &["policy_block", "connection_rejected"]),
    // One `close()` with bytes in the receive queue; an observer sees only that data was outstanding,
    // and may have seen the closing side's FIN before the reset.
    (
        "close_with_unread_data",
        &["unread_data", "application_abort", "abort_after_fin"],
    ),
    ("closed_port", &["port_closed"]),
    (
        "conntrack_lost_reject",
        &["idle_state_lost", "policy_block"],
    ),
    ("data_after_close", &["data_after_close"]),
    // HAProxy closes at its own time limit: the silence shows, the abort too.
    (
        "haproxy_client_timeout_nolinger",
        &[
            "idle_timeout",
            "application_abort",
            "not_accepted",
            "abort_after_fin",
        ],
    ),
    (
        "health_check_abort",
        &["health_check", "connect_scan", "half_open_scan"],
    ),
    // The contract says that these two look alike.
    (
        "host_firewall_reject",
        &["port_closed", "connection_rejected"],
    ),
    ("injected", &["content_filter", "policy_block"]),
    ("keepalive_timeout", &["keepalive_timeout"]),
    // A scanner's kernel answers the SYN-ACK that its raw socket provoked.
    ("kernel_answer_to_unknown_synack", &["half_open_scan"]),
    (
        "late_segment_after_own_abort",
        &["consequence", "data_after_close"],
    ),
    (
        "listener_closed_with_pending",
        &["not_accepted", "request_rejected"],
    ),
    ("nft_payload_reject", &["content_filter"]),
    ("nft_reject", &["connection_rejected", "policy_block"]),
    (
        "no_socket_after_giveup",
        &[
            "retransmission_timeout",
            "no_connection",
            "data_after_close",
        ],
    ),
    // At the server's side the capture lacks the injected RST, and shows a client that
    // no longer knows the connection.
    (
        "no_socket_after_injected_rst",
        &["consequence", "no_connection"],
    ),
    ("no_socket_half_open", &["no_connection"]),
    ("so_linger0_abort", &["application_abort"]),
    ("synack_to_closed_client_socket", &["cancelled_connect"]),
    ("tcpkill", &["policy_block", "content_filter"]),
];

/// The rule for a phase word; `is_case`: the word comes from the project's own cases.
pub(crate) fn phase(word: &str, is_case: bool) -> Option<PhaseRule> {
    let exact = if is_case { EXACT_IN_CASES } else { &[] };
    exact
        .iter()
        .chain(PHASES)
        .find(|(name, _)| *name == word)
        .map(|(_, rule)| *rule)
}

/// The tokens that are right for a cause word of the lab.
///
/// A further reset after the first may be called a consequence: the contract counts repeats of
/// the same reset, and one RST per late segment, among them, whoever sends them.
pub(crate) fn causes(word: &str, phase: &str) -> Option<Vec<String>> {
    let (_, tokens) = CAUSES.iter().find(|(name, _)| *name == word)?;
    let is_further = phase == "after_rst";
    let further = is_further.then_some(&"consequence");
    Some(
        tokens
            .iter()
            .chain(further)
            .map(ToString::to_string)
            .collect(),
    )
}

/// The tokens of `rst.impact` that are right for an impact word of the public set; `None` where
/// the label does not say.
///
/// The set knows benign and harmful only; what is `noteworthy` by the contract ("maybe visible")
/// is a right answer for both.
pub(crate) fn impacts(word: &str) -> Option<&'static [&'static str]> {
    match word {
        "benign" => Some(&["benign", "noteworthy"]),
        "harmful" => Some(&["disruptive", "noteworthy"]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_mapped_once() {
        for table in [
            PHASES.iter().map(|(word, _)| *word).collect::<Vec<_>>(),
            CAUSES.iter().map(|(word, _)| *word).collect(),
        ] {
            let mut unique = table.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), table.len());
        }
    }

    #[test]
    fn data_is_wide_in_the_lab_and_exact_in_a_case() {
        assert_eq!(
            phase("data", false),
            Some(PhaseRule::OneOf(&["request", "data"]))
        );
        assert_eq!(phase("data", true), Some(PhaseRule::OneOf(&["data"])));
        assert_eq!(phase("syn", true), Some(PhaseRule::OneOf(&["syn"])));
        assert_eq!(phase("no such word", false), None);
    }

    #[test]
    fn only_a_further_reset_may_be_a_consequence() {
        let may = |phase| {
            let tokens = causes("data_after_close", phase).unwrap();
            tokens.contains(&"consequence".to_owned())
        };
        assert!(may("after_rst") && !may("closing"));
        assert_eq!(causes("no such word", "syn"), None);
    }
}
