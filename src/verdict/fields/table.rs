// SPDX-License-Identifier: GPL-2.0-or-later

//! The table, as the tree shows it: a row has its filter name, its label, what
//! it means, and its value with its type. A new field is a new row.

use std::ffi::CStr;

use super::{
    Field, Format,
    Get::{Note, Nth, One},
    Source::{
        Boolean, Frame, Int16, Int32, Sentence, SignedTime, Text, Time, Token, Uint8, Uint16,
        Uint32,
    },
};
use crate::{
    baseline::{Pattern, Resetter, Stack},
    case::{MAKERS, Origin},
    cause::{Cause, Impact},
    conversation::{Acceptability, Phase, Role, SegmentKind},
    evidence::catalogue,
    hypothesis,
    verdict::{Considered, Verdict, Weighed},
};

/// All fields of the public contract.
pub(crate) static TABLE: &[Field] = &[
    Field::new(
        c"rst.summary",
        c"Summary",
        c"The verdict in one line",
        Sentence(One(|v| written(|out| v.write_summary(out)))),
    ),
    Field::new(
        c"rst.when",
        c"When",
        c"Where in the conversation the RST came, and after what",
        Sentence(One(|v| written(|out| v.write_when(out)))),
    )
    .below(WHEN),
    Field::new(
        c"rst.who",
        c"Who",
        c"Who sent the RST, and how certain that is",
        Sentence(One(|v| written(|out| v.write_who(out)))),
    )
    .below(WHO),
    Field::new(
        c"rst.why",
        c"Why",
        c"The cause in a few words, and the name that it hit",
        Sentence(One(|v| written(|out| v.write_why(out)))),
    )
    .below(WHY),
    Field::new(
        c"rst.matters",
        c"Matters",
        c"Whether a user notices the RST, and why",
        Sentence(One(|v| written(|out| v.write_matters(out)))),
    )
    .below(MATTERS),
    Field::new(
        c"rst.evidences",
        c"Evidence",
        c"The sum in decibans, and how many findings it is made of",
        Sentence(One(|v| written(|out| v.write_evidences(out)))),
    )
    .below(EVIDENCES),
    Field::new(
        c"rst.followup",
        c"Follow-up",
        c"What this frame says about an earlier RST",
        Sentence(Note(|note| written(|out| note.write_text(out)))),
    ),
    Field::new(
        c"rst.followup.frame",
        c"About",
        c"The earlier RST",
        Frame(Note(|note| Some(note.reset))),
    ),
];

const WHEN: &[Field] = &[
    Field::new(
        c"rst.phase",
        c"Phase",
        c"Where the conversation stood",
        Token(One(|v| Some(v.phase().token()))),
    )
    .tokens(|| Phase::ALL.iter().map(|phase| phase.token()).collect()),
    Field::new(
        c"rst.handshake_seen",
        c"Handshake seen",
        c"The capture holds this conversation's SYN or SYN-ACK",
        Boolean(One(|v| Some(v.handshake_seen()))),
    ),
    Field::new(
        c"rst.idle_time",
        c"Idle time",
        c"Silence before the RST, or before the segment that it answers",
        Time(One(Verdict::idle_time)),
    ),
    Field::new(
        c"rst.after_idle",
        c"After idle",
        c"The idle time reaches the preference rst.idle_threshold",
        Boolean(One(Verdict::after_idle)),
    ),
    Field::new(
        c"rst.signature",
        c"Signature",
        c"Flag pattern, as in \"Global, Passive Detection of Connection Tampering\"",
        Token(One(Verdict::signature)),
    ),
    Field::new(
        c"rst.conn_state",
        c"Connection state",
        c"Zeek's name for how the conversation ended",
        Token(One(Verdict::conn_state)),
    ),
];

/// `rst.sender` where neither side is known for the client.
const UNKNOWN: &CStr = c"unknown";

