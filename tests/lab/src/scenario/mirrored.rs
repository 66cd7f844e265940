// SPDX-License-Identifier: GPL-2.0-or-later

//! Captures that show packets twice, late, out of order or with a wrong clock, and paths on which
//! packets really overtake each other.

use std::{thread, time::Duration};

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, client, genuine, looking_like,
    payload::{MORE, REQUEST, RESPONSE},
    probe::syn,
    server,
};
use crate::{
    edit::Edit,
    lab::{Lab, Spot},
    net::Node,
    peer::Connection,
    segment::{Flags, Segment},
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Reaction, Toward},
};

const PORT: u16 = 80;
/// How long a queue on the path holds bulk data back.
const QUEUE: Duration = Duration::from_millis(120);
/// After so long the reset can answer no earlier segment than the last.
const SILENCE: Duration = Duration::from_millis(500);
/// A little longer than the client's late data takes to the server.
const SHORT_QUEUE: Duration = Duration::from_millis(31);

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);
/// The FIN that explains it comes later.
const AFTER_CLOSE: Declared = looking_like(
    genuine(Phase::Data, Cause::DataAfterClose, Impact::Disruptive),
    Cause::NoConnection,
);
/// Where the file shows data and its answers in the wrong order.
const OUT_OF_ORDER_ABORT: Declared = looking_like(ABORT, Cause::UnreadData);
const WRONG_ACK: Declared = looking_like(
    genuine(Phase::Handshake, Cause::NoConnection, Impact::Disruptive),
    Cause::NotAccepted,
);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "mirror_again_15ms",
        purpose: "A mirror port delivers every packet a second time, 15 ms later: also the reset, and data after it.",
        kind: Kind::Synthetic,
        run: abort_after_data,
        captures: &[client(&[ABORT, ABORT]).edited(&[Edit::Twice(Duration::from_millis(15))])],
    },
    Scenario {
        name: "mirror_again_120ms",
        purpose: "A mirror port delivers every packet a second time, 120 ms later: also the reset, and data after it.",
        kind: Kind::Synthetic,
        run: abort_after_data,
        captures: &[client(&[ABORT, ABORT]).edited(&[Edit::Twice(Duration::from_millis(120))])],
    },
    Scenario {
        name: "mirror_again_other_link",
        purpose: "Every packet is seen on both sides of a bridge that writes its own MAC addresses and leaves the TTL.",
        kind: Kind::Synthetic,
        run: abort_after_data,
        captures: &[
            client(&[ABORT, ABORT]).edited(&[Edit::TwiceElsewhere(Duration::from_micros(60))])
        ],
    },
    Scenario {
        name: "mirror_again_other_link_late",
        purpose: "Every packet is seen a second time with other MAC addresses and the same TTL, 15 ms later.",
        kind: Kind::Synthetic,
        run: abort_after_data,
        captures: &[
            client(&[ABORT, ABORT]).edited(&[Edit::TwiceElsewhere(Duration::from_millis(15))])
        ],
    },
    Scenario {
        name: "mirror_data_8ms_late",
        purpose: "The file shows the server's data 8 ms late, so that the abort that follows it comes first.",
        kind: Kind::Synthetic,
        run: abort_after_data,
        captures: &[client(&[OUT_OF_ORDER_ABORT])
            .edited(&[Edit::Late(is_servers_data, Duration::from_millis(8))])],
    },
    Scenario {
        name: "mirror_client_late",
        purpose: "Two mirror ports, and that for the client's packets is 60 ms late: answers come before what they answer.",
        kind: Kind::Synthetic,
        run: abort_at_rest,
        captures: &[client(&[OUT_OF_ORDER_ABORT])
            .edited(&[Edit::Late(is_clients, Duration::from_millis(60))])],
    },
    Scenario {
        name: "clock_back_40ms",
        purpose: "The clock is set back by 40 ms just before the restarted server's reset, which so seems to come in a sixth of the round trip.",
        kind: Kind::Synthetic,
        run: restarted,
        captures: &[client(&[FORGOTTEN]).edited(&[Edit::Clock(is_reset, -40)])],
    },
    Scenario {
        name: "clock_back_200ms",
        purpose: "The clock is set back by 200 ms just before the restarted server's reset, which so seems to come before what it answers.",
        kind: Kind::Synthetic,
        run: restarted,
        captures: &[client(&[FORGOTTEN]).edited(&[Edit::Clock(is_reset, -200)])],
    },
    Scenario {
        name: "clock_back_twice",
        purpose: "The clock is set back by 200 ms before the server's response and by 40 ms before the restarted server's reset.",
        kind: Kind::Synthetic,
        run: restarted,
        captures: &[client(&[FORGOTTEN]).edited(&[
            Edit::Clock(is_servers_data, -200),
            Edit::Clock(is_reset, -40),
        ])],
    },
    Scenario {
        name: "two_taps_clock_back_40ms",
        purpose: "Two taps, one a direction, are interfaces of one file; the clock is set back by 40 ms just before the restarted server's reset.",
        kind: Kind::Synthetic,
        run: restarted,
        captures: &[client(&[FORGOTTEN])
            .edited(&[Edit::OtherInterface(is_clients), Edit::Clock(is_reset, -40)])],
    },
    Scenario {
        name: "two_places_clocks_300ms_apart",
        purpose: "Captures of the client and the server in one file, the server's clock 300 ms ahead; the server aborts after data.",
        kind: Kind::Synthetic,
        run: abort_after_data,
        captures: &[client(&[ABORT, ABORT])
            .merged_with(Node::Server)
            .edited(&[Edit::SecondClock(300)])],
    },
    Scenario {
        name: "two_places",
        purpose: "Captures of the client and the server in one file, with one clock; the server aborts after data.",
        kind: Kind::Real,
        run: abort_after_data,
        captures: &[client(&[ABORT, ABORT]).merged_with(Node::Server)],
    },
    Scenario {
        name: "reset_overtakes_data",
        purpose: "The server has closed and resets the client's late data; the reset overtakes the last data and the FIN in a queue.",
        kind: Kind::Real,
        run: reset_overtakes_data,
        captures: &[client(&[AFTER_CLOSE, CONSEQUENCE, CONSEQUENCE])],
    },
    Scenario {
        name: "abort_overtakes_data",
        purpose: "The server sends data and aborts; the reset overtakes the data by 8 ms on a second path.",
        kind: Kind::Real,
        run: abort_overtakes_data,
        captures: &[client(&[OUT_OF_ORDER_ABORT, CONSEQUENCE, CONSEQUENCE])],
    },
    Scenario {
        name: "reset_overtakes_data_unstamped",
        purpose: "Without timestamps: the server has closed and resets the client's late data; the reset overtakes the last data by some milliseconds.",
        kind: Kind::Real,
        run: reset_overtakes_data_unstamped,
        captures: &[client(&[AFTER_CLOSE, CONSEQUENCE, CONSEQUENCE])],
    },
    Scenario {
        name: "abort_overtakes_data_unstamped",
        purpose: "Without timestamps: the server sends data and aborts; the reset overtakes the data by 120 ms on a second path.",
        kind: Kind::Real,
        run: abort_overtakes_data_unstamped,
        captures: &[client(&[OUT_OF_ORDER_ABORT, CONSEQUENCE, CONSEQUENCE])],
    },
    Scenario {
        name: "syn_received_goes_on",
        purpose: "A server in SYN-RECEIVED resets an old acknowledgement and then repeats its SYN-ACK.",
        kind: Kind::Synthetic,
        run: syn_received_goes_on,
        captures: &[client(&[WRONG_ACK]), server(&[WRONG_ACK])],
    },
];

