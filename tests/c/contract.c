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
_Static_assert(sizeof(rstscope_settings) == 16, "rstscope_settings");
_Static_assert(sizeof(rstscope_segment) == 96, "rstscope_segment");
_Static_assert(sizeof(rstscope_verdict) == 160, "rstscope_verdict");
_Static_assert(sizeof(rstscope_finding) == 24, "rstscope_finding");
_Static_assert(sizeof(rstscope_followup) == 16, "rstscope_followup");
_Static_assert(sizeof(rstscope_expert) == 24, "rstscope_expert");

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

static rstscope_engine *
new_engine(void)
{
    rstscope_settings settings;
    rstscope_engine *engine = NULL;
    CHECK(rstscope_settings_default(&settings) == RSTSCOPE_STATUS_OK);
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION, &settings, &engine) == RSTSCOPE_STATUS_OK);
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
settings_have_the_defaults_of_the_preferences(void)
{
    rstscope_settings settings;
    CHECK(rstscope_settings_default(&settings) == RSTSCOPE_STATUS_OK);
    CHECK(settings.idle_threshold_s == 30);
    CHECK(settings.ttl_tolerance == 2);
    CHECK(settings.expert_level == RSTSCOPE_EXPERT_LEVEL_ALL);
    CHECK(settings.reserved == 0);
}

static void
engine_is_refused_to_another_version_or_bad_settings(void)
{
    rstscope_settings settings;
    rstscope_engine *engine = NULL;
    rstscope_settings_default(&settings);
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION + 1, &settings, &engine) ==
          RSTSCOPE_STATUS_ABI_MISMATCH);
    settings.expert_level = 3;
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION, &settings, &engine) == RSTSCOPE_STATUS_INVALID);
    CHECK(engine == NULL);
}

