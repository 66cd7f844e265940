/* rstscope.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * The contract between the C half (which knows Wireshark and judges nothing)
 * and the Rust half (which judges and knows nothing of Wireshark).
 *
 * Written by hand; `cargo xtask bindings` makes `src/ffi/bindings.rs` of it, and
 * `src/ffi/abi.rs` pins every signature, so that a drift between the halves does
 * not compile.
 *
 * Conventions
 * - Functions are named `rstscope_<type>_<verb>`; the first parameter is the
 *   thing acted on, then inputs, then outputs (`out_…`).
 * - Outputs are written only when the answer is RSTSCOPE_STATUS_OK.
 * - NULL: every function accepts NULL for every pointer. A missing engine,
 *   input or output answers RSTSCOPE_STATUS_NULL; freeing NULL does nothing.
 * - `const char *` members are literals: valid for ever, never freed. NULL
 *   means that the value is absent (absent is never "", 0 or "n/a").
 * - Composed text goes into the caller's buffer, always NUL-terminated; no
 *   pointer into the engine's memory is ever handed out.
 * - An engine belongs to one thread at a time.
 * - No function unwinds or exits: a panic inside is caught, answers
 *   RSTSCOPE_STATUS_PANIC, and disables that engine: later calls answer
 *   RSTSCOPE_STATUS_DISABLED until the engine is freed.
 */
#ifndef RSTSCOPE_H
#define RSTSCOPE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Version of this contract; given to rstscope_engine_new(). */
#define RSTSCOPE_ABI_VERSION 1u

/** Answer of a call. Numbers are never reused. */
typedef int32_t rstscope_status;
/** Done; the outputs are written. */
#define RSTSCOPE_STATUS_OK ((rstscope_status)0)
/** A pointer that is needed was NULL. */
#define RSTSCOPE_STATUS_NULL ((rstscope_status)1)
/** The caller was compiled against another RSTSCOPE_ABI_VERSION. */
#define RSTSCOPE_STATUS_ABI_MISMATCH ((rstscope_status)2)
/** Nothing is known under this frame, index or text kind. */
#define RSTSCOPE_STATUS_NOT_FOUND ((rstscope_status)3)
/** The text did not fit; `out_length` says how much room it needs. */
#define RSTSCOPE_STATUS_BUFFER_TOO_SMALL ((rstscope_status)4)
/** An input has a value that this contract does not allow. */
#define RSTSCOPE_STATUS_INVALID ((rstscope_status)5)
/** An earlier panic switched this engine off. */
#define RSTSCOPE_STATUS_DISABLED ((rstscope_status)6)
/** The engine panicked in this call; it is off from now on. */
#define RSTSCOPE_STATUS_PANIC ((rstscope_status)7)
/* Last added: 7. */

/** The engine: all memory of one capture. Opaque. */
typedef struct rstscope_engine rstscope_engine;

/** Which impacts raise expert items (preference `rst.expert_level`). */
#define RSTSCOPE_EXPERT_LEVEL_ALL 0u
#define RSTSCOPE_EXPERT_LEVEL_NOTEWORTHY 1u
#define RSTSCOPE_EXPERT_LEVEL_DISRUPTIVE 2u

/** What the user may set; fixed for the life of an engine. */
typedef struct rstscope_settings {
    /** Silence that counts as idle, in seconds. */
    uint32_t idle_threshold_s;
    /** TTL drop, in hops, that a route change still explains. */
    uint32_t ttl_tolerance;
    /** One of RSTSCOPE_EXPERT_LEVEL_…. */
    uint32_t expert_level;
    /** Must be 0. */
    uint32_t reserved;
} rstscope_settings;

/* Presence bits of rstscope_segment.present. */
/** `ttl` and `traffic_class` were read from an IP header. */
#define RSTSCOPE_SEGMENT_HAS_IP (1u << 0)
/** IPv4: `ip_id` and `dont_fragment` were read. Goes with HAS_IP. */
#define RSTSCOPE_SEGMENT_HAS_IP_ID (1u << 1)
/** IPv6: `flow_label` was read. Goes with HAS_IP. */
#define RSTSCOPE_SEGMENT_HAS_FLOW_LABEL (1u << 2)
/** `link_source` is the sender's address on the link. */
#define RSTSCOPE_SEGMENT_HAS_LINK_SOURCE (1u << 3)
/** `interface` is the capture interface's number in the file. */
#define RSTSCOPE_SEGMENT_HAS_INTERFACE (1u << 4)
/** `vlan` is the outermost VLAN identifier. */
#define RSTSCOPE_SEGMENT_HAS_VLAN (1u << 5)

