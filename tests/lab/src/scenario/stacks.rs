// SPDX-License-Identifier: GPL-2.0-or-later

//! Hosts with TCP stacks other than Linux's, three routers from the client: each serves a
//! request, refuses a SYN, aborts, and resets a connection that it has lost in a crash.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Result, ensure};

use super::{
    CONSEQUENCE, Declared, Scenario, client, foreign, genuine, injected::forged_now, looking_like,
    payload::REQUEST, undecidable,
};
use crate::{
    family::Family,
    guest::{ABORT, LARGE, LARGE_SIZE, RESPONSE, Stack},
    lab::{Lab, Spot},
    net::Node,
    peer::{Connection, Peer},
    segment::Segment,
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Reaction, Toward},
};

const CLOSED_PORT: u16 = 81;

const REFUSED: Declared = genuine(Phase::Syn, Cause::PortClosed, Impact::Disruptive);
/// It follows the request, which nothing shows to have been read.
const ABORTED: Declared = looking_like(
    genuine(Phase::Data, Cause::ApplicationAbort, Impact::Noteworthy),
    Cause::UnreadData,
);
const FORGOTTEN: Declared = genuine(Phase::Data, Cause::NoConnection, Impact::Disruptive);
/// lwIP answers for a connection that it no longer has with RST+ACK, as others close one
/// whose request is unread.
const RESETS_OF_LWIP: &[Declared] = &[REFUSED, ABORTED, FORGOTTEN_WITH_ACK];
const RESETS: &[Declared] = &[REFUSED, ABORTED, FORGOTTEN];
const FORGOTTEN_WITH_ACK: Declared = looking_like(
    genuine(Phase::Data, Cause::NoConnection, Impact::Noteworthy),
    Cause::UnreadData,
);

const PORT: u16 = 80;
const SLIRP: &str = "in the server's name: libslirp 4.7.0 in Debian 12's slirp4netns";
const SMOLTCP: &str = "host: smoltcp 0.14";
const GVISOR: &str = "host: gVisor netstack, Debian 12's golang-gvisor-gvisor-dev";
const LWIP: &str = "host: lwIP 2.1.3, Debian 12's liblwip0";

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "stack_smoltcp",
        purpose: "A host with smoltcp refuses a SYN, aborts, and resets a connection that it has lost.",
        kind: Kind::Real,
        run: |lab| in_turn(lab, Stack::Smoltcp),
        captures: &[client(RESETS).note(SMOLTCP)],
    },
    Scenario {
        name: "stack_gvisor",
        purpose: "A host with gVisor's netstack refuses a SYN, aborts, and resets a connection that it has lost.",
        kind: Kind::Real,
        run: |lab| in_turn(lab, Stack::Gvisor),
        captures: &[client(RESETS).note(GVISOR)],
    },
    Scenario {
        name: "stack_lwip",
        purpose: "A host with lwIP refuses a SYN, aborts, and resets a connection that it has lost.",
        kind: Kind::Real,
        run: |lab| in_turn(lab, Stack::Lwip),
        captures: &[client(RESETS_OF_LWIP).note(LWIP).only(Family::V4)],
    },
    Scenario {
        name: "stack_slirp",
        purpose: "libslirp speaks TCP in the server's name to a container: it refuses a SYN, aborts because the server did, and resets what it has lost.",
        kind: Kind::Real,
        run: by_slirp,
        captures: &[client(BY_SLIRP)
            .note(SLIRP)
            .only(Family::V4)
            .on_all_devices()],
    },
    Scenario {
        name: "stack_lwip_late_acks",
        purpose: "A host with lwIP starts anew in the middle of a download and answers each late acknowledgement with RST+ACK of rising numbers.",
        kind: Kind::Real,
        run: late_acks,
        captures: &[client(&[FORGOTTEN, AGAIN, AGAIN])
            .note(LWIP)
            .only(Family::V4)],
    },
    Scenario {
        name: "stack_smoltcp_forged",
        purpose: "A box on the path resets in the name of a host with smoltcp, as bare as that host's own resets, two hops nearer.",
        kind: Kind::Synthetic,
        run: |lab| forged(lab, Stack::Smoltcp),
        captures: &[client(&[FORGED]).note(SMOLTCP)],
    },
    Scenario {
        name: "stack_gvisor_forged",
        purpose: "A box on the path resets in the name of a host with gVisor's netstack, as bare as that host's own resets, two hops nearer.",
        kind: Kind::Synthetic,
        run: |lab| forged(lab, Stack::Gvisor),
        captures: &[client(&[FORGED]).note(GVISOR)],
    },
];

const FORGED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);
/// The next acknowledgement that was still under way.
const AGAIN: Declared = CONSEQUENCE;
/// As a box's own packets leave the middlebox.
const BOX_TTL: u8 = 64;

