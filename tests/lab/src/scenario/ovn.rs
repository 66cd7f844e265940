// SPDX-License-Identifier: GPL-2.0-or-later

//! OVN's access lists, as OpenStack and OpenShift use them, right before the server.
//!
//! OVN writes the same reset whatever it answers: sequence number 0, which only fits a SYN.

use anyhow::Result;

use super::{
    Declared, Scenario, client, foreign,
    payload::{REQUEST, RESPONSE},
};
use crate::{
    lab::Lab,
    net::Node,
    peer::Dial,
    tokens::{Cause, Impact, Kind, Phase},
};

const OPEN_PORT: u16 = 80;
const BLOCKED_PORT: u16 = 8081;
const OVN: &str = "OVN 23.03.1 and Open vSwitch 3.1.0 of Debian 12";

const REJECTED: Declared = foreign(Phase::Syn, Cause::ConnectionRejected, Impact::Disruptive);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "ovn_rejected_syn",
        purpose: "OVN's access list before the server rejects a SYN; another port of the server serves.",
        kind: Kind::Real,
        run: rejected_syn,
        captures: &[client(&[REJECTED]).note(OVN)],
    },
    Scenario {
        name: "ovn_rejected_mid_stream",
        purpose: "A new access list of OVN rejects data in mid-stream, with a sequence number of 0 that the client ignores.",
        kind: Kind::Real,
        run: rejected_mid_stream,
        captures: &[client(&[BLOCKED]).note(OVN)],
    },
];

fn rejected_syn(lab: &mut Lab) -> Result<()> {
    let ovn = lab.start_ovn()?;
    let listener = lab.listen(OPEN_PORT)?;
    lab.ordinary_conversation(&listener)?;
    let _blocked = lab.listen(BLOCKED_PORT)?;
    lab.reject_by_ovn(&ovn, BLOCKED_PORT)?;
    lab.dial_refused(BLOCKED_PORT, Dial::default())
}

fn rejected_mid_stream(lab: &mut Lab) -> Result<()> {
    let ovn = lab.start_ovn()?;
    let listener = lab.listen(OPEN_PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.reject_by_ovn(&ovn, OPEN_PORT)?;
    connection.client.send(REQUEST)?;
    lab.wait_for(Node::Client, "OVN's reset", |segment| segment.flags.rst)?;
    lab.end_captures_now()
}