/** One TCP segment as it was captured. All integers in host byte order. */
typedef struct rstscope_segment {
    /** Capture time, nanoseconds since 1970-01-01 00:00 UTC. */
    int64_t time_ns;
    /** TCP header and payload as captured; read only during the call. */
    const uint8_t *tcp;
    /** Bytes at `tcp`. */
    uint32_t tcp_captured;
    /** Bytes of TCP header and payload on the wire, >= tcp_captured. */
    uint32_t tcp_reported;
    /** Wireshark's frame number, from 1. */
    uint32_t frame;
    /** RSTSCOPE_SEGMENT_HAS_… bits; members without their bit are ignored. */
    uint32_t present;
    /** IPv6 flow label, 20 bits. */
    uint32_t flow_label;
    /** Capture interface. */
    uint32_t interface;
    /** Network addresses: 4 or 16 bytes used, as address_length says. */
    uint8_t source[16];
    uint8_t destination[16];
    /** Link-layer source address (MAC), 6 bytes. */
    uint8_t link_source[6];
    /** IPv4 identification. */
    uint16_t ip_id;
    /** VLAN identifier. */
    uint16_t vlan;
    /** 4 (IPv4) or 16 (IPv6). */
    uint8_t address_length;
    /** TTL or hop limit. */
    uint8_t ttl;
    /** ToS byte or traffic class, DSCP and ECN together. */
    uint8_t traffic_class;
    /** IPv4 Don't Fragment: 0 or 1. */
    uint8_t dont_fragment;
    /** IP headers around TCP, more than 1 in a tunnel. Counted at SYN and RST; else 0. */
    uint8_t ip_headers;
    /** Must be 0. */
    uint8_t reserved[5];
} rstscope_segment;

/* Presence bits of rstscope_verdict.present, for members that are numbers. */
#define RSTSCOPE_VERDICT_HAS_IDLE_TIME (1u << 0)
#define RSTSCOPE_VERDICT_HAS_LATENCY (1u << 1)
#define RSTSCOPE_VERDICT_HAS_RTT (1u << 2)
#define RSTSCOPE_VERDICT_HAS_TTL (1u << 3)
#define RSTSCOPE_VERDICT_HAS_TTL_EXPECTED (1u << 4)
#define RSTSCOPE_VERDICT_HAS_IP_ID (1u << 5)
#define RSTSCOPE_VERDICT_HAS_IP_ID_DELTA (1u << 6)
#define RSTSCOPE_VERDICT_HAS_UNACKED_BYTES (1u << 7)
#define RSTSCOPE_VERDICT_HAS_RESETTER (1u << 8)
#define RSTSCOPE_VERDICT_HAS_EFFECTIVE (1u << 9)
#define RSTSCOPE_VERDICT_HAS_AFTER_IDLE (1u << 10)

/** Severity of an expert item. */
#define RSTSCOPE_SEVERITY_NONE 0u
#define RSTSCOPE_SEVERITY_CHAT 1u
#define RSTSCOPE_SEVERITY_NOTE 2u
#define RSTSCOPE_SEVERITY_WARN 3u

