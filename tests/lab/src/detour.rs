// SPDX-License-Identifier: GPL-2.0-or-later
//! A longer way back: routers in a row between r2 and the middlebox, beside the wire that joins
//! them, so that a route can change in the middle of a connection.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;

use crate::family::Family;
use crate::namespace::Namespace;
use crate::net::{prepare, text};
use crate::wire::{End, WirePlan, Wires};

/// The device at either end, in r2 and in the middlebox.
const DEVICE: &str = "detour";
/// The first wire takes as long as the one that it replaces, each other one a little more.
const FIRST_DELAY: Duration = Duration::from_millis(20);
const FURTHER_DELAY: Duration = Duration::from_millis(1);
/// The next router towards the client, on every wire of the detour.
const NEXT_HOPS: [&str; 2] = ["10.77.9.1", "fe80::1"];

/// The routers of the detour; its packets travel from the server to the client only.
pub(crate) struct Detour {
    // Declared first and so dropped first: the threads end before the namespaces go.
    _wires: Wires,
    _routers: Vec<Namespace>,
}

impl Detour {
    /// Joins the middlebox and r2 by so many routers more; nothing goes that way yet.
    pub(crate) fn new(middlebox: &Namespace, far_router: &Namespace, hops: u8) -> Result<Self> {
        let routers = (0..hops)
            .map(|_| Namespace::new("detour"))
            .collect::<Result<Vec<_>>>()?;
        let mut plans = Vec::new();
        let mut client_end = (middlebox, DEVICE);
        for (number, router) in (0..).zip(&routers) {
            prepare(router)?;
            // Without any address the kernel has no routing table to add to.
            router.run("ip", &["link", "set", "lo", "up"], "")?;
            plans.push(plan(number, client_end, (router, "left")));
            client_end = (router, "right");
        }
        plans.push(plan(hops, client_end, (far_router, DEVICE)));
        let wires = Wires::new(&plans)?;
        for wire in &plans {
            bring_up(&wire.client_end)?;
            bring_up(&wire.server_end)?;
        }
        for (number, router) in (0..).zip(&routers) {
            lead(router, "left", number, "add")?;
        }
        drop(plans);
        Ok(Self {
            _wires: wires,
            _routers: routers,
        })
    }

    /// Makes r2 send what is for the client this way from now on.
    pub(crate) fn take(far_router: &Namespace, hops: u8) -> Result<()> {
        lead(far_router, DEVICE, hops, "replace")
    }
}

fn plan<'a>(
    number: u8,
    (client_side, client_device): (&'a Namespace, &'static str),
    (server_side, server_device): (&'a Namespace, &'static str),
) -> WirePlan<'a> {
    WirePlan {
        client_end: End {
            namespace: client_side,
            device: client_device,
            mac: mac(number, 1),
        },
        server_end: End {
            namespace: server_side,
            device: server_device,
            mac: mac(number, 2),
        },
        delay: if number == 0 {
            FIRST_DELAY
        } else {
            FURTHER_DELAY
        },
    }
}

fn bring_up(end: &End<'_>) -> Result<()> {
    let address = text(end.mac);
    let script = format!("link set dev {} address {address} up", end.device);
    end.namespace.run("ip", &["-batch", "-"], &script)
}

/// Sends what is for the client over the device at the server's end of wire `number`.
fn lead(router: &Namespace, device: &str, number: u8, verb: &str) -> Result<()> {
    let lladdr = text(mac(number, 1));
    let mut script = String::new();
    for (family, next) in Family::ALL.into_iter().zip(NEXT_HOPS) {
        let network = family.client_network();
        writeln!(
            script,
            "neigh replace {next} lladdr {lladdr} dev {device} nud permanent\n\
             route {verb} {network} via {next} dev {device} onlink"
        )?;
    }
    router.run("ip", &["-batch", "-"], &script)
}

fn mac(wire: u8, end: u8) -> [u8; 6] {
    [0x02, 0x77, 0, 1, wire + 1, end]
}
