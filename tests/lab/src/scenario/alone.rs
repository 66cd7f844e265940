// SPDX-License-Identifier: GPL-2.0-or-later

//! Genuine resets that one innocent story alone saves. Most are of a host whose stack writes
//! neither IP ID nor timestamps, so that little speaks for it.

use std::{thread::sleep, time::Duration};

use anyhow::Result;

use super::{Declared, Scenario, client, genuine, looking_like, members::behind_syn_proxy};
use crate::{
    edit::Edit,
    family::Family,
    guest::{ABORT, RESPONSE, Stack},
    lab::{Lab, Spot},
    peer::Peer,
    scenario::payload::REQUEST,
    segment::Segment,
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Reaction, Toward},
};

const PORT: u16 = 80;
/// As long as a tunnel takes to come up.
const TUNNEL: Duration = Duration::from_millis(200);
const SMOLTCP: &str = "host: smoltcp 0.14";

/// It follows the request, which nothing shows to have been read.
const ABORTED: Declared = looking_like(
    genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy),
    Cause::UnreadData,
);
const REFUSED_REQUEST: Declared =
    genuine(Phase::Request, Cause::RequestRejected, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "alone_route_changed",
        purpose: "The route from a host with smoltcp becomes two hops shorter in mid-connection; three packets later it aborts.",
        kind: Kind::Real,
        run: route_changed,
        captures: &[client(&[ABORTED]).note(SMOLTCP)],
    },
    Scenario {
        name: "silent_route_shorter_abort",
        purpose: "A host with smoltcp is silent for two seconds while its route becomes two hops shorter; then it aborts.",
        kind: Kind::Real,
        run: silent_route_shorter_abort,
        captures: &[client(&[ABORTED]).note(SMOLTCP)],
    },
    Scenario {
        name: "alone_slow_first_round_trip",
        purpose: "The SYN-ACK of a host with smoltcp waits for a tunnel that adds a router; the abort that answers the first request does not.",
        kind: Kind::Real,
        run: slow_first_round_trip,
        captures: &[client(&[REFUSED_REQUEST]).note(SMOLTCP)],
    },
    Scenario {
        name: "alone_clock_stepped",
        purpose: "The clock is set back before the first request to a host with smoltcp and before its abort, which comes over one router more.",
        kind: Kind::Synthetic,
        run: clock_stepped,
        captures: &[client(&[ABORTED])
            .note(SMOLTCP)
            .edited(&[Edit::Clock(is_request, -200), Edit::Clock(is_reset, -40)])],
    },
    Scenario {
        name: "alone_proxy_handshake",
        purpose: "A SYN proxy makes the handshake for a server five routers farther away than usual, which acknowledges one request and aborts.",
        kind: Kind::Real,
        run: proxy_handshake,
        captures: &[client(&[REFUSED_REQUEST]).only(Family::V4)],
    },
];

fn is_request(segment: &Segment) -> bool {
    segment.destination.port() == PORT && !segment.payload.is_empty()
}

fn is_reset(segment: &Segment) -> bool {
    segment.flags.rst
}

fn exchange(lab: &mut Lab, client: &mut Peer) -> Result<()> {
    client.send(REQUEST)?;
    client.receive(RESPONSE.len())?;
    lab.settle()
}

fn abort(client: &mut Peer) -> Result<()> {
    client.send(ABORT)?;
    client.expect_reset()
}

fn route_changed(lab: &mut Lab) -> Result<()> {
    let (_guest, address) = lab.start_guest(Stack::Smoltcp)?;
    lab.build_detour(2)?;
    lab.take_detour()?;
    let mut client = lab.dial_to(address)?;
    for _ in 0..4 {
        exchange(lab, &mut client)?;
    }
    lab.leave_detour()?;
    for _ in 0..3 {
        exchange(lab, &mut client)?;
    }
    abort(&mut client)
}

fn silent_route_shorter_abort(lab: &mut Lab) -> Result<()> {
    let (_guest, address) = lab.start_guest(Stack::Smoltcp)?;
    lab.build_detour(2)?;
    lab.take_detour()?;
    let mut client = lab.dial_to(address)?;
    for _ in 0..4 {
        exchange(lab, &mut client)?;
    }
    sleep(Duration::from_secs(2));
    lab.leave_detour()?;
    abort(&mut client)
}

fn slow_first_round_trip(lab: &mut Lab) -> Result<()> {
    let (_guest, address) = lab.start_guest(Stack::Smoltcp)?;
    lab.build_detour(1)?;
    lab.inject(
        Spot::Middlebox,
        Box::new(|segment, toward| {
            let waits = toward == Toward::Client && segment.flags.syn;
            Reaction::hold(if waits { TUNNEL } else { Duration::ZERO })
        }),
    )?;
    let mut client = lab.dial_to(address)?;
    lab.take_detour()?;
    abort(&mut client)
}

fn clock_stepped(lab: &mut Lab) -> Result<()> {
    let (_guest, address) = lab.start_guest(Stack::Smoltcp)?;
    lab.build_detour(1)?;
    let mut client = lab.dial_to(address)?;
    for _ in 0..4 {
        exchange(lab, &mut client)?;
    }
    lab.take_detour()?;
    abort(&mut client)
}

fn proxy_handshake(lab: &mut Lab) -> Result<()> {
    lab.build_detour(5)?;
    lab.take_detour()?;
    let mut connection = behind_syn_proxy(lab)?;
    connection.client.send(REQUEST)?;
    connection.server.await_unread(REQUEST.len())?;
    lab.settle()?;
    connection.server.abort()?;
    connection.client.expect_reset()
}
