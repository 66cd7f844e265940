// SPDX-License-Identifier: GPL-2.0-or-later

//! The topology: client – r1 – mb – r2 – bridge – server, with fixed addresses on both IP versions.

use std::{fmt::Write as _, net::IpAddr, time::Duration};

use anyhow::{Context as _, Result};

use crate::{
    family::Family,
    namespace::Namespace,
    vantage::{Frame, Vantage},
    wire::{End, WirePlan, Wires},
};

/// The delay of each wire, one way; wire `n` joins node `n` and node `n + 1`.
const DELAYS: [Duration; 4] = [
    Duration::from_millis(3),
    Duration::ZERO,
    Duration::from_millis(20),
    Duration::ZERO,
];

/// The device that leads to the client, and the one that leads to the server.
const DEVICES: [&str; 2] = ["left", "right"];

/// How the bridge joins its two devices.
const BRIDGE_SCRIPT: &str = "link add bridge type bridge mcast_snooping 0
link set dev left master bridge up
link set dev right master bridge up
link set dev bridge up
";
/// Stands in a MAC address where the others have the number of a wire.
const BRIDGE_MAC: u8 = 0xbb;

/// A node on the path, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    Client,
    NearRouter,
    Middlebox,
    FarRouter,
    Server,
}

impl Node {
    pub(crate) const ALL: [Self; 5] = [
        Self::Client,
        Self::NearRouter,
        Self::Middlebox,
        Self::FarRouter,
        Self::Server,
    ];

    /// The name used in captures' descriptions.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::NearRouter => "r1",
            Self::Middlebox => "middlebox",
            Self::FarRouter => "r2",
            Self::Server => "server",
        }
    }

    /// The device that a capture at this node is taken on.
    fn capture_device(self) -> &'static str {
        match self {
            Self::Client => "right",
            _ => "left",
        }
    }
}

/// A running network. Dropping it removes all of it.
pub(crate) struct Net {
    // Declared first and so dropped first: the threads end before the namespaces go.
    pub(crate) wires: Wires,
    nodes: Vec<NodeState>,
    /// A transparent bridge on the server's wire, which has no address and changes no packet.
    pub(crate) bridge: Namespace,
}

struct NodeState {
    namespace: Namespace,
    vantage: Vantage,
    capture_interface: usize,
}

impl Net {
    /// Builds the whole path and starts to capture at every node.
    pub(crate) fn new() -> Result<Self> {
        let namespaces = Node::ALL
            .iter()
            .map(|node| Namespace::new(node.name()))
            .collect::<Result<Vec<_>>>()?;
        for namespace in &namespaces {
            prepare(namespace)?;
        }
        let bridge = Namespace::new("bridge")?;
        prepare(&bridge)?;
        let mut plans: Vec<_> = namespaces
            .iter()
            .zip(namespaces.iter().skip(1))
            .zip(DELAYS)
            .zip(0_u8..)
            .map(|(((client_end, server_end), delay), wire)| WirePlan {
                client_end: End {
                    namespace: client_end,
                    device: "right",
                    mac: mac(wire, 1),
                },
                server_end: End {
                    namespace: server_end,
                    device: "left",
                    mac: mac(wire, 2),
                },
                delay,
            })
            .collect();
        if let Some(last) = plans.pop() {
            plans.extend(bridged(last, &bridge));
        }
        let wires = Wires::new(&plans)?;
        drop(plans);
        bridge.run("ip", &["-batch", "-"], BRIDGE_SCRIPT)?;
        let mut nodes = Vec::new();
        for (node, namespace) in Node::ALL.into_iter().zip(namespaces) {
            configure(&namespace, node)?;
            let vantage = Vantage::open(&namespace)?;
            let capture_interface = interface(&namespace, node)?;
            nodes.push(NodeState {
                namespace,
                vantage,
                capture_interface,
            });
        }
        Ok(Self {
            wires,
            nodes,
            bridge,
        })
    }

