/* tree.c
 * What the engine knows of a frame, as the user sees it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tree.h"

#include <epan/tap.h>

#include "experts.h"
#include "fields.h"

/** Where a frame is drawn, and from what. */
typedef struct canvas {
    const rstscope_engine *engine;
    packet_info *pinfo;
    proto_tree *root;
    /** Where items stand that mark no bytes. */
    place nowhere;
    /** The text of the item or row that was read last; good until the next is read. */
    char *text;
    size_t capacity;
} canvas;

static int proto_rstscope;
static int ett_rstscope = -1;

/** Makes room for a text that did not fit; FALSE if that was not what was wrong. */
static gboolean
make_room(canvas *on, rstscope_status status, size_t needed)
{
    if (status != RSTSCOPE_STATUS_BUFFER_TOO_SMALL) {
        return FALSE;
    }
    on->text = wmem_realloc(on->pinfo->pool, on->text, needed);
    on->capacity = needed;
    return TRUE;
}

static gboolean
read_item(canvas *on, uint32_t index, rstscope_item *out_item)
{
    size_t needed = 0;
    rstscope_status status;
    do {
        status = rstscope_engine_item(on->engine, on->pinfo->num, index, out_item, on->text,
                                      on->capacity, &needed);
    } while (make_room(on, status, needed));
    return status == RSTSCOPE_STATUS_OK;
}

static gboolean
read_row(canvas *on, uint32_t item, uint32_t index, rstscope_row *out_row)
{
    size_t needed = 0;
    rstscope_status status;
    do {
        status = rstscope_engine_row(on->engine, on->pinfo->num, item, index, out_row, on->text,
                                     on->capacity, &needed);
    } while (make_room(on, status, needed));
    return status == RSTSCOPE_STATUS_OK;
}

/*
 * Nothing is drawn where there is no tree, and where nobody looks at it: it is not
 * shown, and no filter, column or tap asks for a field of ours (composing all rows
 * of an RST costs as much as dissecting a dozen frames).
 * Of those drawn some may be faked, so that no subtree is ever taken for missing.
 */
static void
add_rows(canvas *on, proto_tree *tree, uint32_t item)
{
    proto_tree *trees[RSTSCOPE_MOST_LEVELS + 1] = {tree};
    rstscope_row row;
    if (!proto_field_is_referenced(on->root, proto_rstscope)) {
        return;
    }
    for (uint32_t index = 0; read_row(on, item, index, &row); index++) {
        const place at = field_place(on->root, row.field, on->nowhere);
        proto_item *added = field_add(trees[row.level], &row, on->text, at);
        field_tell_above(trees[row.level], &row, on->text);
        trees[row.level + 1] = field_subtree(added, row.field);
    }
}

static void
add_item(canvas *on, uint32_t index, const rstscope_item *row)
{
    const char *text = wmem_strdup(on->pinfo->pool, on->text);
    proto_item *item =
        proto_tree_add_protocol_format(on->root, proto_rstscope, on->nowhere.tvb, 0, 0, "%s, %s",
                                       proto_get_protocol_name(proto_rstscope), text);
    proto_item_set_generated(item);
    add_rows(on, proto_item_add_subtree(item, ett_rstscope), index);
    if (row->in_info_column) {
        col_prepend_fence_fstr(on->pinfo->cinfo, COL_INFO, "[%s] ", text);
    }
    experts_add(on->pinfo, item, row, text);
}

/**
 * Nobody asks for a field of ours or for expert items, and no column is filled: as with -q, or
 * in the first of two passes.
 */
static bool
nobody_looks(const packet_info *pinfo, proto_tree *tree)
{
    static int proto_expert;
    static int expert_tap;
    if (expert_tap == 0) {
        /* Looked up by name among all. */
        proto_expert = proto_get_id_by_filter_name("_ws.expert");
        expert_tap = find_tap_id("expert");
    }
    return !proto_field_is_referenced(tree, proto_rstscope) &&
           !proto_field_is_referenced(tree, proto_expert) && pinfo->cinfo == NULL &&
           !have_tap_listener(expert_tap);
}

void
tree_show(const rstscope_engine *engine, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    if (nobody_looks(pinfo, tree)) {
        return;
    }
    canvas on = {.engine = engine, .pinfo = pinfo, .root = tree, .nowhere = {tvb, 0, 0}};
    rstscope_item item;
    on.capacity = ITEM_LABEL_LENGTH;
    on.text = wmem_alloc(pinfo->pool, on.capacity);
    for (uint32_t index = 0; read_item(&on, index, &item); index++) {
        add_item(&on, index, &item);
    }
}

void
tree_register(int proto)
{
    static int *ett[] = {&ett_rstscope};
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
