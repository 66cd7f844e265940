/* segment.c
 * What epan knows of a TCP segment, as the engine takes it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "segment.h"

#include <epan/dissectors/packet-ip.h>

#define IPV4_LENGTH 4
#define IPV6_LENGTH 16
#define MAC_LENGTH 6

#define IPV4_DONT_FRAGMENT 0x4000
#define IPV6_FLOW_LABEL 0x000fffff

#define TCP_FLAGS_OFFSET 13
#define TCP_SYN_OR_RST 0x06

static int proto_ip = -1;
static int proto_ipv6 = -1;
static int proto_tcp = -1;

void
segment_init(void)
{
    proto_ip = proto_get_id_by_filter_name("ip");
    proto_ipv6 = proto_get_id_by_filter_name("ipv6");
    proto_tcp = proto_get_id_by_filter_name("tcp");
}

static int64_t
time_ns(const nstime_t *time)
{
    /* Unsigned, because a broken capture may hold a time that overflows. */
    return (int64_t)((uint64_t)time->secs * 1000000000u + (uint64_t)time->nsecs);
}

static gboolean
are_both(const packet_info *pinfo, address_type type)
{
    return pinfo->net_src.type == (int)type && pinfo->net_dst.type == (int)type;
}

/** Each length is one that the compiler knows, so that a copy is no call. */
static void
read_addresses(const packet_info *pinfo, gboolean is_ipv4, rstscope_segment *segment)
{
    if (is_ipv4) {
        segment->address_length = IPV4_LENGTH;
        memcpy(segment->source, pinfo->net_src.data, IPV4_LENGTH);
        memcpy(segment->destination, pinfo->net_dst.data, IPV4_LENGTH);
    } else {
        segment->address_length = IPV6_LENGTH;
        memcpy(segment->source, pinfo->net_src.data, IPV6_LENGTH);
        memcpy(segment->destination, pinfo->net_dst.data, IPV6_LENGTH);
    }
}

static void
read_ip_header(void *ip_header, rstscope_segment *segment)
{
    const ws_ip4 *ip4 = WS_IP4_PTR(ip_header);
    const ws_ip6 *ip6 = WS_IP6_PTR(ip_header);
    if (ip4) {
        segment->present |= RSTSCOPE_SEGMENT_HAS_IP | RSTSCOPE_SEGMENT_HAS_IP_ID;
        segment->ttl = ip4->ip_ttl;
        segment->traffic_class = ip4->ip_tos;
        segment->ip_id = ip4->ip_id;
        segment->dont_fragment = (ip4->ip_off & IPV4_DONT_FRAGMENT) != 0;
    } else if (ip6) {
        segment->present |= RSTSCOPE_SEGMENT_HAS_IP | RSTSCOPE_SEGMENT_HAS_FLOW_LABEL;
        segment->ttl = ip6->ip6_hop;
        segment->traffic_class = ip6->ip6_tc;
        segment->flow_label = ip6->ip6_flw & IPV6_FLOW_LABEL;
    }
}

static gboolean
is_mac(const address *link)
{
    return link->type == AT_ETHER && link->len == MAC_LENGTH;
}

static void
read_link(const packet_info *pinfo, rstscope_segment *segment)
{
    const address *link_source = &pinfo->dl_src;
    if (is_mac(link_source)) {
        segment->present |= RSTSCOPE_SEGMENT_HAS_LINK_SOURCE;
        memcpy(segment->link_source, link_source->data, MAC_LENGTH);
    }
    if (pinfo->vlan_id != 0) {
        segment->present |= RSTSCOPE_SEGMENT_HAS_VLAN;
        segment->vlan = (uint16_t)pinfo->vlan_id;
    }
    if (pinfo->rec->rec_type == REC_TYPE_PACKET &&
        (pinfo->rec->presence_flags & WTAP_HAS_INTERFACE_ID)) {
        segment->present |= RSTSCOPE_SEGMENT_HAS_INTERFACE;
        segment->interface = pinfo->rec->rec_header.packet_header.interface_id;
    }
}

/** A walk over all layers, so for the segments only that open and end conversations. */
static uint8_t
ip_headers(const packet_info *pinfo)
{
    uint8_t count = 0;
    for (wmem_list_frame_t *layer = wmem_list_head(pinfo->layers); layer && count < UINT8_MAX;
         layer = wmem_list_frame_next(layer)) {
        const int proto = GPOINTER_TO_INT(wmem_list_frame_data(layer));
        if (proto == proto_ip || proto == proto_ipv6) {
            count++;
        } else if (proto == proto_tcp) {
            /* Of the packet before in the same frame, as Wi-Fi aggregates them. */
            count = 0;
        }
    }
    return count;
}

gboolean
segment_read(tvbuff_t *tvb, packet_info *pinfo, void *ip_header, rstscope_segment *out_segment)
{
    const gboolean is_ipv4 = are_both(pinfo, AT_IPv4);
    const gboolean is_ip = is_ipv4 || are_both(pinfo, AT_IPv6);
    if (pinfo->fragmented || pinfo->flags.in_error_pkt || !is_ip) {
        return FALSE;
    }
    /* In place: for every segment a copy costs as much as reading it. */
    *out_segment = (rstscope_segment){0};
    read_addresses(pinfo, is_ipv4, out_segment);
    read_ip_header(ip_header, out_segment);
    read_link(pinfo, out_segment);
    out_segment->time_ns = time_ns(&pinfo->abs_ts);
    out_segment->tcp_captured = tvb_captured_length(tvb);
    out_segment->tcp_reported = tvb_reported_length(tvb);
    out_segment->tcp = tvb_get_ptr(tvb, 0, (gint)out_segment->tcp_captured);
    out_segment->frame = pinfo->num;
    if (out_segment->tcp_captured > TCP_FLAGS_OFFSET &&
        (out_segment->tcp[TCP_FLAGS_OFFSET] & TCP_SYN_OR_RST)) {
        out_segment->ip_headers = ip_headers(pinfo);
        if (is_mac(&pinfo->dl_dst)) {
            out_segment->present |= RSTSCOPE_SEGMENT_HAS_LINK_DESTINATION;
            memcpy(out_segment->link_destination, pinfo->dl_dst.data, MAC_LENGTH);
        }
    }
    return TRUE;
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
