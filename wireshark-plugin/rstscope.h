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
#define RSTSCOPE_ABI_VERSION 4u

/** Answer of a call. Numbers are never reused. */
typedef int32_t rstscope_status;
/** Done; the outputs are written. */
#define RSTSCOPE_STATUS_OK ((rstscope_status)0)
/** A pointer that is needed was NULL. */
#define RSTSCOPE_STATUS_NULL ((rstscope_status)1)
/** The caller was compiled against another RSTSCOPE_ABI_VERSION. */
#define RSTSCOPE_STATUS_ABI_MISMATCH ((rstscope_status)2)
/** Nothing is known under this frame or index. */
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

/** What the statistics count. Opaque. */
typedef struct rstscope_statistics rstscope_statistics;

/** What a preference holds. */
typedef uint8_t rstscope_preference_type;
/** 0 or 1. */
#define RSTSCOPE_PREFERENCE_BOOLEAN ((rstscope_preference_type)0)
/** Any number. */
#define RSTSCOPE_PREFERENCE_NUMBER ((rstscope_preference_type)1)
/** The index of one of its choices. */
#define RSTSCOPE_PREFERENCE_CHOICE ((rstscope_preference_type)2)

/** A preference to register. */
typedef struct rstscope_preference {
    /** Name below "rst.", e.g. "idle_threshold". */
    const char *name;
    /** Label, and what the user must know to choose. */
    const char *title;
    const char *description;
    /** Its value until the user chooses another. */
    uint32_t default_value;
    /** One of RSTSCOPE_PREFERENCE_…. */
    rstscope_preference_type type;
    uint8_t reserved[3];
} rstscope_preference;

/** One of the choices that a preference offers. */
typedef struct rstscope_choice {
    /** As it is set with `-o`. */
    const char *word;
    /** As it is shown. */
    const char *title;
} rstscope_choice;

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
/** `link_destination` is the receiver's address on the link. Read of SYN and RST only. */
#define RSTSCOPE_SEGMENT_HAS_LINK_DESTINATION (1u << 6)

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
    /** Link-layer destination address (MAC), 6 bytes. */
    uint8_t link_destination[6];
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
    uint8_t reserved[7];
} rstscope_segment;

/** Severity of an expert item. */
#define RSTSCOPE_SEVERITY_NONE 0u
#define RSTSCOPE_SEVERITY_CHAT 1u
#define RSTSCOPE_SEVERITY_NOTE 2u
#define RSTSCOPE_SEVERITY_WARN 3u
#define RSTSCOPE_SEVERITY_COMMENT 4u

/** Type of a field's values, by the name that Wireshark gives it. */
typedef uint8_t rstscope_type;
#define RSTSCOPE_TYPE_STRING ((rstscope_type)0)
#define RSTSCOPE_TYPE_BOOLEAN ((rstscope_type)1)
#define RSTSCOPE_TYPE_UINT8 ((rstscope_type)2)
#define RSTSCOPE_TYPE_UINT16 ((rstscope_type)3)
#define RSTSCOPE_TYPE_UINT32 ((rstscope_type)4)
#define RSTSCOPE_TYPE_INT16 ((rstscope_type)5)
#define RSTSCOPE_TYPE_INT32 ((rstscope_type)6)
#define RSTSCOPE_TYPE_FRAMENUM ((rstscope_type)7)
#define RSTSCOPE_TYPE_RELATIVE_TIME ((rstscope_type)8)
/** How many types there are. */
#define RSTSCOPE_TYPE_COUNT 9u

/** How the numbers of a field are shown. */
typedef uint8_t rstscope_format;
#define RSTSCOPE_FORMAT_DECIMAL ((rstscope_format)0)
#define RSTSCOPE_FORMAT_HEXADECIMAL ((rstscope_format)1)

/** Most fields of Wireshark that a field of ours marks. */
#define RSTSCOPE_MOST_MARKS 2u

/** A field `rst.…` to register. */
typedef struct rstscope_field {
    /** Label, e.g. "TTL". */
    const char *name;
    /** Filter name, e.g. "rst.ttl". */
    const char *filter;
    /** One line on what it means. */
    const char *blurb;
    /** Unit behind its number; NULL where there is none. */
    const char *unit;
    /** Filter names of fields whose bytes it marks, of several the innermost; NULL after the last.
     */
    const char *marks[RSTSCOPE_MOST_MARKS];
    /** One of RSTSCOPE_TYPE_…. */
    rstscope_type type;
    /** One of RSTSCOPE_FORMAT_…. */
    rstscope_format format;
    /** 1 if other fields are shown below it, else 0. */
    uint8_t is_parent;
    /** 1 if the line above it shows its value as well, so that it need not be opened, else 0. */
    uint8_t in_label;
    uint8_t reserved[4];
} rstscope_field;

/** What a frame shows as an item of the protocol: the verdict on its RST, or a note. */
typedef struct rstscope_item {
    /** Index for rstscope_expert_get(). */
    uint32_t expert;
    /** RSTSCOPE_SEVERITY_… of the expert item; NONE: raise none. */
    uint8_t severity;
    /** 1 if its text goes into the Info column as well, else 0. */
    uint8_t in_info_column;
    uint8_t reserved[2];
} rstscope_item;

