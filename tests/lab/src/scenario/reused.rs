// SPDX-License-Identifier: GPL-2.0-or-later

//! Ports that are used again by a connection whose handshake the capture has lost: it looks as if
//! the sender of the reset went on. And a sender that really goes on.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, client, foreign, genuine,
    payload::{MORE, REQUEST, RESPONSE},
    poisoned::copied_reset,
};
use crate::{
    edit::Edit,
    lab::{Lab, Spot},
    peer::Dial,
    segment::Segment,
    tokens::{Cause, Impact, Kind, Phase},
    wire::Toward,
};

const PORT: u16 = 80;
/// Between the reset and the next use of the ports.
const PAUSE: Duration = Duration::from_secs(2);
const MINUTE: i64 = 60_000;
/// More than any window: the new connection begins behind the old one's numbers.
const LOWER_BY: u32 = 0x3000_0000;

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "port_reused_unseen",
        purpose: "The server aborts; two seconds later the same ports are used again, and the capture has lost the handshake.",
        kind: Kind::Real,
        run: port_reused,
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "port_reused_unseen_lower",
        purpose: "The server aborts; the same ports are used again with lower sequence numbers, and the capture has lost the handshake.",
        kind: Kind::Synthetic,
        run: port_reused,
        captures: &[client(&[ABORT]).edited(&[Edit::Renumbered(is_reuse, LOWER_BY)])],
    },
    Scenario {
        name: "port_reused_unseen_minute",
        purpose: "The server aborts; a minute later the same ports are used again, and the capture has lost the handshake.",
        kind: Kind::Synthetic,
        run: port_reused,
        captures: &[client(&[ABORT]).edited(&[Edit::Clock(is_reuse, MINUTE)])],
    },
    Scenario {
        name: "copied_goes_on",
        purpose: "A box resets in mid-stream with the server's own TTL, IP ID, window and clock; a second later the server goes on where it was.",
        kind: Kind::Synthetic,
        run: copied_goes_on,
        captures: &[client(&[BLOCKED, CONSEQUENCE])],
    },
];

/// The first request of the second connection is the only one that holds this.
fn is_reuse(segment: &Segment) -> bool {
    segment.payload == MORE
}

fn port_reused(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let port = connection.client.port()?;
    connection.server.abort()?;
    connection.client.expect_reset()?;
    drop(connection.client);
    lab.settle()?;
    thread::sleep(PAUSE);
    let (mut client, mut server) = lab.unseen(|lab| {
        let client = lab.dial_from(port, PORT, Dial::default())?;
        Ok((client, listener.accept()?))
    })?;
    client.send(MORE)?;
    server.receive(MORE.len())?;
    server.send(RESPONSE)?;
    client.receive(RESPONSE.len())?;
    server.finish()?;
    client.expect_end()?;
    drop(client);
    server.expect_end()
}

fn copied_goes_on(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    let since = Instant::now();
    lab.settle()?;
    let reset = copied_reset(lab, since)?;
    lab.inject_now(Spot::Middlebox, Toward::Client, reset)?;
    connection.client.expect_reset()?;
    thread::sleep(Duration::from_secs(1));
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}
