// SPDX-License-Identifier: GPL-2.0-or-later

//! A transparent proxy that takes one port of the server: it is the other end of these
//! connections, while those to other ports reach the server.

use anyhow::Result;

use super::{
    Declared, Scenario, client, foreign, looking_like,
    payload::{REQUEST, RESPONSE},
    undecidable,
};
use crate::{
    lab::Lab,
    net::Node,
    peer::{Connection, Dial},
    tokens::{Cause, Impact, Kind, Phase},
};

const TAKEN_PORT: u16 = 80;
const OTHER_PORT: u16 = 443;
const PROXY_PORT: u16 = 3128;

/// Everything in its connection is the proxy's own, so its reset fits it all.
const BY_PROXY: Declared = undecidable(looking_like(
    foreign(Phase::Data, Cause::PolicyBlock, Impact::Noteworthy),
    Cause::ApplicationAbort,
));

pub(super) const TABLE: &[Scenario] = &[Scenario {
    name: "proxy_takes_one_port",
    purpose: "A transparent proxy two hops nearer holds the connections to port 80 and aborts one; those to port 443 reach the server.",
    kind: Kind::Real,
    run: proxy_takes_one_port,
    captures: &[client(&[BY_PROXY])],
}];

fn proxy_takes_one_port(lab: &mut Lab) -> Result<()> {
    lab.nft(
        Node::Middlebox,
        "table inet proxy {
             chain prerouting {
                 type nat hook prerouting priority dstnat;
                 tcp dport 80 redirect to :3128
             }
         }",
    )?;
    let proxy = lab.listen_at(Node::Middlebox, PROXY_PORT)?;
    let server = lab.listen(OTHER_PORT)?;
    for _ in 0..3 {
        lab.ordinary_conversation(&server)?;
    }
    let client = lab.dial(TAKEN_PORT, Dial::default())?;
    let mut connection = Connection {
        client,
        server: proxy.accept()?,
    };
    connection.exchange(REQUEST, RESPONSE)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.server.abort()?;
    connection.client.expect_reset()?;
    lab.end_captures()
}