fn is_servers_data(segment: &Segment) -> bool {
    segment.source.port() == PORT && !segment.payload.is_empty()
}

fn is_clients(segment: &Segment) -> bool {
    segment.source.port() != PORT
}

pub(super) fn is_reset(segment: &Segment) -> bool {
    segment.flags.rst
}

fn at_rest(lab: &mut Lab) -> Result<Connection> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    Ok(connection)
}

/// The abort follows the last data at once.
pub(super) fn abort_after_data(lab: &mut Lab) -> Result<()> {
    let mut connection = at_rest(lab)?;
    connection.client.send(REQUEST)?;
    connection.server.receive(REQUEST.len())?;
    connection.server.send(RESPONSE)?;
    connection.server.abort()?;
    lab.wait_for(Node::Client, "the reset", is_reset)?;
    // The server's answer to the client's ACK of the data is not part of these cases.
    lab.end_captures_now()
}

fn abort_at_rest(lab: &mut Lab) -> Result<()> {
    let mut connection = at_rest(lab)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn restarted(lab: &mut Lab) -> Result<()> {
    let mut connection = at_rest(lab)?;
    thread::sleep(SILENCE);
    connection.server.forget()?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()
}

/// Puts a queue on the way to the client that bulk data waits in.
fn queue(lab: &Lab, wait: Duration, is_bulk: fn(&Segment) -> bool) -> Result<()> {
    lab.inject(
        Spot::Middlebox,
        Box::new(move |segment, toward| {
            if toward == Toward::Client && is_bulk(segment) {
                Reaction::hold(wait)
            } else {
                Reaction::pass()
            }
        }),
    )
}

fn reset_overtakes_data(lab: &mut Lab) -> Result<()> {
    reset_overtakes(lab, QUEUE)
}

fn reset_overtakes_data_unstamped(lab: &mut Lab) -> Result<()> {
    lab.sysctl(Node::Client, "net.ipv4.tcp_timestamps", "0")?;
    reset_overtakes(lab, SHORT_QUEUE)
}

fn reset_overtakes(lab: &mut Lab, wait: Duration) -> Result<()> {
    let mut connection = at_rest(lab)?;
    queue(lab, wait, |segment| {
        !segment.payload.is_empty() || segment.flags.fin
    })?;
    connection.client.send(REQUEST)?;
    connection.server.receive(REQUEST.len())?;
    connection.server.send(RESPONSE)?;
    drop(connection.server);
    connection.client.send(MORE)?;
    lab.wait_for(Node::Client, "the server's reset", is_reset)?;
    lab.settle()?;
    lab.end_captures()
}

fn abort_overtakes_data(lab: &mut Lab) -> Result<()> {
    abort_overtakes(lab, Duration::from_millis(8))
}

fn abort_overtakes_data_unstamped(lab: &mut Lab) -> Result<()> {
    lab.sysctl(Node::Client, "net.ipv4.tcp_timestamps", "0")?;
    abort_overtakes(lab, QUEUE)
}

fn abort_overtakes(lab: &mut Lab, wait: Duration) -> Result<()> {
    let mut connection = at_rest(lab)?;
    queue(lab, wait, |segment| !segment.payload.is_empty())?;
    connection.client.send(REQUEST)?;
    connection.server.receive(REQUEST.len())?;
    connection.server.send(RESPONSE)?;
    connection.server.abort()?;
    lab.wait_for_nth(Node::Client, 2, "the client's reset", is_reset)?;
    lab.end_captures()
}

/// The client's kernel must not see the SYN-ACK, or it would reset it.
fn syn_received_goes_on(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.settle()?;
    lab.nft(
        Node::Client,
        "table inet deaf {
             chain input {
                 type filter hook input priority 0;
                 tcp sport 80 drop
             }
         }",
    )?;
    let syn = syn(lab, PORT);
    lab.send_raw(Node::Client, &syn)?;
    lab.wait_for(Node::Client, "the SYN-ACK", |segment| {
        segment.flags.syn && segment.flags.ack && segment.destination == syn.source
    })?;
    let old = Segment {
        flags: Flags {
            ack: true,
            ..Flags::default()
        },
        sequence: syn.next_sequence(),
        acknowledgment: 0x0bad_0ac4,
        ..syn.clone()
    };
    lab.send_raw(Node::Client, &old)?;
    lab.wait_for(Node::Client, "the server's reset", is_reset)?;
    lab.wait_for_nth(Node::Client, 2, "the second SYN-ACK", |segment| {
        segment.flags.syn && segment.flags.ack && segment.destination == syn.source
    })?;
    lab.end_captures_now()
}
