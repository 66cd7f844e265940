// SPDX-License-Identifier: GPL-2.0-or-later

//! A NAT box that forgets its mapping during a silence, half a minute each; and one that lets
//! segments through as they are.

use std::{net::SocketAddr, thread, time::Duration};

use anyhow::Result;

use super::{
    Declared, Scenario, client, foreign, genuine,
    payload::{MORE, REQUEST, RESPONSE},
    server, undecidable,
};
use crate::{
    lab::Lab,
    net::Node,
    peer::{Connection, Dial},
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;
/// Longer than the plugin's default idle threshold of 30 s.
const SILENCE: Duration = Duration::from_secs(32);

const BOX_FORGOT: Declared = foreign(Phase::Data, Cause::IdleStateLost, Impact::Disruptive);
const LOST: Declared = genuine(Phase::Data, Cause::IdleStateLost, Impact::Disruptive);
/// The new port is a conversation of its own, of which this is all.
const STRAY: Declared = genuine(Phase::Request, Cause::NoConnection, Impact::Disruptive);

/// The client never asked the address that answers.
const NEVER_ASKED: Declared = genuine(Phase::Handshake, Cause::TranslationLost, Impact::Disruptive);
const UNTRANSLATED: Declared = genuine(Phase::Data, Cause::TranslationLost, Impact::Disruptive);
/// The client's reset went to the server all the same.
const ENDED_ELSEWHERE: Declared = genuine(Phase::Data, Cause::TranslationLost, Impact::Disruptive);
/// All that there is of its conversation.
const INNER_ADDRESS: Declared = undecidable(genuine(
    Phase::Unknown,
    Cause::TranslationLost,
    Impact::Disruptive,
));

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "reply_not_translated",
        purpose: "A service address is translated to the server's, but the SYN-ACK comes back as it is; the client resets it.",
        kind: Kind::Real,
        run: reply_not_translated,
        captures: &[client(&[NEVER_ASKED])],
    },
    Scenario {
        name: "data_not_translated",
        purpose: "Behind a service address, the server's next data come back untranslated; the client resets them, which ends the server's connection, and the client's next request is reset.",
        kind: Kind::Real,
        run: data_not_translated,
        captures: &[client(&[UNTRANSLATED, ENDED_ELSEWHERE])],
    },
    Scenario {
        name: "reset_not_translated",
        purpose: "Behind a service address, the server's application aborts; the reset comes back untranslated, and the client goes on waiting.",
        kind: Kind::Real,
        run: reset_not_translated,
        captures: &[client(&[INNER_ADDRESS])],
    },
    Scenario {
        name: "nat_forgot_server_first",
        purpose: "A NAT box loses the mapping during 32 s of silence; its own kernel resets the server's next data.",
        kind: Kind::Real,
        run: nat_forgot_server_first,
        captures: &[server(&[BOX_FORGOT])],
    },
    Scenario {
        name: "nat_forgot_client_first",
        purpose: "A NAT box loses the mapping during 32 s of silence; the client's next request comes from a new port, which the server resets.",
        kind: Kind::Real,
        run: nat_forgot_client_first,
        captures: &[client(&[LOST]), server(&[STRAY])],
    },
];

fn idle_behind_nat(lab: &mut Lab) -> Result<Connection> {
    lab.masquerade()?;
    lab.sysctl(
        Node::Middlebox,
        "net.netfilter.nf_conntrack_tcp_timeout_established",
        "20",
    )?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    thread::sleep(SILENCE);
    Ok(connection)
}

fn nat_forgot_server_first(lab: &mut Lab) -> Result<()> {
    let mut connection = idle_behind_nat(lab)?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()?;
    lab.end_captures()
}

fn nat_forgot_client_first(lab: &mut Lab) -> Result<()> {
    let mut connection = idle_behind_nat(lab)?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.end_captures()
}

/// Makes the middlebox translate another address, the answer, to the server's.
fn translate(lab: &mut Lab) -> Result<SocketAddr> {
    let [service] = lab.add_hosts()?;
    let server = lab.server_address(PORT).ip();
    let family = if service.is_ipv4() { "ip" } else { "ip6" };
    lab.nft(
        Node::Middlebox,
        &format!(
            "table inet service {{
                 chain prerouting {{
                     type nat hook prerouting priority dstnat;
                     {family} daddr {service} dnat {family} to {server}
                 }}
             }}"
        ),
    )?;
    Ok(SocketAddr::new(service, PORT))
}

/// A connection to that address, on which the client has asked for something.
fn ask_the_service(lab: &mut Lab) -> Result<Connection> {
    let listener = lab.listen(PORT)?;
    let service = translate(lab)?;
    let mut connection = Connection {
        client: lab.dial_to(service)?,
        server: listener.accept()?,
    };
    connection.client.send(REQUEST)?;
    connection.server.receive(REQUEST.len())?;
    Ok(connection)
}

/// Lets what matches come back from the server as it is, as a packet that conntrack calls
/// INVALID does.
fn skip_translation(lab: &Lab, what: &str) -> Result<()> {
    lab.nft(
        Node::Middlebox,
        &format!(
            "table inet skip {{
                 chain prerouting {{
                     type filter hook prerouting priority raw;
                     tcp sport {PORT} {what} notrack
                 }}
             }}"
        ),
    )
}

fn reply_not_translated(lab: &mut Lab) -> Result<()> {
    let _listener = lab.listen(PORT)?;
    let service = translate(lab)?;
    skip_translation(lab, "tcp flags & (syn | ack) == (syn | ack)")?;
    let options = Dial {
        patience: Duration::from_millis(500),
        ..Dial::default()
    };
    lab.dial_unanswered_by(service, options)?;
    lab.end_captures()
}

fn data_not_translated(lab: &mut Lab) -> Result<()> {
    let Connection {
        mut client,
        mut server,
    } = ask_the_service(lab)?;
    server.send(RESPONSE)?;
    client.receive(RESPONSE.len())?;
    lab.settle()?;
    skip_translation(lab, "tcp flags & psh == psh")?;
    server.send(MORE)?;
    server.expect_reset()?;
    lab.nft(Node::Middlebox, "delete table inet skip")?;
    client.send(REQUEST)?;
    client.expect_reset()?;
    lab.end_captures()
}

fn reset_not_translated(lab: &mut Lab) -> Result<()> {
    let Connection {
        client: _client,
        server,
    } = ask_the_service(lab)?;
    lab.settle()?;
    skip_translation(lab, "tcp flags & rst == rst")?;
    server.abort()?;
    lab.wait_for(Node::Client, "the server's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}
