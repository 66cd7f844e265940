/* preferences.c
 * The preferences `rst.…`, registered from the engine's table and handed back to it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "preferences.h"

#include <epan/prefs.h>

#define NUMBER_BASE 10

/** A preference with the place where Wireshark keeps its value. */
typedef struct registered_preference {
    rstscope_preference row;
    const enum_val_t *choices;
    union {
        compat_pref_bool boolean;
        guint number;
        gint choice;
    } value;
} registered_preference;

/** By index; Wireshark keeps pointers into it until it ends: never freed. */
static registered_preference *preferences;

static const enum_val_t *
choices_of(uint32_t index)
{
    GArray *choices = g_array_new(TRUE, TRUE, sizeof(enum_val_t));
    rstscope_choice choice;
    for (uint32_t value = 0;
         rstscope_preference_choice(index, value, &choice) == RSTSCOPE_STATUS_OK; value++) {
        const enum_val_t row = {choice.word, choice.title, (gint)value};
        g_array_append_val(choices, row);
    }
    return (const enum_val_t *)(void *)g_array_free(choices, FALSE);
}

static void
register_preference(module_t *module, uint32_t index, registered_preference *preference)
{
    const rstscope_preference *row = &preference->row;
    switch (row->type) {
    case RSTSCOPE_PREFERENCE_BOOLEAN:
        preference->value.boolean = row->default_value != 0;
        prefs_register_bool_preference(module, row->name, row->title, row->description,
                                       &preference->value.boolean);
        break;
    case RSTSCOPE_PREFERENCE_NUMBER:
        preference->value.number = row->default_value;
        prefs_register_uint_preference(module, row->name, row->title, row->description, NUMBER_BASE,
                                       &preference->value.number);
        break;
    default:
        preference->value.choice = (gint)row->default_value;
        preference->choices = choices_of(index);
        prefs_register_enum_preference(module, row->name, row->title, row->description,
                                       &preference->value.choice, preference->choices, FALSE);
    }
}

void
preferences_register(int proto)
{
    module_t *module = prefs_register_protocol(proto, NULL);
    const uint32_t count = rstscope_preference_count();
    preferences = g_new0(registered_preference, count);
    for (uint32_t index = 0; index < count; index++) {
        rstscope_preference_get(index, &preferences[index].row);
        register_preference(module, index, &preferences[index]);
    }
}

static uint32_t
chosen(const registered_preference *preference)
{
    switch (preference->row.type) {
    case RSTSCOPE_PREFERENCE_BOOLEAN:
        return preference->value.boolean ? 1 : 0;
    case RSTSCOPE_PREFERENCE_NUMBER:
        return preference->value.number;
    default:
        return (uint32_t)preference->value.choice;
    }
}

rstscope_status
preferences_new_engine(rstscope_engine **out_engine)
{
    const uint32_t count = rstscope_preference_count();
    uint32_t *values = g_new(uint32_t, count);
    for (uint32_t index = 0; index < count; index++) {
        values[index] = chosen(&preferences[index]);
    }
    rstscope_status status = rstscope_engine_new(RSTSCOPE_ABI_VERSION, values, count, out_engine);
    g_free(values);
    return status;
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
