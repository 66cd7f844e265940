/* fields.c
 * The fields `rst.…`: their types, what they mean, and how one is added.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fields.h"

#include <epan/unit_strings.h>

#define NS_PER_S 1000000000

static int hf_rstscope[FIELD_COUNT];

#define ROW(field, name, filter, type, display, strings, blurb)                                    \
    [field] = {&hf_rstscope[field], {name, filter, type, display, strings, 0, blurb, HFILL}}

static hf_register_info rows[FIELD_COUNT] = {
    ROW(FIELD_SUMMARY, "Summary", "rst.summary", FT_STRING, BASE_NONE, NULL,
        "The verdict in one line"),
    ROW(FIELD_PHASE, "Phase", "rst.phase", FT_STRING, BASE_NONE, NULL,
        "Where the conversation stood"),
    ROW(FIELD_HANDSHAKE_SEEN, "Handshake seen", "rst.handshake_seen", FT_BOOLEAN, BASE_NONE, NULL,
        "The capture holds this conversation's SYN or SYN-ACK"),
    ROW(FIELD_IDLE_TIME, "Idle time", "rst.idle_time", FT_RELATIVE_TIME, BASE_NONE, NULL,
        "Silence before the RST, or before the segment that it answers"),
    ROW(FIELD_AFTER_IDLE, "After idle", "rst.after_idle", FT_BOOLEAN, BASE_NONE, NULL,
        "The idle time reaches the preference rst.idle_threshold"),
    ROW(FIELD_SIGNATURE, "Signature", "rst.signature", FT_STRING, BASE_NONE, NULL,
        "Flag pattern, as in \"Global, Passive Detection of Connection Tampering\""),
    ROW(FIELD_CONN_STATE, "Connection state", "rst.conn_state", FT_STRING, BASE_NONE, NULL,
        "Zeek's name for how the conversation ended"),
    ROW(FIELD_SENDER, "Claimed sender", "rst.sender", FT_STRING, BASE_NONE, NULL,
        "The side that the source address claims"),
    ROW(FIELD_ORIGIN, "Origin", "rst.origin", FT_STRING, BASE_NONE, NULL,
        "Who really sent the RST"),
    ROW(FIELD_CONFIDENCE, "Confidence", "rst.confidence", FT_UINT8, BASE_DEC | BASE_UNIT_STRING,
        &units_percent, "Confidence in the origin"),
    ROW(FIELD_TTL, "TTL", "rst.ttl", FT_UINT8, BASE_DEC, NULL, "TTL or hop limit of the RST"),
    ROW(FIELD_TTL_EXPECTED, "Expected TTL", "rst.ttl.expected", FT_UINT8, BASE_DEC, NULL,
        "TTL that the claimed sender's own packets arrive with"),
    ROW(FIELD_TTL_DELTA, "TTL difference", "rst.ttl.delta", FT_INT16, BASE_DEC, NULL,
        "TTL of the RST less the expected TTL"),
    ROW(FIELD_HOPS, "Hops", "rst.hops", FT_UINT8, BASE_DEC, NULL,
        "Hops that the RST has travelled, from the nearest initial TTL"),
    ROW(FIELD_HOPS_EXPECTED, "Expected hops", "rst.hops.expected", FT_UINT8, BASE_DEC, NULL,
        "Hops that the claimed sender's own packets have travelled"),
    ROW(FIELD_IP_ID, "IP identification", "rst.ip_id", FT_UINT16, BASE_HEX_DEC, NULL,
        "IPv4 identification of the RST"),
    ROW(FIELD_IP_ID_PATTERN, "IP identification pattern", "rst.ip_id.pattern", FT_STRING, BASE_NONE,
        NULL, "How the claimed sender numbers its packets"),
    ROW(FIELD_IP_ID_DELTA, "IP identification difference", "rst.ip_id.delta", FT_INT32, BASE_DEC,
        NULL, "Distance from the claimed sender's last counter value"),
    ROW(FIELD_BASELINE_FRAME, "Compared with", "rst.baseline_frame", FT_FRAMENUM, BASE_NONE, NULL,
        "The packet of the claimed sender that the RST was compared with"),
    ROW(FIELD_RESETTER, "Resetter", "rst.resetter", FT_UINT32, BASE_DEC, NULL,
        "Number of the device profile behind RSTs of several claimed hosts"),
    ROW(FIELD_RESETTER_HOSTS, "Resetter's hosts", "rst.resetter.hosts", FT_UINT32, BASE_DEC, NULL,
        "Hosts that this device profile has claimed to be"),
    ROW(FIELD_CAUSE, "Cause", "rst.cause", FT_STRING, BASE_NONE, NULL, "Why the RST was sent"),
    ROW(FIELD_CAUSE_TEXT, "Explanation", "rst.cause.text", FT_STRING, BASE_NONE, NULL,
        "The cause in words, with the measured numbers"),
    ROW(FIELD_TRIGGER, "Trigger", "rst.trigger", FT_STRING, BASE_NONE, NULL,
        "What the RST reacted to"),
    ROW(FIELD_TRIGGER_NAME, "Trigger name", "rst.trigger.name", FT_STRING, BASE_NONE, NULL,
        "Server name of the ClientHello, or Host of the HTTP request"),
    ROW(FIELD_TRIGGER_FRAME, "Answer to", "rst.trigger_frame", FT_FRAMENUM, BASE_NONE, NULL,
        "The segment that the RST answers"),
    ROW(FIELD_LATENCY, "Latency", "rst.latency", FT_RELATIVE_TIME, BASE_NONE, NULL,
        "Time from the trigger to the RST"),
    ROW(FIELD_RTT, "Round trip", "rst.rtt", FT_RELATIVE_TIME, BASE_NONE, NULL,
        "Smallest round trip to the claimed sender seen so far"),
    ROW(FIELD_UNACKED_BYTES, "Unacknowledged bytes", "rst.unacked_bytes", FT_UINT32, BASE_DEC, NULL,
        "Payload that the claimed sender had not acknowledged"),
    ROW(FIELD_VENDOR_REASON, "Vendor's reason", "rst.vendor_reason", FT_STRING, BASE_NONE, NULL,
        "Reason that a known device wrote into the RST"),
    ROW(FIELD_CONSEQUENCE_OF, "Consequence of", "rst.consequence_of", FT_FRAMENUM, BASE_NONE, NULL,
        "The earlier RST that this one follows from"),
    ROW(FIELD_NEXT_STEP, "Next step", "rst.next_step", FT_STRING, BASE_NONE, NULL,
        "What to look at next"),
    ROW(FIELD_IMPACT, "Impact", "rst.impact", FT_STRING, BASE_NONE, NULL,
        "Whether anybody was hurt"),
    ROW(FIELD_EFFECTIVE, "Effective", "rst.effective", FT_BOOLEAN, BASE_NONE, NULL,
        "The receiver gave the connection up"),
    ROW(FIELD_ACCEPTABILITY, "Acceptability", "rst.acceptability", FT_STRING, BASE_NONE, NULL,
        "Whether the receiver must accept the RST, by RFC 9293 and RFC 5961"),
    ROW(FIELD_EVIDENCE, "Evidence", "rst.evidence", FT_STRING, BASE_NONE, NULL, "What was found"),
    ROW(FIELD_EVIDENCE_TEXT, "Finding", "rst.evidence.text", FT_STRING, BASE_NONE, NULL,
        "The finding in words, with its numbers"),
    ROW(FIELD_EVIDENCE_POINTS_TO, "Points to", "rst.evidence.points_to", FT_STRING, BASE_NONE, NULL,
        "Whom the finding speaks for as the origin"),
    ROW(FIELD_EVIDENCE_WEIGHT, "Weight (decibans)", "rst.evidence.weight", FT_INT16, BASE_DEC, NULL,
        "Contribution to the confidence; negative speaks for the endpoint"),
    ROW(FIELD_EVIDENCE_FRAME, "See", "rst.evidence.frame", FT_FRAMENUM, BASE_NONE, NULL,
        "Where to look"),
    ROW(FIELD_FOLLOWUP, "Follow-up", "rst.followup", FT_STRING, BASE_NONE, NULL,
        "What this frame says about an earlier RST"),
    ROW(FIELD_FOLLOWUP_FRAME, "About", "rst.followup.frame", FT_FRAMENUM, BASE_NONE, NULL,
        "The earlier RST"),
};

void
fields_register(int proto)
{
    proto_register_field_array(proto, rows, array_length(rows));
}

const char *
compose(const canvas *on, rstscope_text kind, uint32_t index)
{
    size_t length = 256;
    char *text;
    rstscope_status status;
    do {
        text = wmem_alloc(on->pinfo->pool, length);
        status =
            rstscope_engine_text(on->engine, on->pinfo->num, kind, index, text, length, &length);
    } while (status == RSTSCOPE_STATUS_BUFFER_TOO_SMALL);
    return status == RSTSCOPE_STATUS_OK ? text : NULL;
}

proto_tree *
field_add_group(const canvas *on, proto_tree *tree, int ett, const char *label)
{
    proto_item *item;
    proto_tree *group = proto_tree_add_subtree(tree, on->tvb, 0, 0, ett, &item, label);
    proto_item_set_generated(item);
    return group;
}

proto_item *
field_add_string(const canvas *on, proto_tree *tree, field field, const char *value)
{
    if (value == NULL) {
        return NULL;
    }
    proto_item *item = proto_tree_add_string(tree, hf_rstscope[field], on->tvb, 0, 0, value);
    proto_item_set_generated(item);
    return item;
}

void
field_add_text(const canvas *on, proto_tree *tree, field field, rstscope_text kind, uint32_t index)
{
    field_add_string(on, tree, field, compose(on, kind, index));
}

void
field_add_uint(const canvas *on, proto_tree *tree, field field, uint32_t present, uint32_t value)
{
    if (present) {
        proto_item_set_generated(
            proto_tree_add_uint(tree, hf_rstscope[field], on->tvb, 0, 0, value));
    }
}

void
field_add_frame(const canvas *on, proto_tree *tree, field field, uint32_t frame)
{
    field_add_uint(on, tree, field, frame, frame);
}

void
field_add_int(const canvas *on, proto_tree *tree, field field, uint32_t present, int32_t value)
{
    if (present) {
        proto_item_set_generated(
            proto_tree_add_int(tree, hf_rstscope[field], on->tvb, 0, 0, value));
    }
}

void
field_add_boolean(const canvas *on, proto_tree *tree, field field, uint32_t present, uint8_t value)
{
    if (present) {
        proto_item_set_generated(
            proto_tree_add_boolean(tree, hf_rstscope[field], on->tvb, 0, 0, value));
    }
}

void
field_add_time(const canvas *on, proto_tree *tree, field field, uint32_t present, int64_t ns)
{
    if (present) {
        const nstime_t time = {ns / NS_PER_S, (int)(ns % NS_PER_S)};
        proto_item_set_generated(
            proto_tree_add_time(tree, hf_rstscope[field], on->tvb, 0, 0, &time));
    }
}

/*
 * Editor modelines
 *
 * Local Variables:
 * c-basic-offset: 4
 * tab-width: 8
 * indent-tabs-mode: nil
 * End:
 *
 * ex: set shiftwidth=4 tabstop=8 expandtab:
 * :indentSize=4:tabSize=8:noTabs=true:
 */
