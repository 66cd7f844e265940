// SPDX-License-Identifier: GPL-2.0-or-later

//! Connections that never leave their machine.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context as _, Result, bail};

use super::{Lab, io_kind};
use crate::{
    net::Node,
    peer::{Dial, Peer},
};

impl Lab {
    /// Connects at the server from one of its addresses to the same address.
    pub(crate) fn dial_within_server(&mut self, address: IpAddr, port: u16) -> Result<Peer> {
        // Every node has loopback addresses.
        self.stand_ins.push((address, Node::Server));
        let from = SocketAddr::new(address, self.next_client_address().port());
        let to = SocketAddr::new(address, port);
        self.net
            .namespace(Node::Server)?
            .enter(|| Peer::connect(from, to, &Dial::default()))
            .with_context(|| format!("cannot connect to {to}"))
    }

    /// Tries that and must be refused.
    pub(crate) fn dial_refused_within_server(&mut self, address: IpAddr, port: u16) -> Result<()> {
        match self.dial_within_server(address, port) {
            Ok(_) => bail!("port {port} accepted a connection where a refusal was expected"),
            Err(error) if io_kind(&error) == Some(std::io::ErrorKind::ConnectionRefused) => Ok(()),
            Err(error) => Err(error.context("the connection was not refused")),
        }
    }
}
