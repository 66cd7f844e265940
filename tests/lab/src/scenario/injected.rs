// SPDX-License-Identifier: GPL-2.0-or-later

//! Resets that a program on the path forges while the real endpoints go on.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{
    CONSEQUENCE, Declared, SHOT, Scenario, client, foreign, genuine,
    payload::{BLOCKED_NAME, MORE, REQUEST, RESPONSE, http_request},
    server, undecidable,
};
use crate::{
    lab::{Lab, Spot},
    net::Node,
    peer::Dial,
    segment::{Flags, Segment},
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Injection, Reaction, Toward},
};

const PORT: u16 = 80;
/// How long the forger takes to react.
const REACTION_TIME: Duration = Duration::from_micros(500);
/// How long after the request its own reset follows towards the server.
const TO_SERVER: Duration = Duration::from_millis(1);
/// Unlike anything that the server would number its packets with.
const RANDOM_IDENTIFICATION: u16 = 0x5bd1;

const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);
const FILTERED: Declared = foreign(Phase::Request, Cause::ContentFilter, Impact::Disruptive);
/// The client's answer to the server's data, where its reason is not in the capture.
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);
const FILTERED_LATER: Declared = foreign(Phase::Data, Cause::ContentFilter, Impact::Disruptive);
const BLIND: Declared = foreign(Phase::Data, Cause::BlindInjection, Impact::Noteworthy);
const MID_STREAM: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "forged_ttl255",
        purpose: "A box on the path forges a reset with TTL 255; the server's response comes all the same.",
        kind: Kind::Synthetic,
        run: forged_ttl255,
        captures: &[
            client(&[FILTERED, CONSEQUENCE, CONSEQUENCE]),
            server(&[FORGOTTEN, CONSEQUENCE]),
        ],
    },
    Scenario {
        name: "forged_mimic",
        purpose: "As forged_ttl255, but TTL, IP ID, window and timestamp are what the server would have sent: only its being too early shows it.",
        kind: Kind::Synthetic,
        run: forged_mimic,
        captures: &[client(&[FILTERED_LATER, CONSEQUENCE])],
    },
    Scenario {
        name: "forged_syn_answer",
        purpose: "A box swallows a SYN and answers it itself, TTL 255; nothing else of the host is seen.",
        kind: Kind::Synthetic,
        run: forged_syn_answer,
        captures: &[client(&[undecidable(REJECTED)])],
    },
    Scenario {
        name: "forged_both_sides",
        purpose: "A box resets both sides at the client's request.",
        kind: Kind::Synthetic,
        run: forged_both_sides,
        captures: &[
            client(&[FILTERED, CONSEQUENCE]),
            server(&[FILTERED, CONSEQUENCE]),
        ],
    },
    Scenario {
        name: "forged_burst",
        purpose: "Three forged resets with rising sequence numbers and random IP IDs, as tcpkill sends them.",
        kind: Kind::Synthetic,
        run: forged_burst,
        captures: &[client(&[FILTERED, SHOT, SHOT])],
    },
    Scenario {
        name: "forged_blind",
        purpose: "A reset with a guessed sequence number in the window: a challenge ACK, and the connection lives on.",
        kind: Kind::Synthetic,
        run: forged_blind,
        captures: &[client(&[BLIND])],
    },
    Scenario {
        name: "forged_out_of_window",
        purpose: "A reset with a sequence number far outside the window: the connection lives on.",
        kind: Kind::Synthetic,
        run: forged_out_of_window,
        captures: &[client(&[BLIND])],
    },
    Scenario {
        name: "forged_mid_stream",
        purpose: "A box forges a reset with a random IP ID in mid-stream, without a request as its trigger.",
        kind: Kind::Synthetic,
        run: forged_mid_stream,
        captures: &[client(&[MID_STREAM, CONSEQUENCE])],
    },
];

fn forged_ttl255(lab: &mut Lab) -> Result<()> {
    forged_at_request(lab, |request| Segment {
        ttl: 255,
        ..request.forged_answer()
    })
}

/// The client's request makes the box forge an answer in the server's name; the server answers too.
///
/// The client then meets two segments with no socket for them: the ACK of its request and the
/// response. It answers each with a reset of its own.
fn forged_at_request(lab: &mut Lab, forge: fn(&Segment) -> Segment) -> Result<()> {
    at_request(lab, move |request| {
        vec![to_client(Duration::ZERO, forge(request))]
    })?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    let request = http_request(BLOCKED_NAME);
    connection.client.send(&request)?;
    connection.client.expect_reset()?;
    connection.server.receive(request.len())?;
    connection.server.send(RESPONSE)?;
    connection.server.expect_reset()
}

/// The box forges what it can learn from the server's last segment, as it passed the box.
pub(super) fn forged_mimic(lab: &mut Lab) -> Result<()> {
    let mut last: Option<Segment> = None;
    lab.inject(
        Spot::Middlebox,
        Box::new(move |segment, toward| {
            if toward == Toward::Client {
                last = Some(segment.clone());
            }
            match &last {
                Some(last) if toward == Toward::Server && is_blocked_request(segment) => {
                    let forged = Segment {
                        ttl: last.ttl,
                        identification: last.identification.wrapping_add(1),
                        flow_label: last.flow_label,
                        window: last.window,
                        timestamps: last.timestamps,
                        ..segment.forged_answer()
                    };
                    Reaction::inject(vec![to_client(Duration::ZERO, forged)])
                }
                _ => Reaction::pass(),
            }
        }),
    )?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let request = http_request(BLOCKED_NAME);
    connection.client.send(&request)?;
    connection.client.expect_reset()?;
    connection.server.receive(request.len())?;
    connection.server.send(RESPONSE)?;
    connection.server.expect_reset()
}

