/* preferences.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/** The preferences `rst.…`: the engine's table says which there are, and what they mean. */
#ifndef RSTSCOPE_PREFERENCES_H
#define RSTSCOPE_PREFERENCES_H

#include "compat.h"
#include "rstscope.h"

/** Registers the preferences of the protocol `proto`. */
void preferences_register(int proto);

/** Makes an engine with what the user has chosen. */
rstscope_status preferences_new_engine(rstscope_engine **out_engine);

#endif /* RSTSCOPE_PREFERENCES_H */
