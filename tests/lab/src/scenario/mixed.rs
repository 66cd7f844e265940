// SPDX-License-Identifier: GPL-2.0-or-later

//! Half a minute of one client's traffic: most of its resets mean nothing, and six are incidents.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, SHOT, Scenario, client, foreign, genuine,
    middlebox::reject,
    payload::{BLOCKED_NAME, MORE, REQUEST, RESPONSE, client_hello, nft_match},
    ports::nmap,
    told,
};
use crate::{
    family::Family,
    lab::Lab,
    net::Node,
    peer::{Dial, Listener},
    tokens::{Cause, Impact, Kind, Phase},
};

const WEB_PORT: u16 = 80;
const TLS_PORT: u16 = 443;
const CHECKED_PORT: u16 = 8080;
const CLOSED_PORT: u16 = 8081;
const BLOCKED_PORT: u16 = 8082;
const KILLED_PORT: u16 = 8083;
const SCANNED_PORTS: &str = "22,23,443";
/// Longer than the plugin's default idle threshold of 30 s.
const SILENCE: Duration = Duration::from_secs(32);
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// The beginning of a response that announces more than ever comes.
const HALF_A_RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nthe beginning";

const LEFT: Declared = told(
    "ordinary: the client leaves after the whole response",
    genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy),
);
const CLEANED: Declared = told(
    "ordinary: the client cleans up after the server's FIN",
    genuine(Phase::Closing, Cause::CloseCleanup, Impact::Benign),
);
const CHECKED: Declared = told(
    "ordinary: a health check",
    genuine(Phase::Handshake, Cause::HealthCheck, Impact::Benign),
);
const REFUSED: Declared = told(
    "incident 1: nothing listens on port 8081",
    genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive),
);
const REJECTED: Declared = told(
    "incident 2: a firewall rejects port 8082",
    foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive),
);
const CUT: Declared = told(
    "incident 3: the server's program aborts in mid-response, 13 of 5000 bytes sent",
    genuine(Phase::Data, Cause::ApplicationAbort, Impact::Disruptive),
);
const FILTERED: Declared = told(
    "incident 4: a firewall objects to the name in the ClientHello",
    foreign(Phase::Request, Cause::ContentFilter, Impact::Disruptive),
);
const KILLED: Declared = told(
    "incident 5: tcpkill on the path, three shots",
    foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive),
);
const UNWANTED: Declared = told(
    "ordinary: nmap's kernel resets the SYN-ACK of an open port",
    genuine(Phase::Handshake, Cause::HalfOpenScan, Impact::Noteworthy),
);
const SCANNED: Declared = told(
    "ordinary: a closed port answers nmap; nobody wanted to use it",
    genuine(Phase::Syn, Cause::PortClosed, Impact::Benign),
);
const TIMED_OUT: Declared = told(
    "ordinary: the server ends a connection that was silent for 32 s",
    genuine(Phase::Data, Cause::IdleTimeout, Impact::Benign),
);
const FORGOTTEN: Declared = told(
    "incident 6: the server forgot the connection during 32 s of silence",
    genuine(Phase::Data, Cause::IdleStateLost, Impact::Disruptive),
);

pub(super) const TABLE: &[Scenario] = &[Scenario {
    name: "mixed_traffic",
    purpose: "Half a minute of a client's traffic: ordinary conversations and resets that mean nothing, and six incidents, each of which `rst.impact == \"disruptive\" && rst.cause != \"consequence\"` should list once.",
    kind: Kind::Real,
    run: mixed_traffic,
    captures: &[client(&[
        LEFT,
        LEFT,
        LEFT,
        CLEANED,
        CHECKED,
        CHECKED,
        CHECKED,
        CHECKED,
        REFUSED,
        REJECTED,
        CUT,
        CONSEQUENCE,
        FILTERED,
        KILLED,
        SHOT,
        SHOT,
        SCANNED,
        SCANNED,
        UNWANTED,
        TIMED_OUT,
        FORGOTTEN,
    ])
    .only(Family::V4)
    .large()],
}];

