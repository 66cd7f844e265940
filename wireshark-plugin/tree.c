/* tree.c
 * What the engine knows of a frame, as the user sees it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree.h"

#include "experts.h"
#include "fields.h"

#define HAS(verdict, member) ((verdict)->present & RSTSCOPE_VERDICT_HAS_##member)

static int proto_rstscope;

static int ett_rstscope = -1;
static int ett_rstscope_when = -1;
static int ett_rstscope_who = -1;
static int ett_rstscope_why = -1;
static int ett_rstscope_impact = -1;
static int ett_rstscope_evidence = -1;
static int ett_rstscope_finding = -1;

static void
add_when(const canvas *on, proto_tree *root, const rstscope_verdict *verdict)
{
    proto_tree *tree = field_add_group(on, root, ett_rstscope_when, "When");
    field_add_string(on, tree, FIELD_PHASE, verdict->phase);
    field_add_boolean(on, tree, FIELD_HANDSHAKE_SEEN, TRUE, verdict->handshake_seen);
    field_add_time(on, tree, FIELD_IDLE_TIME, HAS(verdict, IDLE_TIME), verdict->idle_ns);
    field_add_boolean(on, tree, FIELD_AFTER_IDLE, HAS(verdict, AFTER_IDLE), verdict->after_idle);
    field_add_string(on, tree, FIELD_SIGNATURE, verdict->signature);
    field_add_string(on, tree, FIELD_CONN_STATE, verdict->conn_state);
}

static void
add_who(const canvas *on, proto_tree *root, const rstscope_verdict *verdict)
{
    proto_tree *tree = field_add_group(on, root, ett_rstscope_who, "Who");
    field_add_string(on, tree, FIELD_SENDER, verdict->sender);
    field_add_string(on, tree, FIELD_ORIGIN, verdict->origin);
    field_add_uint(on, tree, FIELD_CONFIDENCE, TRUE, verdict->confidence);
    field_add_uint(on, tree, FIELD_TTL, HAS(verdict, TTL), verdict->ttl);
    field_add_uint(on, tree, FIELD_TTL_EXPECTED, HAS(verdict, TTL_EXPECTED), verdict->ttl_expected);
    field_add_int(on, tree, FIELD_TTL_DELTA, HAS(verdict, TTL) && HAS(verdict, TTL_EXPECTED),
                  verdict->ttl_delta);
    field_add_uint(on, tree, FIELD_HOPS, HAS(verdict, TTL), verdict->hops);
    field_add_uint(on, tree, FIELD_HOPS_EXPECTED, HAS(verdict, TTL_EXPECTED),
                   verdict->hops_expected);
    field_add_uint(on, tree, FIELD_IP_ID, HAS(verdict, IP_ID), verdict->ip_id);
    field_add_string(on, tree, FIELD_IP_ID_PATTERN, verdict->ip_id_pattern);
    field_add_int(on, tree, FIELD_IP_ID_DELTA, HAS(verdict, IP_ID_DELTA), verdict->ip_id_delta);
    field_add_frame(on, tree, FIELD_BASELINE_FRAME, verdict->baseline_frame);
    field_add_uint(on, tree, FIELD_RESETTER, HAS(verdict, RESETTER), verdict->resetter);
    field_add_uint(on, tree, FIELD_RESETTER_HOSTS, HAS(verdict, RESETTER), verdict->resetter_hosts);
}

static void
add_why(const canvas *on, proto_tree *root, const rstscope_verdict *verdict)
{
    proto_tree *tree = field_add_group(on, root, ett_rstscope_why, "Why");
    field_add_string(on, tree, FIELD_CAUSE, verdict->cause);
    field_add_text(on, tree, FIELD_CAUSE_TEXT, RSTSCOPE_TEXT_CAUSE, 0);
    field_add_string(on, tree, FIELD_TRIGGER, verdict->trigger);
    field_add_text(on, tree, FIELD_TRIGGER_NAME, RSTSCOPE_TEXT_TRIGGER_NAME, 0);
    field_add_frame(on, tree, FIELD_TRIGGER_FRAME, verdict->trigger_frame);
    field_add_time(on, tree, FIELD_LATENCY, HAS(verdict, LATENCY), verdict->latency_ns);
    field_add_time(on, tree, FIELD_RTT, HAS(verdict, RTT), verdict->rtt_ns);
    field_add_uint(on, tree, FIELD_UNACKED_BYTES, HAS(verdict, UNACKED_BYTES),
                   verdict->unacked_bytes);
    field_add_text(on, tree, FIELD_VENDOR_REASON, RSTSCOPE_TEXT_VENDOR_REASON, 0);
    field_add_frame(on, tree, FIELD_CONSEQUENCE_OF, verdict->consequence_of);
    field_add_text(on, tree, FIELD_NEXT_STEP, RSTSCOPE_TEXT_NEXT_STEP, 0);
}

static void
add_impact(const canvas *on, proto_tree *root, const rstscope_verdict *verdict)
{
    proto_tree *tree = field_add_group(on, root, ett_rstscope_impact, "Does it matter");
    field_add_string(on, tree, FIELD_IMPACT, verdict->impact);
    field_add_boolean(on, tree, FIELD_EFFECTIVE, HAS(verdict, EFFECTIVE), verdict->effective);
    field_add_string(on, tree, FIELD_ACCEPTABILITY, verdict->acceptability);
}

static void
add_finding(const canvas *on, proto_tree *evidence, uint32_t index)
{
    rstscope_finding finding;
    if (rstscope_engine_finding(on->engine, on->pinfo->num, index, &finding)) {
        return;
    }
    proto_item *item = field_add_string(on, evidence, FIELD_EVIDENCE, finding.evidence);
    proto_tree *tree = proto_item_add_subtree(item, ett_rstscope_finding);
    field_add_text(on, tree, FIELD_EVIDENCE_TEXT, RSTSCOPE_TEXT_EVIDENCE, index);
    field_add_string(on, tree, FIELD_EVIDENCE_POINTS_TO, finding.points_to);
    field_add_int(on, tree, FIELD_EVIDENCE_WEIGHT, TRUE, finding.weight);
    field_add_frame(on, tree, FIELD_EVIDENCE_FRAME, finding.frame);
}

static void
add_evidence(const canvas *on, proto_tree *root, const rstscope_verdict *verdict)
{
    proto_tree *tree = field_add_group(on, root, ett_rstscope_evidence, "Evidence");
    for (uint32_t index = 0; index < verdict->finding_count; index++) {
        add_finding(on, tree, index);
    }
    /* Lines without a field: for people only. */
    const char *line;
    for (uint32_t index = 0; (line = compose(on, RSTSCOPE_TEXT_MISSING, index)); index++) {
        field_add_group(on, tree, ett_rstscope_evidence, line);
    }
    if ((line = compose(on, RSTSCOPE_TEXT_RECKONING, 0))) {
        field_add_group(on, tree, ett_rstscope_evidence, line);
    }
}