/** Fields stand at most so many levels below the protocol's item. */
#define RSTSCOPE_MOST_LEVELS 4u

/** A field with its value: a line below an item. */
typedef struct rstscope_row {
    /** Its value where it is no string: a time in nanoseconds, a boolean as 0 or 1. */
    int64_t number;
    /** Index for rstscope_field_get(). */
    uint32_t field;
    /** 0 right below the item, else one more than the last row of a lower level. */
    uint32_t level;
} rstscope_row;

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

/** A row of the statistics. */
typedef struct rstscope_statistics_entry {
    /** Its name; good until the next count. */
    const char *name;
    /** Frames that it counts. */
    int32_t number;
    /** 1: a group; 0: a row of the group before it. */
    uint8_t is_group;
    uint8_t reserved[3];
} rstscope_statistics_entry;

/** How many preferences there are. */
uint32_t rstscope_preference_count(void);

/** Preference `index`. */
rstscope_status rstscope_preference_get(uint32_t index, rstscope_preference *out_preference);

/** Choice `choice` of preference `index`; NOT_FOUND after the last. */
rstscope_status rstscope_preference_choice(uint32_t index, uint32_t choice,
                                           rstscope_choice *out_choice);

/**
 * Makes an engine. The caller owns it and ends it with rstscope_engine_free().
 * `abi_version` is RSTSCOPE_ABI_VERSION as the caller was compiled; `values`
 * are those of all `value_count` preferences, in their order.
 */
rstscope_status rstscope_engine_new(uint32_t abi_version, const uint32_t *values,
                                    uint32_t value_count, rstscope_engine **out_engine);

/** Ends an engine. NULL does nothing. */
void rstscope_engine_free(rstscope_engine *engine);

/**
 * A frame is dissected for the first time. Told before its segment, and only needed
 * where its number does not advance: a read filter has rejected the frame that had
 * it. From then on only the new one is called so, and the old one is nowhere cited.
 */
rstscope_status rstscope_engine_begin_frame(rstscope_engine *engine, uint32_t frame);

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
/** A frame says what had to be forgotten. */
#define RSTSCOPE_HOLDS_FORGOTTEN (1u << 3)

/** What there is to ask for on `frame`, as bits; asked for every frame, so it is cheap. */
uint32_t rstscope_engine_holds(const rstscope_engine *engine, uint32_t frame);

/**
 * Item `index` of `frame`, from 0; NOT_FOUND after the last.
 * Its text is composed into `buffer` (UTF-8, NUL-terminated). `out_length` (may
 * be NULL) receives the bytes that are needed, with the NUL; it is written for
 * BUFFER_TOO_SMALL as well.
 */
rstscope_status rstscope_engine_item(const rstscope_engine *engine, uint32_t frame, uint32_t index,
                                     rstscope_item *out_item, char *buffer, size_t capacity,
                                     size_t *out_length);

/**
 * Row `index` below item `item` of `frame`, from 0; NOT_FOUND after the last.
 * The value of a string is composed into `buffer`, for other types it is "";
 * otherwise as rstscope_engine_item(). Rows asked for one after the other are
 * made once; the engine observes nothing in between.
 */
rstscope_status rstscope_engine_row(const rstscope_engine *engine, uint32_t frame, uint32_t item,
                                    uint32_t index, rstscope_row *out_row, char *buffer,
                                    size_t capacity, size_t *out_length);

/**
 * Why the engine is disabled. NOT_FOUND while it works. Answers also on a
 * disabled engine; otherwise as rstscope_engine_item().
 */
rstscope_status rstscope_engine_complaint(const rstscope_engine *engine, char *buffer,
                                          size_t capacity, size_t *out_length);

/** Panics inside the engine on purpose, to test the border; in test builds only. */
rstscope_status rstscope_engine_provoke_panic(rstscope_engine *engine);

/** How many fields there are. */
uint32_t rstscope_field_count(void);

/** Field `index`. */
rstscope_status rstscope_field_get(uint32_t index, rstscope_field *out_field);

/** How many expert items there are. */
uint32_t rstscope_expert_count(void);

/** Expert item `index`. */
rstscope_status rstscope_expert_get(uint32_t index, rstscope_expert *out_expert);

/** Makes a count of frames for the statistics; the caller ends it. */
rstscope_statistics *rstscope_statistics_new(void);

/** Ends a count. NULL does nothing. */
void rstscope_statistics_free(rstscope_statistics *statistics);

/**
 * Counts `frame`, whose IP source is called `sender`, and anew those of the frames
 * before of which something has changed. A frame that comes again begins a new
 * count. The same engine for every frame of a count.
 */
rstscope_status rstscope_statistics_count(rstscope_statistics *statistics,
                                          const rstscope_engine *engine, uint32_t frame,
                                          const char *sender);

/**
 * Row `index` of those that the last count has changed, groups before their rows;
 * of a new count, of those that are known beforehand. NOT_FOUND after the last.
 */
rstscope_status rstscope_statistics_row(const rstscope_statistics *statistics, uint32_t index,
                                        rstscope_statistics_entry *out_entry);

#ifdef __cplusplus
}
#endif

#endif /* RSTSCOPE_H */
