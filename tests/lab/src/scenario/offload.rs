// SPDX-License-Identifier: GPL-2.0-or-later

//! A server whose device offloads: its own capture shows segments that are larger than the MTU,
//! and checksums that are not computed yet.

use anyhow::Result;

use super::{Declared, Scenario, client, genuine, payload::REQUEST, server};
use crate::{
    lab::Lab,
    peer::Connection,
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;
/// A response that takes three segments of 1460 bytes.
const LARGE: [u8; 4000] = [b'x'; 4000];

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "offload_abort",
        purpose: "A server that offloads segmentation and checksums aborts after a large response.",
        kind: Kind::Real,
        run: offload_abort,
        captures: &[client(&[ABORT]), server(&[ABORT])],
    },
    Scenario {
        name: "offload_restarted",
        purpose: "A server that offloads segmentation and checksums has lost the connection; the client sends.",
        kind: Kind::Real,
        run: offload_restarted,
        captures: &[client(&[FORGOTTEN]), server(&[FORGOTTEN])],
    },
];

fn offloaded(lab: &mut Lab) -> Result<Connection> {
    lab.offload_server()?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, &LARGE)?;
    lab.settle()?;
    Ok(connection)
}

fn offload_abort(lab: &mut Lab) -> Result<()> {
    let mut connection = offloaded(lab)?;
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn offload_restarted(lab: &mut Lab) -> Result<()> {
    let mut connection = offloaded(lab)?;
    connection.server.forget()?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()
}