/** What is known of one RST now; a later frame may revise it. */
typedef struct rstscope_verdict {
    /** `rst.idle_time`, nanoseconds. */
    int64_t idle_ns;
    /** `rst.latency`, nanoseconds. */
    int64_t latency_ns;
    /** `rst.rtt`, nanoseconds. */
    int64_t rtt_ns;
    /** Tokens of the fields of the same name; NULL where absent. */
    const char *phase;
    const char *signature;
    const char *conn_state;
    const char *sender;
    const char *origin;
    const char *ip_id_pattern;
    const char *cause;
    const char *trigger;
    const char *impact;
    const char *acceptability;
    /** RSTSCOPE_VERDICT_HAS_… bits. */
    uint32_t present;
    /** Frame numbers; 0 where absent. */
    uint32_t baseline_frame;
    uint32_t trigger_frame;
    uint32_t consequence_of;
    /** `rst.unacked_bytes`. */
    uint32_t unacked_bytes;
    /** `rst.resetter` and `rst.resetter.hosts`. */
    uint32_t resetter;
    uint32_t resetter_hosts;
    /** `rst.ip_id.delta`. */
    int32_t ip_id_delta;
    /** Index for rstscope_cause_get(): which expert item. */
    uint32_t cause_index;
    /** Findings to ask for with rstscope_engine_finding(). */
    uint32_t finding_count;
    /** `rst.ttl.delta` (HAS_TTL and HAS_TTL_EXPECTED). */
    int16_t ttl_delta;
    /** `rst.ip_id`. */
    uint16_t ip_id;
    /** `rst.confidence`, percent. */
    uint8_t confidence;
    /** `rst.ttl` and `rst.hops` (HAS_TTL). */
    uint8_t ttl;
    uint8_t hops;
    /** `rst.ttl.expected` and `rst.hops.expected` (HAS_TTL_EXPECTED). */
    uint8_t ttl_expected;
    uint8_t hops_expected;
    /** Booleans, 0 or 1. `handshake_seen` is always meant. */
    uint8_t handshake_seen;
    uint8_t after_idle;
    uint8_t effective;
    /** RSTSCOPE_SEVERITY_… of the expert item; NONE: raise none. */
    uint8_t severity;
    uint8_t reserved[3];
} rstscope_verdict;

/** One finding behind a verdict, strongest first. */
typedef struct rstscope_finding {
    /** `rst.evidence`. */
    const char *evidence;
    /** `rst.evidence.points_to`. */
    const char *points_to;
    /** `rst.evidence.frame`; 0 where there is none. */
    uint32_t frame;
    /** `rst.evidence.weight`, decibans; negative speaks for the endpoint. */
    int16_t weight;
    uint16_t reserved;
} rstscope_finding;

/** A note on a later frame about an earlier RST. */
typedef struct rstscope_followup {
    /** Expert item's filter name, e.g. "rst.expert.sender_continues". */
    const char *expert;
    /** `rst.followup.frame`: the RST. */
    uint32_t reset_frame;
    /** RSTSCOPE_SEVERITY_…. */
    uint8_t severity;
    uint8_t reserved[3];
} rstscope_followup;

/** An expert item to register. */
typedef struct rstscope_expert {
    /** Filter name, e.g. "rst.expert.port_closed". */
    const char *name;
    /** One sentence on what it stands for. */
    const char *summary;
    /** Usual severity, RSTSCOPE_SEVERITY_…. */
    uint8_t severity;
    uint8_t reserved[7];
} rstscope_expert;

/** Which text rstscope_engine_text() shall compose. */
typedef uint32_t rstscope_text;
/** `rst.summary`. */
#define RSTSCOPE_TEXT_SUMMARY ((rstscope_text)0)
/** `rst.cause.text`. */
#define RSTSCOPE_TEXT_CAUSE ((rstscope_text)1)
/** `rst.trigger.name`. */
#define RSTSCOPE_TEXT_TRIGGER_NAME ((rstscope_text)2)
/** `rst.vendor_reason`. */
#define RSTSCOPE_TEXT_VENDOR_REASON ((rstscope_text)3)
/** `rst.next_step`. */
#define RSTSCOPE_TEXT_NEXT_STEP ((rstscope_text)4)
/** `rst.evidence.text` of finding `index`. */
#define RSTSCOPE_TEXT_EVIDENCE ((rstscope_text)5)
/** Why the verdict is not firmer: line `index` of what was not observable. */
#define RSTSCOPE_TEXT_MISSING ((rstscope_text)6)
/** How the confidence was reached: prior, weights, sum. */
#define RSTSCOPE_TEXT_RECKONING ((rstscope_text)7)
/** `rst.followup` of a later frame. */
#define RSTSCOPE_TEXT_FOLLOWUP ((rstscope_text)8)

/** Writes the defaults of the preferences. */
rstscope_status rstscope_settings_default(rstscope_settings *out_settings);

/**
 * Makes an engine. The caller owns it and ends it with rstscope_engine_free().
 * `abi_version` is RSTSCOPE_ABI_VERSION as the caller was compiled.
 */
rstscope_status rstscope_engine_new(uint32_t abi_version, const rstscope_settings *settings,
                                    rstscope_engine **out_engine);

/** Ends an engine. NULL does nothing. */
void rstscope_engine_free(rstscope_engine *engine);

/**
 * Shows the engine one segment. Once per segment, in capture order.
 * Never fails on any bytes: what is not TCP is passed over.
 */
rstscope_status rstscope_engine_observe(rstscope_engine *engine, const rstscope_segment *segment);

