/* fields.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/** The fields `rst.…`: the engine's table says which there are; here they become Wireshark's. */
#ifndef RSTSCOPE_FIELDS_H
#define RSTSCOPE_FIELDS_H

#include "compat.h"
#include "rstscope.h"

/** Bytes of a packet; none where `length` is 0. */
typedef struct place {
    tvbuff_t *tvb;
    int start;
    int length;
} place;

/** Registers the fields, and the subtrees below them, under the protocol `proto`. */
void fields_register(int proto);

/** The bytes that field `index` marks in a tree that is shown; otherwise `nowhere`. */
place field_place(proto_tree *root, uint32_t index, place nowhere);

/** Adds a row, whose text is `text` if it is a string, to `tree`, marked as generated. */
proto_item *field_add(proto_tree *tree, const rstscope_row *row, const char *text, place place);

/** Shows a row that was added to `tree` in the line above it as well, if its field wants that. */
void field_tell_above(proto_tree *tree, const rstscope_row *row, const char *text);

/** The tree for what is shown below `item`, which is a row of field `index`. */
proto_tree *field_subtree(proto_item *item, uint32_t index);

#endif /* RSTSCOPE_FIELDS_H */
