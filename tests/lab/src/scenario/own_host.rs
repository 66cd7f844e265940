// SPDX-License-Identifier: GPL-2.0-or-later

//! The host itself, but not that socket: its own filter rejects while the socket lives on, a
//! program speaks TCP by raw packets, and the host's kernel knows nothing of it.

use std::net::SocketAddr;

use anyhow::{Result, ensure};

use super::{
    CONSEQUENCE, Declared, Scenario, client, foreign, genuine,
    injected::forged_now,
    looking_like,
    payload::{MORE, REQUEST, RESPONSE},
    probe::syn,
    server, undecidable,
};
use crate::{
    lab::{Lab, Spot},
    net::Node,
    peer::Connection,
    segment::{Flags, Segment},
    tokens::{Cause, Impact, Kind, Phase},
    wire::Toward,
};

const PORT: u16 = 80;
const BGP: u16 = 179;
/// A KEEPALIVE message (RFC 4271 §4.4).
const KEEPALIVE: &[u8] = &[
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0, 19, 4,
];
/// As a packet with an initial TTL of 255 passes the middlebox that the server sent.
const SAME_DISTANCE: u8 = 253;

/// A device right before the server would look the same, but not on the server's own link.
const FILTERED: Declared = genuine(Phase::Data, Cause::OwnFilter, Impact::Disruptive);
/// The program's own packets show what it is.
const PROGRAM: Declared = genuine(Phase::Handshake, Cause::RawSocket, Impact::Noteworthy);
/// A host that no longer knows the connection looks so; the program goes on all the same.
const DISOWNED: Declared = looking_like(
    genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive),
    Cause::OwnFilter,
);
const BLIND: Declared = foreign(Phase::Data, Cause::BlindInjection, Impact::Noteworthy);

/// A rule for a host's own filter.
pub(super) const REJECT: &str = "table inet firewall {
    chain input {
        type filter hook input priority 0;
        tcp dport 80 reject with tcp reset
    }
}";

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "host_filter_rejects",
        purpose: "A new rule of the server's own filter resets the client in mid-stream; the server's socket goes on.",
        kind: Kind::Real,
        run: |lab| filtered(lab, REJECT),
        captures: &[
            client(&[undecidable(FILTERED), CONSEQUENCE]),
            server(&[FILTERED, CONSEQUENCE]),
        ],
    },
    Scenario {
        name: "host_filter_rejects_invalid",
        purpose: "The server's own filter is loaded anew, does not know the connection and rejects it as invalid; the server's socket goes on.",
        kind: Kind::Real,
        run: |lab| {
            lab.sysctl(Node::Server, "net.netfilter.nf_conntrack_tcp_loose", "0")?;
            filtered(
                lab,
                "table inet firewall {
                     chain input {
                         type filter hook input priority 0;
                         ct state invalid reject with tcp reset
                     }
                 }",
            )
        },
        captures: &[
            client(&[undecidable(FILTERED), CONSEQUENCE]),
            server(&[FILTERED, CONSEQUENCE]),
        ],
    },
    Scenario {
        name: "host_filter_rejects_ttl128",
        purpose: "As host_filter_rejects, but the server's program gives its packets a TTL of 128, which the filter does not.",
        kind: Kind::Real,
        run: filtered_ttl128,
        captures: &[client(&[undecidable(FILTERED), CONSEQUENCE])],
    },
    Scenario {
        name: "raw_program_loses_its_rule",
        purpose: "A program speaks TCP by raw packets behind a rule that keeps its host's kernel quiet; without it the kernel resets, and the program goes on.",
        kind: Kind::Synthetic,
        run: raw_program_loses_its_rule,
        captures: &[client(&[DISOWNED, CONSEQUENCE])],
    },
    Scenario {
        name: "raw_program_goes_on",
        purpose: "A program speaks TCP by raw packets; its host's kernel resets the SYN-ACK, and the program goes on.",
        kind: Kind::Synthetic,
        run: raw_program_goes_on,
        captures: &[
            client(&[PROGRAM, CONSEQUENCE]),
            server(&[PROGRAM, CONSEQUENCE]),
        ],
    },
    Scenario {
        name: "bgp_neighbour_restarted",
        purpose: "A BGP neighbour on this link speaks with TTL 1; restarted, its kernel resets the session with TTL 64.",
        kind: Kind::Real,
        run: bgp_neighbour_restarted,
        captures: &[client(&[FILTERED])],
    },
    Scenario {
        name: "forged_blind_same_distance",
        purpose: "A reset with a guessed sequence number and a TTL that fits the server's distance and another initial value: the connection lives on.",
        kind: Kind::Synthetic,
        run: forged_blind_same_distance,
        captures: &[client(&[BLIND])],
    },
];