/// The host is known; the box then writes what the host would after a crash, but in its own place.
fn forged(lab: &mut Lab, stack: Stack) -> Result<()> {
    let (_guest, address) = lab.start_guest(stack)?;
    let mut client = lab.dial_to(address)?;
    exchange(&mut client)?;
    lab.settle()?;
    exchange(&mut client)?;
    lab.settle()?;
    // After a crash smoltcp writes no IP ID, gVisor a random one without DF.
    let is_numbered = stack == Stack::Gvisor;
    let forged = forged_now(lab, BOX_TTL)?;
    let reset = Segment {
        identification: forged.identification * u16::from(is_numbered),
        dont_fragment: !is_numbered,
        ..forged
    };
    lab.inject_now(Spot::Middlebox, Toward::Client, reset)?;
    client.expect_reset()?;
    lab.end_captures()
}

fn late_acks(lab: &mut Lab) -> Result<()> {
    if lab.family() == Family::V6 {
        return Ok(());
    }
    let (guest, address) = lab.start_guest(Stack::Lwip)?;
    let mut client = lab.dial_to(address)?;
    lab.settle()?;
    // Three acknowledgements are still under way when the host starts anew.
    lab.inject(
        Spot::Middlebox,
        Box::new(|segment, toward| {
            if toward == Toward::Server && segment.payload.is_empty() {
                Reaction::hold(UNDER_WAY)
            } else {
                Reaction::pass()
            }
        }),
    )?;
    client.send(LARGE)?;
    client.receive(LARGE_SIZE)?;
    drop(guest);
    let (_guest, _) = lab.start_guest(Stack::Lwip)?;
    lab.wait_for_nth(Node::Client, 3, "the third reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures()
}

/// Longer than the host takes to start anew.
const UNDER_WAY: Duration = Duration::from_millis(900);

/// All that the container sees comes from slirp, which is all that the capture shows.
const BY_SLIRP: &[Declared] = &[
    undecidable(foreign(Phase::Syn, Cause::PortClosed, Impact::Disruptive)),
    undecidable(foreign(
        Phase::Data,
        Cause::ApplicationAbort,
        Impact::Noteworthy,
    )),
    undecidable(foreign(
        Phase::Data,
        Cause::NoConnection,
        Impact::Disruptive,
    )),
];

fn by_slirp(lab: &mut Lab) -> Result<()> {
    if lab.family() == Family::V6 {
        // Its IPv6 address comes by router advertisements, which the lab's hosts do not hear.
        return Ok(());
    }
    let listener = lab.listen(PORT)?;
    let (slirp, from) = lab.start_slirp()?;
    let to = listener.address;
    let connect = |lab: &mut Lab| -> Result<Connection> {
        let client = lab.dial_as(from, to)?;
        let server = listener.accept()?;
        let mut connection = Connection { client, server };
        connection.exchange(REQUEST, RESPONSE)?;
        Ok(connection)
    };
    connect(lab)?.close()?;
    let closed = SocketAddr::new(to.ip(), CLOSED_PORT);
    ensure!(
        lab.dial_as(from, closed).is_err(),
        "{closed} was not refused"
    );
    let mut connection = connect(lab)?;
    lab.settle()?;
    connection.server.abort()?;
    connection.client.expect_reset()?;
    let mut lost = connect(lab)?;
    lab.settle()?;
    drop(slirp);
    let (_slirp, _) = lab.start_slirp()?;
    lost.client.send(REQUEST)?;
    lost.client.expect_reset()?;
    lab.end_captures()
}

fn in_turn(lab: &mut Lab, stack: Stack) -> Result<()> {
    if stack == Stack::Lwip && lab.family() == Family::V6 {
        // It has no way to name a router but to hear one.
        return Ok(());
    }
    let (guest, address) = lab.start_guest(stack)?;
    let mut client = lab.dial_to(address)?;
    exchange(&mut client)?;
    client.finish()?;
    client.expect_end()?;
    lab.dial_refused_by((address.ip(), CLOSED_PORT).into(), Default::default())?;

    let mut client = lab.dial_to(address)?;
    exchange(&mut client)?;
    lab.settle()?;
    client.send(ABORT)?;
    client.expect_reset()?;

    let mut client = lab.dial_to(address)?;
    exchange(&mut client)?;
    lab.settle()?;
    drop(guest);
    let (_guest, _) = lab.start_guest(stack)?;
    client.send(REQUEST)?;
    client.expect_reset()?;
    lab.end_captures()
}

fn exchange(client: &mut Peer) -> Result<()> {
    client.send(REQUEST)?;
    client.receive(RESPONSE.len())
}
