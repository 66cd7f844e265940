// SPDX-License-Identifier: GPL-2.0-or-later
//! Real firewalls on the path that answer in an endpoint's name.

use anyhow::Result;

use super::payload::{
    BLOCKED_NAME, MORE, REQUEST, RESPONSE, client_hello, http_request, nft_match,
};
use super::{CONSEQUENCE, Declared, Scenario, client, foreign, genuine, server, undecidable};
use crate::lab::Lab;
use crate::net::Node;
use crate::peer::Dial;
use crate::tokens::{Cause, Impact, Kind, Phase};

const OPEN_PORT: u16 = 80;
const TLS_PORT: u16 = 443;
const BLOCKED_PORT: u16 = 8081;

const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);
const FILTERED: Declared = foreign(Phase::Request, Cause::ContentFilter, Impact::Disruptive);
/// The client's answer to the server's data, where its reason is not in the capture.
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "rejected_syn",
        purpose: "A firewall on the path rejects a SYN, after a working connection to the same host.",
        kind: Kind::Real,
        run: rejected_syn,
        captures: &[client(&[REJECTED])],
    },
    Scenario {
        name: "rejected_syn_only",
        purpose: "A firewall on the path rejects a SYN to a host of which nothing else is seen.",
        kind: Kind::Real,
        run: rejected_syn_only,
        captures: &[client(&[undecidable(REJECTED)])],
    },
    Scenario {
        name: "rejected_mid_stream",
        purpose: "A new firewall rule resets the client in mid-stream; the server knows nothing of it and goes on.",
        kind: Kind::Real,
        run: rejected_mid_stream,
        captures: &[client(&[BLOCKED, CONSEQUENCE]), server(&[FORGOTTEN])],
    },
    Scenario {
        name: "content_filter_sni",
        purpose: "A firewall on the path resets the client because of the name in its ClientHello.",
        kind: Kind::Real,
        run: content_filter_sni,
        captures: &[client(&[FILTERED])],
    },
    Scenario {
        name: "content_filter_host",
        purpose: "A firewall on the path resets the client because of the Host of its HTTP request.",
        kind: Kind::Real,
        run: content_filter_host,
        captures: &[client(&[FILTERED])],
    },
];

/// Makes the middlebox answer what matches with a reset.
fn reject(lab: &Lab, condition: &str) -> Result<()> {
    let script = format!(
        "table inet firewall {{
             chain forward {{
                 type filter hook forward priority 0;
                 {condition} reject with tcp reset
             }}
         }}"
    );
    lab.nft(Node::Middlebox, &script)
}

fn rejected_syn(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    rejected_syn_only(lab)
}

fn rejected_syn_only(lab: &mut Lab) -> Result<()> {
    let _listener = lab.listen(BLOCKED_PORT)?;
    reject(lab, &format!("tcp dport {BLOCKED_PORT}"))?;
    lab.dial_refused(BLOCKED_PORT, Dial::default())
}

fn rejected_mid_stream(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    reject(lab, &format!("tcp dport {OPEN_PORT}"))?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.nft(Node::Middlebox, "flush ruleset")?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}

fn content_filter_sni(lab: &mut Lab) -> Result<()> {
    let hello = client_hello(BLOCKED_NAME)?;
    content_filter(lab, TLS_PORT, &hello)
}

fn content_filter_host(lab: &mut Lab) -> Result<()> {
    content_filter(lab, OPEN_PORT, &http_request(BLOCKED_NAME))
}

fn content_filter(lab: &mut Lab, port: u16, request: &[u8]) -> Result<()> {
    reject(
        lab,
        &format!("tcp dport {port} {}", nft_match(request, BLOCKED_NAME)?),
    )?;
    let listener = lab.listen(port)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(request)?;
    connection.client.expect_reset()?;
    lab.end_captures()
}
