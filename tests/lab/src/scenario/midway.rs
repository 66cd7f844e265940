// SPDX-License-Identifier: GPL-2.0-or-later

//! Captures in the middle of the path: on one device of a router, and on all of them at once.

use anyhow::Result;

use super::{
    Declared, Scenario, foreign, genuine, middlebox,
    middlebox::reject,
    payload::{REQUEST, RESPONSE},
};
use crate::{
    lab::Lab,
    peer::Dial,
    tokens::{Cause, Impact, Kind, Phase},
};

const OPEN_PORT: u16 = 80;
const CLOSED_PORT: u16 = 8081;

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);

/// The same packet on its way out: each incident is to be seen once.
const COPY: Declared = genuine(Phase::Reset, Cause::Consequence, Impact::Benign);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "midway_abort",
        purpose: "The server aborts, seen by a router: on all devices each packet twice, the second time with a TTL less by one.",
        kind: Kind::Real,
        run: midway_abort,
        captures: &[
            middlebox(&[ABORT]),
            middlebox(&[ABORT, COPY]).on_all_devices(),
        ],
    },
    Scenario {
        name: "midway_closed_port",
        purpose: "A closed port, seen by a router: on all devices each packet twice, the second time with a TTL less by one.",
        kind: Kind::Real,
        run: midway_closed_port,
        captures: &[
            middlebox(&[REFUSED]),
            middlebox(&[REFUSED, COPY]).on_all_devices(),
        ],
    },
    Scenario {
        name: "midway_rejected_syn",
        purpose: "A router rejects a SYN, captured on that router: its reset has not been forwarded, the server's packets have.",
        kind: Kind::Real,
        run: midway_rejected_syn,
        captures: &[
            middlebox(&[REJECTED]),
            middlebox(&[REJECTED]).on_all_devices(),
        ],
    },
];

fn midway_abort(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.server.abort()?;
    connection.client.expect_reset()
}

fn midway_closed_port(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.settle()?;
    lab.dial_refused(CLOSED_PORT, Dial::default())
}

fn midway_rejected_syn(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    lab.settle()?;
    reject(lab, &format!("tcp dport {CLOSED_PORT}"))?;
    lab.dial_refused(CLOSED_PORT, Dial::default())
}
