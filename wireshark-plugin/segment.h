/* segment.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/** From epan to the engine: the only place that reads packet data. */
#ifndef RSTSCOPE_SEGMENT_H
#define RSTSCOPE_SEGMENT_H

#include "compat.h"
#include "rstscope.h"

/** Looks up the protocols that count; once all are registered. */
void segment_init(void);

/**
 * Describes the TCP segment that `tvb` starts with, as the dissector table
 * `ip.proto` hands it over; `ip_header` is that table's data, NULL under ESP
 * and the like. The bytes stay those of `tvb`: good while the frame is.
 * FALSE if it is not a segment of its own: a fragment, or quoted by an ICMP
 * error.
 */
gboolean segment_read(tvbuff_t *tvb, packet_info *pinfo, void *ip_header,
                      rstscope_segment *out_segment);

#endif /* RSTSCOPE_SEGMENT_H */
