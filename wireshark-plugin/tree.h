/* tree.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/** From the engine to the user: the only place that draws. */
#ifndef RSTSCOPE_TREE_H
#define RSTSCOPE_TREE_H

#include "compat.h"
#include "rstscope.h"

/** Registers the subtrees under which the protocol `proto` is shown. */
void tree_register(int proto);

/**
 * Shows what `engine` knows of this frame: the protocol's item in `tree` (which
 * may be NULL), its expert items, and with `info_column` the summary in the Info
 * column. Nothing for a frame of which it knows nothing.
 */
void tree_show(const rstscope_engine *engine, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
               gboolean info_column);

#endif /* RSTSCOPE_TREE_H */