const WHO: &[Field] = &[
    Field::new(
        c"rst.sender",
        c"Claimed sender",
        c"The side that the source address claims",
        Token(One(|v| Some(v.sender().map_or(UNKNOWN, Role::token)))),
    )
    .tokens(|| vec![Role::Client.token(), Role::Server.token(), UNKNOWN]),
    Field::new(
        c"rst.origin",
        c"Origin",
        c"Who really sent the RST",
        Token(One(|v| Some(v.origin().token()))),
    )
    .tokens(|| Origin::ALL.iter().map(|origin| origin.token()).collect()),
    Field::new(
        c"rst.confidence",
        c"Confidence",
        c"Confidence in the origin",
        Uint8(One(|v| Some(v.confidence()))),
    )
    .format(Format::Unit(c"%")),
    Field::new(
        c"rst.ttl",
        c"TTL",
        c"TTL or hop limit of the RST",
        Uint8(One(Verdict::ttl)),
    )
    .marks(TTL),
    Field::new(
        c"rst.ttl.expected",
        c"Expected TTL",
        c"TTL that the sender's own packets arrive with",
        Uint8(One(Verdict::ttl_expected)),
    ),
    Field::new(
        c"rst.ttl.delta",
        c"TTL difference",
        c"TTL of the RST less the expected TTL",
        Int16(One(Verdict::ttl_delta)),
    )
    .marks(TTL),
    Field::new(
        c"rst.hops",
        c"Hops",
        c"Hops that the RST has travelled, from the nearest initial TTL",
        Uint8(One(Verdict::hops)),
    )
    .marks(TTL),
    Field::new(
        c"rst.hops.expected",
        c"Expected hops",
        c"Hops that the sender's own packets have travelled",
        Uint8(One(Verdict::hops_expected)),
    ),
    Field::new(
        c"rst.ip_id",
        c"IP identification",
        c"IPv4 identification of the RST",
        Uint16(One(Verdict::ip_id)),
    )
    .format(Format::Hexadecimal)
    .marks(IP_ID),
    Field::new(
        c"rst.ip_id.pattern",
        c"IP identification pattern",
        c"How the sender numbers its packets",
        Token(One(|v| v.ip_id_pattern().map(Pattern::token))),
    )
    .tokens(|| Pattern::ALL.iter().map(|pattern| pattern.token()).collect()),
    Field::new(
        c"rst.ip_id.delta",
        c"IP identification difference",
        c"Distance from the sender's last counter value",
        Int32(One(Verdict::ip_id_delta)),
    )
    .marks(IP_ID),
    Field::new(
        c"rst.baseline_frame",
        c"Compared with",
        c"The sender's own packet that the RST was compared with",
        Frame(One(Verdict::baseline_frame)),
    ),
    Field::new(
        c"rst.sender.stack",
        c"Sender's stack",
        c"Family of the sender's TCP stack, where its own segments leave no doubt",
        Token(One(|v| v.sender_stack().map(Stack::token))),
    )
    .tokens(|| Stack::ALL.iter().map(|stack| stack.token()).collect()),
    Field::new(
        c"rst.device",
        c"Device",
        c"The maker whose form this RST has, where that form is nobody else's",
        Token(One(Verdict::device)),
    )
    .tokens(devices),
    Field::new(
        c"rst.device.hops",
        c"Hops to the device",
        c"Routers between the capture point and whoever made a middlebox's RST",
        Uint8(One(Verdict::device_hops)),
    ),
    Field::new(
        c"rst.resetter",
        c"Resetter",
        c"Number of the device profile behind RSTs that claim several hosts",
        Uint32(One(|v| v.resetter().map(Resetter::number))),
    ),
    Field::new(
        c"rst.resetter.hosts",
        c"Resetter's hosts",
        c"Hosts that this device profile has claimed to be",
        Uint32(One(|v| v.resetter().map(Resetter::hosts))),
    ),
    Field::new(
        c"rst.made_between",
        c"Made between",
        c"Between which capture points of the file the RST was made, or where it was sent",
        Sentence(One(|v| written(|out| v.write_made_between(out)))),
    ),
    Field::new(
        c"rst.twin_frame",
        c"Same RST",
        c"The same RST, captured at another point of the path",
        Frame(Nth(Verdict::twin_frame)),
    ),
    Field::new(
        c"rst.clock_offset",
        c"Clock offset",
        c"How far this point's clock runs ahead of the one that the RST is compared with",
        SignedTime(One(Verdict::clock_offset)),
    ),
];

