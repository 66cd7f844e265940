// SPDX-License-Identifier: GPL-2.0-or-later

//! Firewalls that look for a name, and clients that send it in odd ways.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};

use super::{
    CONSEQUENCE, Declared, Scenario, client, foreign,
    middlebox::reject,
    payload::{BLOCKED_NAME, client_hello, large_client_hello, nft_match},
};
use crate::{
    family::Family,
    lab::Lab,
    net::Node,
    program::Program,
    tokens::{Cause, Impact, Kind, Phase},
};

const TLS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;
/// As long as the blocked one, so that they stand at the same place.
const ALLOWED_NAMES: [&str; 2] = ["allowed.example", "another.example"];
const TLS: &[&str] = &["-tls1_3", "-psk", "0123456789abcdef"];

/// The first byte of a TLS record that holds a ClientHello.
const HANDSHAKE: u8 = 0x16;
/// How OpenSSL's answer begins: a handshake record of 90 bytes.
const SERVER_HELLO: [u8; 3] = [HANDSHAKE, 3, 3];

const FILTERED: Declared = foreign(Phase::Request, Cause::ContentFilter, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "sni_filter_one_name",
        purpose: "OpenSSL's clients ask one server for three names, one of them twice: a firewall on the path resets only those.",
        kind: Kind::Real,
        run: sni_filter_one_name,
        captures: &[client(&[FILTERED, FILTERED])],
    },
    Scenario {
        name: "sni_in_second_segment",
        purpose: "A ClientHello of post-quantum size has its name in the second segment; a firewall on the path resets it there.",
        kind: Kind::Real,
        run: sni_in_second_segment,
        captures: &[client(&[FILTERED, CONSEQUENCE])],
    },
    Scenario {
        name: "sni_in_first_segment",
        purpose: "A ClientHello of post-quantum size has its name in the first of two segments; a firewall on the path resets it.",
        kind: Kind::Real,
        run: sni_in_first_segment,
        captures: &[client(&[FILTERED, CONSEQUENCE])],
    },
    Scenario {
        name: "host_in_second_segment",
        purpose: "The Host of an HTTP request is in its second segment; a firewall on the path resets it there.",
        kind: Kind::Real,
        run: host_in_second_segment,
        captures: &[client(&[FILTERED, CONSEQUENCE])],
    },
    Scenario {
        name: "hello_malformed",
        purpose: "A ClientHello whose inner lengths go beyond its end; a firewall on the path resets it.",
        kind: Kind::Real,
        run: hello_malformed,
        captures: &[client(&[FILTERED])],
    },
];

fn sni_filter_one_name(lab: &mut Lab) -> Result<()> {
    let port = TLS_PORT.to_string();
    let version = match lab.family() {
        Family::V4 => "-4",
        Family::V6 => "-6",
    };
    let mut arguments = vec!["s_server", version, "-accept", &port, "-nocert", "-rev"];
    arguments.extend(TLS);
    let _server = lab.start(Node::Server, "openssl", &arguments, "")?;
    lab.wait_for_port(Node::Server, TLS_PORT)?;
    let [first, second] = ALLOWED_NAMES;
    let mut clients = vec![ask(lab, first, 0)?];
    let hello = lab.last(Node::Client, |segment| {
        segment.destination.port() == TLS_PORT && segment.payload.first() == Some(&HANDSHAKE)
    })?;
    let hello = lab_hello(hello.payload, first)?;
    let condition = format!("tcp dport {TLS_PORT} {}", nft_match(&hello, BLOCKED_NAME)?);
    reject(lab, &condition)?;
    // openssl serves one client after the other, and waits for those that were reset.
    for (before, name) in (1..).zip([second, BLOCKED_NAME, BLOCKED_NAME]) {
        clients.push(ask(lab, name, before)?);
    }
    lab.end_captures()
}

/// The ClientHello as it is when it asks for the blocked name.
fn lab_hello(mut hello: Vec<u8>, name: &str) -> Result<Vec<u8>> {
    let place = hello
        .windows(name.len())
        .position(|text| text == name.as_bytes())
        .context("the ClientHello does not hold the name")?;
    hello.splice(place..place + name.len(), BLOCKED_NAME.bytes());
    Ok(hello)
}

/// A TLS client that shakes hands and leaves, after so many others.
fn ask(lab: &mut Lab, name: &str, before: usize) -> Result<Program> {
    let server = SocketAddr::new(lab.family().server(), TLS_PORT).to_string();
    let mut arguments = vec!["s_client", "-connect", &server, "-servername", name];
    arguments.extend(TLS);
    let client = lab.start(Node::Client, "openssl", &arguments, "")?;
    lab.wait_for_nth(Node::Client, before + 1, "an answer", |segment| {
        segment.flags.rst || segment.payload.starts_with(&SERVER_HELLO)
    })?;
    lab.settle()?;
    Ok(client)
}

/// What a segment carries on a path of this MTU, with time stamps.
fn segment_size(lab: &Lab) -> usize {
    match lab.family() {
        Family::V4 => 1448,
        Family::V6 => 1428,
    }
}

fn sni_in_second_segment(lab: &mut Lab) -> Result<()> {
    let hello = large_client_hello(BLOCKED_NAME, false)?;
    let (_, second) = hello.split_at(segment_size(lab));
    send_filtered(lab, TLS_PORT, &[&hello], &nft_match(second, BLOCKED_NAME)?)
}

fn sni_in_first_segment(lab: &mut Lab) -> Result<()> {
    let hello = large_client_hello(BLOCKED_NAME, true)?;
    let (first, _) = hello.split_at(segment_size(lab));
    send_filtered(lab, TLS_PORT, &[&hello], &nft_match(first, BLOCKED_NAME)?)
}

fn host_in_second_segment(lab: &mut Lab) -> Result<()> {
    let first = b"GET / HTTP/1.1\r\nUser-Agent: lab\r\n";
    let second = format!("Host: {BLOCKED_NAME}\r\n\r\n").into_bytes();
    let condition = nft_match(&second, BLOCKED_NAME)?;
    send_filtered(lab, HTTP_PORT, &[first, &second], &condition)
}

fn hello_malformed(lab: &mut Lab) -> Result<()> {
    let mut hello = client_hello(BLOCKED_NAME)?;
    // The length of the host name, which stands just before it.
    let place = hello
        .windows(BLOCKED_NAME.len())
        .position(|text| text == BLOCKED_NAME.as_bytes())
        .context("the ClientHello does not hold the name")?;
    hello.splice(place - 2..place, [0x7f, 0xff]);
    let condition = format!("@ih,{},16 == 0x7fff", (place - 2) * 8);
    send_filtered(lab, TLS_PORT, &[&hello], &condition)
}

fn send_filtered(lab: &mut Lab, port: u16, writes: &[&[u8]], condition: &str) -> Result<()> {
    reject(lab, &format!("tcp dport {port} {condition}"))?;
    let listener = lab.listen(port)?;
    let mut connection = lab.connect(&listener)?;
    for write in writes {
        connection.client.send(write)?;
    }
    connection.client.expect_reset()?;
    lab.end_captures()
}
