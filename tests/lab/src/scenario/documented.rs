// SPDX-License-Identifier: GPL-2.0-or-later

//! Injectors that others have measured and published, forged after their figures.
//!
//! Sources: Clayton et al. 2006 and Wang et al. 2017 (`gfw_type2`), XTLS/Xray-core#2426
//! (`gfw_henan`), gfw.report 2025-08-20 (`gfw_every_syn`), noahdavids.org (`mirrored_fields`).

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, SHOT, Scenario, client, foreign,
    injected::{at_request, to_client},
    payload::{BLOCKED_NAME, MORE, REQUEST, RESPONSE, client_hello, http_request, server_hello},
    server, undecidable,
};
use crate::{
    family::Family,
    lab::{Lab, Spot},
    net::Node,
    peer::Dial,
    segment::Segment,
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Injection, Reaction, Toward},
};

const PORT: u16 = 80;
const TLS_PORT: u16 = 443;
/// How far the three resets are ahead of the exact sequence number.
const TYPE2_OFFSETS: [u32; 3] = [0, 1460, 4380];
/// What the Henan firewall's resets carry.
const HENAN_PAYLOAD: [u8; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0];
/// Windows of the resets after a SYN, and after a SYN-ACK.
const SYN_WINDOWS: [u16; 3] = [1980, 1981, 1982];
const SYN_ACK_WINDOWS: [u16; 3] = [3293, 3294, 3295];
/// From the client to r1 and back.
pub(super) const THERE_AND_BACK: Duration = Duration::from_millis(6);
/// A gateway's answer on the client's own link.
const ON_LINK: Duration = Duration::from_micros(140);
/// The time between two resets of a burst.
const STEP: Duration = Duration::from_micros(50);

const FILTERED: Declared = foreign(Phase::Request, Cause::ContentFilter, Impact::Disruptive);
const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "gfw_type2",
        purpose: "Three RST+ACK at the exact sequence number, +1460 and +4380, TTL and window rising, to both sides.",
        kind: Kind::Synthetic,
        run: gfw_type2,
        captures: &[
            client(&[FILTERED, SHOT, SHOT, CONSEQUENCE]),
            server(&[FILTERED, SHOT, SHOT, CONSEQUENCE]),
        ],
    },
    Scenario {
        name: "gfw_henan",
        purpose: "A single RST+ACK with ten bytes of payload answers the ClientHello; the ServerHello comes later.",
        kind: Kind::Synthetic,
        run: gfw_henan,
        captures: &[client(&[FILTERED, CONSEQUENCE, CONSEQUENCE])],
    },
    Scenario {
        name: "gfw_every_syn",
        purpose: "Three RST+ACK with windows 1980 to 1982 answer every SYN to port 443, three with 3293 to 3295 the SYN-ACK.",
        kind: Kind::Synthetic,
        run: gfw_every_syn,
        captures: &[client(&[
            REJECTED,
            SHOT,
            SHOT,
            CONSEQUENCE,
            SHOT,
            SHOT,
            SHOT,
        ])],
    },
    Scenario {
        name: "mirrored_fields",
        purpose: "A firewall that has lost the connection answers with the window and IP ID of the client's packet and a TTL that is off by 30.",
        kind: Kind::Synthetic,
        run: mirrored_fields,
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "gateway_rejects_all",
        purpose: "The client's gateway answers every SYN, to four hosts of which nothing else is seen, with TTL 255.",
        kind: Kind::Synthetic,
        run: gateway_rejects_all,
        captures: &[client(&[REJECTED; 4])],
    },
    Scenario {
        name: "gateway_rejects_private",
        purpose: "The client's gateway answers every SYN, to four private hosts of which nothing else is seen, with TTL 255 in 0.14 ms.",
        kind: Kind::Synthetic,
        run: gateway_rejects_private,
        captures: &[client(&[
            undecidable(REJECTED),
            undecidable(REJECTED),
            REJECTED,
            REJECTED,
        ])],
    },
];

fn gfw_type2(lab: &mut Lab) -> Result<()> {
    at_request(lab, |request| {
        let in_servers_name = request.forged_answer();
        let in_clients_name = Segment {
            source: request.source,
            destination: request.destination,
            sequence: request.next_sequence(),
            acknowledgment: request.acknowledgment,
            ..request.forged_answer()
        };
        let mut injections = Vec::new();
        for (number, offset) in (0_u8..).zip(TYPE2_OFFSETS) {
            let shot = |segment: &Segment| Segment {
                sequence: segment.sequence.wrapping_add(offset),
                window: 2900 + 7 * u16::from(number),
                ttl: 89 + number,
                ..segment.clone()
            };
            let later = STEP * u32::from(number);
            injections.push(to_client(later, shot(&in_servers_name)));
            injections.push(Injection {
                toward: Toward::Server,
                ..to_client(later, shot(&in_clients_name))
            });
        }
        injections
    })?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    let request = http_request(BLOCKED_NAME);
    connection.client.send(&request)?;
    connection.client.expect_reset()?;
    connection.server.receive(request.len())?;
    connection.server.expect_reset()
}

