// SPDX-License-Identifier: GPL-2.0-or-later

//! Programs of others that reset connections: proxies, a web server, dsniff's tcpkill.

use std::net::SocketAddr;

use anyhow::Result;

use super::{
    Declared, SHOT, Scenario, client, foreign, genuine,
    payload::{MORE, REQUEST, RESPONSE},
    server,
};
use crate::{
    family::Family,
    lab::Lab,
    net::Node,
    peer::Connection,
    program::{CONFIGURATION, Program},
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;
/// Where the servers behind a proxy listen.
const BACKEND_PORT: u16 = 8000;
/// The beginning of a request that is never completed.
const HALF_A_REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: all";

const TIMED_OUT: Declared = genuine(Phase::Closing, Cause::AbortAfterFin, Impact::Benign);
const TOO_SLOW: Declared = genuine(Phase::Request, Cause::RequestRejected, Impact::Disruptive);
const TOO_SLOW_LATER: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const KILLED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "haproxy_client_timeout",
        purpose: "HAProxy in front of the server gives up a silent client: with `option nolinger` a FIN and then a reset.",
        kind: Kind::Real,
        run: |lab| haproxy_client_timeout(lab, Node::Server),
        captures: &[client(&[TIMED_OUT]), server(&[TIMED_OUT])],
    },
    Scenario {
        name: "haproxy_server_timeout",
        purpose: "HAProxy in front of the server gives up a server that does not answer.",
        kind: Kind::Real,
        run: |lab| haproxy_server_timeout(lab, Node::Server),
        captures: &[client(&[TIMED_OUT])],
    },
    Scenario {
        name: "reverse_proxy_client_timeout",
        purpose: "HAProxy on the path, on an address of its own, gives up a silent client: it is the endpoint.",
        kind: Kind::Real,
        run: |lab| haproxy_client_timeout(lab, Node::Middlebox),
        captures: &[client(&[TIMED_OUT])],
    },
    Scenario {
        name: "reverse_proxy_server_timeout",
        purpose: "HAProxy on the path, on an address of its own, gives up a server that does not answer.",
        kind: Kind::Real,
        run: |lab| haproxy_server_timeout(lab, Node::Middlebox),
        captures: &[client(&[TIMED_OUT])],
    },
    Scenario {
        name: "nginx_slow_request",
        purpose: "nginx with reset_timedout_connection gives up a first request that is never completed.",
        kind: Kind::Real,
        run: nginx_slow_request,
        captures: &[client(&[TOO_SLOW]), server(&[TOO_SLOW])],
    },
    Scenario {
        name: "nginx_slow_second_request",
        purpose: "nginx with reset_timedout_connection gives up a second request that is never completed.",
        kind: Kind::Real,
        run: nginx_slow_second_request,
        captures: &[client(&[TOO_SLOW_LATER])],
    },
    Scenario {
        name: "tcpkill",
        purpose: "dsniff's tcpkill on the path, three shots at the sender of each packet that it sees in mid-stream.",
        kind: Kind::Real,
        run: |lab| tcpkill(lab, "-3"),
        captures: &[
            client(&[KILLED, SHOT, SHOT]).only(Family::V4),
            server(&[KILLED, SHOT, SHOT]).only(Family::V4),
        ],
    },
    Scenario {
        name: "tcpkill_once",
        purpose: "dsniff's tcpkill on the path, one shot at the sender of each packet that it sees in mid-stream.",
        kind: Kind::Real,
        run: |lab| tcpkill(lab, "-1"),
        captures: &[client(&[KILLED]).only(Family::V4)],
    },
];

/// HAProxy at a node, in front of a server on the same or another node.
fn haproxy(lab: &mut Lab, node: Node) -> Result<(Program, Connection)> {
    let (front, back) = match node {
        Node::Middlebox => (lab.family().middlebox(), lab.family().server()),
        _ => (lab.family().server(), lab.family().loopback()),
    };
    let backend = lab.listen_at(Node::Server, BACKEND_PORT)?;
    let configuration = format!(
        "defaults
             mode tcp
             option nolinger
             timeout connect 2s
             timeout client 1s
             timeout server 1s
         listen web
             bind {}
             server one {}
",
        SocketAddr::new(lab.family().unspecified(), PORT),
        SocketAddr::new(back, BACKEND_PORT)
    );
    let program = lab.start(
        node,
        "haproxy",
        &["-db", "-f", CONFIGURATION],
        &configuration,
    )?;
    lab.wait_for_port(node, PORT)?;
    let client = lab.dial_to(SocketAddr::new(front, PORT))?;
    let server = backend.accept()?;
    Ok((program, Connection { client, server }))
}

fn haproxy_client_timeout(lab: &mut Lab, node: Node) -> Result<()> {
    let (_haproxy, mut connection) = haproxy(lab, node)?;
    connection.exchange(REQUEST, RESPONSE)?;
    gives_up(lab)
}

fn haproxy_server_timeout(lab: &mut Lab, node: Node) -> Result<()> {
    let (_haproxy, mut connection) = haproxy(lab, node)?;
    connection.client.send(REQUEST)?;
    connection.server.receive(REQUEST.len())?;
    gives_up(lab)
}

/// Waits for the reset after the FIN; a client that read now would sometimes acknowledge the FIN
/// in between.
fn gives_up(lab: &mut Lab) -> Result<()> {
    lab.wait_for(Node::Client, "the proxy's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}

/// nginx on the server; its process id goes where its configuration came from, into no real file.
fn nginx(lab: &Lab) -> Result<Program> {
    nginx_with(lab, "", "return 200 ok;")
}

/// The same with options of its socket and directives of its one location.
pub(super) fn nginx_with(lab: &Lab, socket: &str, location: &str) -> Result<Program> {
    let address = SocketAddr::new(lab.family().unspecified(), PORT);
    let configuration = format!(
        "daemon off;
         master_process off;
         pid /proc/self/fd/0;
         error_log stderr;
         events {{}}
         http {{
             access_log off;
             reset_timedout_connection on;
             client_header_timeout 1s;
             server {{
                 listen {address} {socket};
                 location / {{ {location} }}
             }}
         }}
"
    );
    let program = lab.start(
        Node::Server,
        "nginx",
        &["-c", CONFIGURATION],
        &configuration,
    )?;
    lab.wait_for_port(Node::Server, PORT)?;
    Ok(program)
}

fn nginx_slow_request(lab: &mut Lab) -> Result<()> {
    let _nginx = nginx(lab)?;
    let mut client = lab.dial_to(lab.server_address(PORT))?;
    client.send(HALF_A_REQUEST)?;
    client.expect_reset()
}

fn nginx_slow_second_request(lab: &mut Lab) -> Result<()> {
    let _nginx = nginx(lab)?;
    let mut client = lab.dial_to(lab.server_address(PORT))?;
    client.send(REQUEST)?;
    client.receive(1)?;
    client.discard()?;
    client.send(HALF_A_REQUEST)?;
    client.expect_reset()
}

fn tcpkill(lab: &mut Lab, shots: &str) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let mut tcpkill = lab.start(
        Node::Middlebox,
        "tcpkill",
        &["-i", "left", shots, "tcp"],
        "",
    )?;
    tcpkill.expect_message("listening on left")?;
    connection.client.send(MORE)?;
    connection.client.expect_reset()?;
    connection.server.receive(MORE.len())?;
    connection.server.expect_reset()
}
