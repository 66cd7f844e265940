// SPDX-License-Identifier: GPL-2.0-or-later

//! The contract's flat structures to and from the engine's values.

#![expect(unsafe_code, reason = "reads the bytes that a C caller points to")]

use std::{ffi::CStr, net::IpAddr, ptr, slice, time::Duration};

use libc::c_char;

use super::abi::*;
use crate::{
    baseline::Resetter,
    cause::{Cause, Severity},
    engine::{ExpertLevel, Settings},
    verdict::{Followup, FollowupKind, Verdict, Weighed},
    wire::{FrameNumber, IpHeader, IpVersion, Link, Packet, Timestamp},
};

/// The preferences as C holds them.
pub(super) fn from_settings(settings: &Settings) -> rstscope_settings {
    rstscope_settings {
        idle_threshold_s: u32::try_from(settings.idle_threshold.as_secs()).unwrap_or(u32::MAX),
        ttl_tolerance: settings.ttl_tolerance.into(),
        expert_level: match settings.expert_level {
            ExpertLevel::All => RSTSCOPE_EXPERT_LEVEL_ALL,
            ExpertLevel::Noteworthy => RSTSCOPE_EXPERT_LEVEL_NOTEWORTHY,
            ExpertLevel::Disruptive => RSTSCOPE_EXPERT_LEVEL_DISRUPTIVE,
        },
        reserved: 0,
    }
}

/// The preferences as the engine takes them; `None` if a value is not allowed.
pub(super) fn to_settings(settings: &rstscope_settings) -> Option<Settings> {
    let expert_level = match settings.expert_level {
        RSTSCOPE_EXPERT_LEVEL_ALL => ExpertLevel::All,
        RSTSCOPE_EXPERT_LEVEL_NOTEWORTHY => ExpertLevel::Noteworthy,
        RSTSCOPE_EXPERT_LEVEL_DISRUPTIVE => ExpertLevel::Disruptive,
        _ => return None,
    };
    (settings.reserved == 0).then_some(Settings {
        idle_threshold: Duration::from_secs(settings.idle_threshold_s.into()),
        // No two TTLs are further apart.
        ttl_tolerance: u8::try_from(settings.ttl_tolerance).unwrap_or(u8::MAX),
        expert_level,
    })
}

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
    let allowed = segment.reserved == [0; 5]
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

/// A verdict for C; `level` says which expert items the user wants.
pub(super) fn from_verdict(verdict: &Verdict, level: ExpertLevel) -> rstscope_verdict {
    let resetter = verdict.resetter();
    rstscope_verdict {
        idle_ns: nanoseconds(verdict.idle_time()),
        latency_ns: nanoseconds(verdict.latency()),
        rtt_ns: nanoseconds(verdict.rtt()),
        phase: verdict.phase().token().as_ptr(),
        signature: literal(verdict.signature()),
        conn_state: literal(verdict.conn_state()),
        sender: verdict
            .sender()
            .map_or(c"unknown", |role| role.token())
            .as_ptr(),
        origin: verdict.origin().token().as_ptr(),
        ip_id_pattern: literal(verdict.ip_id_pattern().map(|pattern| pattern.token())),
        cause: verdict.cause().token().as_ptr(),
        trigger: literal(verdict.trigger().map(|trigger| trigger.token())),
        impact: verdict.impact().token().as_ptr(),
        acceptability: verdict.acceptability().token().as_ptr(),
        present: present(verdict),
        baseline_frame: frame_number(verdict.baseline_frame()),
        trigger_frame: frame_number(verdict.trigger_frame()),
        consequence_of: frame_number(verdict.consequence_of()),
        unacked_bytes: verdict.unacked_bytes().unwrap_or_default(),
        resetter: resetter.map_or(0, Resetter::number),
        resetter_hosts: resetter.map_or(0, Resetter::hosts),
        ip_id_delta: verdict.ip_id_delta().unwrap_or_default(),
        cause_index: verdict.cause().index(),
        finding_count: u32::try_from(verdict.findings().len()).unwrap_or(u32::MAX),
        ttl_delta: verdict.ttl_delta().unwrap_or_default(),
        ip_id: verdict.ip_id().unwrap_or_default(),
        confidence: verdict.confidence(),
        ttl: verdict.ttl().unwrap_or_default(),
        hops: verdict.hops().unwrap_or_default(),
        ttl_expected: verdict.ttl_expected().unwrap_or_default(),
        hops_expected: verdict.hops_expected().unwrap_or_default(),
        handshake_seen: verdict.handshake_seen().into(),
        after_idle: verdict.after_idle().unwrap_or_default().into(),
        effective: verdict.effective().unwrap_or_default().into(),
        severity: severity(verdict.severity(level)),
        reserved: [0; 3],
    }
}

