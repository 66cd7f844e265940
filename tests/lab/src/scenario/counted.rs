// SPDX-License-Identifier: GPL-2.0-or-later

//! Nodes that number all their IPv4 packets with one counter, as Windows and many devices do.
//!
//! Linux has a counter for each connection; nftables renumbers what the node sends.

use std::{fmt::Write as _, net::SocketAddr};

use anyhow::Result;

use super::{Declared, Scenario, client, foreign, genuine, middlebox::reject};
use crate::{
    family::Family,
    lab::Lab,
    net::Node,
    peer::Dial,
    tokens::{Cause, Impact, Kind, Phase},
};

const OPEN_PORT: u16 = 80;
const CLOSED_PORT: u16 = 81;
/// Enough for the host's habit to show.
const CONVERSATIONS: usize = 3;
/// The counter's first number and how far it counts: farther than any of these scenarios.
const FIRST: u16 = 4000;
const NUMBERS: u16 = 100;

const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "closed_port_host_counter",
        purpose: "A closed port of a host that numbers the packets of all its connections with one counter.",
        kind: Kind::Real,
        run: closed_port_host_counter,
        captures: &[client(&[REFUSED]).only(Family::V4)],
    },
    Scenario {
        name: "box_counter",
        purpose: "A firewall on the path rejects the SYNs to three hosts and numbers its resets with one counter.",
        kind: Kind::Real,
        run: box_counter,
        captures: &[client(&[REJECTED; 3]).only(Family::V4)],
    },
];

/// Makes a node number all that it sends itself.
fn count(lab: &Lab, node: Node) -> Result<()> {
    let mut numbers = String::new();
    for number in 0..NUMBERS {
        write!(numbers, "{number} : {}, ", FIRST + number)?;
    }
    lab.nft(
        node,
        &format!(
            "table ip counted {{
                 chain output {{
                     type filter hook output priority 0;
                     ip id set numgen inc mod {NUMBERS} map {{ {numbers} }}
                 }}
             }}"
        ),
    )
}

fn closed_port_host_counter(lab: &mut Lab) -> Result<()> {
    count(lab, Node::Server)?;
    let listener = lab.listen(OPEN_PORT)?;
    for _ in 0..CONVERSATIONS {
        lab.ordinary_conversation(&listener)?;
    }
    lab.dial_refused(CLOSED_PORT, Dial::default())
}

fn box_counter(lab: &mut Lab) -> Result<()> {
    let [second, third] = lab.add_hosts()?;
    count(lab, Node::Middlebox)?;
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    reject(lab, &format!("tcp dport {CLOSED_PORT}"))?;
    for host in [lab.family().server(), second, third] {
        lab.dial_refused_by(SocketAddr::new(host, CLOSED_PORT), Dial::default())?;
    }
    Ok(())
}
