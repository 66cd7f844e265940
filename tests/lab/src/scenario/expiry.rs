// SPDX-License-Identifier: GPL-2.0-or-later

//! One time-out that ends several conversations: the same silence in each of them.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    Declared, Scenario, client, foreign, genuine,
    payload::{MORE, REQUEST, RESPONSE},
    server,
};
use crate::{
    lab::{Lab, Spot},
    net::Node,
    peer::Connection,
    segment::{Flags, Segment},
    tokens::{Cause, Impact, Kind, Phase},
    wire::Toward,
};

const PORT: u16 = 80;
/// How long every conversation is silent, and how much later than the one before it begins.
const SILENCE: Duration = Duration::from_secs(5);
const STAGGER: Duration = Duration::from_millis(700);
/// The firewall's memory: shorter than the silence.
const MEMORY: &str = "4";

const TIMED_OUT: Declared = genuine(Phase::Data, Cause::IdleTimeout, Impact::Benign);
const BOX_TIMED_OUT: Declared = foreign(Phase::Data, Cause::IdleTimeout, Impact::Noteworthy);
const BOX_FORGOT: Declared = foreign(Phase::Data, Cause::IdleStateLost, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "idle_timeout_thrice",
        purpose: "The server aborts each of three conversations after five seconds of silence.",
        kind: Kind::Real,
        run: idle_timeout_thrice,
        captures: &[client(&[TIMED_OUT; 3]), server(&[TIMED_OUT; 3])],
    },
    Scenario {
        name: "idle_forgot_thrice",
        purpose: "A firewall forgets three conversations after four seconds; each is reset at its next request, after five seconds of silence.",
        kind: Kind::Real,
        run: idle_forgot_thrice,
        captures: &[client(&[BOX_FORGOT; 3])],
    },
    Scenario {
        name: "idle_balancer_thrice",
        purpose: "A load balancer on the path resets both sides of each of three conversations after five seconds of silence.",
        kind: Kind::Synthetic,
        run: idle_balancer_thrice,
        captures: &[client(&[BOX_TIMED_OUT; 3]), server(&[BOX_TIMED_OUT; 3])],
    },
];

/// Three conversations that fall silent one after the other; `end` is told when each silence is over.
fn silent(lab: &mut Lab, mut end: impl FnMut(&mut Lab, Connection) -> Result<()>) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut conversations = Vec::new();
    for _ in 0..3 {
        let mut connection = lab.connect(&listener)?;
        connection.exchange(REQUEST, RESPONSE)?;
        conversations.push((Instant::now() + SILENCE, connection));
        thread::sleep(STAGGER);
    }
    for (due, connection) in conversations {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        end(lab, connection)?;
    }
    Ok(())
}

fn idle_timeout_thrice(lab: &mut Lab) -> Result<()> {
    silent(lab, |_, mut connection| {
        connection.server.abort()?;
        connection.client.expect_reset()
    })
}

fn idle_forgot_thrice(lab: &mut Lab) -> Result<()> {
    super::idle::forgetful_firewall(lab, MEMORY)?;
    let mut ends = Vec::new();
    silent(lab, |_, mut connection| {
        connection.client.send(MORE)?;
        connection.client.expect_reset()?;
        ends.push(connection);
        Ok(())
    })?;
    lab.end_captures()
}

fn idle_balancer_thrice(lab: &mut Lab) -> Result<()> {
    silent(lab, |lab, mut connection| {
        let port = connection.client.port()?;
        let last = lab.last(Node::Middlebox, |segment| segment.source.port() == port)?;
        let to_client = Segment {
            ttl: 128,
            ..last.forged_answer()
        };
        let to_server = Segment {
            source: last.source,
            destination: last.destination,
            flags: Flags {
                rst: true,
                ack: true,
                ..Flags::default()
            },
            sequence: last.next_sequence(),
            acknowledgment: last.acknowledgment,
            ..to_client.clone()
        };
        lab.inject_now(Spot::Middlebox, Toward::Client, to_client)?;
        lab.inject_now(Spot::Middlebox, Toward::Server, to_server)?;
        connection.client.expect_reset()?;
        connection.server.expect_reset()
    })
}
