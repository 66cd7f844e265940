/* fields.c
 * The fields `rst.…`, registered from the engine's table, and how one is added.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fields.h"

#include <epan/unit_strings.h>

#define NS_PER_S 1000000000

/** A field of the engine's, with Wireshark's numbers for it and for the tree below it. */
typedef struct registered_field {
    rstscope_field row;
    int hf;
    int ett;
} registered_field;

/** By index; Wireshark keeps pointers into both until it ends: never freed. */
static registered_field *fields;
static hf_register_info *rows;

static const struct {
    enum ftenum type;
    int display;
} types[RSTSCOPE_TYPE_COUNT] = {
    [RSTSCOPE_TYPE_STRING] = {FT_STRING, BASE_NONE},
    [RSTSCOPE_TYPE_BOOLEAN] = {FT_BOOLEAN, BASE_NONE},
    [RSTSCOPE_TYPE_UINT8] = {FT_UINT8, BASE_DEC},
    [RSTSCOPE_TYPE_UINT16] = {FT_UINT16, BASE_DEC},
    [RSTSCOPE_TYPE_UINT32] = {FT_UINT32, BASE_DEC},
    [RSTSCOPE_TYPE_INT16] = {FT_INT16, BASE_DEC},
    [RSTSCOPE_TYPE_INT32] = {FT_INT32, BASE_DEC},
    [RSTSCOPE_TYPE_FRAMENUM] = {FT_FRAMENUM, BASE_NONE},
    [RSTSCOPE_TYPE_RELATIVE_TIME] = {FT_RELATIVE_TIME, BASE_NONE},
};

static int
display_of(const rstscope_field *field)
{
    if (field->format == RSTSCOPE_FORMAT_HEXADECIMAL) {
        return BASE_HEX_DEC;
    }
    return types[field->type].display | (field->unit ? BASE_UNIT_STRING : 0);
}

static const void *
unit_of(const rstscope_field *field)
{
    unit_name_string *unit = NULL;
    if (field->unit) {
        unit = g_new0(unit_name_string, 1);
        unit->singular = g_strdup(field->unit);
    }
    return unit;
}

void
fields_register(int proto)
{
    const uint32_t count = rstscope_field_count();
    rows = g_new0(hf_register_info, count);
    fields = g_new0(registered_field, count);
    for (uint32_t index = 0; index < count; index++) {
        registered_field *field = &fields[index];
        const rstscope_field *row = &field->row;
        rstscope_field_get(index, &field->row);
        const header_field_info info = {
            row->name,  row->filter, types[row->type].type, display_of(row), unit_of(row), 0,
            row->blurb, HFILL,
        };
        field->hf = field->ett = -1;
        rows[index].p_id = &field->hf;
        rows[index].hfinfo = info;
        if (row->is_parent) {
            int *ett[] = {&field->ett};
            proto_register_subtree_array(ett, array_length(ett));
        }
    }
    proto_register_field_array(proto, rows, (int)count);
}

place
field_place(proto_tree *root, uint32_t index, place nowhere)
{
    place found = nowhere;
    if (root == NULL || !PTREE_DATA(root)->visible) {
        return nowhere;
    }
    const char *const *marks = fields[index].row.marks;
    for (uint32_t mark = 0; mark < RSTSCOPE_MOST_MARKS && marks[mark]; mark++) {
        GPtrArray *items = proto_find_finfo(root, proto_registrar_get_id_byname(marks[mark]));
        for (guint item = 0; item < items->len; item++) {
            const field_info *info = items->pdata[item];
            /* In a tunnel the innermost header is the RST's, and comes last. */
            if (info->length > 0 && (found.length == 0 || info->start > found.start)) {
                found = (place){info->ds_tvb, info->start, info->length};
            }
        }
        g_ptr_array_free(items, TRUE);
    }
    return found;
}

proto_item *
field_add(proto_tree *tree, const rstscope_row *row, const char *text, place at)
{
    const int hf = fields[row->field].hf;
    const nstime_t time = {row->number / NS_PER_S, (int)(row->number % NS_PER_S)};
    proto_item *item;
    switch (fields[row->field].row.type) {
    case RSTSCOPE_TYPE_STRING:
        item = proto_tree_add_string(tree, hf, at.tvb, at.start, at.length, text);
        break;
    case RSTSCOPE_TYPE_BOOLEAN:
        item = proto_tree_add_boolean(tree, hf, at.tvb, at.start, at.length, row->number != 0);
        break;
    case RSTSCOPE_TYPE_INT16:
    case RSTSCOPE_TYPE_INT32:
        item = proto_tree_add_int(tree, hf, at.tvb, at.start, at.length, (gint32)row->number);
        break;
    case RSTSCOPE_TYPE_RELATIVE_TIME:
        item = proto_tree_add_time(tree, hf, at.tvb, at.start, at.length, &time);
        break;
    default:
        item = proto_tree_add_uint(tree, hf, at.tvb, at.start, at.length, (guint32)row->number);
    }
    proto_item_set_generated(item);
    return item;
}

void
field_tell_above(proto_tree *tree, const rstscope_row *row, const char *text)
{
    const rstscope_field *field = &fields[row->field].row;
    proto_item *above = field->in_label ? proto_tree_get_parent(tree) : NULL;
    if (above == NULL) {
        return;
    }
    if (field->type == RSTSCOPE_TYPE_STRING) {
        proto_item_append_text(above, " %s", text);
    } else {
        proto_item_append_text(above, " %+d", (int)row->number);
    }
}

proto_tree *
field_subtree(proto_item *item, uint32_t index)
{
    return fields[index].row.is_parent ? proto_item_add_subtree(item, fields[index].ett) : NULL;
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
