// SPDX-License-Identifier: GPL-2.0-or-later

//! Routes that change before a genuine reset, with what comes after it: later connections on the
//! new route, or on the old one, which no change of route explains.

use std::time::Duration;

use anyhow::Result;

use super::{
    Declared, Scenario, client, foreign, genuine,
    injected::forged_now,
    payload::{MORE, REQUEST, RESPONSE},
};
use crate::{
    edit::Edit,
    family::Family,
    lab::{Lab, Spot},
    net::Node,
    peer::{Connection, Dial, Listener},
    segment::Segment,
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Reaction, Toward},
};

const PORT: u16 = 80;
const CLOSED_PORT: u16 = 81;
/// Milliseconds.
const SILENCE: i64 = 90_000;
/// The way back that is given up takes so long: a round trip of 87 ms becomes one of 47 ms.
const SLOW_WAY: Duration = Duration::from_millis(60);
/// How much longer the first packet of the server takes than all that follow.
const WAKING: Duration = Duration::from_millis(150);
/// As the packets of a route that is two hops longer leave the middlebox.
const LONGER_ROUTE_TTL: u8 = 60;

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);
const REJECTED: Declared = genuine(Phase::Request, Cause::RequestRejected, Impact::Disruptive);
const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "route_shorter_abort_kept",
        purpose: "The route becomes two hops and 40 ms shorter, the server aborts, and two later connections come the same way.",
        kind: Kind::Real,
        run: |lab| {
            let (listener, connection) = shorter(lab)?;
            abort(connection)?;
            twice_more(lab, &listener)
        },
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "route_shorter_restarted_kept",
        purpose: "The route becomes two hops and 40 ms shorter, the restarted server resets, and two later connections come the same way.",
        kind: Kind::Real,
        run: |lab| {
            let (listener, connection) = shorter(lab)?;
            forget(connection)?;
            twice_more(lab, &listener)
        },
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "route_shorter_restarted_once",
        purpose: "The route becomes two hops and 40 ms shorter, the restarted server resets, and one later connection comes the same way: too few to be sure of the new route.",
        kind: Kind::Real,
        run: |lab| {
            let (listener, connection) = shorter(lab)?;
            forget(connection)?;
            lab.ordinary_conversation(&listener)
        },
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "route_shorter_restarted",
        purpose: "The route becomes two hops and 40 ms shorter, and the restarted server's reset is all that comes that way.",
        kind: Kind::Real,
        run: |lab| {
            let (_listener, connection) = shorter(lab)?;
            forget(connection)
        },
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "route_longer_restarted_kept",
        purpose: "The route becomes two hops longer, the restarted server resets, and two later connections come the same way.",
        kind: Kind::Real,
        run: |lab| {
            let (listener, connection) = longer(lab)?;
            forget(connection)?;
            twice_more(lab, &listener)
        },
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "route_longer_for_a_moment",
        purpose: "The way back is two hops longer only while the server aborts; the data of another connection came that way, too.",
        kind: Kind::Real,
        run: longer_for_a_moment,
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "route_by_label",
        purpose: "Two ways back of different length; the reset has a flow label of its own and takes the other one, on which another connection lives.",
        kind: Kind::Real,
        run: by_label,
        captures: &[client(&[FORGOTTEN])
            .only(Family::V6)
            .note("resets are led to the other way, where a router would choose it by the label")],
    },
    Scenario {
        name: "forged_as_longer_route",
        purpose: "A box resets with the TTL of a route two hops longer; two later connections come the old way.",
        kind: Kind::Synthetic,
        run: |lab| {
            let (listener, mut connection) = at_rest(lab)?;
            let forged = forged_now(lab, LONGER_ROUTE_TTL)?;
            lab.inject_now(Spot::Middlebox, Toward::Client, forged)?;
            connection.client.expect_reset()?;
            lab.settle()?;
            twice_more(lab, &listener)?;
            lab.end_captures()
        },
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "forged_as_longer_route_live",
        purpose: "A box answers data with the TTL of a route two hops longer; a connection beside it goes on the old way within milliseconds.",
        kind: Kind::Synthetic,
        run: forged_beside_living,
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "slow_first_rejected",
        purpose: "The first packet of the server takes 150 ms longer, as where a tunnel is set up on demand; the server then rejects the request.",
        kind: Kind::Real,
        run: slow_first_rejected,
        captures: &[client(&[REJECTED])],
    },
    Scenario {
        name: "slow_first_restarted",
        purpose: "The first packet of the server takes 150 ms longer, as where a tunnel is set up on demand; the restarted server then answers in the path's own time.",
        kind: Kind::Real,
        run: |lab| {
            wake_slowly(lab)?;
            let (_listener, connection) = at_rest(lab)?;
            forget(connection)
        },
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "route_shorter_after_minutes",
        purpose: "The route becomes two hops and 40 ms shorter while the connection is silent for 90 seconds; then the restarted server resets.",
        kind: Kind::Synthetic,
        run: |lab| {
            let (_listener, connection) = shorter(lab)?;
            forget_and_send(connection, MORE)
        },
        captures: &[client(&[FORGOTTEN]).edited(&[Edit::Clock(is_more, SILENCE)])],
    },
    Scenario {
        name: "route_shorter_refused_later",
        purpose: "The route becomes two hops shorter; 90 seconds after the last conversation the server refuses another.",
        kind: Kind::Synthetic,
        run: |lab| {
            lab.build_detour(2)?;
            lab.take_detour()?;
            let listener = lab.listen(PORT)?;
            lab.ordinary_conversation(&listener)?;
            lab.settle()?;
            lab.leave_detour()?;
            lab.dial_refused(CLOSED_PORT, Dial::default())
        },
        captures: &[client(&[REFUSED]).edited(&[Edit::Clock(is_to_closed_port, SILENCE)])],
    },
    Scenario {
        name: "route_shorter_in_mid_stream",
        purpose: "The route becomes two hops shorter, the server answers three more requests that way, and aborts.",
        kind: Kind::Real,
        run: |lab| {
            lab.build_detour(2)?;
            lab.take_detour()?;
            let (_listener, mut connection) = at_rest(lab)?;
            for _ in 0..4 {
                connection.exchange(REQUEST, RESPONSE)?;
            }
            lab.settle()?;
            lab.leave_detour()?;
            for _ in 0..3 {
                connection.exchange(REQUEST, RESPONSE)?;
            }
            lab.settle()?;
            abort(connection)
        },
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "route_longer_and_back",
        purpose: "After two conversations the route becomes two hops longer for a third, and is as before when the restarted server resets it.",
        kind: Kind::Real,
        run: |lab| {
            lab.build_detour(2)?;
            let listener = lab.listen(PORT)?;
            twice_more(lab, &listener)?;
            lab.settle()?;
            lab.take_detour()?;
            let mut connection = lab.connect(&listener)?;
            connection.exchange(REQUEST, RESPONSE)?;
            lab.settle()?;
            lab.leave_detour()?;
            forget(connection)
        },
        captures: &[client(&[FORGOTTEN])],
    },
];