    pub(crate) fn namespace(&self, node: Node) -> Result<&Namespace> {
        Ok(&self
            .nodes
            .get(node as usize)
            .context("no such node")?
            .namespace)
    }

    /// Makes r2 send what is for the client over its wire to the middlebox.
    pub(crate) fn route_to_client(&self) -> Result<()> {
        let script = Family::ALL.map(|family| {
            let (network, via) = (family.client_network(), family.middlebox_outside());
            format!("route replace {network} via {via} dev left\n")
        });
        let router = self.namespace(Node::FarRouter)?;
        router.run("ip", &["-batch", "-"], &script.concat())
    }

    /// Gives the server one more address.
    pub(crate) fn add_server_address(&self, family: Family, address: IpAddr) -> Result<()> {
        let (host, router) = ((Node::Server, "left"), (Node::FarRouter, "right"));
        self.add_address(family, address, host, router, mac(3, 2))
    }

    /// Gives the client one more address.
    pub(crate) fn add_client_address(&self, family: Family, address: IpAddr) -> Result<()> {
        let (host, router) = ((Node::Client, "right"), (Node::NearRouter, "left"));
        self.add_address(family, address, host, router, mac(0, 1))
    }

    fn add_address(
        &self,
        family: Family,
        address: IpAddr,
        host: (Node, &str),
        router: (Node, &str),
        mac: [u8; 6],
    ) -> Result<()> {
        let detection = if family == Family::V6 { " nodad" } else { "" };
        let (node, device) = host;
        let length = family.prefix_length();
        let script = format!("addr add {address}/{length} dev {device}{detection}\n");
        self.namespace(node)?.run("ip", &["-batch", "-"], &script)?;
        let (node, device) = router;
        let lladdr = text(mac);
        let script =
            format!("neigh replace {address} lladdr {lladdr} dev {device} nud permanent\n");
        self.namespace(node)?.run("ip", &["-batch", "-"], &script)
    }

    /// Joins the server and the bridge by a veth pair instead of a wire: its devices offload
    /// segmentation and checksums, so that the server's captures show what no wire carries.
    pub(crate) fn offload_server(&mut self) -> Result<()> {
        let namespace = self.namespace(Node::Server)?;
        let script = format!(
            "link set dev left down\n\
             addr flush dev left\n\
             link set dev left name wire\n\
             link add left type veth peer name veth netns {}\n",
            self.bridge.path()
        );
        namespace.run("ip", &["-batch", "-"], &script)?;
        let script = "link set dev right nomaster\nlink set dev veth master bridge up\n";
        self.bridge.run("ip", &["-batch", "-"], script)?;
        configure(namespace, Node::Server)?;
        let capture_interface = interface(namespace, Node::Server)?;
        let state = self.nodes.get_mut(Node::Server as usize);
        state.context("no such node")?.capture_interface = capture_interface;
        Ok(())
    }

    /// Everything that a node has sent or received up to now, on all its devices.
    pub(crate) fn frames(&mut self, node: Node) -> Result<&[Frame]> {
        self.nodes
            .get_mut(node as usize)
            .context("no such node")?
            .vantage
            .frames()
    }

    /// Forgets what was captured up to now, at every node.
    pub(crate) fn restart_captures(&mut self) -> Result<()> {
        self.nodes
            .iter_mut()
            .try_for_each(|state| state.vantage.restart())
    }

    /// Loses what was sent and received since the last look, at every node.
    pub(crate) fn lose_captures(&mut self) -> Result<()> {
        self.nodes
            .iter_mut()
            .try_for_each(|state| state.vantage.lose())
    }

    /// What a capture on the node's one device holds (the client's side of a router).
    pub(crate) fn capture(&mut self, node: Node) -> Result<Vec<Frame>> {
        let state = self.nodes.get_mut(node as usize).context("no such node")?;
        let interface = state.capture_interface;
        let frames = state.vantage.frames()?;
        Ok(frames
            .iter()
            .filter(|frame| frame.interface == interface)
            .cloned()
            .collect())
    }
}