fn mixed_traffic(lab: &mut Lab) -> Result<()> {
    let web = lab.listen(WEB_PORT)?;
    let [neighbour] = lab.add_hosts()?;
    let silence = Instant::now();
    let mut timed_out = lab.connect(&web)?;
    timed_out.exchange(REQUEST, RESPONSE)?;
    let mut forgotten = lab.connect(&web)?;
    forgotten.exchange(REQUEST, RESPONSE)?;

    ordinary(lab, &web)?;
    health_checks(lab, &web)?;
    lab.dial_refused(CLOSED_PORT, Dial::default())?;
    lab.ordinary_conversation(&web)?;
    reject(lab, &format!("tcp dport {BLOCKED_PORT}"))?;
    lab.dial_refused(BLOCKED_PORT, Dial::default())?;
    cut(lab, &web)?;
    filtered(lab)?;
    killed(lab)?;
    let _scanned = lab.listen_at(Node::Server, TLS_PORT)?;
    nmap(lab, "-sS", SCANNED_PORTS, &[neighbour.to_string()])?;
    lab.ordinary_conversation(&web)?;

    thread::sleep(SILENCE.saturating_sub(silence.elapsed()));
    timed_out.server.abort()?;
    timed_out.client.expect_reset()?;
    forgotten.server.forget()?;
    forgotten.client.send(REQUEST)?;
    forgotten.client.expect_reset()?;
    lab.ordinary_conversation(&web)?;
    lab.end_captures()
}

fn ordinary(lab: &mut Lab, web: &Listener) -> Result<()> {
    lab.ordinary_conversation(web)?;
    for _ in 0..3 {
        let mut left = lab.connect(web)?;
        left.exchange(REQUEST, RESPONSE)?;
        lab.settle()?;
        left.client.abort()?;
        left.server.expect_reset()?;
    }
    let mut cleaned = lab.connect(web)?;
    cleaned.exchange(REQUEST, RESPONSE)?;
    cleaned.server.finish()?;
    cleaned.client.expect_end()?;
    lab.settle()?;
    cleaned.client.abort()?;
    cleaned.server.expect_reset()?;
    lab.settle()
}

fn health_checks(lab: &mut Lab, web: &Listener) -> Result<()> {
    let _checked = lab.listen(CHECKED_PORT)?;
    let hold_ack = Dial {
        hold_ack: true,
        ..Dial::default()
    };
    for number in 0..4 {
        let due = Instant::now() + CHECK_INTERVAL;
        lab.dial(CHECKED_PORT, hold_ack)?.abort()?;
        if number % 2 == 0 {
            lab.ordinary_conversation(web)?;
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

fn cut(lab: &mut Lab, web: &Listener) -> Result<()> {
    let mut cut = lab.connect(web)?;
    cut.exchange(REQUEST, HALF_A_RESPONSE)?;
    cut.server.abort()?;
    cut.client.expect_reset()?;
    lab.settle()
}

fn filtered(lab: &mut Lab) -> Result<()> {
    let hello = client_hello(BLOCKED_NAME)?;
    let condition = nft_match(&hello, BLOCKED_NAME)?;
    lab.nft(Node::Middlebox, "flush ruleset")?;
    reject(lab, &format!("tcp dport {TLS_PORT} {condition}"))?;
    let tls = lab.listen(TLS_PORT)?;
    let mut filtered = lab.connect(&tls)?;
    filtered.client.send(&hello)?;
    filtered.client.expect_reset()?;
    lab.nft(Node::Middlebox, "flush ruleset")?;
    // Nobody tells the server: it forgets the client here, so that the port is free.
    filtered.server.forget()
}

fn killed(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(KILLED_PORT)?;
    let mut killed = lab.connect(&listener)?;
    killed.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let mut tcpkill = lab.start(
        Node::Middlebox,
        "tcpkill",
        &["-i", "left", "-3", "tcp", "port", "8083"],
        "",
    )?;
    tcpkill.expect_message("listening on left")?;
    killed.client.send(MORE)?;
    killed.client.expect_reset()?;
    killed.server.receive(MORE.len())?;
    killed.server.expect_reset()?;
    lab.settle()
}
