// SPDX-License-Identifier: GPL-2.0-or-later

//! Active aborts of servers with other initial TTLs: the reset has the TTL of the rest.

use anyhow::Result;

use super::{
    Declared, Scenario, client, genuine,
    payload::{REQUEST, RESPONSE},
};
use crate::{
    lab::Lab,
    net::Node,
    peer::Listener,
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "abort_ttl32",
        purpose: "An abort by a host whose every packet starts with TTL 32.",
        kind: Kind::Real,
        run: |lab| abort_with_host_ttl(lab, "32"),
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "abort_ttl128",
        purpose: "An abort by a host whose every packet starts with TTL 128.",
        kind: Kind::Real,
        run: |lab| abort_with_host_ttl(lab, "128"),
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "abort_ttl255",
        purpose: "An abort by a host whose every packet starts with TTL 255.",
        kind: Kind::Real,
        run: |lab| abort_with_host_ttl(lab, "255"),
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "abort_socket_ttl100",
        purpose: "An abort on a socket with TTL 100: an active reset keeps the socket's TTL.",
        kind: Kind::Real,
        run: abort_with_socket_ttl,
        captures: &[client(&[ABORT])],
    },
];

fn abort_with_host_ttl(lab: &mut Lab, ttl: &str) -> Result<()> {
    lab.sysctl(Node::Server, "net.ipv4.ip_default_ttl", ttl)?;
    lab.sysctl(Node::Server, "net.ipv6.conf.left.hop_limit", ttl)?;
    let listener = lab.listen(PORT)?;
    abort(lab, &listener)
}

fn abort_with_socket_ttl(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    listener.set_ttl(100)?;
    abort(lab, &listener)
}

fn abort(lab: &mut Lab, listener: &Listener) -> Result<()> {
    let mut connection = lab.connect(listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.server.abort()?;
    connection.client.expect_reset()
}
