// SPDX-License-Identifier: GPL-2.0-or-later

//! More machines than the path has: one with the server's own address (a second member of a
//! cluster, another site of an anycast service), or a container behind the server.

use std::{fmt::Write as _, net::IpAddr, time::Duration};

use anyhow::Result;

use crate::{
    family::Family,
    namespace::Namespace,
    net::{prepare, text},
    vantage::Vantage,
    wire::{End, WirePlan, Wires},
};

/// The device in the node where it is attached.
const DEVICE: &str = "member";
const LEFT: &str = "left";
const RIGHT: &str = "right";
/// The next hops, towards the client and towards the member, on every wire.
const TO_CLIENT: [&str; 2] = ["10.77.8.1", "fe80::1"];
const TO_MEMBER: [&str; 2] = ["10.77.8.2", "fe80::2"];
/// Routing tables of this kind hold nothing but the way to the member.
const TABLE: u8 = 77;

/// A machine beside the path.
pub(crate) struct Member {
    // Declared first and so dropped first: the threads end before the namespaces go.
    _wires: Wires,
    _routers: Vec<Namespace>,
    pub(crate) namespace: Namespace,
    pub(crate) vantage: Vantage,
    pub(crate) address: IpAddr,
}

impl Member {
    /// Joins a new machine with this address to a node, behind so many routers, the last of which
    /// its packets reach so much later.
    pub(crate) fn new(
        node: &Namespace,
        address: IpAddr,
        hops: u8,
        delay: Duration,
    ) -> Result<Self> {
        let routers = (0..hops)
            .map(|_| Namespace::new("member's router"))
            .collect::<Result<Vec<_>>>()?;
        let namespace = Namespace::new(DEVICE)?;
        let mut plans = Vec::new();
        let mut near = (node, DEVICE);
        for (number, router) in (0..).zip(routers.iter().chain([&namespace])) {
            prepare(router)?;
            // Without any address the kernel has no routing table to add to.
            router.run("ip", &["link", "set", "lo", "up"], "")?;
            let delay = if number == hops {
                delay
            } else {
                Duration::ZERO
            };
            plans.push(plan(number, near, (router, LEFT), delay));
            near = (router, RIGHT);
        }
        let wires = Wires::new(&plans)?;
        for wire in &plans {
            bring_up(&wire.client_end)?;
            bring_up(&wire.server_end)?;
        }
        drop(plans);
        let length = if address.is_ipv4() { 32 } else { 128 };
        let detection = if address.is_ipv4() { "" } else { " nodad" };
        let script = format!("addr add {address}/{length} dev {LEFT}{detection}\n");
        namespace.run("ip", &["-batch", "-"], &script)?;
        for (number, router) in (0..).zip(routers.iter().chain([&namespace])) {
            router.run("ip", &["-batch", "-"], &back(number))?;
            if number < hops {
                let ahead = route(address, RIGHT, number + 1, "");
                router.run("ip", &["-batch", "-"], &ahead)?;
            }
        }
        let vantage = Vantage::open(&namespace)?;
        Ok(Self {
            _wires: wires,
            _routers: routers,
            namespace,
            vantage,
            address,
        })
    }

    /// Makes the node send everything for the address here.
    pub(crate) fn take_all(node: &Namespace, address: IpAddr) -> Result<()> {
        node.run("ip", &["-batch", "-"], &route(address, DEVICE, 0, ""))
    }

    /// Makes the node send it the way that it went before.
    pub(crate) fn leave_all(node: &Namespace, address: IpAddr) -> Result<()> {
        node.run(
            "ip",
            &["-batch", "-"],
            &format!("route del {address} dev {DEVICE}\n"),
        )
    }

    /// Makes the node send what comes from this port for the address here.
    pub(crate) fn take_port(node: &Namespace, address: IpAddr, port: u16) -> Result<()> {
        let mut script = route(address, DEVICE, 0, &format!(" table {TABLE}"));
        writeln!(
            script,
            "rule add to {address} ipproto tcp sport {port} lookup {TABLE}"
        )?;
        let family = if address.is_ipv4() { "-4" } else { "-6" };
        node.run("ip", &[family, "-batch", "-"], &script)
    }
}

fn plan<'a>(
    number: u8,
    (client_side, client_device): (&'a Namespace, &'static str),
    (server_side, server_device): (&'a Namespace, &'static str),
    delay: Duration,
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
        delay,
    }
}

fn bring_up(end: &End<'_>) -> Result<()> {
    let address = text(end.mac);
    let script = format!("link set dev {} address {address} up", end.device);
    end.namespace.run("ip", &["-batch", "-"], &script)
}

/// The way to the member over the device at the client's end of wire `number`.
fn route(address: IpAddr, device: &str, number: u8, table: &str) -> String {
    let next = if address.is_ipv4() {
        TO_MEMBER[0]
    } else {
        TO_MEMBER[1]
    };
    let lladdr = text(mac(number, 2));
    format!(
        "neigh replace {next} lladdr {lladdr} dev {device} nud permanent\n\
         route replace {address} via {next} dev {device} onlink{table}\n"
    )
}

/// The way back over the device at the member's end of wire `number`.
fn back(number: u8) -> String {
    let lladdr = text(mac(number, 1));
    let ways = Family::ALL.into_iter().zip(TO_CLIENT);
    ways.map(|(family, next)| {
        let network = family.client_network();
        format!(
            "neigh replace {next} lladdr {lladdr} dev {LEFT} nud permanent\n\
             route replace {network} via {next} dev {LEFT} onlink\n"
        )
    })
    .collect()
}

fn mac(wire: u8, end: u8) -> [u8; 6] {
    [0x02, 0x77, 0, 2, wire + 1, end]
}
