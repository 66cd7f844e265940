// SPDX-License-Identifier: GPL-2.0-or-later

//! Both ends on one machine: over its loopback address, and over its own.

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, genuine,
    own_host::REJECT,
    payload::{REQUEST, RESPONSE},
    server,
};
use crate::{
    lab::Lab,
    net::Node,
    peer::Connection,
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;
const CLOSED_PORT: u16 = 81;

const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
const FILTERED: Declared = genuine(Phase::Data, Cause::OwnFilter, Impact::Disruptive);
const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "filter_within_one_machine",
        purpose: "Client and server are on one machine, whose own filter resets a connection over the loopback address; the server's socket goes on.",
        kind: Kind::Real,
        run: filter_within_one_machine,
        captures: &[server(&[FILTERED, CONSEQUENCE]).on_loopback()],
    },
    Scenario {
        name: "reset_within_one_machine",
        purpose: "Client and server are on one machine: a closed port and an abort over the loopback address, a closed port over its own address.",
        kind: Kind::Real,
        run: reset_within_one_machine,
        captures: &[server(&[REFUSED, ABORT, REFUSED]).on_loopback()],
    },
];

fn filter_within_one_machine(lab: &mut Lab) -> Result<()> {
    let mut connection = over_loopback(lab)?;
    lab.nft(Node::Server, REJECT)?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.nft(Node::Server, "flush ruleset")?;
    connection.server.send(RESPONSE)?;
    connection.server.expect_reset()
}

fn over_loopback(lab: &mut Lab) -> Result<Connection> {
    let listener = lab.listen_at(Node::Server, PORT)?;
    let client = lab.dial_within_server(lab.family().loopback(), PORT)?;
    let mut connection = Connection {
        client,
        server: listener.accept()?,
    };
    connection.exchange(REQUEST, RESPONSE)?;
    Ok(connection)
}

fn reset_within_one_machine(lab: &mut Lab) -> Result<()> {
    let (loopback, own) = (lab.family().loopback(), lab.family().server());
    lab.dial_refused_within_server(loopback, CLOSED_PORT)?;
    let mut connection = over_loopback(lab)?;
    connection.server.abort()?;
    connection.client.expect_reset()?;
    lab.dial_refused_within_server(own, CLOSED_PORT)
}
