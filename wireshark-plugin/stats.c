/* stats.c
 * The statistics tree: frames counted by the engine's words.
 *
 * A later frame may change what is known of an earlier one. So each tree keeps
 * what it has counted, and on every frame counts anew what has changed: its
 * last state is the same in one pass and in two.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stats.h"

#include <epan/stats_tree.h>
#include <epan/tap.h>
#include <epan/to_str.h>

#define TAP "rst"
#define RESETS_BY_SENDER "Resets by claimed sender"
#define RESETS_BY_RESETTER "Resets by resetter"

static const char *const tally_names[RSTSCOPE_TALLY_COUNT] = {
    [RSTSCOPE_TALLY_ORIGIN] = "Resets by origin",     [RSTSCOPE_TALLY_CAUSE] = "Resets by cause",
    [RSTSCOPE_TALLY_PHASE] = "Resets by phase",       [RSTSCOPE_TALLY_IMPACT] = "Resets by impact",
    [RSTSCOPE_TALLY_ATTEMPT] = "Connection attempts",
};

/** How a tree has counted a frame: words that are NULL, and 0, are not counted. */
typedef struct counted_frame {
    const char *words[RSTSCOPE_TALLY_COUNT];
    uint32_t resetter;
} counted_frame;

typedef struct tree_state {
    /** Frame number to counted_frame. */
    GHashTable *frames;
    /** Name of a group or a row to its number. */
    GHashTable *numbers;
    /** Changes of the engine that the tree has taken in. */
    uint64_t changes;
} tree_state;

static int tap = -1;
/** Each stats_tree's tree_state. */
static GHashTable *states;

static void
free_state(gpointer data)
{
    tree_state *state = data;
    g_hash_table_destroy(state->frames);
    g_hash_table_destroy(state->numbers);
    g_free(state);
}

static tree_state *
begin_state(stats_tree *st)
{
    tree_state *state = g_new0(tree_state, 1);
    state->frames = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    state->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_replace(states, st, state);
    return state;
}

/** All nodes that can be known beforehand, so that one at 0 tells nothing of the way there. */
static void
init_tree(stats_tree *st)
{
    for (rstscope_tally tally = 0; tally < RSTSCOPE_TALLY_COUNT; tally++) {
        const int parent = stats_tree_create_node(st, tally_names[tally], 0, STAT_DT_INT, TRUE);
        const char *word;
        for (uint32_t index = 0; rstscope_tally_word(tally, index, &word) == RSTSCOPE_STATUS_OK;
             index++) {
            stats_tree_create_node(st, word, parent, STAT_DT_INT, FALSE);
        }
    }
    stats_tree_create_node(st, RESETS_BY_SENDER, 0, STAT_DT_INT, TRUE);
    stats_tree_create_node(st, RESETS_BY_RESETTER, 0, STAT_DT_INT, TRUE);
    begin_state(st);
}

static void
cleanup_tree(stats_tree *st)
{
    g_hash_table_remove(states, st);
}

static gint
change_number(tree_state *state, gchar *name, gint by)
{
    const gint number = GPOINTER_TO_INT(g_hash_table_lookup(state->numbers, name)) + by;
    g_hash_table_replace(state->numbers, name, GINT_TO_POINTER(number));
    return number;
}

/** Moves a frame between rows of a group. NULL: it was in none, and so is new to the group. */
static void
move(stats_tree *st, tree_state *state, const char *group, const char *from, const char *to)
{
    /* Set, not increased: bursts would show when a correction came. */
    const gint all = change_number(state, g_strdup(group), from == NULL);
    const int parent = set_stat_node(st, group, 0, TRUE, all);
    if (from != NULL) {
        const gint fewer = change_number(state, g_strconcat(group, "/", from, NULL), -1);
        set_stat_node(st, from, parent, FALSE, fewer);
    }
    const gint more = change_number(state, g_strconcat(group, "/", to, NULL), 1);
    set_stat_node(st, to, parent, FALSE, more);
}

/** Moves the frame from where it was counted to where it belongs now. */
static void
count_anew(stats_tree *st, tree_state *state, const rstscope_engine *engine, uint32_t frame,
           counted_frame *counted)
{
    for (rstscope_tally tally = 0; tally < RSTSCOPE_TALLY_COUNT; tally++) {
        const char *now;
        if (rstscope_engine_tally(engine, frame, tally, &now) == RSTSCOPE_STATUS_OK &&
            g_strcmp0(counted->words[tally], now) != 0) {
            move(st, state, tally_names[tally], counted->words[tally], now);
            counted->words[tally] = now;
        }
    }
    if (counted->resetter == 0 &&
        rstscope_engine_resetter(engine, frame, &counted->resetter) == RSTSCOPE_STATUS_OK) {
        char name[32];
        g_snprintf(name, sizeof(name), "resetter %u", counted->resetter);
        move(st, state, RESETS_BY_RESETTER, NULL, name);
    }
}

static void
count_changes(stats_tree *st, const rstscope_engine *engine, tree_state *state)
{
    const uint64_t count = rstscope_engine_change_count(engine);
    for (; state->changes < count; state->changes++) {
        uint32_t frame;
        counted_frame *counted;
        if (rstscope_engine_change(engine, state->changes, &frame) == RSTSCOPE_STATUS_OK &&
            (counted = g_hash_table_lookup(state->frames, GUINT_TO_POINTER(frame)))) {
            count_anew(st, state, engine, frame, counted);
        }
    }
}

static tap_packet_status
count_frame(stats_tree *st, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
            tap_flags_t flags _U_)
{
    const rstscope_engine *engine = data;
    tree_state *state = g_hash_table_lookup(states, st);
    if (g_hash_table_contains(state->frames, GUINT_TO_POINTER(pinfo->num))) {
        /* Wireshark has emptied the tree without saying so. */
        state = begin_state(st);
    }
    count_changes(st, engine, state);
    counted_frame first = {{NULL}, 0};
    count_anew(st, state, engine, pinfo->num, &first);
    if (first.words[RSTSCOPE_TALLY_ORIGIN] != NULL) {
        move(st, state, RESETS_BY_SENDER, NULL, address_to_str(pinfo->pool, &pinfo->net_src));
    }
    if (first.words[RSTSCOPE_TALLY_ORIGIN] != NULL || first.words[RSTSCOPE_TALLY_ATTEMPT] != NULL) {
        counted_frame *counted = g_new(counted_frame, 1);
        *counted = first;
        g_hash_table_insert(state->frames, GUINT_TO_POINTER(pinfo->num), counted);
    }
    return TAP_PACKET_REDRAW;
}

void
stats_register(void)
{
    tap = register_tap(TAP);
    states = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_state);
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
