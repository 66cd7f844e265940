// SPDX-License-Identifier: GPL-2.0-or-later

//! A receiver that stops to read: its window closes, and the sender gives up.

use std::time::Duration;

use anyhow::Result;

use super::{Declared, Scenario, client, devices::nginx_with, genuine, payload::REQUEST, server};
use crate::{
    lab::Lab,
    peer::{Connection, Dial},
    tokens::{Cause, Impact, Kind, Phase},
};

const PORT: u16 = 80;
/// The client's kernel doubles it; about half of that is window.
const RECEIVE_BUFFER: usize = 2048;
const GIVES_UP: Duration = Duration::from_millis(1500);
const TOO_MUCH: [u8; 4000] = [b'x'; 4000];

const STALLED: Declared = genuine(Phase::Data, Cause::ZeroWindowTimeout, Impact::Disruptive);

const STALLING: Dial = Dial {
    receive_buffer: Some(RECEIVE_BUFFER),
    ..Dial::DEFAULT
};

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "zero_window_gave_up",
        purpose: "The client does not read; the server's kernel gives up after 1.5 s of closed window, silently, and resets the client when that reads again.",
        kind: Kind::Real,
        run: gave_up,
        captures: &[client(&[STALLED]), server(&[STALLED])],
    },
    Scenario {
        name: "zero_window_nginx",
        purpose: "The client does not read the response; nginx's send_timeout resets it after 1.5 s of closed window.",
        kind: Kind::Real,
        run: nginx_send_timeout,
        captures: &[client(&[STALLED]), server(&[STALLED])],
    },
];

fn gave_up(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let client = lab.dial(PORT, STALLING)?;
    let server = listener.accept()?;
    let mut connection = Connection { client, server };
    connection.client.send(REQUEST)?;
    connection.server.receive(REQUEST.len())?;
    connection.server.set_user_timeout(GIVES_UP)?;
    connection.server.send(&TOO_MUCH)?;
    connection.server.expect_timeout()?;
    connection.client.discard_to_reset()
}

fn nginx_send_timeout(lab: &mut Lab) -> Result<()> {
    // nginx takes no longer word than this in its configuration.
    let (text, body) = ("x".repeat(1000), "$text".repeat(10));
    let _nginx = nginx_with(
        lab,
        "sndbuf=2k",
        &format!("send_timeout 1500ms; set $text {text}; return 200 {body};"),
    )?;
    let mut client = lab.dial(PORT, STALLING)?;
    client.send(REQUEST)?;
    client.await_reset()
}
