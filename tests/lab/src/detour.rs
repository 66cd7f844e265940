// SPDX-License-Identifier: GPL-2.0-or-later

//! A longer way back: routers in a row between r2 and the middlebox, beside the wire that joins
//! them, so that a route can change in the middle of a connection.

use std::{fmt::Write as _, time::Duration};

use anyhow::Result;

use crate::{
    family::Family,
    namespace::Namespace,
    net::{prepare, text},
    wire::{End, WirePlan, Wires},
};

/// The device at either end, in r2 and in the middlebox.
const DEVICE: &str = "detour";
/// The first wire takes as long as it is told, each other one a little more.
const FURTHER_DELAY: Duration = Duration::from_millis(1);
/// A routing table that holds nothing but the detour.
const TABLE: u8 = 78;
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
    pub(crate) fn new(
        middlebox: &Namespace,
        far_router: &Namespace,
        hops: u8,
        delay: Duration,
    ) -> Result<Self> {
        let routers = (0..hops)
            .map(|_| Namespace::new("detour"))
            .collect::<Result<Vec<_>>>()?;
        let mut plans = Vec::new();
        let mut client_end = (middlebox, DEVICE);
        for (number, router) in (0..).zip(&routers) {
            prepare(router)?;
            // Without any address the kernel has no routing table to add to.
            router.run("ip", &["link", "set", "lo", "up"], "")?;
            plans.push(plan(number, client_end, (router, "left"), delay));
            client_end = (router, "right");
        }
        plans.push(plan(hops, client_end, (far_router, DEVICE), delay));
        let wires = Wires::new(&plans)?;
        for wire in &plans {
            bring_up(&wire.client_end)?;
            bring_up(&wire.server_end)?;
        }
        for (number, router) in (0..).zip(&routers) {
            lead(router, "left", number, "")?;
        }
        drop(plans);
        Ok(Self {
            _wires: wires,
            _routers: routers,
        })
    }

    /// Makes r2 send what is for the client this way from now on.
    pub(crate) fn take(far_router: &Namespace, hops: u8) -> Result<()> {
        lead(far_router, DEVICE, hops, "")
    }

    /// The same for what goes to one port of the client, as load is shared between two ways.
    pub(crate) fn take_port(far_router: &Namespace, hops: u8, port: u16) -> Result<()> {
        Self::take_if(far_router, hops, &format!("ipproto tcp dport {port}"))
    }

    /// The same for what a firewall of r2 has marked with 1.
    pub(crate) fn take_marked(far_router: &Namespace, hops: u8) -> Result<()> {
        Self::take_if(far_router, hops, "fwmark 1")
    }

    fn take_if(far_router: &Namespace, hops: u8, condition: &str) -> Result<()> {
        lead(far_router, DEVICE, hops, &format!("table {TABLE}"))?;
        for family in ["-4", "-6"] {
            let rule = format!("rule add {condition} lookup {TABLE}\n");
            far_router.run("ip", &[family, "-batch", "-"], &rule)?;
        }
        Ok(())
    }
}

fn plan<'a>(
    number: u8,
    (client_side, client_device): (&'a Namespace, &'static str),
    (server_side, server_device): (&'a Namespace, &'static str),
    first_delay: Duration,
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
            first_delay
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
fn lead(router: &Namespace, device: &str, number: u8, table: &str) -> Result<()> {
    let lladdr = text(mac(number, 1));
    let mut script = String::new();
    for (family, next) in Family::ALL.into_iter().zip(NEXT_HOPS) {
        let network = family.client_network();
        writeln!(
            script,
            "neigh replace {next} lladdr {lladdr} dev {device} nud permanent\n\
             route replace {network} via {next} dev {device} onlink {table}"
        )?;
    }
    router.run("ip", &["-batch", "-"], &script)
}

fn mac(wire: u8, end: u8) -> [u8; 6] {
    [0x02, 0x77, 0, 1, wire + 1, end]
}
