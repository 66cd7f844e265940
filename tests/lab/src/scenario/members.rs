// SPDX-License-Identifier: GPL-2.0-or-later

//! One address, several machines: members of a cluster or sites of an anycast service at other
//! distances, a container behind its host, a proxy that makes the handshake for one side.

use std::time::Duration;

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, client, foreign, genuine, looking_like,
    payload::{BLOCKED_NAME, MORE, REQUEST, RESPONSE, client_hello},
};
use crate::{
    family::Family,
    lab::{Lab, Spot},
    net::Node,
    peer::{Connection, Dial, Listener},
    segment::Segment,
    tokens::{Cause, Impact, Kind, Phase},
    wire::Toward,
};

const PORT: u16 = 80;
const OTHER_PORT: u16 = 443;
const PROXY_PORT: u16 = 3128;
/// The server is so far from the middlebox, one way.
const AS_FAR: Duration = Duration::from_millis(20);
const NEAR: Duration = Duration::from_millis(2);
/// Conversations that meet one member before another one shows itself.
const SERVED: usize = 9;
/// As the packets of the member at the middlebox leave it.
const MEMBER_TTL: u8 = 63;

/// The port is open at the other member, as a later connection shows.
const NOT_BY_ALL: Declared = genuine(Phase::Syn, Cause::RefusedOpenPort, Impact::Disruptive);
const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);
const REJECTED: Declared = genuine(Phase::Request, Cause::RequestRejected, Impact::Disruptive);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);
/// By the host of a container: its own filter, but not that socket.
const HOST_REJECTED: Declared = genuine(Phase::Data, Cause::OwnFilter, Impact::Disruptive);
/// The first member goes on, as behind a filter of its own.
const BY_ANOTHER: Declared = looking_like(FORGOTTEN, Cause::OwnFilter);
const FILTERED: Declared = foreign(Phase::Request, Cause::ContentFilter, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "member_refuses_syn",
        purpose: "Of two members of a cluster the nearer one has the port closed and refuses every second SYN; both serve another port.",
        kind: Kind::Real,
        run: member_refuses_syn,
        captures: &[client(&[NOT_BY_ALL, REFUSED])],
    },
    Scenario {
        name: "member_without_state",
        purpose: "A cluster moves a connection to a member one hop nearer, which does not know it; later connections are served there.",
        kind: Kind::Real,
        run: member_without_state,
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "member_for_a_moment",
        purpose: "One packet of a connection goes to another member, which does not know it; the first member goes on.",
        kind: Kind::Real,
        run: member_for_a_moment,
        captures: &[client(&[BY_ANOTHER, CONSEQUENCE])],
    },
    Scenario {
        name: "anycast_moves_nearer",
        purpose: "An anycast address moves to a site two hops and 36 ms nearer, which resets two connections and serves new ones.",
        kind: Kind::Real,
        run: anycast_moves_nearer,
        captures: &[client(&[FORGOTTEN, FORGOTTEN])],
    },
    Scenario {
        name: "anycast_withdrawn",
        purpose: "Five conversations met an anycast site close by; it is withdrawn, and a site four hops and 38 ms farther resets the sixth and serves another.",
        kind: Kind::Real,
        run: anycast_withdrawn,
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "member_refuses_after_nine",
        purpose: "Nine conversations met one member of a cluster; the tenth meets one two hops nearer, where the port is closed.",
        kind: Kind::Real,
        run: member_refuses_after_nine,
        captures: &[client(&[REFUSED])],
    },
    Scenario {
        name: "forged_as_member",
        purpose: "A box aborts a connection of one member of a cluster with the TTL of the other, and with numbers that only the holder knows.",
        kind: Kind::Synthetic,
        run: forged_as_member,
        captures: &[client(&[BLOCKED, CONSEQUENCE])],
    },
    Scenario {
        name: "container_host_rejects",
        purpose: "A container behind the server's NAT serves; a new rule of the host rejects, one hop nearer, and the container goes on.",
        kind: Kind::Real,
        run: container_host_rejects,
        captures: &[client(&[HOST_REJECTED, CONSEQUENCE])],
    },
    Scenario {
        name: "synproxy_request_rejected",
        purpose: "A SYN proxy on the path makes the handshake; the server reads the first request and aborts.",
        kind: Kind::Real,
        run: |lab| {
            let mut connection = behind_syn_proxy(lab)?;
            connection.client.send(REQUEST)?;
            connection.server.receive(REQUEST.len())?;
            connection.server.abort()?;
            connection.client.expect_reset()
        },
        captures: &[client(&[REJECTED]).only(Family::V4)],
    },
    Scenario {
        name: "handshake_by_device",
        purpose: "A device on the path makes the handshake in the server's name and resets because of the ClientHello; the server is known from another port.",
        kind: Kind::Real,
        run: handshake_by_device,
        captures: &[client(&[FILTERED])],
    },
];

