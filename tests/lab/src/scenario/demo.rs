// SPDX-License-Identifier: GPL-2.0-or-later

//! One capture with a bit of everything, as the first that a new user looks at.

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, client,
    documented::THERE_AND_BACK,
    foreign, genuine,
    middlebox::reject,
    payload::{
        BLOCKED_NAME, REQUEST, RESPONSE, client_hello, http_request, nft_match, server_hello,
    },
};
use crate::{
    family::Family,
    lab::{Lab, Spot},
    net::Node,
    peer::{Connection, Dial, Listener},
    segment::Segment,
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Injection, Reaction, Toward},
};

const WEB_PORT: u16 = 80;
const TLS_PORT: u16 = 443;
const CLOSED_PORT: u16 = 8080;
const BLOCKED_PORT: u16 = 23;

const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const LOST: Declared = genuine(Phase::Closing, Cause::RequestLost, Impact::Disruptive);
const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);
const FILTERED: Declared = foreign(Phase::Request, Cause::ContentFilter, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[Scenario {
    name: "demo",
    purpose: "Mixed traffic to one server: an orderly close, three genuine resets, two of a firewall, one forged with TTL 255.",
    kind: Kind::Synthetic,
    run: demo,
    captures: &[client(&[
        REFUSED,
        ABORT,
        LOST,
        REJECTED,
        FILTERED,
        FILTERED,
        CONSEQUENCE,
        CONSEQUENCE,
    ])
    .only(Family::V4)
    .folder("demo")
    .note("only the reset with TTL 255 was written by a program")],
}];

fn demo(lab: &mut Lab) -> Result<()> {
    let web = lab.listen(WEB_PORT)?;
    let mut orderly = lab.connect(&web)?;
    orderly.exchange(REQUEST, RESPONSE)?;
    orderly.close()?;
    lab.settle()?;

    lab.dial_refused(CLOSED_PORT, Dial::default())?;
    lab.settle()?;

    let mut aborted = lab.connect(&web)?;
    aborted.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    aborted.server.abort()?;
    aborted.client.expect_reset()?;

    let mut closed = lab.connect(&web)?;
    closed.exchange(REQUEST, RESPONSE)?;
    drop(closed.server);
    closed.client.expect_end()?;
    lab.settle()?;
    closed.client.send(REQUEST)?;
    lab.wait_for_nth(Node::Client, 3, "the answer to late data", |segment| {
        segment.flags.rst
    })?;

    reject(lab, &format!("tcp dport {BLOCKED_PORT}"))?;
    lab.dial_refused(BLOCKED_PORT, Dial::default())?;
    lab.settle()?;

    // Kept: its server's side would go on to talk to a client that has given up.
    let _filtered = filtered(lab, &web)?;
    forged(lab)?;
    lab.end_captures()
}

/// The firewall resets the client because of the Host of its request.
fn filtered(lab: &mut Lab, web: &Listener) -> Result<Connection> {
    let request = http_request(BLOCKED_NAME);
    reject(
        lab,
        &format!(
            "tcp dport {WEB_PORT} {}",
            nft_match(&request, BLOCKED_NAME)?
        ),
    )?;
    let mut connection = lab.connect(web)?;
    connection.client.send(&request)?;
    connection.client.expect_reset()?;
    lab.settle()?;
    Ok(connection)
}

/// A device on the client's own link objects to a name; the server answers all the same.
fn forged(lab: &mut Lab) -> Result<()> {
    let hello = client_hello(BLOCKED_NAME)?;
    let answer = server_hello()?;
    lab.inject(
        Spot::ClientLink,
        Box::new(|segment, toward| {
            let offends = toward == Toward::Server
                && segment.destination.port() == TLS_PORT
                && !segment.payload.is_empty();
            if !offends {
                return Reaction::pass();
            }
            Reaction::inject(vec![Injection::new(
                THERE_AND_BACK,
                Toward::Client,
                Segment {
                    ttl: 255,
                    ..segment.forged_answer()
                },
            )])
        }),
    )?;
    let listener = lab.listen(TLS_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(&hello)?;
    connection.client.expect_reset()?;
    connection.server.receive(hello.len())?;
    connection.server.send(&answer)?;
    connection.server.expect_reset()
}