const TTL: &[&CStr] = &[c"ip.ttl", c"ipv6.hlim"];

const IP_ID: &[&CStr] = &[c"ip.id"];

const WHY: &[Field] = &[
    Field::new(
        c"rst.cause",
        c"Cause",
        c"Why the RST was sent",
        Token(One(|v| Some(v.cause().token()))),
    )
    .tokens(|| Cause::ALL.iter().map(|cause| cause.token()).collect())
    .see("see [causes.md](causes.md)"),
    Field::new(
        c"rst.cause.text",
        c"Explanation",
        c"The cause in words, with the measured numbers",
        Sentence(Nth(|v, index| written(|out| v.write_cause(index, out)))),
    ),
    Field::new(
        c"rst.trigger",
        c"Trigger",
        c"What the RST reacted to",
        Token(One(|v| v.trigger().map(SegmentKind::token))),
    )
    .tokens(|| SegmentKind::ALL.iter().map(|kind| kind.token()).collect()),
    Field::new(
        c"rst.trigger.name",
        c"Trigger name",
        c"Server name of the ClientHello, or Host of the HTTP request",
        Text(One(|v| written(|out| v.write_trigger_name(out)))),
    ),
    Field::new(
        c"rst.trigger_frame",
        c"Answer to",
        c"The segment that the RST answers",
        Frame(One(Verdict::trigger_frame)),
    ),
    Field::new(
        c"rst.latency",
        c"Latency",
        c"Time from the trigger to the RST",
        Time(One(Verdict::latency)),
    ),
    Field::new(
        c"rst.rtt",
        c"Round trip",
        c"Smallest round trip to the sender seen so far",
        Time(One(Verdict::rtt)),
    ),
    Field::new(
        c"rst.unacked_bytes",
        c"Unacknowledged bytes",
        c"Payload that the sender had not acknowledged",
        Uint32(One(Verdict::unacked_bytes)),
    ),
    Field::new(
        c"rst.vendor_reason",
        c"Vendor's reason",
        c"Reason that a known device wrote into the RST",
        Text(One(|v| written(|out| v.write_vendor_reason(out)))),
    ),
    Field::new(
        c"rst.related_frame",
        c"Related frame",
        c"A frame of another conversation that explains this RST",
        Frame(Nth(|v, n| v.case().related_frames().nth(n))),
    ),
    Field::new(
        c"rst.consequence_of",
        c"Consequence of",
        c"The earlier RST that this one follows from",
        Frame(One(Verdict::consequence_of)),
    ),
    Field::new(
        c"rst.next_step",
        c"Next step",
        c"What to look at next",
        Sentence(One(|v| written(|out| v.write_next_step(out)))),
    ),
];

const MATTERS: &[Field] = &[
    Field::new(
        c"rst.incident",
        c"Incident",
        c"The RSTs with one reason have one number: the frame of the first of them",
        Uint32(One(|v| Some(v.incident()))),
    ),
    Field::new(
        c"rst.impact",
        c"Impact",
        c"Whether a user's connection failed",
        Token(One(|v| Some(v.impact().token()))),
    )
    .tokens(|| Impact::ALL.iter().map(|impact| impact.token()).collect()),
    Field::new(
        c"rst.impact.text",
        c"Reason",
        c"The reason for the impact, in one sentence",
        Sentence(One(|v| written(|out| v.write_impact(out)))),
    ),
    Field::new(
        c"rst.effective",
        c"Effective",
        c"The receiver gave the connection up",
        Boolean(One(Verdict::effective)),
    ),
    Field::new(
        c"rst.acceptability",
        c"Acceptability",
        c"Whether the receiver must accept the RST, by RFC 9293 and RFC 5961",
        Token(One(|v| Some(v.acceptability().token()))),
    )
    .tokens(|| Acceptability::ALL.iter().map(|it| it.token()).collect())
    .marks(&[c"tcp.seq"]),
];