/** A frame holds a verdict on its RST. */
#define RSTSCOPE_HOLDS_VERDICT (1u << 0)
/** A frame holds a note about an earlier RST. */
#define RSTSCOPE_HOLDS_FOLLOWUP (1u << 1)
/** The engine is disabled, whatever the frame. */
#define RSTSCOPE_HOLDS_COMPLAINT (1u << 2)

/** What there is to ask for on `frame`, as bits; asked for every frame, so it is cheap. */
uint32_t rstscope_engine_holds(const rstscope_engine *engine, uint32_t frame);

/** The verdict on the RST in `frame`; NOT_FOUND where it holds none. */
rstscope_status rstscope_engine_verdict(const rstscope_engine *engine, uint32_t frame,
                                        rstscope_verdict *out_verdict);

/** Finding `index` behind the verdict on `frame`. */
rstscope_status rstscope_engine_finding(const rstscope_engine *engine, uint32_t frame,
                                        uint32_t index, rstscope_finding *out_finding);

/** The note that `frame` carries about an earlier RST; NOT_FOUND where none. */
rstscope_status rstscope_engine_followup(const rstscope_engine *engine, uint32_t frame,
                                         rstscope_followup *out_followup);

/**
 * Composes a text about `frame` into `buffer` (UTF-8, NUL-terminated).
 * `index` counts the texts of a kind, from 0; 0 where there is but one.
 * `out_length` (may be NULL) receives the bytes that are needed, with the NUL;
 * it is written for BUFFER_TOO_SMALL as well.
 */
rstscope_status rstscope_engine_text(const rstscope_engine *engine, uint32_t frame,
                                     rstscope_text kind, uint32_t index, char *buffer,
                                     size_t capacity, size_t *out_length);

/**
 * Why the engine is disabled. NOT_FOUND while it works. Answers also on a
 * disabled engine; otherwise as rstscope_engine_text().
 */
rstscope_status rstscope_engine_complaint(const rstscope_engine *engine, char *buffer,
                                          size_t capacity, size_t *out_length);

/** Panics inside the engine on purpose: the proof that the border holds. */
rstscope_status rstscope_engine_provoke_panic(rstscope_engine *engine);

/** How many causes, and so expert items of RSTs, there are. */
uint32_t rstscope_cause_count(void);

/** Cause `index` as an expert item. */
rstscope_status rstscope_cause_get(uint32_t index, rstscope_expert *out_expert);

/** How many kinds of follow-up notes there are. */
uint32_t rstscope_followup_count(void);

/** Follow-up kind `index` as an expert item. */
rstscope_status rstscope_followup_get(uint32_t index, rstscope_expert *out_expert);

/** One of the counts that the statistics hold, each by words of its own. */
typedef uint32_t rstscope_tally;
/** RSTs by `rst.origin`. */
#define RSTSCOPE_TALLY_ORIGIN ((rstscope_tally)0)
/** RSTs by `rst.cause`. */
#define RSTSCOPE_TALLY_CAUSE ((rstscope_tally)1)
/** RSTs by `rst.phase`. */
#define RSTSCOPE_TALLY_PHASE ((rstscope_tally)2)
/** RSTs by `rst.impact`. */
#define RSTSCOPE_TALLY_IMPACT ((rstscope_tally)3)
/** Attempts to connect, in the frames of their first SYNs, by what became of them. */
#define RSTSCOPE_TALLY_ATTEMPT ((rstscope_tally)4)
/** How many tallies there are. */
#define RSTSCOPE_TALLY_COUNT 5u

/** Word `index` of those by which `tally` counts. */
rstscope_status rstscope_tally_word(rstscope_tally tally, uint32_t index, const char **out_word);

/** The word by which `tally` counts `frame` now; NOT_FOUND where it counts it not. */
rstscope_status rstscope_engine_tally(const rstscope_engine *engine, uint32_t frame,
                                      rstscope_tally tally, const char **out_word);

/** How often something that is known of a frame may have changed; 0 for NULL. */
uint64_t rstscope_engine_change_count(const rstscope_engine *engine);

/** The frame of change `index`; NOT_FOUND for one that is yet to come, or long past. */
rstscope_status rstscope_engine_change(const rstscope_engine *engine, uint64_t index,
                                       uint32_t *out_frame);

#ifdef __cplusplus
}
#endif

#endif /* RSTSCOPE_H */
