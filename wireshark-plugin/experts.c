/* experts.c
 * The expert items, registered from the engine's lists.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "experts.h"

#include <epan/expert.h>

typedef struct expert_list {
    ei_register_info *rows;
    uint32_t count;
} expert_list;

static expert_list causes;
static expert_list followups;
static expert_field ei_rstscope_disabled = EI_INIT;

static int
wireshark_severity(uint8_t severity)
{
    switch (severity) {
    case RSTSCOPE_SEVERITY_WARN:
        return PI_WARN;
    case RSTSCOPE_SEVERITY_NOTE:
        return PI_NOTE;
    default:
        return PI_CHAT;
    }
}

static expert_list
register_list(expert_module_t *module, uint32_t count,
              rstscope_status (*get)(uint32_t index, rstscope_expert *out_expert))
{
    /* Wireshark keeps pointers into both until it ends: never freed. */
    ei_register_info *rows = g_new0(ei_register_info, count);
    expert_field *ids = g_new(expert_field, count);
    expert_list list = {rows, 0};
    rstscope_expert expert;
    while (list.count < count && get(list.count, &expert) == RSTSCOPE_STATUS_OK) {
        const expert_field unregistered = EI_INIT;
        ei_register_info *row = &rows[list.count];
        row->ids = &ids[list.count];
        *row->ids = unregistered;
        row->eiinfo.name = expert.name;
        row->eiinfo.group = PI_SEQUENCE;
        row->eiinfo.severity = wireshark_severity(expert.severity);
        row->eiinfo.summary = expert.summary;
        list.count++;
    }
    expert_register_field_array(module, rows, (int)list.count);
    return list;
}

void
experts_register(int proto)
{
    static ei_register_info disabled[] = {
        {&ei_rstscope_disabled,
         {"rst.expert.disabled", PI_UNDECODED, PI_ERROR, "The analysis stopped in this file",
          EXPFILL}},
    };
    expert_module_t *module = expert_register_protocol(proto);
    causes = register_list(module, rstscope_cause_count(), rstscope_cause_get);
    followups = register_list(module, rstscope_followup_count(), rstscope_followup_get);
    expert_register_field_array(module, disabled, array_length(disabled));
}

/*
 * Wireshark takes the severity from the registered row, of which it keeps a
 * pointer; ours differs from case to case, so the row is set just before use.
 * Where the row's two severities differ, the user has overridden it ("Expert
 * Info Severity Level Configuration"), and that stands.
 */
static void
raise_item(packet_info *pinfo, proto_item *item, ei_register_info *row, uint8_t severity,
           const char *text)
{
    expert_field_info *info = &row->eiinfo;
    if (info->severity == info->orig_severity) {
        info->severity = info->orig_severity = wireshark_severity(severity);
    }
    expert_add_info_format(pinfo, item, row->ids, "%s", text);
}

void
experts_add_cause(packet_info *pinfo, proto_item *item, const rstscope_verdict *verdict,
                  const char *text)
{
    if (verdict->severity != RSTSCOPE_SEVERITY_NONE && verdict->cause_index < causes.count) {
        raise_item(pinfo, item, &causes.rows[verdict->cause_index], verdict->severity, text);
    }
}

void
experts_add_followup(packet_info *pinfo, proto_item *item, const rstscope_followup *followup,
                     const char *text)
{
    for (uint32_t index = 0; index < followups.count; index++) {
        ei_register_info *row = &followups.rows[index];
        if (strcmp(row->eiinfo.name, followup->expert) == 0) {
            raise_item(pinfo, item, row, followup->severity, text);
        }
    }
}

void
experts_add_complaint(const rstscope_engine *engine, tvbuff_t *tvb, packet_info *pinfo,
                      proto_tree *tree)
{
    char text[ITEM_LABEL_LENGTH];
    rstscope_status status = rstscope_engine_complaint(engine, text, sizeof(text), NULL);
    proto_tree_add_expert_format(
        tree, pinfo, &ei_rstscope_disabled, tvb, 0, 0, "%s",
        status == RSTSCOPE_STATUS_OK ? text : expert_get_summary(&ei_rstscope_disabled));
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