/// The index of the device that a capture at a node is taken on.
fn interface(namespace: &Namespace, node: Node) -> Result<usize> {
    device_index(namespace, node.capture_device())
}

pub(crate) fn device_index(namespace: &Namespace, device: &str) -> Result<usize> {
    namespace.enter(|| {
        let index = nix::net::if_::if_nametoindex(device)?;
        Ok(usize::try_from(index)?)
    })
}

/// Two wires in the place of one, with a bridge between them.
fn bridged<'a>(wire: WirePlan<'a>, bridge: &'a Namespace) -> [WirePlan<'a>; 2] {
    let end = |device| End {
        namespace: bridge,
        device,
        mac: mac(BRIDGE_MAC, 0),
    };
    [
        WirePlan {
            client_end: wire.client_end,
            server_end: end(DEVICES[0]),
            delay: wire.delay,
        },
        WirePlan {
            client_end: end(DEVICES[1]),
            server_end: wire.server_end,
            delay: Duration::ZERO,
        },
    ]
}

/// Kernel parameters that must be set before a device appears.
pub(crate) fn prepare(namespace: &Namespace) -> Result<()> {
    for (parameter, value) in [
        ("net.ipv4.ip_forward", "1"),
        ("net.ipv6.conf.all.forwarding", "1"),
        // Nothing but the scenario's own traffic: no address detection, no link-local addresses.
        ("net.ipv6.conf.default.accept_dad", "0"),
        ("net.ipv6.conf.default.addr_gen_mode", "1"),
        ("net.ipv6.conf.default.accept_ra", "0"),
        ("net.ipv4.conf.all.rp_filter", "0"),
        ("net.ipv4.conf.default.rp_filter", "0"),
        ("net.ipv4.ip_default_ttl", "64"),
        ("net.ipv6.conf.default.hop_limit", "64"),
    ] {
        namespace.sysctl(parameter, value)?;
    }
    Ok(())
}

/// Addresses, fixed neighbours and routes of one node.
fn configure(namespace: &Namespace, node: Node) -> Result<()> {
    let position = u8::try_from(
        Node::ALL
            .iter()
            .position(|other| *other == node)
            .unwrap_or(0),
    )?;
    let last = u8::try_from(DELAYS.len())?;
    let mut script = String::from("link set lo up\n");
    for (device, wire, own, other) in [
        (DEVICES[0], position.checked_sub(1), 2, 1),
        (
            DEVICES[1],
            Some(position).filter(|position| *position < last),
            1,
            2,
        ),
    ] {
        let Some(wire) = wire else { continue };
        writeln!(
            script,
            "link set dev {device} address {} up",
            text(mac(wire, own))
        )?;
        for family in Family::ALL {
            let (here, there) = (family.address(wire, own), family.address(wire, other));
            let detection = if family == Family::V6 { " nodad" } else { "" };
            writeln!(
                script,
                "addr add {here}/{} dev {device}{detection}",
                family.prefix_length()
            )?;
            let lladdr = text(mac(wire, other));
            writeln!(
                script,
                "neigh replace {there} lladdr {lladdr} dev {device} nud permanent"
            )?;
        }
    }
    for family in Family::ALL {
        for remote in 0..last {
            let (via, device) = if remote + 1 < position {
                (family.address(position - 1, 1), DEVICES[0])
            } else if remote > position {
                (family.address(position, 2), DEVICES[1])
            } else {
                continue;
            };
            let subnet = family.address(remote, 0);
            let length = family.prefix_length();
            writeln!(script, "route add {subnet}/{length} via {via} dev {device}")?;
        }
        if node == Node::Client {
            writeln!(script, "route add default via {}", family.address(0, 2))?;
        }
    }
    namespace.run("ip", &["-batch", "-"], &script)
}

fn mac(wire: u8, end: u8) -> [u8; 6] {
    [0x02, 0x77, 0, 0, wire + 1, end]
}

pub(crate) fn text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}
