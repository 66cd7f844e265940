// SPDX-License-Identifier: GPL-2.0-or-later

//! Captures of the client and the server in one file: what was made in between was never sent.

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, bridge, client, foreign, genuine, injected, mirrored,
    payload::{REQUEST, RESPONSE},
};
use crate::{
    edit::Edit,
    lab::Lab,
    net::Node,
    peer::Dial,
    tokens::{Cause, Impact, Kind, Phase},
};

const OPEN_PORT: u16 = 80;
const BLOCKED_PORT: u16 = 8081;

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);
const FILTERED: Declared = foreign(Phase::Data, Cause::ContentFilter, Impact::Disruptive);
const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);
/// The client's answer to the server's data, where its reason is not in the capture.
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "both_sides_bridge",
        purpose: "Captures of the client and the server in one file; a bridge right before the server resets the client in mid-stream, with the server's TTL and MAC address.",
        kind: Kind::Real,
        run: bridge::bridge_rejected_mid_stream,
        captures: &[client(&[BLOCKED, CONSEQUENCE, FORGOTTEN]).merged_with(Node::Server)],
    },
    Scenario {
        name: "both_sides_syn",
        purpose: "Captures of the client and the server in one file, the server's clock 2.5 s behind; a router rejects one of three ports.",
        kind: Kind::Synthetic,
        run: rejected_syn,
        captures: &[client(&[REJECTED])
            .merged_with(Node::Server)
            .edited(&[Edit::SecondClock(-2500)])],
    },
    Scenario {
        name: "both_sides_mimic",
        purpose: "Captures of the client and the server in one file, the server's clock 300 ms ahead; a device sends what the server would have sent, as in forged_mimic.",
        kind: Kind::Synthetic,
        run: injected::forged_mimic,
        captures: &[client(&[FILTERED, CONSEQUENCE, FORGOTTEN])
            .merged_with(Node::Server)
            .edited(&[Edit::SecondClock(300)])],
    },
    Scenario {
        name: "both_sides_missed",
        purpose: "Captures of the client and the server in one file; the server's has missed the server's reset, and the client's has not.",
        kind: Kind::Synthetic,
        run: mirrored::abort_after_data,
        captures: &[client(&[ABORT])
            .merged_with(Node::Server)
            .edited(&[Edit::Missed(mirrored::is_reset)])],
    },
    Scenario {
        name: "both_sides_undelivered",
        purpose: "Captures of the client and the server in one file; the server aborts, and a router drops its reset.",
        kind: Kind::Real,
        run: undelivered,
        captures: &[client(&[ABORT]).merged_with(Node::Server)],
    },
];

fn rejected_syn(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    let other = lab.listen(OPEN_PORT + 1)?;
    lab.ordinary_conversation(&other)?;
    lab.nft(
        Node::Middlebox,
        &format!(
            "table inet firewall {{
                 chain forward {{
                     type filter hook forward priority 0;
                     tcp dport {BLOCKED_PORT} reject with tcp reset
                 }}
             }}"
        ),
    )?;
    lab.dial_refused(BLOCKED_PORT, Dial::default())?;
    lab.ordinary_conversation(&listener)
}

/// The reset leaves the server and is never seen again.
fn undelivered(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.nft(
        Node::Middlebox,
        "table inet firewall {
             chain forward {
                 type filter hook forward priority 0;
                 tcp flags & rst == rst drop
             }
         }",
    )?;
    connection.server.abort()?;
    lab.wait_for(Node::Server, "the reset", mirrored::is_reset)?;
    lab.settle()?;
    lab.nft(Node::Middlebox, "flush ruleset")?;
    lab.ordinary_conversation(&listener)?;
    // What the client does with its half is not part of this case.
    lab.end_captures_now()
}
