// SPDX-License-Identifier: GPL-2.0-or-later
//! Both ends on one machine: over its loopback address, and over its own.

use anyhow::Result;

use super::payload::{REQUEST, RESPONSE};
use super::{Declared, Scenario, genuine, server};
use crate::lab::Lab;
use crate::net::Node;
use crate::peer::Connection;
use crate::tokens::{Cause, Impact, Kind, Phase};

const PORT: u16 = 80;
const CLOSED_PORT: u16 = 81;

const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);

pub(super) const TABLE: &[Scenario] = &[Scenario {
    name: "reset_within_one_machine",
    purpose: "Client and server are on one machine: a closed port and an abort over the loopback address, a closed port over its own address.",
    kind: Kind::Real,
    run: reset_within_one_machine,
    captures: &[server(&[REFUSED, ABORT, REFUSED]).on_loopback()],
}];

fn reset_within_one_machine(lab: &mut Lab) -> Result<()> {
    let (loopback, own) = (lab.family().loopback(), lab.family().server());
    lab.dial_refused_within_server(loopback, CLOSED_PORT)?;
    let listener = lab.listen_at(Node::Server, PORT)?;
    let client = lab.dial_within_server(loopback, PORT)?;
    let mut connection = Connection {
        client,
        server: listener.accept()?,
    };
    connection.exchange(REQUEST, RESPONSE)?;
    connection.server.abort()?;
    connection.client.expect_reset()?;
    lab.dial_refused_within_server(own, CLOSED_PORT)
}
