/* stats.c
 * The statistics tree: shows what the engine's count of frames says.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stats.h"

#include <epan/stats_tree.h>
#include <epan/tap.h>
#include <epan/to_str.h>

#define TAP "rst"

static int tap = -1;
/** Each stats_tree's rstscope_statistics. */
static GHashTable *counts;

/** All nodes that are known beforehand. */
static void
init_tree(stats_tree *st)
{
    rstscope_statistics *count = rstscope_statistics_new();
    rstscope_statistics_entry row;
    int group = 0;
    for (uint32_t index = 0; rstscope_statistics_row(count, index, &row) == RSTSCOPE_STATUS_OK;
         index++) {
        const int node = stats_tree_create_node(st, row.name, row.is_group ? 0 : group, STAT_DT_INT,
                                                row.is_group);
        group = row.is_group ? node : group;
    }
    g_hash_table_replace(counts, st, count);
}

static void
cleanup_tree(stats_tree *st)
{
    g_hash_table_remove(counts, st);
}

/** Numbers are set, not increased: bursts would show when a correction came. */
static tap_packet_status
count_frame(stats_tree *st, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
            tap_flags_t flags _U_)
{
    rstscope_statistics *count = g_hash_table_lookup(counts, st);
    rstscope_statistics_entry row;
    int group = 0;
    rstscope_statistics_count(count, data, pinfo->num,
                              address_to_str(pinfo->pool, &pinfo->net_src));
    for (uint32_t index = 0; rstscope_statistics_row(count, index, &row) == RSTSCOPE_STATUS_OK;
         index++) {
        const int node =
            set_stat_node(st, row.name, row.is_group ? 0 : group, row.is_group, row.number);
        group = row.is_group ? node : group;
    }
    return TAP_PACKET_REDRAW;
}

static void
free_count(gpointer count)
{
    rstscope_statistics_free(count);
}

void
stats_register(void)
{
    tap = register_tap(TAP);
    counts = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_count);
    stats_tree_register_plugin(TAP, TAP, "TCP Resets", 0, count_frame, init_tree, cleanup_tree);
}

void
stats_count(const rstscope_engine *engine, packet_info *pinfo)
{
    if (have_tap_listener(tap)) {
        tap_queue_packet(tap, pinfo, engine);
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