fn present(verdict: &Verdict) -> u32 {
    let bits = [
        (
            RSTSCOPE_VERDICT_HAS_IDLE_TIME,
            verdict.idle_time().is_some(),
        ),
        (RSTSCOPE_VERDICT_HAS_LATENCY, verdict.latency().is_some()),
        (RSTSCOPE_VERDICT_HAS_RTT, verdict.rtt().is_some()),
        (RSTSCOPE_VERDICT_HAS_TTL, verdict.ttl().is_some()),
        (
            RSTSCOPE_VERDICT_HAS_TTL_EXPECTED,
            verdict.ttl_expected().is_some(),
        ),
        (RSTSCOPE_VERDICT_HAS_IP_ID, verdict.ip_id().is_some()),
        (
            RSTSCOPE_VERDICT_HAS_IP_ID_DELTA,
            verdict.ip_id_delta().is_some(),
        ),
        (
            RSTSCOPE_VERDICT_HAS_UNACKED_BYTES,
            verdict.unacked_bytes().is_some(),
        ),
        (RSTSCOPE_VERDICT_HAS_RESETTER, verdict.resetter().is_some()),
        (
            RSTSCOPE_VERDICT_HAS_EFFECTIVE,
            verdict.effective().is_some(),
        ),
        (
            RSTSCOPE_VERDICT_HAS_AFTER_IDLE,
            verdict.after_idle().is_some(),
        ),
    ];
    bits.iter()
        .filter(|(_, is_present)| *is_present)
        .fold(0, |present, (bit, _)| present | bit)
}

/// A finding for C.
pub(super) fn from_finding(finding: &Weighed) -> rstscope_finding {
    rstscope_finding {
        evidence: finding.evidence().token.as_ptr(),
        points_to: finding.evidence().points_to().token().as_ptr(),
        frame: frame_number(finding.finding.frame()),
        weight: finding.weight,
        reserved: 0,
    }
}

/// A note on a later frame for C.
pub(super) fn from_followup(followup: &Followup) -> rstscope_followup {
    rstscope_followup {
        expert: followup.kind.name().as_ptr(),
        reset_frame: followup.reset.get(),
        severity: severity(Some(followup.kind.severity())),
        reserved: [0; 3],
    }
}

/// A cause as an expert item.
pub(super) fn from_cause(cause: Cause) -> rstscope_expert {
    expert(cause.expert_name(), cause.title(), cause.usual_severity())
}

/// A kind of note as an expert item.
pub(super) fn from_followup_kind(kind: FollowupKind) -> rstscope_expert {
    expert(kind.name(), kind.summary(), kind.severity())
}

fn expert(
    name: &'static CStr,
    summary: &'static CStr,
    usual_severity: Severity,
) -> rstscope_expert {
    rstscope_expert {
        name: name.as_ptr(),
        summary: summary.as_ptr(),
        severity: severity(Some(usual_severity)),
        reserved: [0; 7],
    }
}

fn literal(text: Option<&'static CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

fn frame_number(frame: Option<FrameNumber>) -> u32 {
    frame.map_or(0, FrameNumber::get)
}

fn nanoseconds(span: Option<Duration>) -> i64 {
    i64::try_from(span.unwrap_or_default().as_nanos()).unwrap_or(i64::MAX)
}

fn severity(severity: Option<Severity>) -> u8 {
    match severity {
        None => RSTSCOPE_SEVERITY_NONE,
        Some(Severity::Chat) => RSTSCOPE_SEVERITY_CHAT,
        Some(Severity::Note) => RSTSCOPE_SEVERITY_NOTE,
        Some(Severity::Warn) => RSTSCOPE_SEVERITY_WARN,
    }
}
