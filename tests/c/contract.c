/* contract.c
 * Calls every function of rstscope.h from plain C, as the C half may.
 * Compiled and run by tests/ffi_contract.rs; ends with 0 if all holds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "rstscope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The layout is part of the contract: a change needs a new RSTSCOPE_ABI_VERSION. */
_Static_assert(sizeof(rstscope_preference) == 32, "rstscope_preference");
_Static_assert(sizeof(rstscope_choice) == 16, "rstscope_choice");
_Static_assert(sizeof(rstscope_segment) == 104, "rstscope_segment");
_Static_assert(sizeof(rstscope_field) == 56, "rstscope_field");
_Static_assert(sizeof(rstscope_item) == 8, "rstscope_item");
_Static_assert(sizeof(rstscope_row) == 16, "rstscope_row");
_Static_assert(sizeof(rstscope_expert) == 24, "rstscope_expert");
_Static_assert(sizeof(rstscope_statistics_entry) == 16, "rstscope_statistics_entry");

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            exit(EXIT_FAILURE);                                                                    \
        }                                                                                          \
    } while (0)

#define SYN_FRAME 1
#define RST_FRAME 2

/** 192.0.2.1:40000 -> 192.0.2.2:443, sequence number 100, SYN. */
static const uint8_t SYN[20] = {0x9c, 0x40, 0x01, 0xbb, 0,    0,    0,    100,
                                0,    0,    0,    0,    0x50, 0x02, 0xff, 0xff};
/** The answer of 192.0.2.2: acknowledgement number 101, RST and ACK. */
static const uint8_t RST[20] = {0x01, 0xbb, 0x9c, 0x40, 0, 0, 0, 0, 0, 0, 0, 101, 0x50, 0x14};

static rstscope_segment
segment(uint32_t frame, uint8_t source, uint8_t destination, const uint8_t tcp[20])
{
    rstscope_segment segment = {
        .time_ns = 1700000000000000000 + frame * 1000,
        .tcp = tcp,
        .tcp_captured = 20,
        .tcp_reported = 20,
        .frame = frame,
        .present = RSTSCOPE_SEGMENT_HAS_IP | RSTSCOPE_SEGMENT_HAS_IP_ID,
        .source = {192, 0, 2, source},
        .destination = {192, 0, 2, destination},
        .address_length = 4,
        .ttl = 64,
    };
    return segment;
}

#define MOST_PREFERENCES 64

/** The defaults of the preferences; the answer is how many there are. */
static uint32_t
defaults(uint32_t values[MOST_PREFERENCES])
{
    const uint32_t count = rstscope_preference_count();
    rstscope_preference preference;
    CHECK(count > 0 && count <= MOST_PREFERENCES);
    for (uint32_t index = 0; index < count; index++) {
        CHECK(rstscope_preference_get(index, &preference) == RSTSCOPE_STATUS_OK);
        values[index] = preference.default_value;
    }
    return count;
}

static rstscope_engine *
new_engine(void)
{
    uint32_t values[MOST_PREFERENCES];
    const uint32_t count = defaults(values);
    rstscope_engine *engine = NULL;
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION, values, count, &engine) == RSTSCOPE_STATUS_OK);
    CHECK(engine != NULL);
    return engine;
}

/** An engine that has seen a refused connection. */
static rstscope_engine *
engine_with_reset(void)
{
    rstscope_engine *engine = new_engine();
    const rstscope_segment syn = segment(SYN_FRAME, 1, 2, SYN);
    const rstscope_segment rst = segment(RST_FRAME, 2, 1, RST);
    CHECK(rstscope_engine_observe(engine, &syn) == RSTSCOPE_STATUS_OK);
    CHECK(rstscope_engine_observe(engine, &rst) == RSTSCOPE_STATUS_OK);
    return engine;
}

