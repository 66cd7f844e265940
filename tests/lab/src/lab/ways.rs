// SPDX-License-Identifier: GPL-2.0-or-later

//! Ways that change, and more machines beside the path.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::Lab;
use crate::{
    detour::Detour,
    family::Family,
    guest::{self, Guest, Stack},
    member::Member,
    net::{Node, device_index},
    ovn::Ovn,
    peer::{Listener, PATIENCE},
    program::Program,
};

/// slirp4netns' device and addresses in the client's namespace.
const SLIRP_DEVICE: &str = "slirp";
const SLIRP_GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
const SLIRP_GUEST: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 100);
/// How long the wire takes that a detour replaces.
const WAY_BACK: Duration = Duration::from_millis(20);

/// r2, as the guest can address it.
const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

impl Lab {
    /// Sends the server's packets by the detour from now on.
    pub(crate) fn take_detour(&self) -> Result<()> {
        let (_, hops) = self.detour.as_ref().context("there is no detour")?;
        Detour::take(self.net.namespace(Node::FarRouter)?, *hops)
    }

    /// Sends the server's packets by the ordinary way again.
    pub(crate) fn leave_detour(&self) -> Result<()> {
        self.net.route_to_client()
    }

    /// Builds a way back to the client by so many routers more; nothing goes that way yet.
    pub(crate) fn build_detour(&mut self, hops: u8) -> Result<()> {
        self.build_slow_detour(hops, WAY_BACK)
    }

    /// The same, with a wire that takes so long in the place of the one between r2 and mb.
    pub(crate) fn build_slow_detour(&mut self, hops: u8, delay: Duration) -> Result<()> {
        let middlebox = self.net.namespace(Node::Middlebox)?;
        let far_router = self.net.namespace(Node::FarRouter)?;
        self.detour = Some((Detour::new(middlebox, far_router, hops, delay)?, hops));
        Ok(())
    }

    /// Sends the server's packets for one port of the client by the detour from now on.
    pub(crate) fn take_detour_to(&self, port: u16) -> Result<()> {
        let (_, hops) = self.detour.as_ref().context("there is no detour")?;
        Detour::take_port(self.net.namespace(Node::FarRouter)?, *hops, port)
    }

