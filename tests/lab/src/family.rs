// SPDX-License-Identifier: GPL-2.0-or-later

//! The two IP versions, and the fixed addresses of the topology in each.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::net::Node;

/// IP version of a scenario's run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// As it appears in case names.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::V4 => "v4",
            Self::V6 => "v6",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }

    pub(crate) fn client(self) -> IpAddr {
        self.address(0, 1)
    }

    pub(crate) fn server(self) -> IpAddr {
        self.address(3, 2)
    }

    pub(crate) fn unspecified(self) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::UNSPECIFIED.into(),
            Self::V6 => Ipv6Addr::UNSPECIFIED.into(),
        }
    }

    /// The address at one end of a wire: host 1 towards the client, host 2 towards the server.
    pub(crate) fn address(self, wire: u8, host: u8) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::new(10, 77, wire + 1, host).into(),
            Self::V6 => {
                let (wire, host) = (u16::from(wire) + 1, u16::from(host));
                Ipv6Addr::new(0xfd77, wire, 0, 0, 0, 0, 0, host).into()
            }
        }
    }

    pub(crate) fn loopback(self) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::LOCALHOST.into(),
            Self::V6 => Ipv6Addr::LOCALHOST.into(),
        }
    }

    /// The middlebox as the client can address it.
    pub(crate) fn middlebox(self) -> IpAddr {
        self.address(1, 2)
    }

    /// The client's network, as a route names it.
    pub(crate) fn client_network(self) -> String {
        format!("{}/{}", self.address(0, 0), self.prefix_length())
    }

    /// The address with which a packet leaves the middlebox towards the server.
    pub(crate) fn middlebox_outside(self) -> IpAddr {
        self.address(2, 1)
    }

    /// The node that an address of the topology belongs to.
    pub(crate) fn owner(self, address: IpAddr) -> Option<Node> {
        let ends = (0..).zip(Node::ALL.iter().zip(Node::ALL.iter().skip(1)));
        ends.flat_map(|(wire, (left, right))| [(wire, 1, left), (wire, 2, right)])
            .find(|(wire, host, _)| self.address(*wire, *host) == address)
            .map(|(_, _, node)| *node)
    }

    pub(crate) fn prefix_length(self) -> u8 {
        match self {
            Self::V4 => 24,
            Self::V6 => 64,
        }
    }
}
