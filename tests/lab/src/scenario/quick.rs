// SPDX-License-Identifier: GPL-2.0-or-later

//! Answers that come sooner than the server's fastest so far, in shares of its round trip.

use std::{collections::VecDeque, thread, time::Duration};

use anyhow::Result;

use super::{
    Declared, Scenario, client, foreign, genuine,
    injected::to_client,
    payload::{MORE, REQUEST, RESPONSE},
};
use crate::{
    family::Family,
    lab::{Lab, Spot},
    peer::Connection,
    segment::Segment,
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Reaction, Toward},
};

const PORT: u16 = 80;
/// As the server's packets leave the middlebox.
const SERVER_TTL: u8 = 62;
/// Of the 47 ms to the server and back, a box that waits so long takes 40, 60 or 75 %.
const WAITS: [Duration; 3] = [
    Duration::from_micros(11_800),
    Duration::from_micros(21_200),
    Duration::from_micros(28_200),
];
/// As long as a delayed acknowledgement waits at least.
const DELAYED: Duration = Duration::from_millis(40);
/// After so long the reset can answer no earlier segment than the last.
const SILENCE: Duration = Duration::from_millis(500);

const BLOCKED_FIRST: Declared = foreign(Phase::Request, Cause::PolicyBlock, Impact::Disruptive);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "box_answers_sooner",
        purpose: "A box resets with the server's TTL in 40 to 75 % of its round trip, after one, two and more round trips were seen.",
        kind: Kind::Synthetic,
        run: box_answers_sooner,
        captures: &[client(&[
            BLOCKED_FIRST,
            BLOCKED_FIRST,
            BLOCKED,
            BLOCKED,
            BLOCKED,
            BLOCKED,
            BLOCKED,
            BLOCKED,
        ])
        .only(Family::V4)],
    },
    Scenario {
        name: "late_capture_delayed_answer",
        purpose: "The capture begins after the handshake; the server's one answer in it was delayed, and the restarted server's reset is not.",
        kind: Kind::Real,
        run: late_capture_delayed_answer,
        captures: &[client(&[FORGOTTEN])],
    },
];

fn box_answers_sooner(lab: &mut Lab) -> Result<()> {
    let [short, middle, long] = WAITS;
    // After the handshake alone, after one exchange, after two.
    let plan = [
        (0, short),
        (0, long),
        (1, short),
        (1, middle),
        (1, long),
        (2, short),
        (2, middle),
        (2, long),
    ];
    let mut waits: VecDeque<Duration> = plan.iter().map(|(_, wait)| *wait).collect();
    lab.inject(
        Spot::Middlebox,
        Box::new(move |segment, toward| {
            if toward == Toward::Client || segment.payload != MORE {
                return Reaction::pass();
            }
            let reset = Segment {
                ttl: SERVER_TTL,
                ..segment.forged_answer()
            };
            let wait = waits.pop_front().unwrap_or_default();
            Reaction::replace(vec![to_client(wait, reset)])
        }),
    )?;
    let listener = lab.listen(PORT)?;
    let mut kept = Vec::new();
    for (exchanges, _) in plan {
        let mut connection = lab.connect(&listener)?;
        for _ in 0..exchanges {
            connection.exchange(REQUEST, RESPONSE)?;
            lab.settle()?;
        }
        connection.client.send(MORE)?;
        connection.client.expect_reset()?;
        kept.push(connection);
    }
    lab.end_captures()
}

fn late_capture_delayed_answer(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection: Connection = lab.connect(&listener)?;
    lab.restart_captures()?;
    let mut is_waiting = true;
    lab.inject(
        Spot::Middlebox,
        Box::new(move |segment, toward| {
            if toward == Toward::Server || !is_waiting {
                return Reaction::pass();
            }
            is_waiting = segment.payload.is_empty();
            Reaction::hold(DELAYED)
        }),
    )?;
    connection.exchange(REQUEST, RESPONSE)?;
    thread::sleep(SILENCE);
    connection.server.forget()?;
    connection.client.send(MORE)?;
    connection.client.expect_reset()
}
