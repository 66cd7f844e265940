// SPDX-License-Identifier: GPL-2.0-or-later

//! A NAT box that forgets its mapping during a silence. Half a minute each.

use std::{thread, time::Duration};

use anyhow::Result;

use super::{
    Declared, Scenario, client, foreign, genuine,
    payload::{MORE, REQUEST, RESPONSE},
    server,
};
use crate::{
    lab::Lab,
    net::Node,
    peer::Connection,
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;
/// Longer than the plugin's default idle threshold of 30 s.
const SILENCE: Duration = Duration::from_secs(32);

const BOX_FORGOT: Declared = foreign(Phase::Data, Cause::IdleStateLost, Impact::Disruptive);
const LOST: Declared = genuine(Phase::Data, Cause::IdleStateLost, Impact::Disruptive);
/// The new port is a conversation of its own, of which this is all.
const STRAY: Declared = genuine(Phase::Request, Cause::NoConnection, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
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
