// SPDX-License-Identifier: GPL-2.0-or-later

//! Forged resets whose headers say what the host they claim would not say there.
//!
//! Sources: CTX200852 for NetScaler's code 8201, net4people/bbs#442 for timestamps off the clock,
//! RFC 9293 §3.5.2 for what a host writes.

use std::{thread, time::Duration};

use anyhow::Result;

use super::{
    CONSEQUENCE, Capture, Declared, Scenario, client,
    documented::THERE_AND_BACK,
    foreign,
    payload::{MORE, REQUEST, RESPONSE},
};
use crate::{
    lab::{Lab, Spot},
    net::Node,
    peer::Dial,
    segment::{Flags, Segment},
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Injection, Reaction, Toward},
    wrap::Wrap,
};

const PORT: u16 = 80;
/// After so long nothing answers the last request.
const SILENCE: Duration = Duration::from_millis(500);
const STRAY_PACKET: u16 = 8201;

const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);
const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "netscaler_stray",
        purpose: "A load balancer on the path resets in mid-stream; its window is NetScaler's code for a stray packet.",
        kind: Kind::Synthetic,
        run: |lab| {
            in_mid_stream(lab, |reset| {
                (reset.flags, reset.window) = (BARE, STRAY_PACKET)
            })
        },
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "timestamps_guessed",
        purpose: "A device on the path resets in mid-stream with timestamps that it has made up.",
        kind: Kind::Synthetic,
        run: |lab| in_mid_stream(lab, |reset| reset.timestamps = Some((0x4000_0000, 7))),
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "ack_without_flag",
        purpose: "A device on the path resets in mid-stream with an acknowledgement number and no ACK flag.",
        kind: Kind::Synthetic,
        run: |lab| in_mid_stream(lab, |reset| reset.flags = BARE),
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "syn_rejected_numbered",
        purpose: "A device on the path rejects a SYN with a sequence number of its own, where a host writes 0.",
        kind: Kind::Synthetic,
        run: syn_rejected_numbered,
        captures: &[client(&[REJECTED])],
    },
    Scenario {
        name: "second_box_on_link",
        purpose: "A second device on the client's link resets in mid-stream, with the server's TTL and its own MAC address.",
        kind: Kind::Synthetic,
        run: second_box_on_link,
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "second_box_in_clients_name",
        purpose: "A second device on the client's link resets the server in the client's name, with its TTL and another MAC address; the client goes on.",
        kind: Kind::Synthetic,
        run: second_box_in_clients_name,
        captures: &[Capture::new(Node::NearRouter, &[BLOCKED, CONSEQUENCE])],
    },
    Scenario {
        name: "box_past_tunnel",
        purpose: "A device on the client's link resets in mid-stream, with the server's TTL",
        kind: Kind::Synthetic,
        run: second_box_on_link,
        captures: &[client(&[BLOCKED]).wrapped(Wrap::PastGre)],
    },
];

/// Nobody else has it.
const SECOND_BOX: [u8; 6] = [0x02, 0x77, 0, 0, 1, 0xfe];
/// As the server's packets arrive at the client.
const SERVER_TTL: u8 = 61;

const BARE: Flags = Flags {
    syn: false,
    ack: false,
    fin: false,
    rst: true,
    psh: false,
};

/// The box answers the client's next segment with payload with a reset that is changed so.
fn in_mid_stream(lab: &mut Lab, change: fn(&mut Segment)) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.inject(
        Spot::Middlebox,
        Box::new(move |segment, _| {
            if segment.payload.is_empty() {
                return Reaction::pass();
            }
            answered(segment, change)
        }),
    )?;
    connection.client.send(MORE)?;
    connection.client.expect_reset()?;
    lab.end_captures()
}

fn syn_rejected_numbered(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.settle()?;
    lab.inject(
        Spot::Middlebox,
        Box::new(|segment, _| {
            if segment.flags.syn {
                answered(segment, |reset| reset.sequence = 0x1234_5678)
            } else {
                Reaction::pass()
            }
        }),
    )?;
    lab.dial_refused(PORT, Dial::default())
}

fn second_box_on_link(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.inject(
        Spot::ClientLink,
        Box::new(|segment, _| {
            if segment.payload.is_empty() {
                return Reaction::pass();
            }
            let reset = Segment {
                ttl: SERVER_TTL,
                ..segment.forged_answer()
            };
            Reaction::replace(vec![Injection {
                link_source: Some(SECOND_BOX),
                ..Injection::new(THERE_AND_BACK, Toward::Client, reset)
            }])
        }),
    )?;
    connection.client.send(MORE)?;
    connection.client.expect_reset()?;
    lab.end_captures()
}

/// The device swallows the client's data, which the client then repeats.
fn second_box_in_clients_name(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    thread::sleep(SILENCE);
    let mut has_reset = false;
    lab.inject(
        Spot::ClientLink,
        Box::new(move |segment, toward| {
            if toward == Toward::Client || segment.payload != MORE || has_reset {
                return Reaction::pass();
            }
            has_reset = true;
            let reset = Segment {
                flags: Flags { ack: true, ..BARE },
                timestamps: None,
                payload: Vec::new(),
                ..segment.clone()
            };
            Reaction::replace(vec![Injection {
                link_source: Some(SECOND_BOX),
                ..Injection::new(Duration::from_millis(1), Toward::Server, reset)
            }])
        }),
    )?;
    connection.client.send(MORE)?;
    connection.server.expect_reset()?;
    connection.client.expect_reset()
}

fn answered(segment: &Segment, change: fn(&mut Segment)) -> Reaction {
    let mut reset = Segment {
        ttl: 255,
        ..segment.forged_answer()
    };
    change(&mut reset);
    Reaction::replace(vec![Injection::new(
        Duration::from_micros(200),
        Toward::Client,
        reset,
    )])
}
