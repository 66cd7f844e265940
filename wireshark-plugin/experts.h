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

/** Raises the item of the verdict's cause, with the verdict's severity. */
void experts_add_cause(packet_info *pinfo, proto_item *item, const rstscope_verdict *verdict,
                       const char *text);

/** Raises the item of this kind of follow-up note. */
void experts_add_followup(packet_info *pinfo, proto_item *item, const rstscope_followup *followup,
                          const char *text);

/** Raises an item that says why `engine` is disabled. */
void experts_add_complaint(const rstscope_engine *engine, tvbuff_t *tvb, packet_info *pinfo,
                           proto_tree *tree);

#endif /* RSTSCOPE_EXPERTS_H */