/// A connection at rest; the next packet from the server comes two hops and 40 ms nearer.
fn shorter(lab: &mut Lab) -> Result<(Listener, Connection)> {
    lab.build_slow_detour(2, SLOW_WAY)?;
    lab.take_detour()?;
    let before = at_rest(lab)?;
    lab.leave_detour()?;
    Ok(before)
}

fn longer(lab: &mut Lab) -> Result<(Listener, Connection)> {
    lab.build_detour(2)?;
    let before = at_rest(lab)?;
    lab.take_detour()?;
    Ok(before)
}

fn at_rest(lab: &mut Lab) -> Result<(Listener, Connection)> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    Ok((listener, connection))
}

fn abort(mut connection: Connection) -> Result<()> {
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn forget(connection: Connection) -> Result<()> {
    forget_and_send(connection, REQUEST)
}

fn forget_and_send(mut connection: Connection, payload: &[u8]) -> Result<()> {
    connection.server.forget()?;
    connection.client.send(payload)?;
    connection.client.expect_reset()
}

fn is_more(segment: &Segment) -> bool {
    segment.payload == MORE
}

fn is_to_closed_port(segment: &Segment) -> bool {
    segment.destination.port() == CLOSED_PORT
}

fn twice_more(lab: &mut Lab, listener: &Listener) -> Result<()> {
    lab.ordinary_conversation(listener)?;
    lab.ordinary_conversation(listener)
}

fn longer_for_a_moment(lab: &mut Lab) -> Result<()> {
    lab.build_detour(2)?;
    let (listener, connection) = at_rest(lab)?;
    let mut other = lab.connect(&listener)?;
    other.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.take_detour()?;
    other.exchange(REQUEST, RESPONSE)?;
    abort(connection)?;
    other.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.leave_detour()?;
    other.exchange(REQUEST, RESPONSE)?;
    other.close()
}

fn by_label(lab: &mut Lab) -> Result<()> {
    lab.build_detour(2)?;
    let (listener, connection) = at_rest(lab)?;
    let mut other = lab.connect(&listener)?;
    lab.take_detour_to(other.client.port()?)?;
    other.exchange(REQUEST, RESPONSE)?;
    lab.take_detour_with_resets()?;
    forget(connection)?;
    other.exchange(REQUEST, RESPONSE)?;
    other.close()
}

fn forged_beside_living(lab: &mut Lab) -> Result<()> {
    let (listener, mut connection) = at_rest(lab)?;
    let mut other = lab.connect(&listener)?;
    other.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let target = connection.client.port()?;
    lab.inject(
        Spot::Middlebox,
        Box::new(move |segment, _| {
            if segment.source.port() != target || segment.payload.is_empty() {
                return Reaction::pass();
            }
            let reset = Segment {
                ttl: LONGER_ROUTE_TTL,
                ..segment.forged_answer()
            };
            // As late as the server's own answer.
            let answer = super::injected::to_client(Duration::from_millis(40), reset);
            Reaction::replace(vec![answer])
        }),
    )?;
    connection.client.send(MORE)?;
    other.client.send(MORE)?;
    connection.client.expect_reset()?;
    other.server.receive(MORE.len())?;
    other.server.send(MORE)?;
    other.client.receive(MORE.len())?;
    other.close()?;
    lab.end_captures()
}

fn wake_slowly(lab: &Lab) -> Result<()> {
    let mut is_asleep = true;
    lab.inject(
        Spot::Middlebox,
        Box::new(move |_, toward| {
            if toward == Toward::Client && is_asleep {
                is_asleep = false;
                return Reaction::hold(WAKING);
            }
            Reaction::pass()
        }),
    )
}

fn slow_first_rejected(lab: &mut Lab) -> Result<()> {
    wake_slowly(lab)?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(REQUEST)?;
    connection.server.receive(REQUEST.len())?;
    connection.server.abort()?;
    lab.wait_for(Node::Client, "the server's reset", |segment| {
        segment.flags.rst
    })?;
    connection.client.expect_reset()
}
