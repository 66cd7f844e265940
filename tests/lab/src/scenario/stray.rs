// SPDX-License-Identifier: GPL-2.0-or-later

//! Answers of a real kernel to segments that belong to nothing it knows: somebody else's
//! conversation, and leftovers of an old one.

use std::time::Duration;

use anyhow::Result;

use super::{
    Declared, Scenario, client, genuine, looking_like,
    payload::{REQUEST, RESPONSE},
    probe::syn,
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
const SPOOFED_PORTS: [u16; 3] = [22, 80, 443];

const BACKSCATTER: Declared = genuine(Phase::Handshake, Cause::Backscatter, Impact::Benign);
/// The server's capture holds the forged SYN as well.
/// To the server it looks like a scan, and is worth as much attention.
const SCANNED: Declared = looking_like(
    genuine(Phase::Handshake, Cause::Backscatter, Impact::Noteworthy),
    Cause::HalfOpenScan,
);
const ACK_BACKSCATTER: Declared = genuine(Phase::Established, Cause::Backscatter, Impact::Benign);
const STRAY_SYN_ACK: Declared = genuine(Phase::Handshake, Cause::StrayAnswer, Impact::Noteworthy);
const STRAY_LATER: Declared = genuine(Phase::Closed, Cause::StrayAnswer, Impact::Noteworthy);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "backscatter_ports",
        purpose: "SYNs forged in the client's name reach three ports; the client's kernel resets the SYN-ACKs of conversations it never began.",
        kind: Kind::Synthetic,
        run: backscatter_ports,
        captures: &[
            client(&[undecidable(BACKSCATTER); 3]),
            server(&[SCANNED; 3]),
        ],
    },
    Scenario {
        name: "backscatter_acks",
        purpose: "ACKs of three conversations that somebody else forged reach the client, whose kernel resets them.",
        kind: Kind::Synthetic,
        run: backscatter_acks,
        captures: &[client(&[undecidable(ACK_BACKSCATTER); 3])],
    },
    Scenario {
        name: "stray_syn_ack",
        purpose: "An old SYN-ACK with a wrong acknowledgment number arrives while the client waits for the right one: its kernel resets the old one, and the connection opens.",
        kind: Kind::Synthetic,
        run: stray_syn_ack,
        captures: &[client(&[STRAY_SYN_ACK])],
    },
    Scenario {
        name: "stray_duplicate",
        purpose: "A copy of the SYN-ACK arrives after both sides have closed: the client's kernel no longer knows the connection.",
        kind: Kind::Synthetic,
        run: stray_duplicate,
        captures: &[client(&[STRAY_LATER])],
    },
];

fn backscatter_ports(lab: &mut Lab) -> Result<()> {
    let listeners = SPOOFED_PORTS.map(|port| lab.listen(port));
    for port in SPOOFED_PORTS {
        let syn = syn(lab, port);
        lab.inject_now(Spot::Middlebox, Toward::Server, syn)?;
        lab.settle()?;
    }
    drop(listeners);
    Ok(())
}

fn backscatter_acks(lab: &mut Lab) -> Result<()> {
    for port in SPOOFED_PORTS {
        let syn = syn(lab, port);
        let ack = Segment {
            flags: Flags {
                ack: true,
                ..Flags::default()
            },
            window: 501,
            ..syn.forged_answer()
        };
        let ack = Segment {
            sequence: 0x8765_4321,
            ..ack
        };
        lab.inject_now(Spot::Middlebox, Toward::Client, ack)?;
        lab.settle()?;
    }
    Ok(())
}

fn stray_syn_ack(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut is_first = true;
    lab.inject(
        Spot::Middlebox,
        Box::new(move |segment, _| {
            // The kernel repeats its SYN at once when it has met the old SYN-ACK.
            if !std::mem::take(&mut is_first) {
                return Reaction::pass();
            }
            let old = Segment {
                flags: Flags {
                    syn: true,
                    ack: true,
                    ..Flags::default()
                },
                sequence: 0x1111_1111,
                acknowledgment: segment.sequence.wrapping_sub(0x0100_0000),
                window: 65160,
                ttl: 62,
                ..segment.forged_answer()
            };
            Reaction::inject(vec![Injection::new(
                Duration::from_millis(4),
                Toward::Client,
                old,
            )])
        }),
    )?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    connection.close()
}

fn stray_duplicate(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let client = lab.dial(PORT, Dial::default())?;
    let server = listener.accept()?;
    let mut connection = crate::peer::Connection { client, server };
    connection.exchange(REQUEST, RESPONSE)?;
    connection.close()?;
    lab.settle()?;
    let copy = lab.last(Node::Middlebox, |segment| {
        segment.flags.syn && segment.flags.ack
    })?;
    // As on this wire, one hop from r2.
    lab.inject_now(Spot::Middlebox, Toward::Client, Segment { ttl: 62, ..copy })?;
    lab.wait_for(Node::Client, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    Ok(())
}
