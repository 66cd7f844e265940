// SPDX-License-Identifier: GPL-2.0-or-later

//! Long silences: what ends a conversation then, and who has forgotten it. Half a minute each.

use std::{thread, time::Duration};

use anyhow::Result;

use super::{
    Declared, Scenario, client, foreign, genuine,
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
/// Longer than the plugin's default idle threshold of 30 s.
const SILENCE: Duration = Duration::from_secs(32);

const TIMED_OUT: Declared = genuine(Phase::Data, Cause::IdleTimeout, Impact::Benign);
const SERVER_FORGOT: Declared = genuine(Phase::Data, Cause::IdleStateLost, Impact::Disruptive);
const BOX_FORGOT: Declared = foreign(Phase::Data, Cause::IdleStateLost, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "idle_timeout",
        purpose: "The server aborts a connection that has been silent for 32 s.",
        kind: Kind::Real,
        run: idle_timeout,
        captures: &[client(&[TIMED_OUT]), server(&[TIMED_OUT])],
    },
    Scenario {
        name: "idle_server_restarted",
        purpose: "The server forgets the connection during 32 s of silence; the client's next request is reset.",
        kind: Kind::Real,
        run: idle_server_restarted,
        captures: &[client(&[SERVER_FORGOT]), server(&[SERVER_FORGOT])],
    },
    Scenario {
        name: "idle_firewall_forgot",
        purpose: "A firewall's connection tracking times out during 32 s of silence; it resets the client's next request.",
        kind: Kind::Real,
        run: idle_firewall_forgot,
        captures: &[client(&[BOX_FORGOT])],
    },
    Scenario {
        name: "idle_closed",
        purpose: "A conversation that is silent for 32 s and then ends in order by two FINs.",
        kind: Kind::Real,
        run: idle_closed,
        captures: &[client(&[])],
    },
];

fn idle(lab: &mut Lab) -> Result<Connection> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    thread::sleep(SILENCE);
    Ok(connection)
}

fn idle_timeout(lab: &mut Lab) -> Result<()> {
    let mut connection = idle(lab)?;
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn idle_server_restarted(lab: &mut Lab) -> Result<()> {
    let mut connection = idle(lab)?;
    connection.server.forget()?;
    // Nothing listens any more either: `idle` has closed the listener.
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()
}

fn idle_firewall_forgot(lab: &mut Lab) -> Result<()> {
    forgetful_firewall(lab, "20")?;
    let mut connection = idle(lab)?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.end_captures()
}

/// A firewall on the path that resets what it does not know, and forgets after so many seconds.
pub(super) fn forgetful_firewall(lab: &Lab, seconds: &str) -> Result<()> {
    lab.nft(
        Node::Middlebox,
        "table inet firewall {
             chain forward {
                 type filter hook forward priority 0;
                 ct state established accept
                 tcp flags & (syn | ack) == syn accept
                 reject with tcp reset
             }
         }",
    )?;
    lab.sysctl(Node::Middlebox, "net.netfilter.nf_conntrack_tcp_loose", "0")?;
    lab.sysctl(
        Node::Middlebox,
        "net.netfilter.nf_conntrack_tcp_timeout_established",
        seconds,
    )
}

fn idle_closed(lab: &mut Lab) -> Result<()> {
    idle(lab)?.close()
}
