// SPDX-License-Identifier: GPL-2.0-or-later

//! Connections that only one side still knows.

use anyhow::Result;

use super::{
    Declared, Scenario, client, genuine,
    payload::{MORE, REQUEST, RESPONSE},
    server,
};
use crate::{
    lab::Lab,
    net::Node,
    peer::{Connection, Dial},
    segment::Segment,
    tokens::{Cause, Impact, Kind, Phase},
    wire::Toward,
};

const PORT: u16 = 80;
/// A fixed port that a restarted client uses again.
const REUSED_PORT: u16 = 45678;

const TIME_WAIT_NOTE: &str = "only the SYN with the lower sequence number was written by a program";

const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);
const FORGOTTEN_AT_THE_END: Declared = genuine(Phase::Closing, Cause::NoConnection, Impact::Benign);
const RECOVERY: Declared = genuine(Phase::Syn, Cause::HalfOpenRecovery, Impact::Noteworthy);
const GAVE_UP: Declared = genuine(
    Phase::Data,
    Cause::RetransmissionTimeout,
    Impact::Disruptive,
);
const GIVE_UP: Declared = genuine(Phase::Data, Cause::KeepaliveTimeout, Impact::Noteworthy);

/// The client's ACK and the server's reset answer each other.
const TURN: Declared = genuine(Phase::Reset, Cause::ResetLoop, Impact::Noteworthy);
/// What the client sent never arrived.
const SWALLOWED: Declared = genuine(Phase::Closing, Cause::RequestDropped, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "server_restarted",
        purpose: "The server has lost the connection without a packet; the client sends.",
        kind: Kind::Real,
        run: server_restarted,
        captures: &[client(&[FORGOTTEN]), server(&[FORGOTTEN])],
    },
    Scenario {
        name: "server_restarted_ttl100",
        purpose: "As server_restarted, but the application had set TTL 100: the reset's TTL differs by 36 and is genuine.",
        kind: Kind::Real,
        run: server_restarted_ttl100,
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "client_restarted",
        purpose: "The client has lost the connection without a packet; the server sends.",
        kind: Kind::Real,
        run: client_restarted,
        captures: &[client(&[FORGOTTEN]), server(&[FORGOTTEN])],
    },
    Scenario {
        name: "server_restarted_fin",
        purpose: "The server has lost the connection without a packet; the client closes, and its FIN is answered.",
        kind: Kind::Real,
        run: server_restarted_fin,
        captures: &[
            client(&[FORGOTTEN_AT_THE_END]),
            server(&[FORGOTTEN_AT_THE_END]),
        ],
    },
    Scenario {
        name: "server_restarted_in_a_gap",
        purpose: "The path loses what the client sends while the server loses the connection; a retransmission is answered.",
        kind: Kind::Real,
        run: server_restarted_in_a_gap,
        captures: &[client(&[FORGOTTEN])],
    },
    Scenario {
        name: "client_reuses_port",
        purpose: "A restarted client reuses its port: SYN, challenge ACK, reset, SYN again.",
        kind: Kind::Real,
        run: client_reuses_port,
        captures: &[client(&[RECOVERY]), server(&[RECOVERY])],
    },
    Scenario {
        name: "time_wait_reuse",
        purpose: "A client reuses a port that is in TIME-WAIT at the server, with a lower sequence number: SYN, ACK, reset, SYN again.",
        kind: Kind::Synthetic,
        run: time_wait_reuse,
        captures: &[
            client(&[RECOVERY]).note(TIME_WAIT_NOTE),
            server(&[RECOVERY]).note(TIME_WAIT_NOTE),
        ],
    },
    Scenario {
        name: "keepalive_timeout",
        purpose: "The way back is cut; the client gives up after three unanswered probes.",
        kind: Kind::Real,
        run: keepalive_timeout,
        captures: &[client(&[GIVE_UP])],
    },
    Scenario {
        name: "server_restarted_keepalive",
        purpose: "The server has lost the connection; the client's keep-alive probe is reset.",
        kind: Kind::Real,
        run: server_restarted_keepalive,
        captures: &[client(&[FORGOTTEN]), server(&[FORGOTTEN])],
    },
    Scenario {
        name: "retransmission_timeout",
        purpose: "The client gives up a request that stayed unanswered, without a packet; the server's next data is reset.",
        kind: Kind::Real,
        run: retransmission_timeout,
        captures: &[client(&[GAVE_UP])],
    },
    Scenario {
        name: "reset_loop",
        purpose: "The server has lost the connection, and a device adds 1 to the numbers of its resets: the client answers each with an ACK, and the server that with the next reset.",
        kind: Kind::Real,
        run: reset_loop,
        captures: &[server(&[FORGOTTEN, TURN, TURN, TURN])],
    },
    Scenario {
        name: "request_swallowed",
        purpose: "The path swallows a request; the client repeats it, closes, and aborts.",
        kind: Kind::Real,
        run: request_swallowed,
        captures: &[client(&[SWALLOWED])],
    },
];

