// SPDX-License-Identifier: GPL-2.0-or-later

//! Captures that begin late: what cannot be seen must not be guessed.

use anyhow::Result;

use super::{
    Declared, Scenario, client, genuine,
    payload::{MORE, REQUEST, RESPONSE},
    undecidable,
};
use crate::{
    lab::Lab,
    net::Node,
    peer::Connection,
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);
const ALONE: Declared = genuine(Phase::Unknown, Cause::Unknown, Impact::Noteworthy);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "lone_reset",
        purpose: "The capture begins just before the reset and holds nothing else.",
        kind: Kind::Real,
        run: lone_reset,
        captures: &[client(&[undecidable(ALONE)])],
    },
    Scenario {
        name: "late_capture_abort",
        purpose: "The capture begins in mid-stream; the server aborts after another exchange.",
        kind: Kind::Real,
        run: late_capture_abort,
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "late_capture_restarted",
        purpose: "The capture begins in mid-stream; the server forgets the connection after another exchange.",
        kind: Kind::Real,
        run: late_capture_restarted,
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "late_capture_client_reset",
        purpose: "The capture begins with data from the server to a client that has forgotten the connection.",
        kind: Kind::Real,
        run: late_capture_client_reset,
        captures: &[client(&[undecidable(FORGOTTEN)])],
    },
];

/// A connection whose beginning the captures do not hold.
fn unseen(lab: &mut Lab) -> Result<Connection> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.restart_captures()?;
    Ok(connection)
}

fn lone_reset(lab: &mut Lab) -> Result<()> {
    let mut connection = unseen(lab)?;
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn late_capture_abort(lab: &mut Lab) -> Result<()> {
    let mut connection = unseen(lab)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn late_capture_restarted(lab: &mut Lab) -> Result<()> {
    let mut connection = unseen(lab)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.server.forget()?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()
}

fn late_capture_client_reset(lab: &mut Lab) -> Result<()> {
    let mut connection = unseen(lab)?;
    connection.client.forget()?;
    connection.server.send(MORE)?;
    lab.wait_for(Node::Server, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    connection.server.expect_reset()
}
