/* tree.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/** From the engine to the user: the only place that draws. */
#ifndef RSTSCOPE_TREE_H
#define RSTSCOPE_TREE_H

#include "compat.h"
#include "rstscope.h"

/** Registers the subtree under which the protocol `proto` is shown. */
void tree_register(int proto);

/**
 * Shows what `engine` knows of this frame: the protocol's items in `tree` (which
 * may be NULL), their expert items, and their texts in the Info column where the
 * engine says so. Nothing for a frame of which it knows nothing.
 */
void tree_show(const rstscope_engine *engine, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree);

#endif /* RSTSCOPE_TREE_H */