/// A connection at rest with the first member.
fn at_rest(lab: &mut Lab) -> Result<(Listener, Connection)> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    Ok((listener, connection))
}

/// Connects to the member; the way there must lead to it.
fn connect_to_member(lab: &mut Lab, listener: &Listener) -> Result<Connection> {
    let client = lab.dial(listener.address.port(), Dial::default())?;
    Ok(Connection {
        client,
        server: listener.accept()?,
    })
}

/// A whole ordinary conversation with the member.
fn served_by_member(lab: &mut Lab, port: u16) -> Result<()> {
    let listener = lab.listen_at_member(port)?;
    let mut connection = connect_to_member(lab, &listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    connection.close()
}

fn member_refuses_syn(lab: &mut Lab) -> Result<()> {
    lab.add_member(Node::Middlebox, 0, AS_FAR)?;
    let listener = lab.listen(PORT)?;
    for _ in 0..2 {
        lab.ordinary_conversation(&listener)?;
        let next = lab.peek_client_port();
        lab.lead_port_to_member(Node::Middlebox, next)?;
        lab.dial_refused(PORT, Dial::default())?;
    }
    let next = lab.peek_client_port();
    lab.lead_port_to_member(Node::Middlebox, next)?;
    served_by_member(lab, OTHER_PORT)?;
    let listener = lab.listen(OTHER_PORT)?;
    lab.ordinary_conversation(&listener)
}

fn member_without_state(lab: &mut Lab) -> Result<()> {
    lab.add_member(Node::Middlebox, 0, AS_FAR)?;
    let (_listener, mut connection) = at_rest(lab)?;
    lab.lead_to_member(Node::Middlebox)?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    served_by_member(lab, PORT)?;
    served_by_member(lab, PORT)?;
    lab.end_captures()
}

fn member_for_a_moment(lab: &mut Lab) -> Result<()> {
    lab.add_member(Node::Middlebox, 0, AS_FAR)?;
    let next = lab.peek_client_port();
    lab.lead_port_to_member(Node::Middlebox, next)?;
    served_by_member(lab, PORT)?;
    let (_listener, mut connection) = at_rest(lab)?;
    lab.lead_port_to_member(Node::Middlebox, connection.client.port()?)?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    connection.server.send(MORE)?;
    lab.wait_for_nth(Node::Client, 2, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}

fn anycast_moves_nearer(lab: &mut Lab) -> Result<()> {
    lab.add_member(Node::NearRouter, 0, NEAR)?;
    let (listener, mut first) = at_rest(lab)?;
    let mut second = lab.connect(&listener)?;
    second.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.lead_to_member(Node::NearRouter)?;
    for connection in [&mut first, &mut second] {
        connection.client.send(REQUEST)?;
        connection.client.expect_reset()?;
        lab.settle()?;
    }
    served_by_member(lab, PORT)?;
    served_by_member(lab, PORT)?;
    lab.end_captures()
}

fn anycast_withdrawn(lab: &mut Lab) -> Result<()> {
    lab.build_detour(2)?;
    lab.take_detour()?;
    lab.add_member(Node::NearRouter, 0, NEAR)?;
    lab.lead_to_member(Node::NearRouter)?;
    for _ in 0..5 {
        served_by_member(lab, PORT)?;
    }
    let at_member = lab.listen_at_member(PORT)?;
    let mut connection = connect_to_member(lab, &at_member)?;
    connection.exchange(REQUEST, RESPONSE)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.leave_member(Node::NearRouter)?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.settle()?;
    let listener = lab.listen(PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.end_captures()
}

fn member_refuses_after_nine(lab: &mut Lab) -> Result<()> {
    lab.add_member(Node::NearRouter, 0, AS_FAR)?;
    let listener = lab.listen(PORT)?;
    for _ in 0..SERVED {
        lab.ordinary_conversation(&listener)?;
    }
    let next = lab.peek_client_port();
    lab.lead_port_to_member(Node::NearRouter, next)?;
    lab.dial_refused(PORT, Dial::default())
}

fn forged_as_member(lab: &mut Lab) -> Result<()> {
    lab.add_member(Node::Middlebox, 0, AS_FAR)?;
    let next = lab.peek_client_port();
    lab.lead_port_to_member(Node::Middlebox, next)?;
    served_by_member(lab, PORT)?;
    let (_listener, mut connection) = at_rest(lab)?;
    let last = lab.last(Node::Middlebox, |segment| {
        segment.destination.port() == PORT
    })?;
    let forged = Segment {
        ttl: MEMBER_TTL,
        ..last.forged_answer()
    };
    lab.inject_now(Spot::Middlebox, Toward::Client, forged)?;
    connection.client.expect_reset()?;
    lab.settle()?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}

fn container_host_rejects(lab: &mut Lab) -> Result<()> {
    lab.add_container(PORT)?;
    let listener = lab.listen_at_member(PORT)?;
    let mut connection = connect_to_member(lab, &listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.nft(
        Node::Server,
        "table inet rules {
             chain forward {
                 type filter hook forward priority 0;
                 iifname left tcp dport 80 reject with tcp reset
             }
         }",
    )?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.nft(Node::Server, "flush table inet rules")?;
    connection.server.send(MORE)?;
    lab.wait_for_nth(Node::Client, 2, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}

/// A connection whose handshake the middlebox made with the client, and then with the server.
pub(super) fn behind_syn_proxy(lab: &mut Lab) -> Result<Connection> {
    lab.renumbers();
    for (parameter, value) in [
        ("net.netfilter.nf_conntrack_tcp_loose", "0"),
        // Otherwise the proxy's own numbers make the server's reset invalid.
        ("net.netfilter.nf_conntrack_tcp_be_liberal", "1"),
    ] {
        lab.sysctl(Node::Middlebox, parameter, value)?;
    }
    lab.nft(
        Node::Middlebox,
        "table inet shield {
             chain prerouting {
                 type filter hook prerouting priority raw;
                 tcp dport 80 tcp flags syn notrack
             }
             chain forward {
                 type filter hook forward priority 0;
                 tcp dport 80 ct state invalid,untracked synproxy mss 1460 wscale 10 sack-perm
                 ct state invalid drop
             }
         }",
    )?;
    let listener = lab.listen(PORT)?;
    lab.connect(&listener)
}

fn handshake_by_device(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.ordinary_conversation(&listener)?;
    lab.nft(
        Node::Middlebox,
        "table inet proxy {
             chain prerouting {
                 type nat hook prerouting priority dstnat;
                 tcp dport 443 redirect to :3128
             }
         }",
    )?;
    let device = lab.listen_at(Node::Middlebox, PROXY_PORT)?;
    let mut client = lab.dial(OTHER_PORT, Dial::default())?;
    let mut proxy = device.accept()?;
    let hello = client_hello(BLOCKED_NAME)?;
    client.send(&hello)?;
    proxy.receive(hello.len())?;
    proxy.abort()?;
    client.expect_reset()
}
