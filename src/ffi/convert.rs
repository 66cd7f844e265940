// SPDX-License-Identifier: GPL-2.0-or-later

//! The contract's segment as the engine takes it.

#![expect(unsafe_code, reason = "reads the bytes that a C caller points to")]

use std::{net::IpAddr, slice};

use super::abi::*;
use crate::wire::{FrameNumber, IpHeader, IpVersion, Link, Packet, Timestamp};

/// The segment as the engine takes it.
///
/// # Errors
/// NULL where the bytes are missing, INVALID where a value is not allowed.
///
/// # Safety
/// `segment.tcp` is NULL or good for reading `segment.tcp_captured` bytes as
/// long as the packet lives.
pub(super) unsafe fn to_packet(segment: &rstscope_segment) -> Result<Packet<'_>, rstscope_status> {
    let tcp = match usize::try_from(segment.tcp_captured) {
        Ok(0) => &[],
        Ok(_) if segment.tcp.is_null() => return Err(RSTSCOPE_STATUS_NULL),
        // SAFETY: not NULL, and good for so many bytes as promised.
        Ok(length) => unsafe { slice::from_raw_parts(segment.tcp, length) },
        Err(_) => return Err(RSTSCOPE_STATUS_INVALID),
    };
    packet(segment, tcp).ok_or(RSTSCOPE_STATUS_INVALID)
}

fn packet<'a>(segment: &rstscope_segment, tcp: &'a [u8]) -> Option<Packet<'a>> {
    let allowed = segment.reserved == [0; 7]
        && segment.dont_fragment <= 1
        && segment.tcp_reported >= segment.tcp_captured;
    if !allowed {
        return None;
    }
    Some(Packet {
        frame: FrameNumber::new(segment.frame)?,
        time: Timestamp(segment.time_ns),
        source: address(&segment.source, segment.address_length)?,
        destination: address(&segment.destination, segment.address_length)?,
        ip: ip_header(segment),
        link: link(segment),
        link_destination: has(segment, RSTSCOPE_SEGMENT_HAS_LINK_DESTINATION)
            .then_some(segment.link_destination),
        tcp,
        tcp_reported: segment.tcp_reported,
    })
}

fn address(bytes: &[u8; 16], length: u8) -> Option<IpAddr> {
    match length {
        4 => bytes.first_chunk::<4>().map(|bytes| IpAddr::from(*bytes)),
        16 => Some(IpAddr::from(*bytes)),
        _ => None,
    }
}

fn has(segment: &rstscope_segment, bit: u32) -> bool {
    segment.present & bit != 0
}

fn ip_header(segment: &rstscope_segment) -> Option<IpHeader> {
    let version = if has(segment, RSTSCOPE_SEGMENT_HAS_IP_ID) {
        IpVersion::V4 {
            id: segment.ip_id,
            dont_fragment: segment.dont_fragment == 1,
        }
    } else if has(segment, RSTSCOPE_SEGMENT_HAS_FLOW_LABEL) {
        IpVersion::V6 {
            flow_label: segment.flow_label,
        }
    } else {
        return None;
    };
    has(segment, RSTSCOPE_SEGMENT_HAS_IP).then_some(IpHeader {
        ttl: segment.ttl,
        traffic_class: segment.traffic_class,
        version,
    })
}

fn link(segment: &rstscope_segment) -> Link {
    Link {
        source: has(segment, RSTSCOPE_SEGMENT_HAS_LINK_SOURCE).then_some(segment.link_source),
        vlan: has(segment, RSTSCOPE_SEGMENT_HAS_VLAN).then_some(segment.vlan),
        interface: has(segment, RSTSCOPE_SEGMENT_HAS_INTERFACE).then_some(segment.interface),
        ip_headers: segment.ip_headers,
    }
}