fn forged_syn_answer(lab: &mut Lab) -> Result<()> {
    lab.inject(
        Spot::Middlebox,
        Box::new(|segment, _| {
            let forged = Segment {
                ttl: 255,
                ..segment.forged_answer()
            };
            let forged = Segment {
                sequence: 0,
                ..forged
            };
            Reaction::replace(vec![to_client(Duration::ZERO, forged)])
        }),
    )?;
    lab.dial_refused(PORT, Dial::default())
}

fn forged_both_sides(lab: &mut Lab) -> Result<()> {
    at_request(lab, |request| {
        let in_clients_name = Segment {
            source: request.source,
            destination: request.destination,
            sequence: request.next_sequence(),
            acknowledgment: request.acknowledgment,
            ..request.forged_answer()
        };
        vec![
            to_client(Duration::ZERO, request.forged_answer()),
            Injection::new(TO_SERVER, Toward::Server, in_clients_name),
        ]
    })?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    let request = http_request(BLOCKED_NAME);
    connection.client.send(&request)?;
    connection.client.expect_reset()?;
    connection.server.receive(request.len())?;
    connection.server.expect_reset()
}

fn forged_burst(lab: &mut Lab) -> Result<()> {
    at_request(lab, |request| {
        (0..3_u16)
            .map(|shot| {
                let offset = u32::from(request.window) * u32::from(shot * (shot + 1) / 2);
                let bare = Flags {
                    rst: true,
                    ..Flags::default()
                };
                let forged = Segment {
                    flags: bare,
                    sequence: request.acknowledgment.wrapping_add(offset),
                    acknowledgment: 0,
                    identification: RANDOM_IDENTIFICATION.wrapping_mul(2 * shot + 1),
                    dont_fragment: false,
                    ..request.forged_answer()
                };
                to_client(Duration::from_micros(100) * u32::from(shot), forged)
            })
            .collect()
    })?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(&http_request(BLOCKED_NAME))?;
    connection.client.expect_reset()?;
    // The server's ACK of the request comes later and is not part of this case.
    lab.wait_for_nth(Node::Client, 3, "the third shot", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures_now()
}

fn forged_blind(lab: &mut Lab) -> Result<()> {
    forged_guess(lab, 1000, true)
}

fn forged_out_of_window(lab: &mut Lab) -> Result<()> {
    forged_guess(lab, 1 << 30, false)
}

/// An attacker who cannot see the connection sends a reset so far ahead of the exact number.
fn forged_guess(lab: &mut Lab, ahead: u32, challenged: bool) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let forged = forged_now(lab, 50)?;
    let sequence = forged.sequence.wrapping_add(ahead);
    let acks = |segment: &Segment| segment.source.port() != PORT && segment.payload.is_empty();
    let before = lab.count(Node::Client, acks)?;
    lab.inject_now(
        Spot::Middlebox,
        Toward::Client,
        Segment { sequence, ..forged },
    )?;
    lab.wait_for(Node::Client, "the forged reset", |segment| {
        segment.flags.rst
    })?;
    lab.settle()?;
    let answers = lab.count(Node::Client, acks)? - before;
    ensure!(
        answers == usize::from(challenged),
        "{answers} challenge ACKs"
    );
    connection.exchange(REQUEST, RESPONSE)?;
    connection.close()
}

fn forged_mid_stream(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let forged = forged_now(lab, 64)?;
    lab.inject_now(Spot::Middlebox, Toward::Client, forged)?;
    connection.client.expect_reset()?;
    lab.settle()?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}

/// A bare reset that fits the client's last segment exactly.
pub(super) fn forged_now(lab: &mut Lab, ttl: u8) -> Result<Segment> {
    let last = lab.last(Node::Middlebox, |segment| {
        segment.destination.port() == PORT
    })?;
    Ok(Segment {
        flags: Flags {
            rst: true,
            ..Flags::default()
        },
        acknowledgment: 0,
        ttl,
        identification: RANDOM_IDENTIFICATION,
        ..last.forged_answer()
    })
}

/// Makes the box react to whatever holds the blocked name.
pub(super) fn at_request(
    lab: &Lab,
    react: impl Fn(&Segment) -> Vec<Injection> + Send + 'static,
) -> Result<()> {
    lab.inject(
        Spot::Middlebox,
        Box::new(move |segment, _| {
            if is_blocked_request(segment) {
                Reaction::inject(react(segment))
            } else {
                Reaction::pass()
            }
        }),
    )
}

fn is_blocked_request(segment: &Segment) -> bool {
    segment
        .payload
        .windows(BLOCKED_NAME.len())
        .any(|text| text == BLOCKED_NAME.as_bytes())
}

pub(super) fn to_client(later: Duration, segment: Segment) -> Injection {
    Injection::new(REACTION_TIME + later, Toward::Client, segment)
}