fn gfw_henan(lab: &mut Lab) -> Result<()> {
    // This firewall only looks into segments without TCP options.
    lab.sysctl(Node::Client, "net.ipv4.tcp_timestamps", "0")?;
    at_request(lab, |hello| {
        vec![to_client(
            Duration::ZERO,
            Segment {
                payload: HENAN_PAYLOAD.to_vec(),
                ..hello.forged_answer()
            },
        )]
    })?;
    let (hello, answer) = (client_hello(BLOCKED_NAME)?, server_hello()?);
    let listener = lab.listen(TLS_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(&hello)?;
    connection.client.expect_reset()?;
    connection.server.receive(hello.len())?;
    connection.server.send(&answer)?;
    connection.server.expect_reset()
}

fn gfw_every_syn(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.settle()?;
    lab.inject(
        Spot::Middlebox,
        Box::new(|segment, toward| {
            if !segment.flags.syn {
                return Reaction::pass();
            }
            let (windows, forged) = match toward {
                Toward::Server => (SYN_WINDOWS, in_answer_to_syn(segment)),
                Toward::Client => (SYN_ACK_WINDOWS, after_syn_ack(segment)),
            };
            let shots = (0..).zip(windows).map(|(number, window)| {
                let shot = Segment {
                    window,
                    ..forged.clone()
                };
                to_client(STEP * number, shot)
            });
            Reaction::inject(shots.collect())
        }),
    )?;
    let _listener = lab.listen(TLS_PORT)?;
    lab.dial_refused(TLS_PORT, Dial::default())?;
    lab.end_captures()
}

fn in_answer_to_syn(syn: &Segment) -> Segment {
    Segment {
        sequence: 0,
        ..syn.forged_answer()
    }
}

/// A reset in the name of the server that has just sent this SYN-ACK.
fn after_syn_ack(syn_ack: &Segment) -> Segment {
    Segment {
        source: syn_ack.source,
        destination: syn_ack.destination,
        sequence: syn_ack.next_sequence(),
        acknowledgment: syn_ack.acknowledgment,
        ..syn_ack.forged_answer()
    }
}

fn mirrored_fields(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.inject(
        Spot::Middlebox,
        Box::new(|segment, _| {
            if segment.payload.is_empty() {
                return Reaction::pass();
            }
            Reaction::replace(vec![to_client(
                Duration::ZERO,
                Segment {
                    window: segment.window,
                    identification: segment.identification,
                    ttl: 32,
                    ..segment.forged_answer()
                },
            )])
        }),
    )?;
    connection.client.send(MORE)?;
    connection.client.expect_reset()?;
    lab.end_captures()
}

fn gateway_rejects_all(lab: &mut Lab) -> Result<()> {
    gateway_rejects(lab, public_hosts(lab.family()), THERE_AND_BACK)
}

fn gateway_rejects_private(lab: &mut Lab) -> Result<()> {
    let hosts = [1, 2, 3, 4].map(|network| lab.family().address(9 + network, 10));
    gateway_rejects(lab, hosts, ON_LINK)
}

/// The gateway answers so late what the client sends to hosts that do not exist.
fn gateway_rejects(lab: &mut Lab, hosts: [IpAddr; 4], late: Duration) -> Result<()> {
    lab.inject(
        Spot::ClientLink,
        Box::new(move |segment, _| {
            let forged = Segment {
                ttl: 255,
                ..in_answer_to_syn(segment)
            };
            Reaction::replace(vec![Injection::new(late, Toward::Client, forged)])
        }),
    )?;
    for host in hosts {
        lab.dial_refused_by(SocketAddr::new(host, TLS_PORT), Dial::default())?;
    }
    Ok(())
}

/// Addresses for documentation, which nobody has.
pub(super) fn public_hosts(family: Family) -> [IpAddr; 4] {
    match family {
        Family::V4 => [
            Ipv4Addr::new(192, 0, 2, 10).into(),
            Ipv4Addr::new(198, 51, 100, 20).into(),
            Ipv4Addr::new(203, 0, 113, 30).into(),
            Ipv4Addr::new(203, 0, 113, 40).into(),
        ],
        Family::V6 => [1, 2, 3, 4].map(|network: u16| {
            Ipv6Addr::new(0x2001, 0xdb8, network, 0, 0, 0, 0, 0x10 * network).into()
        }),
    }
}
