// SPDX-License-Identifier: GPL-2.0-or-later

//! Two short conversations, one reset by the server and one by a forger, in every wrapping in which
//! Wireshark may show a segment: the verdicts must not depend on it.

use anyhow::Result;

use super::{
    CONSEQUENCE, Capture, Declared, Scenario, client, foreign, genuine,
    injected::forged_now,
    payload::{MORE, REQUEST, RESPONSE},
};
use crate::{
    family::Family,
    lab::{Lab, Spot},
    net::Node,
    tokens::{Cause, Impact, Kind, Phase},
    wire::Toward,
    wrap::Wrap,
};

const PORT: u16 = 80;

const ABORT: Declared = genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy);
const FORGED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);

const RESETS: &[Declared] = &[ABORT, FORGED, CONSEQUENCE];

const fn wrapped(wrap: Wrap) -> Capture {
    client(RESETS).wrapped(wrap)
}

pub(super) const TABLE: &[Scenario] = &[Scenario {
    name: "encapsulated",
    purpose: "The server aborts one conversation, and a forged reset ends another",
    kind: Kind::Synthetic,
    run: encapsulated,
    captures: &[
        wrapped(Wrap::Vlan),
        wrapped(Wrap::QinQ),
        wrapped(Wrap::Cooked2),
        wrapped(Wrap::RawIp),
        wrapped(Wrap::Null),
        wrapped(Wrap::Loop),
        wrapped(Wrap::Pppoe),
        wrapped(Wrap::Mpls),
        wrapped(Wrap::Gre),
        wrapped(Wrap::InV4),
        wrapped(Wrap::InV6),
        wrapped(Wrap::Vxlan),
        wrapped(Wrap::GtpU),
        wrapped(Wrap::Wifi),
        wrapped(Wrap::Radiotap),
        wrapped(Wrap::Fragments),
        wrapped(Wrap::Snaplen),
        wrapped(Wrap::NoLength).only(Family::V4),
        wrapped(Wrap::OutOfOrder),
        Capture::new(
            Node::NearRouter,
            &[ABORT, ABORT, FORGED, FORGED, CONSEQUENCE, CONSEQUENCE],
        )
        .on_all_devices()
        .wrapped(Wrap::Interfaces),
    ],
}];

fn encapsulated(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut aborted = lab.connect(&listener)?;
    aborted.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    aborted.server.abort()?;
    aborted.client.expect_reset()?;
    let mut forged = lab.connect(&listener)?;
    forged.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    let reset = forged_now(lab, 128)?;
    lab.inject_now(Spot::Middlebox, Toward::Client, reset)?;
    forged.client.expect_reset()?;
    lab.settle()?;
    forged.server.send(MORE)?;
    forged.server.expect_reset()
}
