// SPDX-License-Identifier: GPL-2.0-or-later

//! Scans, health checks, and answers to what somebody else began.

use std::{thread, time::Duration};

use anyhow::Result;

use super::{Declared, Scenario, client, genuine, server, undecidable};
use crate::{
    lab::{Lab, Spot},
    net::Node,
    peer::Dial,
    segment::{Flags, Segment},
    tokens::{Cause, Impact, Kind, Phase},
    wire::Toward,
};

const OPEN_PORTS: [u16; 2] = [80, 443];
const CLOSED_PORT: u16 = 81;
/// How often a health check comes, and how many a capture holds.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
const CHECKS: usize = 4;
/// How soon Windows tries a refused connection again.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
/// Of a scan, or the same attempt once more.
const REFUSED_PROBE: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Benign);
const PROBED: Declared = genuine(Phase::Established, Cause::ConnectScan, Impact::Benign);
const UNWANTED: Declared = genuine(Phase::Handshake, Cause::HalfOpenScan, Impact::Noteworthy);
const CHECKED: Declared = genuine(Phase::Handshake, Cause::HealthCheck, Impact::Benign);
const BACKSCATTER: Declared = genuine(Phase::Handshake, Cause::Backscatter, Impact::Benign);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "connect_scan",
        purpose: "A scan by full connections: each open port is reset right after the handshake, a closed one refuses.",
        kind: Kind::Real,
        run: connect_scan,
        captures: &[
            client(&[PROBED, REFUSED, PROBED]),
            server(&[PROBED, REFUSED, PROBED]),
        ],
    },
    Scenario {
        name: "half_open_scan",
        purpose: "A scan by raw SYNs: the client's kernel resets each SYN-ACK, a closed port refuses.",
        kind: Kind::Synthetic,
        run: half_open_scan,
        captures: &[
            client(&[UNWANTED, REFUSED_PROBE, UNWANTED]),
            server(&[UNWANTED, REFUSED_PROBE, UNWANTED]),
        ],
    },
    Scenario {
        name: "health_check",
        purpose: "A load balancer's check each second: SYN, SYN-ACK, RST+ACK.",
        kind: Kind::Real,
        run: health_check,
        captures: &[client(&[CHECKED; CHECKS]), server(&[CHECKED; CHECKS])],
    },
    Scenario {
        name: "syn_repeated",
        purpose: "A client as Windows is repeats a refused SYN with the same sequence number: three attempts that are one.",
        kind: Kind::Synthetic,
        run: syn_repeated,
        captures: &[
            client(&[REFUSED, REFUSED_PROBE, REFUSED_PROBE]),
            server(&[REFUSED, REFUSED_PROBE, REFUSED_PROBE]),
        ],
    },
    Scenario {
        name: "backscatter",
        purpose: "A host resets the SYN-ACK of a conversation that somebody else began in its name.",
        kind: Kind::Synthetic,
        run: backscatter,
        captures: &[client(&[undecidable(BACKSCATTER)])],
    },
];

fn connect_scan(lab: &mut Lab) -> Result<()> {
    let [first, second] = OPEN_PORTS;
    let _listeners = [lab.listen(first)?, lab.listen(second)?];
    lab.dial(first, Dial::default())?.abort()?;
    lab.settle()?;
    lab.dial_refused(CLOSED_PORT, Dial::default())?;
    lab.dial(second, Dial::default())?.abort()?;
    lab.settle()
}

fn half_open_scan(lab: &mut Lab) -> Result<()> {
    let [first, second] = OPEN_PORTS;
    let _listeners = [lab.listen(first)?, lab.listen(second)?];
    for port in [first, CLOSED_PORT, second] {
        let syn = syn(lab, port);
        lab.send_raw(Node::Client, &syn)?;
        lab.settle()?;
    }
    Ok(())
}

fn health_check(lab: &mut Lab) -> Result<()> {
    let [port, _] = OPEN_PORTS;
    let _listener = lab.listen(port)?;
    for _ in 0..CHECKS {
        lab.dial(
            port,
            Dial {
                hold_ack: true,
                ..Dial::default()
            },
        )?
        .abort()?;
        thread::sleep(CHECK_INTERVAL);
    }
    Ok(())
}

fn syn_repeated(lab: &mut Lab) -> Result<()> {
    let [port, _] = OPEN_PORTS;
    let listener = lab.listen(port)?;
    lab.ordinary_conversation(&listener)?;
    let syn = Segment {
        ttl: 128,
        window: 64240,
        ..syn(lab, CLOSED_PORT)
    };
    for _ in 0..3 {
        lab.send_raw(Node::Client, &syn)?;
        thread::sleep(RETRY_INTERVAL);
    }
    Ok(())
}

fn backscatter(lab: &mut Lab) -> Result<()> {
    let [port, _] = OPEN_PORTS;
    let _listener = lab.listen(port)?;
    let syn = syn(lab, port);
    lab.inject_now(Spot::Middlebox, Toward::Server, syn)?;
    lab.wait_for(Node::Server, "the client's reset", |segment| {
        segment.flags.rst
    })?;
    Ok(())
}

/// A SYN that no socket of the client knows of.
pub(super) fn syn(lab: &mut Lab, port: u16) -> Segment {
    Segment {
        source: lab.next_client_address(),
        destination: lab.server_address(port),
        flags: Flags {
            syn: true,
            ..Flags::default()
        },
        sequence: 0x1234_5678,
        acknowledgment: 0,
        window: 1024,
        timestamps: None,
        payload: Vec::new(),
        ttl: 57,
        identification: 0xbeef,
        dont_fragment: false,
        flow_label: 0,
        traffic_class: 0,
    }
}