static void
preferences_have_names_texts_and_choices(void)
{
    rstscope_preference preference;
    rstscope_choice choice;
    uint32_t index = 0;
    for (; rstscope_preference_get(index, &preference) == RSTSCOPE_STATUS_OK; index++) {
        uint32_t choices = 0;
        CHECK(preference.name[0] != '\0');
        CHECK(preference.title[0] != '\0');
        CHECK(preference.description[0] != '\0');
        while (rstscope_preference_choice(index, choices, &choice) == RSTSCOPE_STATUS_OK) {
            CHECK(choice.word[0] != '\0');
            CHECK(choice.title[0] != '\0');
            choices++;
        }
        if (preference.type == RSTSCOPE_PREFERENCE_CHOICE) {
            CHECK(preference.default_value < choices);
        } else {
            CHECK(choices == 0);
        }
    }
    CHECK(index == rstscope_preference_count());
    CHECK(rstscope_preference_choice(index, 0, &choice) == RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_preference_get(UINT32_MAX, &preference) == RSTSCOPE_STATUS_NOT_FOUND);
}

static void
engine_is_refused_to_another_version_or_bad_values(void)
{
    uint32_t values[MOST_PREFERENCES];
    const uint32_t count = defaults(values);
    rstscope_engine *engine = NULL;
    rstscope_preference preference;
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION + 1, values, count, &engine) ==
          RSTSCOPE_STATUS_ABI_MISMATCH);
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION, values, count - 1, &engine) ==
          RSTSCOPE_STATUS_INVALID);
    for (uint32_t index = 0; index < count; index++) {
        CHECK(rstscope_preference_get(index, &preference) == RSTSCOPE_STATUS_OK);
        if (preference.type != RSTSCOPE_PREFERENCE_NUMBER) {
            values[index] = UINT32_MAX;
            CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION, values, count, &engine) ==
                  RSTSCOPE_STATUS_INVALID);
            values[index] = preference.default_value;
        }
    }
    CHECK(engine == NULL);
}