    /// Sends the server's resets by the detour from now on.
    pub(crate) fn take_detour_with_resets(&self) -> Result<()> {
        let (_, hops) = self.detour.as_ref().context("there is no detour")?;
        self.nft(
            Node::FarRouter,
            "table inet label {
                 chain prerouting {
                     type filter hook prerouting priority mangle;
                     iifname right tcp flags rst meta mark set 1
                 }
             }",
        )?;
        Detour::take_marked(self.net.namespace(Node::FarRouter)?, *hops)
    }

    /// Gives the client's gateway one more address, which it answers for itself.
    pub(crate) fn add_gateway_address(&mut self, address: IpAddr) -> Result<()> {
        let length = if address.is_ipv4() { 32 } else { 128 };
        let script = format!("addr add {address}/{length} dev lo\n");
        let gateway = self.net.namespace(Node::NearRouter)?;
        gateway.run("ip", &["-batch", "-"], &script)?;
        self.stand_ins.push((address, Node::NearRouter));
        Ok(())
    }

    /// Adds a machine with the server's address, joined to a node, behind so many routers;
    /// nothing goes there yet.
    pub(crate) fn add_member(&mut self, node: Node, hops: u8, delay: Duration) -> Result<()> {
        let address = self.family.server();
        let member = Member::new(self.net.namespace(node)?, address, hops, delay)?;
        self.members.push(member);
        Ok(())
    }

    /// Sends what is for the server's address to the member at this node from now on.
    pub(crate) fn lead_to_member(&self, node: Node) -> Result<()> {
        Member::take_all(self.net.namespace(node)?, self.family.server())
    }

    /// Sends it to the server again.
    pub(crate) fn leave_member(&self, node: Node) -> Result<()> {
        Member::leave_all(self.net.namespace(node)?, self.family.server())
    }

    /// The same for what comes from one port of the client.
    pub(crate) fn lead_port_to_member(&self, node: Node, port: u16) -> Result<()> {
        Member::take_port(self.net.namespace(node)?, self.family.server(), port)
    }

    /// Adds a container behind the server, to which the server's kernel translates one port.
    pub(crate) fn add_container(&mut self, port: u16) -> Result<()> {
        let address = self.family.address(7, 2);
        let server = self.net.namespace(Node::Server)?;
        let member = Member::new(server, address, 0, Duration::ZERO)?;
        Member::take_all(server, address)?;
        self.members.push(member);
        let family = match self.family {
            Family::V4 => "ip",
            Family::V6 => "ip6",
        };
        self.nft(
            Node::Server,
            &format!(
                "table {family} docker {{
                     chain prerouting {{
                         type nat hook prerouting priority dstnat;
                         tcp dport {port} dnat to {address}
                     }}
                 }}"
            ),
        )
    }

    /// Starts a listener on the member.
    pub(crate) fn listen_at_member(&self, port: u16) -> Result<Listener> {
        let member = self.members.last().context("there is no member")?;
        let address = SocketAddr::new(member.address, port);
        member.namespace.enter(|| Listener::bind(address))
    }

    /// Starts a host with another TCP stack beside the server, on a device of its own: that of one
    /// that has crashed may be busy for a while.
    pub(crate) fn start_guest(&mut self, stack: Stack) -> Result<(Guest, SocketAddr)> {
        let address = self.family.address(3, 9);
        let gateway = match self.family {
            Family::V4 => self.family.address(3, 1),
            Family::V6 => LINK_LOCAL.into(),
        };
        if self.guests.is_empty() {
            stack.build()?;
        }
        let device = format!("guest{}", self.guests.len());
        let script = format!(
            "tuntap add dev {device} mode tap\n\
             link set dev {device} up\n\
             addr add {LINK_LOCAL}/64 dev {device} nodad\n\
             addr add {}/32 dev {device}\n\
             route replace {address} dev {device}\n",
            Family::V4.address(3, 1)
        );
        let router = self.net.namespace(Node::FarRouter)?;
        router.run("ip", &["-batch", "-"], &script)?;
        self.guests.push((address, device_index(router, &device)?));
        let guest = Guest::start(stack, router, &device, address, gateway)?;
        Ok((guest, SocketAddr::new(address, guest::PORT)))
    }

    /// Puts OVN in the place of the bridge before the server.
    pub(crate) fn start_ovn(&self) -> Result<Ovn> {
        Ovn::start(&self.net.bridge)
    }

    /// Makes it reject what is for a port of the server.
    pub(crate) fn reject_by_ovn(&self, ovn: &Ovn, port: u16) -> Result<()> {
        ovn.reject(&self.net.bridge, port)
    }

    /// Starts slirp4netns at r1 and leads what the client sends to the server's address to it;
    /// answers the client's address in slirp's network.
    pub(crate) fn start_slirp(&self) -> Result<(Program, IpAddr)> {
        let client = self.net.namespace(Node::Client)?;
        let path = client.path();
        let arguments = ["--netns-type=path", "--configure", &path, SLIRP_DEVICE];
        let mut program = self.start(Node::NearRouter, "slirp4netns", &arguments, "")?;
        program.expect_message("received tapfd")?;
        let server = self.family.server();
        let script = format!("route replace {server} via {SLIRP_GATEWAY} dev {SLIRP_DEVICE}\n");
        let end = Instant::now() + PATIENCE;
        while let Err(error) = client.run("ip", &["-batch", "-"], &script) {
            ensure!(
                Instant::now() < end,
                "slirp4netns does not start: {error:#}"
            );
            thread::sleep(Duration::from_millis(20));
        }
        Ok((program, SLIRP_GUEST.into()))
    }
}
