// SPDX-License-Identifier: GPL-2.0-or-later

//! Resets that say why: Multipath TCP's options, and payload for people or machines.
//!
//! Sources: RFC 8684 §3.6, RFC 9293 §3.5.3 (data in a RST), K13223 of F5 for the text,
//! draft-boucadair-tcpm-rst-diagnostic-payload for the two diagnostic formats.

use std::time::Duration;

use anyhow::Result;

use super::{
    CONSEQUENCE, Declared, Scenario, client, foreign, genuine,
    payload::{MORE, REQUEST, RESPONSE},
};
use crate::{
    lab::{Lab, Spot},
    net::Node,
    peer::{Connection, Dial},
    segment::Segment,
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Injection, Reaction, Toward},
};

const PORT: u16 = 80;
const CLOSED_PORT: u16 = 81;

const F5_TEXT: &[u8] = b"BIG-IP: [0x2664c65:2574] Policy action";
const OLD_MAC_TEXT: &[u8] = b"No TCP/No listener";
/// Magic number, reason 9 (not authorized), no vendor.
const DIAGNOSTIC_CODE: &[u8] = &[0x33, 0xaa, 0, 9, 0, 0, 0, 0];
/// Magic number, reason 1234 of the vendor 32473 (the number for documentation).
const DIAGNOSTIC_VENDOR_CODE: &[u8] = &[0x33, 0xaa, 0x04, 0xd2, 0, 0, 0x7e, 0xd9];
/// Magic number, and a text in UTF-8.
const DIAGNOSTIC_TEXT: &[u8] = b"\xf3\x17blocked by policy 42";

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
/// Nobody notices: the connection goes on by its first subflow.
const SUBFLOW_REFUSED: Declared =
    genuine(Phase::Established, Cause::NotAccepted, Impact::Noteworthy);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "multipath_abort",
        purpose: "The server aborts a Multipath TCP connection; the reset carries Multipath TCP's options.",
        kind: Kind::Real,
        run: multipath_abort,
        captures: &[client(&[ABORT])],
    },
    Scenario {
        name: "multipath_subflow_refused",
        purpose: "The server's kernel refuses a second subflow of a Multipath TCP connection (MP_TCPRST, administratively prohibited); the first goes on.",
        kind: Kind::Real,
        run: multipath_subflow_refused,
        captures: &[client(&[SUBFLOW_REFUSED, CONSEQUENCE])],
    },
    Scenario {
        name: "text_from_device",
        purpose: "A device on the path resets in mid-stream and says so in words, as F5's BIG-IP can.",
        kind: Kind::Synthetic,
        run: |lab| annotated(lab, F5_TEXT),
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "text_from_host",
        purpose: "A host refuses a SYN and says why in words, as old systems did.",
        kind: Kind::Synthetic,
        run: text_from_host,
        captures: &[client(&[REFUSED])],
    },
    Scenario {
        name: "diagnostic_code",
        purpose: "A device on the path resets in mid-stream with a diagnostic payload: reason 9, not authorized.",
        kind: Kind::Synthetic,
        run: |lab| annotated(lab, DIAGNOSTIC_CODE),
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "diagnostic_vendor_code",
        purpose: "A device on the path resets in mid-stream with a diagnostic payload: reason 1234 of vendor 32473.",
        kind: Kind::Synthetic,
        run: |lab| annotated(lab, DIAGNOSTIC_VENDOR_CODE),
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "diagnostic_text",
        purpose: "A device on the path resets in mid-stream with a diagnostic payload in words.",
        kind: Kind::Synthetic,
        run: |lab| annotated(lab, DIAGNOSTIC_TEXT),
        captures: &[client(&[BLOCKED])],
    },
];

fn multipath(lab: &mut Lab) -> Result<Connection> {
    let listener = lab.listen_multipath(PORT)?;
    let options = Dial {
        multipath: true,
        ..Dial::default()
    };
    let client = lab.dial(PORT, options)?;
    let mut connection = Connection {
        client,
        server: listener.accept()?,
    };
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    Ok(connection)
}

fn multipath_abort(lab: &mut Lab) -> Result<()> {
    let mut connection = multipath(lab)?;
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn multipath_subflow_refused(lab: &mut Lab) -> Result<()> {
    let second = lab.second_client_address()?;
    lab.run(
        Node::Server,
        "ip",
        &["mptcp", "limits", "set", "subflow", "0"],
    )?;
    lab.run(
        Node::Client,
        "ip",
        &["mptcp", "limits", "set", "subflow", "2"],
    )?;
    let second = second.to_string();
    let endpoint = [
        "mptcp", "endpoint", "add", &second, "dev", "right", "subflow",
    ];
    lab.run(Node::Client, "ip", &endpoint)?;
    let mut connection = multipath(lab)?;
    lab.wait_for(Node::Client, "the reset of the subflow", |segment| {
        segment.flags.rst
    })?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.end_captures()
}

/// The box answers the client's next segment with payload with a reset that says so.
fn annotated(lab: &mut Lab, text: &'static [u8]) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.inject(
        Spot::Middlebox,
        Box::new(|segment, _| {
            if segment.payload.is_empty() {
                return Reaction::pass();
            }
            Reaction::replace(vec![Injection::new(
                Duration::from_micros(200),
                Toward::Client,
                Segment {
                    payload: text.to_vec(),
                    ttl: 255,
                    ..segment.forged_answer()
                },
            )])
        }),
    )?;
    connection.client.send(MORE)?;
    connection.client.expect_reset()?;
    lab.end_captures()
}

fn text_from_host(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.nft(
        Node::Server,
        &format!(
            "table inet firewall {{
                 chain input {{
                     type filter hook input priority 0;
                     tcp dport {CLOSED_PORT} drop
                 }}
             }}"
        ),
    )?;
    // The client waits for an answer that only a raw socket can give it.
    lab.dial_meanwhile(CLOSED_PORT, |lab| {
        let syn = lab.wait_for(Node::Server, "the SYN", |segment| {
            segment.destination.port() == CLOSED_PORT
        })?;
        let refusal = Segment {
            payload: OLD_MAC_TEXT.to_vec(),
            sequence: 0,
            ..syn.forged_answer()
        };
        lab.send_raw(Node::Server, &refusal)
    })
}