static void
every_pointer_may_be_null(void)
{
    rstscope_engine *engine = engine_with_reset();
    const rstscope_segment syn = segment(SYN_FRAME, 1, 2, SYN);
    rstscope_segment no_bytes = syn;
    uint32_t values[MOST_PREFERENCES];
    const uint32_t count = defaults(values);
    rstscope_item item;
    rstscope_row row;
    rstscope_statistics *statistics = rstscope_statistics_new();
    rstscope_statistics_entry entry;
    char text[8];
    no_bytes.tcp = NULL;

    CHECK(rstscope_preference_get(0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_preference_choice(0, 0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION, NULL, count, &engine) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION, values, count, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_begin_frame(NULL, SYN_FRAME) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_observe(NULL, &syn) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_observe(engine, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_observe(engine, &no_bytes) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_item(NULL, RST_FRAME, 0, &item, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_item(engine, RST_FRAME, 0, NULL, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_item(engine, RST_FRAME, 0, &item, NULL, 0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_row(NULL, RST_FRAME, 0, 0, &row, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_row(engine, RST_FRAME, 0, 0, NULL, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_row(engine, RST_FRAME, 0, 0, &row, NULL, 0, NULL) ==
          RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_complaint(NULL, text, sizeof(text), NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_complaint(engine, NULL, 0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_provoke_panic(NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_field_get(0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_expert_get(0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_statistics_count(NULL, engine, RST_FRAME, "") == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_statistics_count(statistics, NULL, RST_FRAME, "") == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_statistics_count(statistics, engine, RST_FRAME, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_statistics_row(NULL, 0, &entry) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_statistics_row(statistics, 0, NULL) == RSTSCOPE_STATUS_NULL);
    rstscope_statistics_free(NULL);
    rstscope_statistics_free(statistics);
    rstscope_engine_free(NULL);
    rstscope_engine_free(engine);
}

/** Counts the rows of a frame's first item that say `number` or `text` in field `filter`. */
static uint32_t
count_rows(const rstscope_engine *engine, const char *filter, int64_t number, const char *text)
{
    char value[1024];
    uint32_t count = 0;
    uint32_t level = 0;
    rstscope_row row;
    rstscope_field field;
    for (uint32_t index = 0; rstscope_engine_row(engine, RST_FRAME, 0, index, &row, value,
                                                 sizeof(value), NULL) == RSTSCOPE_STATUS_OK;
         index++) {
        CHECK(rstscope_field_get(row.field, &field) == RSTSCOPE_STATUS_OK);
        CHECK(row.level <= level && row.level < RSTSCOPE_MOST_LEVELS);
        CHECK((field.type == RSTSCOPE_TYPE_STRING) == (value[0] != '\0'));
        level = row.level + field.is_parent;
        if (strcmp(field.filter, filter) == 0) {
            count += row.number == number && strcmp(value, text) == 0;
        }
    }
    return count;
}

static void
reset_is_an_item_with_rows(void)
{
    rstscope_engine *engine = engine_with_reset();
    rstscope_item item;
    rstscope_expert expert;
    rstscope_row row;
    char text[256];
    CHECK(rstscope_engine_item(engine, SYN_FRAME, 0, &item, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_row(engine, SYN_FRAME, 0, 0, &row, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_item(engine, RST_FRAME, 0, &item, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_OK);
    CHECK(rstscope_engine_item(engine, RST_FRAME, 1, &item, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(item.severity >= RSTSCOPE_SEVERITY_CHAT && item.severity <= RSTSCOPE_SEVERITY_WARN);
    CHECK(item.in_info_column == 1);
    CHECK(count_rows(engine, "rst.summary", 0, text) == 1);
    CHECK(count_rows(engine, "rst.phase", 0, "syn") == 1);
    CHECK(count_rows(engine, "rst.sender", 0, "server") == 1);
    CHECK(count_rows(engine, "rst.trigger_frame", SYN_FRAME, "") == 1);
    CHECK(count_rows(engine, "rst.latency", 1000, "") == 1);
    CHECK(count_rows(engine, "rst.ttl", 64, "") == 1);
    CHECK(rstscope_expert_get(item.expert, &expert) == RSTSCOPE_STATUS_OK);
    CHECK(count_rows(engine, "rst.cause", 0, expert.name + strlen("rst.expert.")) == 1);
    CHECK(rstscope_engine_row(engine, RST_FRAME, 1, 0, &row, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_row(engine, RST_FRAME, 0, UINT32_MAX, &row, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NOT_FOUND);
    rstscope_engine_free(engine);
}

static void
text_is_copied_whole_or_not_at_all(void)
{
    rstscope_engine *engine = engine_with_reset();
    const rstscope_item untouched = {.expert = UINT32_MAX};
    rstscope_item item = untouched;
    rstscope_row row = {.level = UINT32_MAX};
    char text[256] = "untouched";
    size_t length = 0;
    CHECK(rstscope_engine_item(engine, RST_FRAME, 0, &item, text, 1, &length) ==
          RSTSCOPE_STATUS_BUFFER_TOO_SMALL);
    CHECK(rstscope_engine_row(engine, RST_FRAME, 0, 0, &row, text, 1, NULL) ==
          RSTSCOPE_STATUS_BUFFER_TOO_SMALL);
    CHECK(strcmp(text, "untouched") == 0);
    CHECK(item.expert == UINT32_MAX && row.level == UINT32_MAX);
    CHECK(length > 1 && length <= sizeof(text));
    CHECK(rstscope_engine_item(engine, RST_FRAME, 0, &item, text, length, NULL) ==
          RSTSCOPE_STATUS_OK);
    CHECK(strlen(text) + 1 == length);
    rstscope_engine_free(engine);
}

static void
rows_follow_what_is_observed(void)
{
    /* The server accepts after all: SYN and ACK, so that the RST was not its own. */
    static const uint8_t accept[20] = {0x01, 0xbb, 0x9c, 0x40, 0,    0,    0,    7,
                                       0,    0,    0,    101,  0x50, 0x12, 0xff, 0xff};
    rstscope_engine *engine = engine_with_reset();
    const char *filter = "rst.evidence";
    const char *token = "sender_continues";
    CHECK(count_rows(engine, filter, 0, token) == 0);
    rstscope_segment more = segment(3, 2, 1, accept);
    more.time_ns += 500000000;
    CHECK(rstscope_engine_observe(engine, &more) == RSTSCOPE_STATUS_OK);
    CHECK(count_rows(engine, filter, 0, token) == 1);
    rstscope_engine_free(engine);
}

static void
panic_disables_the_engine_and_no_other(void)
{
    rstscope_engine *broken = engine_with_reset();
    rstscope_engine *sound = engine_with_reset();
    const rstscope_segment syn = segment(3, 1, 2, SYN);
    rstscope_item item;
    rstscope_row row;
    char text[256];
    CHECK(rstscope_engine_complaint(broken, text, sizeof(text), NULL) == RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_provoke_panic(broken) == RSTSCOPE_STATUS_PANIC);
    CHECK(rstscope_engine_observe(broken, &syn) == RSTSCOPE_STATUS_DISABLED);
    CHECK(rstscope_engine_item(broken, RST_FRAME, 0, &item, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_DISABLED);
    CHECK(rstscope_engine_row(broken, RST_FRAME, 0, 0, &row, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_DISABLED);
    CHECK(rstscope_engine_provoke_panic(broken) == RSTSCOPE_STATUS_DISABLED);
    CHECK(rstscope_engine_complaint(broken, text, sizeof(text), NULL) == RSTSCOPE_STATUS_OK);
    CHECK(strstr(text, "provoked") != NULL);
    CHECK(rstscope_engine_item(sound, RST_FRAME, 0, &item, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_OK);
    rstscope_engine_free(broken);
    rstscope_engine_free(sound);
}

static void
experts_have_names_summaries_and_severities(void)
{
    const uint32_t count = rstscope_expert_count();
    rstscope_expert expert;
    CHECK(count > 0);
    for (uint32_t index = 0; index < count; index++) {
        CHECK(rstscope_expert_get(index, &expert) == RSTSCOPE_STATUS_OK);
        CHECK(strncmp(expert.name, "rst.expert.", strlen("rst.expert.")) == 0);
        CHECK(expert.summary[0] != '\0');
        CHECK(expert.severity >= RSTSCOPE_SEVERITY_CHAT &&
              expert.severity <= RSTSCOPE_SEVERITY_COMMENT);
    }
    CHECK(rstscope_expert_get(count, &expert) == RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_expert_get(UINT32_MAX, &expert) == RSTSCOPE_STATUS_NOT_FOUND);
}

static void
fields_have_names_texts_and_types(void)
{
    const uint32_t count = rstscope_field_count();
    rstscope_field field;
    CHECK(count > 0);
    for (uint32_t index = 0; index < count; index++) {
        CHECK(rstscope_field_get(index, &field) == RSTSCOPE_STATUS_OK);
        CHECK(strncmp(field.filter, "rst.", strlen("rst.")) == 0);
        CHECK(field.name[0] != '\0' && field.blurb[0] != '\0');
        CHECK(field.type < RSTSCOPE_TYPE_COUNT);
        CHECK(field.format <= RSTSCOPE_FORMAT_HEXADECIMAL);
        CHECK(field.is_parent <= 1);
        CHECK(field.in_label <= 1);
    }
    CHECK(rstscope_field_get(count, &field) == RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_field_get(UINT32_MAX, &field) == RSTSCOPE_STATUS_NOT_FOUND);
}

/** The number of `name` below `group` among the rows that have changed; -1 if it is not. */
static int32_t
changed_number(const rstscope_statistics *statistics, const char *group, const char *name)
{
    rstscope_statistics_entry entry;
    int is_group = 0;
    for (uint32_t index = 0;
         rstscope_statistics_row(statistics, index, &entry) == RSTSCOPE_STATUS_OK; index++) {
        is_group = entry.is_group ? strcmp(entry.name, group) == 0 : is_group;
        if (is_group && strcmp(entry.name, name) == 0) {
            return entry.number;
        }
    }
    return -1;
}

static void
frames_are_counted_once_and_anew_when_they_change(void)
{
    rstscope_engine *engine = engine_with_reset();
    rstscope_statistics *statistics = rstscope_statistics_new();
    CHECK(changed_number(statistics, "Resets by phase", "syn") == 0);
    CHECK(changed_number(statistics, "Connection attempts", "refused") == 0);
    CHECK(rstscope_statistics_count(statistics, engine, SYN_FRAME, "10.0.0.1") ==
          RSTSCOPE_STATUS_OK);
    CHECK(changed_number(statistics, "Connection attempts", "refused") == 1);
    CHECK(changed_number(statistics, "Resets by phase", "syn") == -1);
    CHECK(rstscope_statistics_count(statistics, engine, RST_FRAME, "10.0.0.2") ==
          RSTSCOPE_STATUS_OK);
    CHECK(changed_number(statistics, "Resets by phase", "Resets by phase") == 1);
    CHECK(changed_number(statistics, "Resets by phase", "syn") == 1);
    CHECK(changed_number(statistics, "Resets by source host", "10.0.0.2") == 1);
    CHECK(changed_number(statistics, "Connection attempts", "refused") == -1);
    /* The frame comes again: a new count. */
    CHECK(rstscope_statistics_count(statistics, engine, RST_FRAME, "10.0.0.2") ==
          RSTSCOPE_STATUS_OK);
    CHECK(changed_number(statistics, "Resets by phase", "syn") == 1);
    CHECK(rstscope_statistics_count(statistics, engine, 0, "") == RSTSCOPE_STATUS_NOT_FOUND);
    rstscope_statistics_free(statistics);
    rstscope_engine_free(engine);
}

/** A read filter rejects the SYN, and the RST takes its number. */
static void
verdict_stands_on_the_frame_that_has_its_number_last(void)
{
    rstscope_engine *engine = NULL;
    uint32_t values[MOST_PREFERENCES];
    const uint32_t count = defaults(values);
    const rstscope_segment syn = segment(SYN_FRAME, 1, 2, SYN);
    rstscope_segment rst = segment(RST_FRAME, 2, 1, RST);
    rst.frame = SYN_FRAME;
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION, values, count, &engine) == RSTSCOPE_STATUS_OK);
    CHECK(rstscope_engine_begin_frame(engine, 0) == RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_begin_frame(engine, SYN_FRAME) == RSTSCOPE_STATUS_OK);
    CHECK(rstscope_engine_observe(engine, &syn) == RSTSCOPE_STATUS_OK);
    CHECK(rstscope_engine_holds(engine, SYN_FRAME) == 0);
    CHECK(rstscope_engine_begin_frame(engine, SYN_FRAME) == RSTSCOPE_STATUS_OK);
    CHECK(rstscope_engine_observe(engine, &rst) == RSTSCOPE_STATUS_OK);
    CHECK(rstscope_engine_holds(engine, SYN_FRAME) == RSTSCOPE_HOLDS_VERDICT);
    /* The next frame of this number is not TCP. */
    CHECK(rstscope_engine_begin_frame(engine, SYN_FRAME) == RSTSCOPE_STATUS_OK);
    CHECK(rstscope_engine_holds(engine, SYN_FRAME) == 0);
    rstscope_engine_free(engine);
}

int
main(void)
{
    preferences_have_names_texts_and_choices();
    fields_have_names_texts_and_types();
    experts_have_names_summaries_and_severities();
    engine_is_refused_to_another_version_or_bad_values();
    every_pointer_may_be_null();
    reset_is_an_item_with_rows();
    text_is_copied_whole_or_not_at_all();
    rows_follow_what_is_observed();
    frames_are_counted_once_and_anew_when_they_change();
    verdict_stands_on_the_frame_that_has_its_number_last();
    panic_disables_the_engine_and_no_other();
    return EXIT_SUCCESS;
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
