// SPDX-License-Identifier: GPL-2.0-or-later

//! Scans of several ports, by nmap and without, and health checks among other traffic.

use anyhow::Result;

use super::{Declared, Scenario, client, genuine, server};
use crate::{
    family::Family,
    lab::Lab,
    net::Node,
    peer::Dial,
    tokens::{Cause, Impact, Kind, Phase},
};

const OPEN_PORTS: [u16; 2] = [80, 443];
const CLOSED_PORTS: [u16; 5] = [21, 22, 23, 25, 110];
/// What nmap is asked to look at, in this order: the second one is closed.
const NMAP_PORTS: &str = "80,81,443";
const NMAP_OPTIONS: [&str; 6] = [
    "-Pn",
    "-n",
    "-r",
    "--max-parallelism=1",
    "--max-retries=0",
    "-p",
];

const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
const PROBED: Declared = genuine(Phase::Established, Cause::ConnectScan, Impact::Benign);
const UNWANTED: Declared = genuine(Phase::Handshake, Cause::HalfOpenScan, Impact::Noteworthy);
const CHECKED: Declared = genuine(Phase::Handshake, Cause::HealthCheck, Impact::Benign);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "port_scan",
        purpose: "A client tries five ports in turn, and all of them are closed.",
        kind: Kind::Real,
        run: port_scan,
        captures: &[client(&[REFUSED; 5]), server(&[REFUSED; 5])],
    },
    Scenario {
        name: "nmap_half_open",
        purpose: "nmap -sS: raw SYNs with odd TTLs to two open ports and a closed one; the kernel resets the SYN-ACKs.",
        kind: Kind::Real,
        run: |lab| nmap(lab, "-sS"),
        captures: &[
            client(&[UNWANTED, REFUSED, UNWANTED]),
            server(&[UNWANTED, REFUSED, UNWANTED]),
        ],
    },
    Scenario {
        name: "nmap_connect",
        purpose: "nmap -sT: full connections to two open ports, reset at once, and a closed one.",
        kind: Kind::Real,
        run: |lab| nmap(lab, "-sT"),
        captures: &[
            client(&[PROBED, REFUSED, PROBED]),
            server(&[PROBED, REFUSED, PROBED]),
        ],
    },
    Scenario {
        name: "health_check_among_traffic",
        purpose: "Three health checks with ordinary conversations on the same port between them.",
        kind: Kind::Real,
        run: health_check_among_traffic,
        captures: &[client(&[CHECKED; 3]), server(&[CHECKED; 3])],
    },
];

fn port_scan(lab: &mut Lab) -> Result<()> {
    for port in CLOSED_PORTS {
        lab.dial_refused(port, Dial::default())?;
    }
    Ok(())
}

fn nmap(lab: &mut Lab, technique: &str) -> Result<()> {
    let _listeners = OPEN_PORTS.map(|port| lab.listen(port));
    let target = lab.family().server().to_string();
    let mut arguments = vec![technique];
    if lab.family() == Family::V6 {
        arguments.push("-6");
    }
    arguments.extend(NMAP_OPTIONS);
    arguments.extend([NMAP_PORTS, &target]);
    lab.run(Node::Client, "nmap", &arguments)?;
    lab.end_captures()
}

fn health_check_among_traffic(lab: &mut Lab) -> Result<()> {
    let [port, _] = OPEN_PORTS;
    let listener = lab.listen(port)?;
    for _ in 0..3 {
        lab.dial(
            port,
            Dial {
                hold_ack: true,
                ..Dial::default()
            },
        )?
        .abort()?;
        lab.settle()?;
        lab.ordinary_conversation(&listener)?;
        lab.settle()?;
    }
    Ok(())
}
