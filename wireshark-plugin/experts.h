/* experts.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/** The expert items `rst.expert.…`: the engine names them, here they are raised. */
#ifndef RSTSCOPE_EXPERTS_H
#define RSTSCOPE_EXPERTS_H

#include "compat.h"
#include "rstscope.h"

/** Registers the expert items under the protocol `proto`. */
void experts_register(int proto);

/** Raises what `row` asks for, if anything, on its item in the tree. */
void experts_add(packet_info *pinfo, proto_item *item, const rstscope_item *row, const char *text);

/** Raises an item that says why `engine` is disabled. */
void experts_add_complaint(const rstscope_engine *engine, tvbuff_t *tvb, packet_info *pinfo,
                           proto_tree *tree);

#endif /* RSTSCOPE_EXPERTS_H */