static void
every_pointer_may_be_null(void)
{
    rstscope_engine *engine = engine_with_reset();
    const rstscope_segment syn = segment(SYN_FRAME, 1, 2, SYN);
    rstscope_segment no_bytes = syn;
    rstscope_settings settings;
    rstscope_verdict verdict;
    rstscope_finding finding;
    rstscope_followup followup;
    const char *word;
    uint32_t frame;
    char text[8];
    rstscope_settings_default(&settings);
    no_bytes.tcp = NULL;

    CHECK(rstscope_settings_default(NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION, NULL, &engine) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_new(RSTSCOPE_ABI_VERSION, &settings, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_observe(NULL, &syn) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_observe(engine, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_observe(engine, &no_bytes) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_verdict(NULL, RST_FRAME, &verdict) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_verdict(engine, RST_FRAME, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_finding(NULL, RST_FRAME, 0, &finding) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_finding(engine, RST_FRAME, 0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_followup(NULL, RST_FRAME, &followup) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_followup(engine, RST_FRAME, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_text(NULL, RST_FRAME, RSTSCOPE_TEXT_SUMMARY, 0, text, sizeof(text),
                               NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_text(engine, RST_FRAME, RSTSCOPE_TEXT_SUMMARY, 0, NULL, 0, NULL) ==
          RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_complaint(NULL, text, sizeof(text), NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_complaint(engine, NULL, 0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_provoke_panic(NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_cause_get(0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_followup_get(0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_tally_word(RSTSCOPE_TALLY_ORIGIN, 0, NULL) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_tally(NULL, RST_FRAME, RSTSCOPE_TALLY_ORIGIN, &word) ==
          RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_tally(engine, RST_FRAME, RSTSCOPE_TALLY_ORIGIN, NULL) ==
          RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_change_count(NULL) == 0);
    CHECK(rstscope_engine_change(NULL, 0, &frame) == RSTSCOPE_STATUS_NULL);
    CHECK(rstscope_engine_change(engine, 0, NULL) == RSTSCOPE_STATUS_NULL);
    rstscope_engine_free(NULL);
    rstscope_engine_free(engine);
}

static void
reset_has_a_verdict_with_findings(void)
{
    rstscope_engine *engine = engine_with_reset();
    rstscope_verdict verdict;
    rstscope_finding finding;
    rstscope_followup followup;
    rstscope_expert expert;
    CHECK(rstscope_engine_verdict(engine, SYN_FRAME, &verdict) == RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_verdict(engine, RST_FRAME, &verdict) == RSTSCOPE_STATUS_OK);
    CHECK(strcmp(verdict.phase, "syn") == 0);
    CHECK(strcmp(verdict.sender, "server") == 0);
    CHECK(verdict.trigger_frame == SYN_FRAME);
    CHECK(verdict.present & RSTSCOPE_VERDICT_HAS_TTL);
    CHECK(verdict.ttl == 64);

    CHECK(rstscope_cause_get(verdict.cause_index, &expert) == RSTSCOPE_STATUS_OK);
    CHECK(strcmp(expert.name + strlen("rst.expert."), verdict.cause) == 0);

    for (uint32_t index = 0; index < verdict.finding_count; index++) {
        CHECK(rstscope_engine_finding(engine, RST_FRAME, index, &finding) == RSTSCOPE_STATUS_OK);
        CHECK(finding.evidence != NULL && finding.points_to != NULL);
    }
    CHECK(rstscope_engine_finding(engine, RST_FRAME, verdict.finding_count, &finding) ==
          RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_followup(engine, RST_FRAME, &followup) == RSTSCOPE_STATUS_NOT_FOUND);
    rstscope_engine_free(engine);
}

static void
text_is_copied_whole_or_not_at_all(void)
{
    rstscope_engine *engine = engine_with_reset();
    const rstscope_text kind = RSTSCOPE_TEXT_SUMMARY;
    char text[256] = "untouched";
    size_t length = 0;
    CHECK(rstscope_engine_text(engine, RST_FRAME, kind, 0, text, 1, &length) ==
          RSTSCOPE_STATUS_BUFFER_TOO_SMALL);
    CHECK(strcmp(text, "untouched") == 0);
    CHECK(length > 1 && length <= sizeof(text));
    CHECK(rstscope_engine_text(engine, RST_FRAME, kind, 0, text, length, NULL) ==
          RSTSCOPE_STATUS_OK);
    CHECK(strlen(text) + 1 == length);
    CHECK(rstscope_engine_text(engine, RST_FRAME, kind, 1, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_text(engine, SYN_FRAME, kind, 0, text, sizeof(text), NULL) ==
          RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_text(engine, RST_FRAME, RSTSCOPE_TEXT_FOLLOWUP + 1, 0, text, sizeof(text),
                               NULL) == RSTSCOPE_STATUS_INVALID);
    rstscope_engine_free(engine);
}

static void
panic_disables_the_engine_and_no_other(void)
{
    rstscope_engine *broken = engine_with_reset();
    rstscope_engine *sound = engine_with_reset();
    const rstscope_segment syn = segment(3, 1, 2, SYN);
    rstscope_verdict verdict;
    char text[256];
    CHECK(rstscope_engine_complaint(broken, text, sizeof(text), NULL) == RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_provoke_panic(broken) == RSTSCOPE_STATUS_PANIC);
    CHECK(rstscope_engine_observe(broken, &syn) == RSTSCOPE_STATUS_DISABLED);
    CHECK(rstscope_engine_verdict(broken, RST_FRAME, &verdict) == RSTSCOPE_STATUS_DISABLED);
    CHECK(rstscope_engine_text(broken, RST_FRAME, RSTSCOPE_TEXT_SUMMARY, 0, text, sizeof(text),
                               NULL) == RSTSCOPE_STATUS_DISABLED);
    CHECK(rstscope_engine_provoke_panic(broken) == RSTSCOPE_STATUS_DISABLED);
    CHECK(rstscope_engine_complaint(broken, text, sizeof(text), NULL) == RSTSCOPE_STATUS_OK);
    CHECK(strstr(text, "provoked") != NULL);
    CHECK(rstscope_engine_verdict(sound, RST_FRAME, &verdict) == RSTSCOPE_STATUS_OK);
    rstscope_engine_free(broken);
    rstscope_engine_free(sound);
}

static void
check_list(uint32_t count, rstscope_status (*get)(uint32_t index, rstscope_expert *out_expert))
{
    rstscope_expert expert;
    CHECK(count > 0);
    for (uint32_t index = 0; index < count; index++) {
        CHECK(get(index, &expert) == RSTSCOPE_STATUS_OK);
        CHECK(strncmp(expert.name, "rst.expert.", strlen("rst.expert.")) == 0);
        CHECK(expert.summary[0] != '\0');
        CHECK(expert.severity >= RSTSCOPE_SEVERITY_CHAT &&
              expert.severity <= RSTSCOPE_SEVERITY_WARN);
    }
    CHECK(get(count, &expert) == RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(get(UINT32_MAX, &expert) == RSTSCOPE_STATUS_NOT_FOUND);
}

static void
frames_are_tallied_by_words_of_the_lists(void)
{
    static const uint32_t counted[RSTSCOPE_TALLY_COUNT] = {
        [RSTSCOPE_TALLY_ORIGIN] = RST_FRAME,  [RSTSCOPE_TALLY_CAUSE] = RST_FRAME,
        [RSTSCOPE_TALLY_PHASE] = RST_FRAME,   [RSTSCOPE_TALLY_IMPACT] = RST_FRAME,
        [RSTSCOPE_TALLY_ATTEMPT] = SYN_FRAME,
    };
    rstscope_engine *engine = engine_with_reset();
    const char *word;
    const char *listed;
    for (rstscope_tally tally = 0; tally < RSTSCOPE_TALLY_COUNT; tally++) {
        const uint32_t other = counted[tally] == RST_FRAME ? SYN_FRAME : RST_FRAME;
        uint32_t index = 0;
        CHECK(rstscope_engine_tally(engine, other, tally, &word) == RSTSCOPE_STATUS_NOT_FOUND);
        CHECK(rstscope_engine_tally(engine, counted[tally], tally, &word) == RSTSCOPE_STATUS_OK);
        do {
            CHECK(rstscope_tally_word(tally, index++, &listed) == RSTSCOPE_STATUS_OK);
        } while (strcmp(word, listed) != 0);
        CHECK(rstscope_tally_word(tally, UINT32_MAX, &listed) == RSTSCOPE_STATUS_NOT_FOUND);
    }
    CHECK(rstscope_tally_word(RSTSCOPE_TALLY_COUNT, 0, &listed) == RSTSCOPE_STATUS_INVALID);
    CHECK(rstscope_engine_tally(engine, RST_FRAME, RSTSCOPE_TALLY_COUNT, &word) ==
          RSTSCOPE_STATUS_INVALID);
    rstscope_engine_free(engine);
}

static void
what_an_answer_changes_is_told(void)
{
    rstscope_engine *engine = engine_with_reset();
    const uint64_t count = rstscope_engine_change_count(engine);
    const char *word;
    uint32_t frame;
    int is_told = 0;
    for (uint64_t index = 0; index < count; index++) {
        CHECK(rstscope_engine_change(engine, index, &frame) == RSTSCOPE_STATUS_OK);
        is_told |= frame == SYN_FRAME;
    }
    CHECK(is_told);
    CHECK(rstscope_engine_change(engine, count, &frame) == RSTSCOPE_STATUS_NOT_FOUND);
    CHECK(rstscope_engine_tally(engine, SYN_FRAME, RSTSCOPE_TALLY_ATTEMPT, &word) ==
          RSTSCOPE_STATUS_OK);
    CHECK(strcmp(word, "refused") == 0);
    rstscope_engine_free(engine);
}

int
main(void)
{
    settings_have_the_defaults_of_the_preferences();
    engine_is_refused_to_another_version_or_bad_settings();
    every_pointer_may_be_null();
    reset_has_a_verdict_with_findings();
    text_is_copied_whole_or_not_at_all();
    frames_are_tallied_by_words_of_the_lists();
    what_an_answer_changes_is_told();
    panic_disables_the_engine_and_no_other();
    check_list(rstscope_cause_count(), rstscope_cause_get);
    check_list(rstscope_followup_count(), rstscope_followup_get);
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
