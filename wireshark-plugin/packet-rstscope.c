/* packet-rstscope.c
 * The plugin: registration, life cycle, and the two dissectors.
 *
 * A "tee" in front of TCP shows the engine every segment, once and in capture
 * order. A postdissector shows the user what the engine knows, as often as
 * Wireshark asks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "compat.h"

#include <epan/ipproto.h>
#include <wsutil/wslog.h>

#include "experts.h"
#include "fields.h"
#include "preferences.h"
#include "rstscope.h"
#include "segment.h"
#include "stats.h"
#include "tree.h"

void rstscope_plugin_register(void);

static int proto_rstscope;
static dissector_handle_t rstscope_handle;
static dissector_handle_t tcp_handle;

/** Memory of the capture that is open; NULL while none is. */
static rstscope_engine *engine;
/** The segment that the tee saw last; `frame` is 0 once the engine has it. */
static rstscope_segment pending;
/** The frame that was dissected for the first time last. */
static uint32_t newest_frame;
/** The frame that tells the user that the engine is disabled; 0 while it works. */
static uint32_t complaint_frame;

static void
close_capture(void)
{
    rstscope_engine_free(engine);
    engine = NULL;
}

static void
open_capture(void)
{
    close_capture();
    pending.frame = 0;
    newest_frame = 0;
    complaint_frame = 0;
    rstscope_status status = preferences_new_engine(&engine);
    if (status != RSTSCOPE_STATUS_OK) {
        ws_warning("rstscope: no engine, status %d", (int)status);
    }
}

/*
 * Stands at ip.proto 6 in TCP's place and hands on to it. TCP may leave with an
 * exception, so nothing comes after it. If a frame holds several segments, one
 * in another, then the innermost is pending in the end.
 */
static int
dissect_tee(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (!PINFO_FD_VISITED(pinfo)) {
        segment_read(tvb, pinfo, data, &pending);
    }
    return call_dissector_only(tcp_handle, tvb, pinfo, tree, data);
}

static void
observe_first_visit(packet_info *pinfo)
{
    if (PINFO_FD_VISITED(pinfo)) {
        return;
    }
    if (pinfo->num <= newest_frame) {
        /* A read filter has rejected the frame that had this number. */
        rstscope_engine_begin_frame(engine, pinfo->num);
    }
    newest_frame = pinfo->num;
    if (pending.frame == pinfo->num) {
        rstscope_engine_observe(engine, &pending);
        pending.frame = 0;
    }
}

static int
dissect_rstscope(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    observe_first_visit(pinfo);
    const uint32_t holds = rstscope_engine_holds(engine, pinfo->num);
    /* Expert items are listed under the protocol that is current. */
    const char *outer_proto = pinfo->current_proto;
    pinfo->current_proto = holds ? "RST Analysis" : outer_proto;
    if (holds & ~RSTSCOPE_HOLDS_COMPLAINT) {
        tree_show(engine, tvb, pinfo, tree);
    }
    if (holds & RSTSCOPE_HOLDS_COMPLAINT) {
        /* The first frame after a panic carries it, on every visit. */
        complaint_frame = complaint_frame == 0 ? pinfo->num : complaint_frame;
        if (complaint_frame == pinfo->num) {
            experts_add_complaint(engine, tvb, pinfo, tree);
        }
    }
    pinfo->current_proto = outer_proto;
    stats_count(engine, pinfo);
    return (int)tvb_captured_length(tvb);
}

static void
proto_register_rstscope(void)
{
    if (proto_get_id_by_filter_name("rst") != -1) {
        /* A second copy, whose protocol of the same name would end Wireshark. */
        ws_warning("rstscope is loaded twice, and this copy is not used; `tshark -G plugins` lists "
                   "both: remove one");
        return;
    }
    proto_rstscope = proto_register_protocol("TCP Reset Analysis", "RST Analysis", "rst");
    /*
     * Wireshark notes a layer for every call of a whole protocol, 300 instructions
     * a frame; a child in name only is enabled as its parent is, and is no layer.
     */
    int proto_post =
        proto_register_protocol_in_name_only("TCP Reset Analysis of a frame", "RST Analysis frame",
                                             "rst_frame", proto_rstscope, FT_PROTOCOL);
    rstscope_handle = create_dissector_handle(dissect_rstscope, proto_post);
    fields_register(proto_rstscope);
    experts_register(proto_rstscope);
    tree_register(proto_rstscope);
    preferences_register(proto_rstscope);
    register_postdissector(rstscope_handle);
    register_init_routine(open_capture);
    register_cleanup_routine(close_capture);
}

/** May run more than once; built-in handoffs, TCP's among them, have run before. */
static void
proto_reg_handoff_rstscope(void)
{
    if (tcp_handle != NULL || rstscope_handle == NULL) {
        return;
    }
    tcp_handle = dissector_get_uint_handle(find_dissector_table("ip.proto"), IP_PROTO_TCP);
    if (tcp_handle == NULL) {
        return;
    }
    /* A child in name only is no layer of its own, and is enabled as TCP is. */
    int proto_tee = proto_register_protocol_in_name_only(
        "TCP segments for RST Analysis", "RST Analysis tee", "rst_tee",
        proto_get_id_by_filter_name("tcp"), FT_PROTOCOL);
    segment_init();
    dissector_add_uint("ip.proto", IP_PROTO_TCP, create_dissector_handle(dissect_tee, proto_tee));
    stats_register();
}

/** Called by plugin_register(), which is in Rust. */
void
rstscope_plugin_register(void)
{
    static const proto_plugin plugin = {
        .register_protoinfo = proto_register_rstscope,
        .register_handoff = proto_reg_handoff_rstscope,
    };
    proto_register_plugin(&plugin);
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
