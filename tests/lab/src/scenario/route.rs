// SPDX-License-Identifier: GPL-2.0-or-later

//! Routes that change in the middle of a connection: a genuine reset is the first packet that
//! comes the new way, and so the first with another TTL.

use anyhow::Result;

use super::{
    Declared, Scenario, client, genuine,
    payload::{REQUEST, RESPONSE},
};
use crate::{
    lab::Lab,
    peer::Connection,
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "route_plus1_abort",
        purpose: "The server aborts just after the way back has become one hop longer.",
        kind: Kind::Real,
        run: |lab| abort(longer(lab, 1)?),
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "route_plus2_abort",
        purpose: "The server aborts just after the way back has become two hops longer.",
        kind: Kind::Real,
        run: |lab| abort(longer(lab, 2)?),
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "route_plus3_abort",
        purpose: "The server aborts just after the way back has become three hops longer.",
        kind: Kind::Real,
        run: |lab| abort(longer(lab, 3)?),
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "route_minus2_abort",
        purpose: "The server aborts just after the way back has become two hops shorter.",
        kind: Kind::Real,
        run: |lab| abort(shorter(lab, 2)?),
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "route_plus1_restarted",
        purpose: "A restarted server resets the client just after the way back has become one hop longer.",
        kind: Kind::Real,
        run: |lab| forget(longer(lab, 1)?),
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "route_plus2_restarted",
        purpose: "A restarted server resets the client just after the way back has become two hops longer.",
        kind: Kind::Real,
        run: |lab| forget(longer(lab, 2)?),
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "route_plus3_restarted",
        purpose: "A restarted server resets the client just after the way back has become three hops longer.",
        kind: Kind::Real,
        run: |lab| forget(longer(lab, 3)?),
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "route_minus2_restarted",
        purpose: "A restarted server resets the client just after the way back has become two hops shorter.",
        kind: Kind::Real,
        run: |lab| forget(shorter(lab, 2)?),
        captures: &[client(&[FORGOTTEN])],
    },
];

/// A connection at rest whose next packet from the server comes by so many hops more.
fn longer(lab: &mut Lab, hops: u8) -> Result<Connection> {
    lab.build_detour(hops)?;
    let connection = at_rest(lab)?;
    lab.take_detour()?;
    Ok(connection)
}

/// A connection at rest whose next packet from the server comes by so many hops fewer.
fn shorter(lab: &mut Lab, hops: u8) -> Result<Connection> {
    lab.build_detour(hops)?;
    lab.take_detour()?;
    let connection = at_rest(lab)?;
    lab.leave_detour()?;
    Ok(connection)
}

fn at_rest(lab: &mut Lab) -> Result<Connection> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    Ok(connection)
}

fn abort(mut connection: Connection) -> Result<()> {
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn forget(mut connection: Connection) -> Result<()> {
    connection.server.forget()?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()
}
