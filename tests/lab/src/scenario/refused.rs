// SPDX-License-Identifier: GPL-2.0-or-later

//! Connection attempts that the server itself, or nobody, lets succeed.

use std::{net::SocketAddr, thread, time::Duration};

use anyhow::Result;

use super::{Scenario, client, documented::public_hosts, genuine, probe::syn, server, undecidable};
use crate::{
    edit::Edit,
    lab::Lab,
    net::Node,
    peer::Dial,
    segment::{Flags, Segment},
    tokens::{Cause, Impact, Kind, Phase},
};

const OPEN_PORT: u16 = 8080;
const CLOSED_PORT: u16 = 8081;
/// TOS byte of expedited forwarding.
const EXPEDITED: u32 = 0xb8;

const IGNORED: super::Declared = genuine(Phase::Syn, Cause::UnacceptableReset, Impact::Disruptive);
const REFUSED: super::Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
const CANCELLED: super::Declared = genuine(
    Phase::Handshake,
    Cause::CancelledConnect,
    Impact::Noteworthy,
);
const NOT_ACCEPTED: super::Declared =
    genuine(Phase::Established, Cause::NotAccepted, Impact::Disruptive);

const RESTARTED: super::Declared = genuine(Phase::Syn, Cause::RefusedOpenPort, Impact::Disruptive);
const GIVEN_UP: super::Declared = genuine(Phase::Syn, Cause::ConnectTimeout, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "closed_port",
        purpose: "A port where nothing listens, after a working connection to the same host.",
        kind: Kind::Real,
        run: closed_port,
        captures: &[client(&[REFUSED]), server(&[REFUSED])],
    },
    Scenario {
        name: "closed_port_wrong_ack",
        purpose: "A port where nothing listens; on the way the refusal loses one from its acknowledgement number, as a device that rewrites numbers in one direction does.",
        kind: Kind::Synthetic,
        run: closed_port,
        captures: &[client(&[IGNORED]).edited(&[Edit::AcknowledgesLess(is_reset, 1)])],
    },
    Scenario {
        name: "service_restarts",
        purpose: "A service stops and starts again: a connection before, a refused attempt, a connection afterwards.",
        kind: Kind::Real,
        run: service_restarts,
        captures: &[client(&[RESTARTED]), server(&[RESTARTED])],
    },
    Scenario {
        name: "connect_given_up",
        purpose: "A firewall drops the client's SYNs; the client's stack gives up with a reset, which Linux would not send.",
        kind: Kind::Synthetic,
        run: connect_given_up,
        captures: &[client(&[GIVEN_UP])],
    },
    Scenario {
        name: "closed_port_only",
        purpose: "A refused connection attempt and nothing else of the host.",
        kind: Kind::Real,
        run: |lab| lab.dial_refused(CLOSED_PORT, Dial::default()),
        captures: &[client(&[undecidable(REFUSED)])],
    },
    Scenario {
        name: "closed_port_ttl255",
        purpose: "A closed port of a host whose every packet starts with TTL 255.",
        kind: Kind::Real,
        run: |lab| closed_port_with_ttl(lab, "255"),
        captures: &[client(&[REFUSED])],
    },
    Scenario {
        name: "closed_port_ttl128",
        purpose: "A closed port of a host whose every packet starts with TTL 128.",
        kind: Kind::Real,
        run: |lab| closed_port_with_ttl(lab, "128"),
        captures: &[client(&[REFUSED])],
    },
    Scenario {
        name: "closed_port_client_tos",
        purpose: "A closed port whose reset copies the TOS byte of the client's SYN.",
        kind: Kind::Real,
        run: closed_port_client_tos,
        captures: &[client(&[REFUSED])],
    },
    Scenario {
        name: "host_firewall",
        purpose: "The server's own firewall rejects a SYN with a reset, which looks like a middlebox's but for the TTL.",
        kind: Kind::Real,
        run: host_firewall,
        captures: &[client(&[REFUSED]), server(&[REFUSED])],
    },
    Scenario {
        name: "gateway_refuses_own_address",
        purpose: "A connection attempt to the gateway's own public address is refused, and nothing else of that address is seen.",
        kind: Kind::Real,
        run: gateway_refuses_own_address,
        captures: &[client(&[undecidable(REFUSED)])],
    },
    Scenario {
        name: "cancelled_connect",
        purpose: "The client gives up before the SYN-ACK comes, and answers it with a reset.",
        kind: Kind::Real,
        run: cancelled_connect,
        captures: &[client(&[CANCELLED]), server(&[CANCELLED])],
    },
    Scenario {
        name: "not_accepted",
        purpose: "A listener is closed while two connections wait to be accepted.",
        kind: Kind::Real,
        run: not_accepted,
        captures: &[
            client(&[NOT_ACCEPTED, NOT_ACCEPTED]),
            server(&[NOT_ACCEPTED, NOT_ACCEPTED]),
        ],
    },
];

fn closed_port(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.dial_refused(CLOSED_PORT, Dial::default())
}

fn closed_port_with_ttl(lab: &mut Lab, ttl: &str) -> Result<()> {
    lab.sysctl(Node::Server, "net.ipv4.ip_default_ttl", ttl)?;
    lab.sysctl(Node::Server, "net.ipv6.conf.left.hop_limit", ttl)?;
    closed_port(lab)
}

fn closed_port_client_tos(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.dial_refused(
        CLOSED_PORT,
        Dial {
            tos: Some(EXPEDITED),
            ..Dial::default()
        },
    )
}

fn host_firewall(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.nft(
        Node::Server,
        "table inet firewall {
             chain input {
                 type filter hook input priority 0;
                 tcp dport 8081 reject with tcp reset
             }
         }",
    )?;
    lab.dial_refused(CLOSED_PORT, Dial::default())
}

fn gateway_refuses_own_address(lab: &mut Lab) -> Result<()> {
    let [address, ..] = public_hosts(lab.family());
    lab.add_gateway_address(address)?;
    lab.dial_refused_by(SocketAddr::new(address, CLOSED_PORT), Dial::default())
}

fn cancelled_connect(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.dial_unanswered(OPEN_PORT, Duration::from_millis(15))?;
    lab.wait_for(Node::Server, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}

fn not_accepted(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    let mut first = lab.dial(OPEN_PORT, Dial::default())?;
    let mut second = lab.dial(OPEN_PORT, Dial::default())?;
    lab.wait_for_nth(
        Node::Server,
        2,
        "the ACK of the second handshake",
        |segment| segment.destination.port() == OPEN_PORT && segment.flags.ack,
    )?;
    drop(listener);
    first.expect_reset()?;
    second.expect_reset()
}

fn is_reset(segment: &Segment) -> bool {
    segment.flags.rst
}

fn service_restarts(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    drop(listener);
    lab.dial_refused(OPEN_PORT, Dial::default())?;
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)
}

fn connect_given_up(lab: &mut Lab) -> Result<()> {
    lab.nft(
        Node::Middlebox,
        "table inet drops {
             chain forward {
                 type filter hook forward priority 0;
                 tcp dport 8081 drop
             }
         }",
    )?;
    let syn = syn(lab, CLOSED_PORT);
    for _ in 0..2 {
        lab.send_raw(Node::Client, &syn)?;
        thread::sleep(Duration::from_millis(300));
    }
    let reset = Segment {
        flags: Flags {
            rst: true,
            ..Flags::default()
        },
        sequence: syn.next_sequence(),
        ..syn
    };
    lab.send_raw(Node::Client, &reset)?;
    lab.end_captures()
}