fn at_rest(lab: &mut Lab) -> Result<Connection> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    Ok(connection)
}

fn filtered_ttl128(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    listener.set_ttl(128)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.nft(Node::Server, REJECT)?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.nft(Node::Server, "flush ruleset")?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}

fn raw_program_loses_its_rule(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    lab.nft(
        Node::Client,
        "table inet quiet {
             chain input {
                 type filter hook input priority 0;
                 tcp sport 80 drop
             }
         }",
    )?;
    let syn = syn(lab, PORT);
    lab.send_raw(Node::Client, &syn)?;
    let synack = lab.wait_for(Node::Client, "the SYN-ACK", |segment| {
        segment.flags.syn && segment.flags.ack
    })?;
    let request = Segment {
        flags: Flags {
            ack: true,
            psh: true,
            ..Flags::default()
        },
        sequence: syn.next_sequence(),
        acknowledgment: synack.next_sequence(),
        payload: REQUEST.to_vec(),
        ..syn
    };
    lab.send_raw(Node::Client, &request)?;
    let mut server = listener.accept()?;
    server.receive(REQUEST.len())?;
    server.send(RESPONSE)?;
    let response = lab.wait_for(Node::Client, "the response", |segment| {
        segment.payload == RESPONSE
    })?;
    let next = Segment {
        sequence: request.next_sequence(),
        acknowledgment: response.next_sequence(),
        ..request
    };
    lab.send_raw(Node::Client, &next)?;
    server.receive(REQUEST.len())?;
    lab.settle()?;
    lab.nft(Node::Client, "flush ruleset")?;
    server.send(MORE)?;
    lab.wait_for(Node::Client, "the kernel's reset", |segment| {
        segment.flags.rst
    })?;
    lab.settle()?;
    let later = Segment {
        sequence: next.next_sequence(),
        ..next
    };
    lab.send_raw(Node::Client, &later)?;
    lab.settle()
}

/// The server's filter rejects the client's data; without the filter, the server's data comes.
fn filtered(lab: &mut Lab, rules: &str) -> Result<()> {
    let mut connection = at_rest(lab)?;
    lab.nft(Node::Server, rules)?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.nft(Node::Server, "flush ruleset")?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}

fn raw_program_goes_on(lab: &mut Lab) -> Result<()> {
    let _listener = lab.listen(PORT)?;
    let syn = syn(lab, PORT);
    lab.send_raw(Node::Client, &syn)?;
    let synack = lab.wait_for(Node::Client, "the SYN-ACK", |segment| {
        segment.flags.syn && segment.flags.ack
    })?;
    lab.settle()?;
    let data = Segment {
        flags: Flags {
            ack: true,
            psh: true,
            ..Flags::default()
        },
        sequence: syn.next_sequence(),
        acknowledgment: synack.next_sequence(),
        payload: REQUEST.to_vec(),
        ..syn
    };
    lab.send_raw(Node::Client, &data)?;
    lab.settle()
}

fn bgp_neighbour_restarted(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen_at(Node::NearRouter, BGP)?;
    listener.set_ttl(1)?;
    let neighbour = SocketAddr::new(lab.family().address(0, 2), BGP);
    let client = lab.dial_to(neighbour)?;
    let server = listener.accept()?;
    let mut session = Connection { client, server };
    session.exchange(KEEPALIVE, KEEPALIVE)?;
    lab.settle()?;
    session.server.forget()?;
    session.client.send(KEEPALIVE)?;
    session.client.expect_reset()
}

fn forged_blind_same_distance(lab: &mut Lab) -> Result<()> {
    let mut connection = at_rest(lab)?;
    let forged = forged_now(lab, SAME_DISTANCE)?;
    let acks = |segment: &Segment| segment.source.port() != PORT && segment.payload.is_empty();
    let before = lab.count(Node::Client, acks)?;
    let guessed = Segment {
        sequence: forged.sequence.wrapping_add(1000),
        ..forged
    };
    lab.inject_now(Spot::Middlebox, Toward::Client, guessed)?;
    lab.wait_for(Node::Client, "the forged reset", |segment| {
        segment.flags.rst
    })?;
    lab.settle()?;
    let answers = lab.count(Node::Client, acks)? - before;
    ensure!(answers == 1, "{answers} challenge ACKs");
    connection.exchange(REQUEST, RESPONSE)?;
    connection.close()
}
