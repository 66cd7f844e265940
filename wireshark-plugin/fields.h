/* fields.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/** The fields `rst.…`: one row each in fields.c, one name each here. */
#ifndef RSTSCOPE_FIELDS_H
#define RSTSCOPE_FIELDS_H

#include "compat.h"
#include "rstscope.h"

typedef enum field {
    FIELD_SUMMARY,
    FIELD_PHASE,
    FIELD_HANDSHAKE_SEEN,
    FIELD_IDLE_TIME,
    FIELD_AFTER_IDLE,
    FIELD_SIGNATURE,
    FIELD_CONN_STATE,
    FIELD_SENDER,
    FIELD_ORIGIN,
    FIELD_CONFIDENCE,
    FIELD_TTL,
    FIELD_TTL_EXPECTED,
    FIELD_TTL_DELTA,
    FIELD_HOPS,
    FIELD_HOPS_EXPECTED,
    FIELD_IP_ID,
    FIELD_IP_ID_PATTERN,
    FIELD_IP_ID_DELTA,
    FIELD_BASELINE_FRAME,
    FIELD_RESETTER,
    FIELD_RESETTER_HOSTS,
    FIELD_CAUSE,
    FIELD_CAUSE_TEXT,
    FIELD_TRIGGER,
    FIELD_TRIGGER_NAME,
    FIELD_TRIGGER_FRAME,
    FIELD_LATENCY,
    FIELD_RTT,
    FIELD_UNACKED_BYTES,
    FIELD_VENDOR_REASON,
    FIELD_CONSEQUENCE_OF,
    FIELD_NEXT_STEP,
    FIELD_IMPACT,
    FIELD_EFFECTIVE,
    FIELD_ACCEPTABILITY,
    FIELD_EVIDENCE,
    FIELD_EVIDENCE_TEXT,
    FIELD_EVIDENCE_POINTS_TO,
    FIELD_EVIDENCE_WEIGHT,
    FIELD_EVIDENCE_FRAME,
    FIELD_FOLLOWUP,
    FIELD_FOLLOWUP_FRAME,
    FIELD_COUNT
} field;

/** Where a frame is drawn, and from what. */
typedef struct canvas {
    const rstscope_engine *engine;
    tvbuff_t *tvb;
    packet_info *pinfo;
} canvas;

/** Registers the fields under the protocol `proto`. */
void fields_register(int proto);

/** A text about the frame, good as long as the frame is; NULL where there is none. */
const char *compose(const canvas *on, rstscope_text kind, uint32_t index);

/** Adds a line that is no field: a heading, or a text for people only. */
proto_tree *field_add_group(const canvas *on, proto_tree *tree, int ett, const char *label);

/* Each adds a field to `tree`, marked as generated, or nothing if the value is absent. */

/** NULL is absent, and then the item is NULL. */
proto_item *field_add_string(const canvas *on, proto_tree *tree, field field, const char *value);

void field_add_text(const canvas *on, proto_tree *tree, field field, rstscope_text kind,
                    uint32_t index);

void field_add_uint(const canvas *on, proto_tree *tree, field field, uint32_t present,
                    uint32_t value);

/** 0 is absent. */
void field_add_frame(const canvas *on, proto_tree *tree, field field, uint32_t frame);

void field_add_int(const canvas *on, proto_tree *tree, field field, uint32_t present,
                   int32_t value);

void field_add_boolean(const canvas *on, proto_tree *tree, field field, uint32_t present,
                       uint8_t value);

void field_add_time(const canvas *on, proto_tree *tree, field field, uint32_t present, int64_t ns);

#endif /* RSTSCOPE_FIELDS_H */
