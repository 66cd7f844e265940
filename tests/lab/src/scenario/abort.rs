// SPDX-License-Identifier: GPL-2.0-or-later

//! Endpoints that end a connection by a reset, or meet data after they have ended it.

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, client, genuine, looking_like,
    payload::{HANDSHAKE_FAILURE, MORE, REQUEST, RESPONSE, client_hello},
    server,
};
use crate::{
    lab::Lab,
    net::Node,
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;
const TLS_PORT: u16 = 443;

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const UNREAD: Declared = genuine(Phase::Data, Cause::UnreadData, Impact::Noteworthy);
/// On the client's side all that it had received was acknowledged, as read data would be.
const CANCELLED_DOWNLOAD: Declared = looking_like(UNREAD, Cause::ApplicationAbort);
const REJECTED: Declared = genuine(Phase::Request, Cause::RequestRejected, Impact::Disruptive);
const LOST: Declared = genuine(Phase::Closing, Cause::RequestLost, Impact::Disruptive);
const AFTER_FIN: Declared = genuine(Phase::Closing, Cause::AbortAfterFin, Impact::Benign);
const CANCELLED: Declared = genuine(Phase::Request, Cause::ApplicationAbort, Impact::Noteworthy);
const ALERT: Declared = genuine(Phase::Data, Cause::TlsAlert, Impact::Disruptive);
const CLEANUP: Declared = genuine(Phase::Closing, Cause::CloseCleanup, Impact::Benign);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "abort_linger0",
        purpose: "The server aborts with SO_LINGER 0 after an answered request, nothing unread.",
        kind: Kind::Real,
        run: abort_linger0,
        captures: &[client(&[ABORT]), server(&[ABORT])],
    },
    Scenario {
        name: "abort_linger0_client",
        purpose: "The client aborts with SO_LINGER 0 after an answered request, nothing unread.",
        kind: Kind::Real,
        run: abort_linger0_client,
        captures: &[client(&[ABORT]), server(&[ABORT])],
    },
    Scenario {
        name: "unread_data",
        purpose: "The server closes while a second request is unread.",
        kind: Kind::Real,
        run: unread_data,
        captures: &[client(&[UNREAD]), server(&[UNREAD])],
    },
    Scenario {
        name: "request_rejected",
        purpose: "The server reads the first request and aborts without a byte of response.",
        kind: Kind::Real,
        run: request_rejected,
        captures: &[client(&[REJECTED])],
    },
    Scenario {
        name: "request_unread",
        purpose: "The server closes without having read the first request.",
        kind: Kind::Real,
        run: request_unread,
        captures: &[client(&[REJECTED])],
    },
    Scenario {
        name: "request_lost",
        purpose: "The client sends another request to a server that has answered one and closed in order.",
        kind: Kind::Real,
        run: request_lost,
        captures: &[client(&[LOST]), server(&[LOST])],
    },
    Scenario {
        name: "abort_after_fin",
        purpose: "The client has sent its FIN and closes with the response unread.",
        kind: Kind::Real,
        run: abort_after_fin,
        captures: &[client(&[AFTER_FIN]), server(&[AFTER_FIN])],
    },
    Scenario {
        name: "close_cleanup",
        purpose: "The client answers the server's FIN by a reset instead of its own FIN.",
        kind: Kind::Real,
        run: close_cleanup,
        captures: &[client(&[CLEANUP]), server(&[CLEANUP])],
    },
    Scenario {
        name: "download_cancelled",
        purpose: "The client closes with data unread while three more segments are under way to it.",
        kind: Kind::Real,
        run: download_cancelled,
        captures: &[
            client(&[CANCELLED_DOWNLOAD, CONSEQUENCE, CONSEQUENCE, CONSEQUENCE]),
            server(&[UNREAD, CONSEQUENCE, CONSEQUENCE, CONSEQUENCE]),
        ],
    },
    Scenario {
        name: "request_cancelled",
        purpose: "The client aborts while the server still works on the first request.",
        kind: Kind::Real,
        run: request_cancelled,
        captures: &[client(&[CANCELLED]), server(&[CANCELLED])],
    },
    Scenario {
        name: "tls_alert",
        purpose: "The server answers the ClientHello by a fatal alert and then resets.",
        kind: Kind::Real,
        run: tls_alert,
        captures: &[client(&[ALERT])],
    },
    Scenario {
        name: "tls_alert_answered",
        purpose: "The client refuses the server's certificate by a fatal alert, and the server resets.",
        kind: Kind::Real,
        run: tls_alert_answered,
        captures: &[client(&[ALERT]), server(&[ALERT])],
    },
];

fn abort_linger0(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn abort_linger0_client(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.client.abort()?;
    connection.server.expect_reset()
}

fn unread_data(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.client.send(REQUEST)?;
    connection.server.await_unread(REQUEST.len())?;
    lab.settle()?;
    drop(connection.server);
    connection.client.expect_reset()
}

fn request_rejected(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(REQUEST)?;
    connection.server.receive(REQUEST.len())?;
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn request_unread(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(REQUEST)?;
    connection.server.await_unread(REQUEST.len())?;
    drop(connection.server);
    connection.client.expect_reset()
}

fn request_lost(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    drop(connection.server);
    connection.client.expect_end()?;
    lab.settle()?;
    connection.client.send(REQUEST)?;
    lab.wait_for(Node::Client, "the server's reset", |segment| {
        segment.flags.rst
    })?;
    Ok(())
}

fn abort_after_fin(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(REQUEST)?;
    connection.client.finish()?;
    connection.server.receive(REQUEST.len())?;
    connection.server.send(RESPONSE)?;
    connection.client.await_unread(RESPONSE.len())?;
    lab.settle()?;
    drop(connection.client);
    lab.wait_for(Node::Server, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}

fn close_cleanup(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    connection.server.finish()?;
    connection.client.expect_end()?;
    lab.settle()?;
    connection.client.abort()?;
    lab.wait_for(Node::Server, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}

fn download_cancelled(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(REQUEST)?;
    connection.server.receive(REQUEST.len())?;
    connection.server.send(RESPONSE)?;
    connection.client.await_unread(RESPONSE.len())?;
    lab.settle()?;
    // All three are on the way before the client's reset can reach the server.
    for _ in 0..3 {
        connection.server.send(MORE)?;
    }
    drop(connection.client);
    lab.wait_for_nth(Node::Server, 4, "the client's fourth reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}

fn request_cancelled(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(REQUEST)?;
    connection.server.receive(REQUEST.len())?;
    lab.settle()?;
    connection.client.abort()?;
    connection.server.expect_reset()
}

fn tls_alert_answered(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(TLS_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(&client_hello("allowed.example")?, RESPONSE)?;
    connection.client.send(HANDSHAKE_FAILURE)?;
    connection.server.receive(HANDSHAKE_FAILURE.len())?;
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn tls_alert(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(TLS_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(&client_hello("allowed.example")?, HANDSHAKE_FAILURE)?;
    lab.settle()?;
    connection.server.abort()?;
    connection.client.expect_reset()
}
