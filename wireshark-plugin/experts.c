/* experts.c
 * The expert items, registered from the engine's list.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "experts.h"

#include <epan/expert.h>

/** By index; Wireshark keeps pointers into it until it ends: never freed. */
static ei_register_info *experts;
static expert_field ei_rstscope_disabled = EI_INIT;

static int
wireshark_severity(uint8_t severity)
{
    switch (severity) {
    case RSTSCOPE_SEVERITY_WARN:
        return PI_WARN;
    case RSTSCOPE_SEVERITY_NOTE:
        return PI_NOTE;
    case RSTSCOPE_SEVERITY_COMMENT:
        return PI_COMMENT;
    default:
        return PI_CHAT;
    }
}

void
experts_register(int proto)
{
    static ei_register_info disabled[] = {
        {&ei_rstscope_disabled,
         {"rst.expert.disabled", PI_UNDECODED, PI_ERROR, "The analysis stopped in this file",
          EXPFILL}},
    };
    const uint32_t count = rstscope_expert_count();
    expert_module_t *module = expert_register_protocol(proto);
    expert_field *ids = g_new(expert_field, count);
    experts = g_new0(ei_register_info, count);
    for (uint32_t index = 0; index < count; index++) {
        const expert_field unregistered = EI_INIT;
        rstscope_expert expert;
        rstscope_expert_get(index, &expert);
        ids[index] = unregistered;
        experts[index].ids = &ids[index];
        experts[index].eiinfo.name = expert.name;
        experts[index].eiinfo.group = PI_SEQUENCE;
        experts[index].eiinfo.severity = wireshark_severity(expert.severity);
        experts[index].eiinfo.summary = expert.summary;
    }
    expert_register_field_array(module, experts, (int)count);
    expert_register_field_array(module, disabled, array_length(disabled));
}

/*
 * Wireshark takes the severity from the registered row, of which it keeps a
 * pointer; ours differs from case to case, so the row is set just before use.
 * Where the row's two severities differ, the user has overridden it ("Expert
 * Info Severity Level Configuration"), and that stands.
 */
void
experts_add(packet_info *pinfo, proto_item *item, const rstscope_item *row, const char *text)
{
    if (row->severity == RSTSCOPE_SEVERITY_NONE) {
        return;
    }
    expert_field_info *info = &experts[row->expert].eiinfo;
    if (info->severity == info->orig_severity) {
        info->severity = info->orig_severity = wireshark_severity(row->severity);
    }
    expert_add_info_format(pinfo, item, experts[row->expert].ids, "%s", text);
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
