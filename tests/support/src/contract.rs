// SPDX-License-Identifier: GPL-2.0-or-later

//! The public contract, once: fields with their types, expert items, preferences.
//!
//! A name in these tables is never renamed and never changes its type; new ones may be added.

/// The filter name of the protocol.
pub const PROTOCOL: &str = "rst";

/// Fields with the types that `tshark -G fields` prints.
pub const FIELDS: &[(&str, &str)] = &[
    ("rst.summary", "FT_STRING"),
    // When.
    ("rst.when", "FT_STRING"),
    ("rst.phase", "FT_STRING"),
    ("rst.handshake_seen", "FT_BOOLEAN"),
    ("rst.idle_time", "FT_RELATIVE_TIME"),
    ("rst.after_idle", "FT_BOOLEAN"),
    ("rst.signature", "FT_STRING"),
    ("rst.conn_state", "FT_STRING"),
    // Who.
    ("rst.who", "FT_STRING"),
    ("rst.sender", "FT_STRING"),
    ("rst.origin", "FT_STRING"),
    ("rst.confidence", "FT_UINT8"),
    ("rst.ttl", "FT_UINT8"),
    ("rst.ttl.expected", "FT_UINT8"),
    ("rst.ttl.delta", "FT_INT16"),
    ("rst.hops", "FT_UINT8"),
    ("rst.hops.expected", "FT_UINT8"),
    ("rst.ip_id", "FT_UINT16"),
    ("rst.ip_id.pattern", "FT_STRING"),
    ("rst.ip_id.delta", "FT_INT32"),
    ("rst.baseline_frame", "FT_FRAMENUM"),
    ("rst.sender.stack", "FT_STRING"),
    ("rst.device", "FT_STRING"),
    ("rst.device.hops", "FT_UINT8"),
    ("rst.resetter", "FT_UINT32"),
    ("rst.resetter.hosts", "FT_UINT32"),
    ("rst.made_between", "FT_STRING"),
    ("rst.twin_frame", "FT_FRAMENUM"),
    ("rst.clock_offset", "FT_RELATIVE_TIME"),
    // Why.
    ("rst.why", "FT_STRING"),
    ("rst.cause", "FT_STRING"),
    ("rst.cause.text", "FT_STRING"),
    ("rst.trigger", "FT_STRING"),
    ("rst.trigger.name", "FT_STRING"),
    ("rst.trigger_frame", "FT_FRAMENUM"),
    ("rst.latency", "FT_RELATIVE_TIME"),
    ("rst.rtt", "FT_RELATIVE_TIME"),
    ("rst.unacked_bytes", "FT_UINT32"),
    ("rst.vendor_reason", "FT_STRING"),
    ("rst.related_frame", "FT_FRAMENUM"),
    ("rst.consequence_of", "FT_FRAMENUM"),
    ("rst.next_step", "FT_STRING"),
    // Good or bad.
    ("rst.matters", "FT_STRING"),
    ("rst.incident", "FT_UINT32"),
    ("rst.impact", "FT_STRING"),
    ("rst.impact.text", "FT_STRING"),
    ("rst.effective", "FT_BOOLEAN"),
    ("rst.acceptability", "FT_STRING"),
    // Evidence, repeated.
    ("rst.evidences", "FT_STRING"),
    ("rst.evidence", "FT_STRING"),
    ("rst.evidence.weight", "FT_INT16"),
    ("rst.evidence.text", "FT_STRING"),
    ("rst.evidence.points_to", "FT_STRING"),
    ("rst.evidence.frame", "FT_FRAMENUM"),
    ("rst.hypothesis", "FT_STRING"),
    ("rst.hypothesis.sum", "FT_INT16"),
    ("rst.hypothesis.text", "FT_STRING"),
    ("rst.evidence.sum", "FT_INT16"),
    ("rst.report", "FT_STRING"),
    ("rst.missing", "FT_STRING"),
    // Notes on later frames.
    ("rst.followup", "FT_STRING"),
    ("rst.followup.frame", "FT_FRAMENUM"),
];

/// Tokens of `rst.cause`; each has an expert item `rst.expert.<cause>`.
pub const CAUSES: &[&str] = &[
    "port_closed",
    "connection_rejected",
    "refused_open_port",
    "unacceptable_reset",
    "raw_socket",
    "connect_timeout",
    "half_open_scan",
    "connect_scan",
    "health_check",
    "cancelled_connect",
    "not_accepted",
    "backscatter",
    "request_rejected",
    "request_lost",
    "request_dropped",
    "translation_lost",
    "own_filter",
    "application_abort",
    "unread_data",
    "data_after_close",
    "abort_after_fin",
    "close_cleanup",
    "tls_alert",
    "no_connection",
    "half_open_recovery",
    "keepalive_timeout",
    "retransmission_timeout",
    "zero_window_timeout",
    "idle_timeout",
    "idle_state_lost",
    "content_filter",
    "policy_block",
    "blind_injection",
    "consequence",
    "reset_loop",
    "stray_answer",
    "unknown",
];

/// Expert items that are not about a cause: the two follow-up notes, what was
/// forgotten, and the engine that gave up.
pub const OTHER_EXPERTS: &[&str] = &[
    "sender_continues",
    "reset_ignored",
    "history_evicted",
    "disabled",
];

/// Preferences with their defaults, in order of name, in the words that `tshark -o` takes.
pub const PREFERENCES: &[(&str, &str)] = &[
    ("rst.expert_level", "all"),
    ("rst.idle_threshold", "30"),
    ("rst.info_column", "TRUE"),
    ("rst.memory_limit", "256"),
    ("rst.ttl_tolerance", "2"),
];
