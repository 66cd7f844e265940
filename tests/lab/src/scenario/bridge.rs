// SPDX-License-Identifier: GPL-2.0-or-later

//! A firewall in a transparent bridge right before the server: it has no address, is no hop, and
//! its resets come with the server's TTL and MAC address.

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, client, foreign, genuine, looking_like,
    payload::{MORE, REQUEST, RESPONSE},
    server, undecidable,
};
use crate::{
    family::Family,
    lab::Lab,
    peer::Dial,
    tokens::{Cause, Impact, Kind, Phase},
};

const OPEN_PORT: u16 = 80;
const BLOCKED_PORT: u16 = 8081;

const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);
/// The client's answer to the server's data, where its reason is not in the capture.
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "bridge_rejected_syn",
        purpose: "A bridge right before the server rejects a SYN: on IPv4 nothing tells it from the server, on IPv6 the flow label does.",
        kind: Kind::Real,
        run: bridge_rejected_syn,
        captures: &[
            client(&[undecidable(REJECTED)]).only(Family::V4),
            client(&[REJECTED]).only(Family::V6),
        ],
    },
    Scenario {
        name: "bridge_rejected_mid_stream",
        purpose: "A new rule of a bridge right before the server resets the client in mid-stream; the server goes on, as it would behind a packet filter of its own.",
        kind: Kind::Real,
        run: bridge_rejected_mid_stream,
        captures: &[
            client(&[
                undecidable(looking_like(BLOCKED, Cause::OwnFilter)),
                CONSEQUENCE,
            ]),
            server(&[FORGOTTEN]),
        ],
    },
];

fn reject(lab: &Lab, port: u16) -> Result<()> {
    lab.nft_at_bridge(&format!(
        "table netdev firewall {{
             chain ingress {{
                 type filter hook ingress device left priority 0;
                 tcp dport {port} reject with tcp reset
             }}
         }}"
    ))
}

fn bridge_rejected_syn(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    let _blocked = lab.listen(BLOCKED_PORT)?;
    reject(lab, BLOCKED_PORT)?;
    lab.dial_refused(BLOCKED_PORT, Dial::default())
}

pub(super) fn bridge_rejected_mid_stream(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    reject(lab, OPEN_PORT)?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.nft_at_bridge("flush ruleset")?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}
