// SPDX-License-Identifier: GPL-2.0-or-later

//! Real firewalls on the path that answer in an endpoint's name.

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, client, foreign, genuine,
    payload::{BLOCKED_NAME, MORE, REQUEST, RESPONSE, client_hello, http_request, nft_match},
    server, undecidable,
};
use crate::{
    lab::Lab,
    net::Node,
    peer::{Connection, Dial},
    tokens::{Cause, Impact, Kind, Phase},
};

const OPEN_PORT: u16 = 80;
const TLS_PORT: u16 = 443;
const BLOCKED_PORT: u16 = 8081;
const PROXY_PORT: u16 = 3128;
/// TOS byte of expedited forwarding.
const EXPEDITED: u32 = 0xb8;

const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);
const ABORT: Declared = foreign(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
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
        name: "rejected_syn_client_tos",
        purpose: "As rejected_syn, but the SYN carries a DSCP, which the reset does not.",
        kind: Kind::Real,
        run: rejected_syn_client_tos,
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
    Scenario {
        name: "rejected_syn_far",
        purpose: "As rejected_syn, but at the server's last hop: the TTL differs by one only.",
        kind: Kind::Real,
        run: rejected_syn_far,
        captures: &[client(&[REJECTED])],
    },
    Scenario {
        name: "rejected_response",
        purpose: "A new firewall rule resets the server in mid-stream; the client knows nothing of it and goes on.",
        kind: Kind::Real,
        run: rejected_response,
        captures: &[client(&[FORGOTTEN]), server(&[BLOCKED, CONSEQUENCE])],
    },
    Scenario {
        name: "rejected_both_ways",
        purpose: "A new firewall rule resets the client in mid-stream, and then the server.",
        kind: Kind::Real,
        run: rejected_both_ways,
        captures: &[client(&[BLOCKED]), server(&[BLOCKED])],
    },
    Scenario {
        name: "transparent_proxy_abort",
        purpose: "A transparent proxy holds the whole connection in the server's name, and aborts it.",
        kind: Kind::Real,
        run: transparent_proxy_abort,
        captures: &[client(&[undecidable(ABORT)])],
    },
];

/// Makes the middlebox answer what matches with a reset.
pub(super) fn reject(lab: &Lab, condition: &str) -> Result<()> {
    reject_at(lab, Node::Middlebox, condition)
}

fn reject_at(lab: &Lab, node: Node, condition: &str) -> Result<()> {
    let script = format!(
        "table inet firewall {{
             chain forward {{
                 type filter hook forward priority 0;
                 {condition} reject with tcp reset
             }}
         }}"
    );
    lab.nft(node, &script)
}

fn rejected_syn(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    rejected_syn_only(lab)
}

fn rejected_syn_client_tos(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    reject(lab, &format!("tcp dport {BLOCKED_PORT}"))?;
    lab.dial_refused(
        BLOCKED_PORT,
        Dial {
            tos: Some(EXPEDITED),
            ..Dial::default()
        },
    )
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

fn rejected_syn_far(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    reject_at(lab, Node::FarRouter, &format!("tcp dport {BLOCKED_PORT}"))?;
    lab.dial_refused(BLOCKED_PORT, Dial::default())
}

fn rejected_response(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    reject(lab, &format!("tcp sport {OPEN_PORT}"))?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()?;
    lab.nft(Node::Middlebox, "flush ruleset")?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()
}

fn rejected_both_ways(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    reject(lab, &format!("tcp dport {OPEN_PORT}"))?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.nft(Node::Middlebox, "flush ruleset")?;
    reject(lab, &format!("tcp sport {OPEN_PORT}"))?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}

fn transparent_proxy_abort(lab: &mut Lab) -> Result<()> {
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
    let client = lab.dial(OPEN_PORT, Dial::default())?;
    let mut connection = Connection {
        client,
        server: proxy.accept()?,
    };
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.server.abort()?;
    connection.client.expect_reset()
}
