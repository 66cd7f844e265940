// SPDX-License-Identifier: GPL-2.0-or-later

//! Forgeries beside the reset: blind packets of an attacker that must not turn a genuine reset
//! into a device's, and forgers that first send something else in the server's name.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, client, foreign, genuine,
    injected::{at_request, forged_now, to_client},
    payload::{BLOCKED_NAME, MORE, REQUEST, RESPONSE, http_request},
};
use crate::{
    lab::{Lab, Spot},
    net::Node,
    peer::{Connection, Dial},
    segment::{Flags, Segment},
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Injection, Reaction, Toward},
};

const PORT: u16 = 80;
const PROXY_PORT: u16 = 3128;
/// As an attacker's packets pass the middlebox, from somewhere else.
const STRANGER_TTL: u8 = 102;
/// As a box's own packets leave the middlebox.
const BOX_TTL: u8 = 64;
/// From the server to the client, one way.
const FROM_SERVER: Duration = Duration::from_millis(23);
/// NetScaler's code for a reset by policy.
const NETSCALER_CODE: u16 = 9814;
const BLOCK_PAGE: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\nConnection: close\r\n\r\nblocked\n";

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);
const FILTERED_LATER: Declared = foreign(Phase::Data, Cause::ContentFilter, Impact::Disruptive);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);
const AFTER_PAGE: Declared = foreign(Phase::Closed, Cause::ContentFilter, Impact::Disruptive);
const FLUSHED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "spoofed_ack_after_abort",
        purpose: "The server aborts; then an attacker who knows only the ports sends one acknowledgement in its name, with another TTL and impossible numbers.",
        kind: Kind::Synthetic,
        run: |lab| {
            let connection = at_rest(lab)?;
            abort(connection)?;
            lab.settle()?;
            let spoofed = spoofed(lab, b"")?;
            lab.inject_now(Spot::Middlebox, Toward::Client, spoofed)
        },
        captures: &[client(&[ABORT, CONSEQUENCE])],
    },
    Scenario {
        name: "spoofed_data_after_abort",
        purpose: "The server aborts; then an attacker who knows only the ports sends data in its name, with another TTL and impossible numbers.",
        kind: Kind::Synthetic,
        run: |lab| {
            let connection = at_rest(lab)?;
            abort(connection)?;
            lab.settle()?;
            let spoofed = spoofed(lab, MORE)?;
            lab.inject_now(Spot::Middlebox, Toward::Client, spoofed)
        },
        captures: &[client(&[ABORT, CONSEQUENCE])],
    },
    Scenario {
        name: "spoofed_ack_before_restarted",
        purpose: "An attacker sends one acknowledgement in the server's name, with another TTL; then the restarted server's own reset comes.",
        kind: Kind::Synthetic,
        run: |lab| {
            let connection = at_rest(lab)?;
            poison(lab, b"")?;
            forget(connection)
        },
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "spoofed_data_before_restarted",
        purpose: "An attacker sends data in the server's name, with another TTL and impossible numbers; then the restarted server's own reset comes.",
        kind: Kind::Synthetic,
        run: |lab| {
            let connection = at_rest(lab)?;
            poison(lab, MORE)?;
            forget(connection)
        },
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "spoofed_data_before_abort",
        purpose: "An attacker sends data in the server's name, with another TTL and impossible numbers; then the server aborts.",
        kind: Kind::Synthetic,
        run: |lab| {
            let connection = at_rest(lab)?;
            poison(lab, MORE)?;
            abort(connection)
        },
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "forger_acks_first",
        purpose: "A box first acknowledges the request in the server's name and then resets, both with its own TTL.",
        kind: Kind::Synthetic,
        run: forger_acks_first,
        captures: &[client(&[FILTERED_LATER])],
    },
    Scenario {
        name: "block_page_reset",
        purpose: "A box answers the request with a block page in the server's name and resets at once.",
        kind: Kind::Synthetic,
        run: block_page_reset,
        captures: &[client(&[FILTERED_LATER])],
    },
    Scenario {
        name: "block_page_fin_reset",
        purpose: "A box answers the request with a block page and a FIN in the server's name, and the client's answers with bare resets.",
        kind: Kind::Synthetic,
        run: block_page_fin_reset,
        captures: &[client(&[AFTER_PAGE])],
    },
    Scenario {
        name: "copied_quick_answer",
        purpose: "Several round trips of one length; then a box answers a request in a seventh of it, with the server's own TTL, IP ID, window and clock.",
        kind: Kind::Synthetic,
        run: copied_quick_answer,
        captures: &[client(&[FILTERED_LATER])],
    },
    Scenario {
        name: "copied_beside_server",
        purpose: "A device beside the server resets with all that the server's own packets have, and as late as they; the server goes on.",
        kind: Kind::Synthetic,
        run: copied_beside_server,
        captures: &[client(&[BLOCKED, CONSEQUENCE])],
    },
    Scenario {
        name: "held_connection_code",
        purpose: "A load balancer holds the whole connection in the server's name and resets it with a code of its own for a window.",
        kind: Kind::Synthetic,
        run: held_connection_code,
        captures: &[client(&[FLUSHED])],
    },
];