const EVIDENCES: &[Field] = &[
    Field::new(
        c"rst.evidence",
        c"Evidence",
        c"What was found",
        Token(Nth(|v, index| Some(finding(v, index)?.evidence().token))),
    )
    .tokens(|| catalogue::TABLE.iter().map(|row| row.token).collect())
    .see("see below")
    .below(EVIDENCE),
    Field::new(
        c"rst.hypothesis",
        c"Story",
        c"A story that explains findings, innocent or guilty; the decisive ones first",
        Token(Nth(|v, index| Some(story(v, index)?.hypothesis.token))),
    )
    .tokens(|| hypothesis::TABLE.iter().map(|row| row.token).collect())
    .see("see below")
    .below(HYPOTHESIS),
    Field::new(
        c"rst.evidence.sum",
        c"Sum (decibans)",
        c"What remains for a middlebox against the best story of both sides; the confidence follows from it",
        Int16(One(|v| Some(v.sum()))),
    ),
    Field::new(
        c"rst.report",
        c"Report",
        c"The verdict as three sentences for a ticket, with hosts, time and frame",
        Sentence(One(|v| written(|out| v.write_report(out)))),
    ),
    Field::new(
        c"rst.missing",
        c"Missing",
        c"What this capture could not show",
        Sentence(Nth(|v, index| written(|out| v.write_missing(index, out)))),
    ),
];

const EVIDENCE: &[Field] = &[
    Field::new(
        c"rst.evidence.weight",
        c"Weight (decibans)",
        c"Contribution to the confidence; negative speaks for the endpoint",
        Int16(Nth(|v, index| Some(finding(v, index)?.weight))),
    )
    .in_label(),
    Field::new(
        c"rst.evidence.text",
        c"Finding",
        c"The finding in words, with its numbers",
        Sentence(Nth(|v, index| written(|out| v.write_evidence(index, out)))),
    )
    .in_label(),
    Field::new(
        c"rst.evidence.points_to",
        c"Points to",
        c"Whom the finding speaks for as the origin",
        Token(Nth(|v, index| {
            Some(finding(v, index)?.evidence().points_to().token())
        })),
    )
    .tokens(|| vec![Origin::Endpoint.token(), Origin::Middlebox.token()]),
    Field::new(
        c"rst.evidence.frame",
        c"See",
        c"Where to look",
        Frame(Nth(|v, index| finding(v, index)?.finding.frame())),
    ),
];

const HYPOTHESIS: &[Field] = &[
    Field::new(
        c"rst.hypothesis.sum",
        c"Sum with this story (decibans)",
        c"Decibans for a middlebox if this story is the best that its side has",
        Int16(Nth(|v, index| Some(story(v, index)?.sum))),
    )
    .in_label(),
    Field::new(
        c"rst.hypothesis.text",
        c"Story in words",
        c"What the story explains here, and at which price",
        Sentence(Nth(|v, index| written(|out| v.write_story(index, out)))),
    )
    .in_label(),
];

fn story(verdict: &Verdict, index: usize) -> Option<&Considered> {
    verdict.stories().get(index)
}

/// Makers by their form, and those that name themselves.
fn devices() -> Vec<&'static CStr> {
    let forms = MAKERS.iter().map(|maker| maker.token);
    let named = catalogue::TABLE.iter().filter_map(|row| row.device);
    forms.chain(named).collect()
}

fn finding(verdict: &Verdict, index: usize) -> Option<&Weighed> {
    verdict.findings().get(index)
}

/// What is written; nothing is an absent field.
fn written(write: impl FnOnce(&mut String)) -> Option<String> {
    let mut text = String::new();
    write(&mut text);
    (!text.is_empty()).then_some(text)
}