static proto_item *
add_root(const canvas *on, proto_tree *tree, const char *text)
{
    proto_item *item =
        proto_tree_add_protocol_format(tree, proto_rstscope, on->tvb, 0, 0, "%s, %s",
                                       proto_get_protocol_name(proto_rstscope), text);
    proto_item_set_generated(item);
    return item;
}

static void
show_verdict(const canvas *on, proto_tree *tree, const rstscope_verdict *verdict,
             gboolean info_column)
{
    const char *summary = compose(on, RSTSCOPE_TEXT_SUMMARY, 0);
    if (summary == NULL) {
        return;
    }
    proto_item *item = add_root(on, tree, summary);
    proto_tree *root = proto_item_add_subtree(item, ett_rstscope);
    field_add_string(on, root, FIELD_SUMMARY, summary);
    add_when(on, root, verdict);
    add_who(on, root, verdict);
    add_why(on, root, verdict);
    add_impact(on, root, verdict);
    add_evidence(on, root, verdict);
    if (info_column) {
        col_append_fstr(on->pinfo->cinfo, COL_INFO, " [%s]", summary);
    }
    experts_add_cause(on->pinfo, item, verdict, summary);
}

static void
show_followup(const canvas *on, proto_tree *tree, const rstscope_followup *followup)
{
    const uint32_t reset = followup->reset_frame;
    const char *text = compose(on, RSTSCOPE_TEXT_FOLLOWUP, 0);
    if (text) {
        proto_item *item = add_root(on, tree, text);
        proto_tree *root = proto_item_add_subtree(item, ett_rstscope);
        field_add_string(on, root, FIELD_FOLLOWUP, text);
        field_add_frame(on, root, FIELD_FOLLOWUP_FRAME, reset);
        experts_add_followup(on->pinfo, item, followup, text);
    }
}

void
tree_show(const rstscope_engine *engine, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
          gboolean info_column)
{
    const canvas on = {engine, tvb, pinfo};
    rstscope_verdict verdict;
    rstscope_followup followup;
    if (rstscope_engine_verdict(engine, pinfo->num, &verdict) == RSTSCOPE_STATUS_OK) {
        show_verdict(&on, tree, &verdict, info_column);
    }
    if (rstscope_engine_followup(engine, pinfo->num, &followup) == RSTSCOPE_STATUS_OK) {
        show_followup(&on, tree, &followup);
    }
}

void
tree_register(int proto)
{
    static int *ett[] = {
        &ett_rstscope,        &ett_rstscope_when,     &ett_rstscope_who,     &ett_rstscope_why,
        &ett_rstscope_impact, &ett_rstscope_evidence, &ett_rstscope_finding,
    };
    proto_rstscope = proto;
    proto_register_subtree_array(ett, array_length(ett));
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
