/* stats.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/** Statistics → TCP Resets, and `tshark -z rst,tree`. */
#ifndef RSTSCOPE_STATS_H
#define RSTSCOPE_STATS_H

#include "compat.h"
#include "rstscope.h"

/** Registers the tap, and the tree that listens to it. */
void stats_register(void);

/** Counts the frame in every tree that is open. */
void stats_count(const rstscope_engine *engine, packet_info *pinfo);

#endif /* RSTSCOPE_STATS_H */