fn at_rest(lab: &mut Lab) -> Result<Connection> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    Ok(connection)
}

fn abort(mut connection: Connection) -> Result<()> {
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn forget(mut connection: Connection) -> Result<()> {
    connection.server.forget()?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()
}

/// What an attacker off the path sends who knows addresses and ports.
fn spoofed(lab: &mut Lab, payload: &[u8]) -> Result<Segment> {
    let fitting = forged_now(lab, STRANGER_TTL)?;
    Ok(Segment {
        flags: Flags {
            ack: true,
            psh: !payload.is_empty(),
            ..Flags::default()
        },
        sequence: fitting.sequence.wrapping_add(0x4a71_93c5),
        acknowledgment: fitting.sequence ^ 0x5c3a_17e2,
        window: 1024,
        payload: payload.to_vec(),
        ..fitting
    })
}

fn poison(lab: &mut Lab, payload: &[u8]) -> Result<()> {
    let spoofed = spoofed(lab, payload)?;
    lab.inject_now(Spot::Middlebox, Toward::Client, spoofed)?;
    lab.settle()
}

/// A reset with everything that the server's next packet would have, as it would pass the box; the
/// client received the server's last data at `since`.
pub(super) fn copied_reset(lab: &mut Lab, since: Instant) -> Result<Segment> {
    let last = lab.last(Node::Middlebox, |segment| {
        segment.source.port() == PORT && !segment.payload.is_empty()
    })?;
    Ok(copy_of(&last, on_servers_clock(since)))
}

/// The milliseconds since the server has sent what the client received then.
fn on_servers_clock(since: Instant) -> u32 {
    let there = since.elapsed() + FROM_SERVER;
    u32::try_from(there.as_millis()).unwrap_or(u32::MAX)
}

/// The server's abort, in its next packet, so many milliseconds after this one.
fn copy_of(last: &Segment, since: u32) -> Segment {
    let clock = |(value, echo): (u32, u32)| (value.wrapping_add(since), echo);
    Segment {
        flags: Flags {
            rst: true,
            ack: true,
            ..Flags::default()
        },
        sequence: last.next_sequence(),
        identification: last.identification.wrapping_add(1),
        timestamps: last.timestamps.map(clock),
        payload: Vec::new(),
        ..last.clone()
    }
}

fn forger_acks_first(lab: &mut Lab) -> Result<()> {
    let connection = at_rest(lab)?;
    at_request(lab, |request| {
        let reset = request.forged_answer();
        let ack = Segment {
            flags: Flags {
                ack: true,
                ..Flags::default()
            },
            window: 509,
            ..reset.clone()
        };
        vec![
            to_client(Duration::ZERO, ack),
            to_client(Duration::from_millis(1), reset),
        ]
    })?;
    blocked(lab, connection)
}

/// The client asks for the blocked name; what comes after the box's reset is not of interest.
fn blocked(lab: &mut Lab, mut connection: Connection) -> Result<()> {
    connection.client.send(&http_request(BLOCKED_NAME))?;
    lab.wait_for(Node::Client, "the box's reset", |segment| segment.flags.rst)?;
    lab.end_captures_now()
}

/// The block page in answer to a request.
fn block_page(request: &Segment, fin: bool) -> Segment {
    Segment {
        flags: Flags {
            ack: true,
            psh: true,
            fin,
            ..Flags::default()
        },
        window: 509,
        ttl: BOX_TTL,
        payload: BLOCK_PAGE.to_vec(),
        ..request.forged_answer()
    }
}

fn block_page_reset(lab: &mut Lab) -> Result<()> {
    let connection = at_rest(lab)?;
    at_request(lab, |request| {
        let page = block_page(request, false);
        let reset = Segment {
            sequence: page.next_sequence(),
            ..request.forged_answer()
        };
        vec![
            to_client(Duration::ZERO, page),
            to_client(Duration::from_millis(1), reset),
        ]
    })?;
    blocked(lab, connection)
}

fn block_page_fin_reset(lab: &mut Lab) -> Result<()> {
    let connection = at_rest(lab)?;
    let mut answered = None;
    lab.inject(
        Spot::Middlebox,
        Box::new(move |segment, toward| {
            let is_request = segment.payload.starts_with(&http_request(BLOCKED_NAME));
            match (&answered, toward) {
                (None, Toward::Server) if is_request => {
                    let page = block_page(segment, true);
                    answered = Some(page.next_sequence());
                    Reaction::replace(vec![to_client(Duration::ZERO, page)])
                }
                (Some(end), Toward::Server) if segment.flags.fin => {
                    let reset = Segment {
                        flags: Flags {
                            rst: true,
                            ..Flags::default()
                        },
                        sequence: *end,
                        acknowledgment: 0,
                        ..segment.forged_answer()
                    };
                    Reaction::replace(vec![to_client(Duration::ZERO, reset)])
                }
                (Some(_), Toward::Server) => Reaction::replace(Vec::new()),
                _ => Reaction::pass(),
            }
        }),
    )?;
    let mut connection = connection;
    connection.client.send(&http_request(BLOCKED_NAME))?;
    connection.client.receive(BLOCK_PAGE.len())?;
    connection.client.expect_end()?;
    connection.client.finish()?;
    lab.wait_for(Node::Client, "the box's reset", |segment| segment.flags.rst)?;
    lab.end_captures_now()
}

/// The box counts the time since the server's last packet.
fn copied_quick_answer(lab: &mut Lab) -> Result<()> {
    let mut last: Option<(Segment, Instant)> = None;
    lab.inject(
        Spot::Middlebox,
        Box::new(move |segment, toward| {
            if toward == Toward::Client {
                last = Some((segment.clone(), Instant::now()));
            }
            let is_request = segment.payload.starts_with(&http_request(BLOCKED_NAME));
            match &last {
                Some((last, at)) if is_request => {
                    let since = u32::try_from(at.elapsed().as_millis()).unwrap_or_default();
                    let reset = Segment {
                        acknowledgment: segment.next_sequence(),
                        ..copy_of(last, since)
                    };
                    Reaction::inject(vec![to_client(Duration::ZERO, reset)])
                }
                _ => Reaction::pass(),
            }
        }),
    )?;
    let mut connection = at_rest(lab)?;
    for _ in 0..3 {
        connection.exchange(REQUEST, RESPONSE)?;
        thread::sleep(Duration::from_millis(60));
    }
    lab.settle()?;
    blocked(lab, connection)
}

fn copied_beside_server(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    let since = Instant::now();
    lab.settle()?;
    let last = lab.last(Node::Server, |segment| {
        segment.source.port() == PORT && !segment.payload.is_empty()
    })?;
    lab.inject(
        Spot::BesideServer,
        Box::new(move |segment, toward| {
            if toward == Toward::Client || segment.payload.is_empty() {
                return Reaction::pass();
            }
            let reset = Segment {
                acknowledgment: segment.next_sequence(),
                ..copy_of(&last, on_servers_clock(since))
            };
            Reaction::replace(vec![Injection::new(
                Duration::from_micros(200),
                Toward::Client,
                reset,
            )])
        }),
    )?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()?;
    lab.settle()?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}

fn held_connection_code(lab: &mut Lab) -> Result<()> {
    lab.nft(
        Node::Middlebox,
        "table inet proxy {
             chain prerouting {
                 type nat hook prerouting priority dstnat;
                 tcp dport 80 redirect to :3128
             }
         }",
    )?;
    let proxy = lab.listen_at(Node::Middlebox, PROXY_PORT)?;
    let client = lab.dial(PORT, Dial::default())?;
    let mut connection = Connection {
        client,
        server: proxy.accept()?,
    };
    connection.exchange(REQUEST, RESPONSE)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let reset = Segment {
        window: NETSCALER_CODE,
        ..forged_now(lab, BOX_TTL)?
    };
    lab.inject_now(Spot::Middlebox, Toward::Client, reset)?;
    connection.client.expect_reset()?;
    lab.end_captures()
}