fn server_restarted(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    server_forgets(lab, connection)
}

fn server_restarted_ttl100(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    listener.set_ttl(100)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    server_forgets(lab, connection)
}

fn server_forgets(lab: &mut Lab, mut connection: Connection) -> Result<()> {
    lab.settle()?;
    connection.server.forget()?;
    connection.client.send(REQUEST)?;
    connection.client.expect_reset()
}

fn client_restarted(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.client.forget()?;
    connection.server.send(MORE)?;
    connection.server.expect_reset()
}

fn server_restarted_fin(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.server.forget()?;
    connection.client.finish()?;
    connection.client.await_reset()
}

fn server_restarted_in_a_gap(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.nft(
        Node::Middlebox,
        "add table inet gap\nadd chain inet gap forward { type filter hook forward priority 0 ; }\nadd rule inet gap forward tcp dport 80 drop\n",
    )?;
    connection.client.send(MORE)?;
    let sent = |segment: &Segment| segment.payload.as_slice() == MORE;
    lab.wait_for_nth(Node::Client, 2, "a retransmission", sent)?;
    connection.server.forget()?;
    lab.nft(Node::Middlebox, "delete table inet gap")?;
    connection.client.expect_reset()
}

fn client_reuses_port(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let client = lab.dial_from(REUSED_PORT, PORT, Dial::default())?;
    let mut old = Connection {
        client,
        server: listener.accept()?,
    };
    old.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    old.client.forget()?;
    let client = lab.dial_from(REUSED_PORT, PORT, Dial::default())?;
    let mut new = Connection {
        client,
        server: listener.accept()?,
    };
    old.server.expect_reset()?;
    new.exchange(REQUEST, RESPONSE)?;
    new.close()
}

fn time_wait_reuse(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let client = lab.dial_from(REUSED_PORT, PORT, Dial::default())?;
    let mut old = Connection {
        client,
        server: listener.accept()?,
    };
    old.exchange(REQUEST, RESPONSE)?;
    old.close()?;
    lab.settle()?;
    let first = lab.wait_for(Node::Client, "the first SYN", |segment| segment.flags.syn)?;
    let lower = Segment {
        sequence: first.sequence.wrapping_sub(1_000_000),
        timestamps: None,
        ..first
    };
    lab.send_raw(Node::Client, &lower)?;
    lab.wait_for(Node::Server, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    lab.settle()?;
    let client = lab.dial_from(REUSED_PORT, PORT, Dial::default())?;
    let mut new = Connection {
        client,
        server: listener.accept()?,
    };
    new.exchange(REQUEST, RESPONSE)?;
    new.close()
}

fn keepalive_timeout(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.cut(Toward::Client)?;
    connection.client.set_keepalive(3)?;
    connection.client.expect_timeout()?;
    lab.wait_for(Node::Client, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}

fn server_restarted_keepalive(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.server.forget()?;
    connection.client.set_keepalive(3)?;
    connection.client.expect_reset()
}

fn retransmission_timeout(lab: &mut Lab) -> Result<()> {
    lab.sysctl(Node::Client, "net.ipv4.tcp_retries2", "2")?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.cut(Toward::Server)?;
    connection.client.send(REQUEST)?;
    connection.client.expect_timeout()?;
    connection.server.send(MORE)?;
    lab.wait_for(Node::Client, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    // The reset is lost on the way, too: the server would send again and again.
    lab.end_captures_now()
}

fn request_swallowed(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    lab.settle()?;
    lab.cut(Toward::Server)?;
    connection.client.send(REQUEST)?;
    // Before the first repetition: later the kernel would keep the FIN back.
    connection.client.finish()?;
    let sent = |segment: &Segment| segment.payload.as_slice() == REQUEST;
    lab.wait_for_nth(Node::Client, 4, "a third retransmission", sent)?;
    connection.client.abort()?;
    lab.wait_for(Node::Client, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures_now()
}

fn reset_loop(lab: &mut Lab) -> Result<()> {
    // Else one ACK in half a second.
    lab.sysctl(Node::Client, "net.ipv4.tcp_invalid_ratelimit", "0")?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let last = lab.last(Node::Client, |segment| segment.destination.port() == PORT)?;
    let next = last.acknowledgment.wrapping_add(1);
    lab.nft(
        Node::Middlebox,
        &format!(
            "table inet renumber {{
                 chain forward {{
                     type filter hook forward priority 0;
                     tcp sport {PORT} tcp flags & rst == rst tcp sequence set {next}
                 }}
             }}"
        ),
    )?;
    connection.server.forget()?;
    connection.client.send(MORE)?;
    lab.wait_for_nth(Node::Server, 4, "the fourth reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures_now()
}
