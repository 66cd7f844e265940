// SPDX-License-Identifier: GPL-2.0-or-later

//! What a scenario's script works with: one network, and verbs for the things that happen in it.

mod loopback;
mod ways;

use std::{
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    detour::Detour,
    family::Family,
    member::Member,
    net::{Net, Node},
    peer::{self, Connection, Dial, Listener, PATIENCE, Peer},
    program::Program,
    recorded::{Captured, Recorded},
    segment::Segment,
    vantage::Frame,
    wire::{Injector, Toward},
};

/// Where on the path a program can sit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spot {
    /// The client's own link: nothing routes what is forged here towards the client.
    ClientLink,
    /// The wire between r1 and the middlebox; programs there act as the middlebox.
    Middlebox,
    /// The wire between r2 and the bridge before the server.
    BesideServer,
}

impl Spot {
    fn wire(self) -> usize {
        match self {
            Self::ClientLink => 0,
            Self::Middlebox => 1,
            Self::BesideServer => 3,
        }
    }
}
/// No traffic for this long (more than two round trips) means that a scenario has come to rest.
const QUIET: Duration = Duration::from_millis(130);
/// Longest wait for that.
const QUIET_PATIENCE: Duration = Duration::from_secs(3);
/// How often a wait looks at the captures.
const POLL: Duration = Duration::from_millis(2);
/// The client's ports are fixed, so that captures can be compared between runs.
const FIRST_CLIENT_PORT: u16 = 40001;

/// One run of one scenario.
pub(crate) struct Lab {
    net: Net,
    family: Family,
    next_client_port: u16,
    ended: Option<Vec<(Node, Captured)>>,
    detour: Option<(Detour, u8)>,
    stand_ins: Vec<(IpAddr, Node)>,
    members: Vec<Member>,
    twins: Vec<(IpAddr, Vec<Frame>)>,
    /// Hosts on devices of r2's.
    guests: Vec<(IpAddr, usize)>,
    is_renumbered: bool,
}

impl Lab {
    pub(crate) fn new(family: Family) -> Result<Self> {
        let net = Net::new()?;
        Ok(Self {
            net,
            family,
            next_client_port: FIRST_CLIENT_PORT,
            ended: None,
            detour: None,
            stand_ins: Vec::new(),
            members: Vec::new(),
            twins: Vec::new(),
            guests: Vec::new(),
            is_renumbered: false,
        })
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// Starts a listener on the server.
    pub(crate) fn listen(&self, port: u16) -> Result<Listener> {
        let address = SocketAddr::new(self.family.server(), port);
        self.net
            .namespace(Node::Server)?
            .enter(|| Listener::bind(address))
    }

    /// Starts a listener on the server that takes Multipath TCP.
    pub(crate) fn listen_multipath(&self, port: u16) -> Result<Listener> {
        let address = SocketAddr::new(self.family.server(), port);
        self.net
            .namespace(Node::Server)?
            .enter(|| Listener::bind_multipath(address))
    }

    /// Gives the server more addresses, which stand for hosts beside it; answers them.
    pub(crate) fn add_hosts<const N: usize>(&mut self) -> Result<[IpAddr; N]> {
        let (mut host, mut failure) = (2, Ok(()));
        let hosts = [(); N].map(|()| {
            host += 1;
            let address = self.family.address(3, host);
            if failure.is_ok() {
                failure = self.net.add_server_address(self.family, address);
            }
            self.stand_ins.push((address, Node::Server));
            address
        });
        failure.map(|()| hosts)
    }

    /// Starts a listener on a port of any node, at all its addresses.
    pub(crate) fn listen_at(&self, node: Node, port: u16) -> Result<Listener> {
        let address = SocketAddr::new(self.family.unspecified(), port);
        self.net.namespace(node)?.enter(|| Listener::bind(address))
    }

    /// Connects to a listener; both sides are ready afterwards.
    pub(crate) fn connect(&mut self, listener: &Listener) -> Result<Connection> {
        let client = self.dial(listener.address.port(), Dial::default())?;
        Ok(Connection {
            client,
            server: listener.accept()?,
        })
    }

    /// A whole ordinary conversation, so that the capture shows the server's own packets.
    pub(crate) fn ordinary_conversation(&mut self, listener: &Listener) -> Result<()> {
        let mut connection = self.connect(listener)?;
        connection.exchange(b"ping\n", b"pong\n")?;
        connection.close()
    }

    /// Connects from the client's next port to a port of the server.
    pub(crate) fn dial(&mut self, port: u16, options: Dial) -> Result<Peer> {
        let from = self.next_client_address();
        self.dial_between(from, self.server_address(port), options)
    }

    /// Connects from a given port of the client.
    pub(crate) fn dial_from(&self, from: u16, port: u16, options: Dial) -> Result<Peer> {
        let from = SocketAddr::new(self.family.client(), from);
        self.dial_between(from, self.server_address(port), options)
    }

    /// Connects from the client's next port to any address.
    pub(crate) fn dial_to(&mut self, to: SocketAddr) -> Result<Peer> {
        let from = self.next_client_address();
        self.dial_between(from, to, Dial::default())
    }

    /// Connects from the client's next port and one of its other addresses.
    pub(crate) fn dial_as(&mut self, from: IpAddr, to: SocketAddr) -> Result<Peer> {
        let from = SocketAddr::new(from, self.next_client_address().port());
        self.dial_between(from, to, Dial::default())
    }

    fn dial_between(&self, from: SocketAddr, to: SocketAddr, options: Dial) -> Result<Peer> {
        self.net
            .namespace(Node::Client)?
            .enter(|| Peer::connect(from, to, &options))
            .with_context(|| format!("cannot connect to {to}"))
    }

    /// Tries to connect and must be refused.
    pub(crate) fn dial_refused(&mut self, port: u16, options: Dial) -> Result<()> {
        self.dial_refused_by(self.server_address(port), options)
    }

    /// Tries to connect to any address and must be refused.
    pub(crate) fn dial_refused_by(&mut self, to: SocketAddr, options: Dial) -> Result<()> {
        let from = self.next_client_address();
        match self.dial_between(from, to, options) {
            Ok(_) => bail!("{to} accepted a connection where a refusal was expected"),
            Err(error) if io_kind(&error) == Some(ErrorKind::ConnectionRefused) => Ok(()),
            Err(error) => Err(error.context("the connection was not refused")),
        }
    }

    /// Tries to connect while `meanwhile` acts, and must be refused.
    pub(crate) fn dial_meanwhile(
        &mut self,
        port: u16,
        meanwhile: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let (from, to) = (self.next_client_address(), self.server_address(port));
        let dialled = self.net.namespace(Node::Client)?.enter(|| {
            // The new thread stays in this namespace.
            Ok(thread::spawn(move || {
                Peer::connect(from, to, &Dial::default())
            }))
        })?;
        meanwhile(self)?;
        match dialled.join() {
            Ok(Err(error)) if io_kind(&error) == Some(ErrorKind::ConnectionRefused) => Ok(()),
            Ok(Err(error)) => Err(error.context("the connection was not refused")),
            _ => bail!("{to} accepted a connection where a refusal was expected"),
        }
    }

    /// Gives the client a second address on its one device, and answers it.
    pub(crate) fn second_client_address(&mut self) -> Result<IpAddr> {
        let address = self.family.address(0, 9);
        self.net.add_client_address(self.family, address)?;
        self.stand_ins.push((address, Node::Client));
        Ok(address)
    }

    /// Tries to connect and must get no answer in time.
    pub(crate) fn dial_unanswered(&mut self, port: u16, patience: Duration) -> Result<()> {
        let options = Dial {
            patience,
            ..Dial::default()
        };
        self.dial_unanswered_by(self.server_address(port), options)
    }

    /// The same with any address.
    pub(crate) fn dial_unanswered_by(&mut self, to: SocketAddr, options: Dial) -> Result<()> {
        let from = self.next_client_address();
        match self.dial_between(from, to, options) {
            Ok(_) => bail!("{to} answered before the client gave up"),
            Err(error) if io_kind(&error) == Some(ErrorKind::TimedOut) => Ok(()),
            Err(error) => Err(error.context("the connection attempt did not time out")),
        }
    }

    /// The client's address and its next port.
    pub(crate) fn next_client_address(&mut self) -> SocketAddr {
        self.next_client_port += 1;
        SocketAddr::new(self.family.client(), self.next_client_port - 1)
    }

    /// The port that the client's next connection will come from.
    pub(crate) fn peek_client_port(&self) -> u16 {
        self.next_client_port
    }

    pub(crate) fn server_address(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.family.server(), port)
    }

    /// Sends a TCP segment from a raw socket; the kernel writes the IP header.
    pub(crate) fn send_raw(&self, node: Node, segment: &Segment) -> Result<()> {
        self.net.namespace(node)?.enter(|| peer::send_raw(segment))
    }

    /// Starts a program of others at a node; it ends with what this returns.
    pub(crate) fn start(
        &self,
        node: Node,
        program: &'static str,
        arguments: &[&str],
        configuration: &str,
    ) -> Result<Program> {
        Program::start(self.net.namespace(node)?, program, arguments, configuration)
    }

    /// Runs a program of others at a node to its end.
    pub(crate) fn run(&self, node: Node, program: &str, arguments: &[&str]) -> Result<()> {
        self.net.namespace(node)?.run(program, arguments, "")
    }

    /// Waits until a program at a node listens on a port.
    pub(crate) fn wait_for_port(&self, node: Node, port: u16) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        let namespace = self.net.namespace(node)?;
        while !namespace.enter(|| peer::is_listening(self.family, port))? {
            if Instant::now() > end {
                bail!("nothing listens on port {port} of {}", node.name());
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Loads an nftables script at a node.
    pub(crate) fn nft(&self, node: Node, script: &str) -> Result<()> {
        self.net.namespace(node)?.nft(script)
    }

    /// Gives the server a device that offloads segmentation and checksums.
    pub(crate) fn offload_server(&mut self) -> Result<()> {
        self.net.offload_server()
    }

    /// Loads an nftables script at the transparent bridge in front of the server.
    pub(crate) fn nft_at_bridge(&self, script: &str) -> Result<()> {
        self.net.bridge.nft(script)
    }

    /// Makes the middlebox hide the client behind its own address.
    pub(crate) fn masquerade(&mut self) -> Result<()> {
        self.stand_ins
            .push((self.family.middlebox_outside(), Node::Client));
        self.nft(
            Node::Middlebox,
            "table inet nat {
                 chain postrouting {
                     type nat hook postrouting priority srcnat;
                     oifname right masquerade fully-random
                 }
             }",
        )
    }

    /// Says that a proxy on the path gives the server's bytes other numbers.
    pub(crate) fn renumbers(&mut self) {
        self.is_renumbered = true;
    }

    /// Lets the captures miss what happens meanwhile.
    pub(crate) fn unseen<T>(
        &mut self,
        meanwhile: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.settle()?;
        let result = meanwhile(self)?;
        self.let_settle_unseen()?;
        Ok(result)
    }

    fn let_settle_unseen(&mut self) -> Result<()> {
        thread::sleep(QUIET);
        self.net.lose_captures()
    }

    /// Sets a kernel parameter at a node.
    pub(crate) fn sysctl(&self, node: Node, parameter: &str, value: &str) -> Result<()> {
        self.net.namespace(node)?.sysctl(parameter, value)
    }

    /// Puts a program on the path that sees every segment and may forge others.
    pub(crate) fn inject(&self, spot: Spot, injector: Injector) -> Result<()> {
        self.net.wires.watch(spot.wire(), injector)
    }

    /// Puts one forged segment on the path, now.
    pub(crate) fn inject_now(&self, spot: Spot, toward: Toward, segment: Segment) -> Result<()> {
        self.net.wires.inject(spot.wire(), toward, segment)
    }

    /// Loses everything that travels this way past the middlebox from now on.
    pub(crate) fn cut(&self, toward: Toward) -> Result<()> {
        self.net.wires.cut(Spot::Middlebox.wire(), toward)
    }

    /// Waits until a node has seen a segment of this kind.
    pub(crate) fn wait_for(
        &mut self,
        node: Node,
        what: &str,
        wanted: impl Fn(&Segment) -> bool,
    ) -> Result<Segment> {
        self.wait_for_nth(node, 1, what, wanted)
    }

    /// Waits until a node has seen so many segments of this kind; answers the last of them.
    pub(crate) fn wait_for_nth(
        &mut self,
        node: Node,
        count: usize,
        what: &str,
        wanted: impl Fn(&Segment) -> bool,
    ) -> Result<Segment> {
        let end = Instant::now() + PATIENCE;
        loop {
            let frames = self.net.capture(node)?;
            let mut segments = frames
                .into_iter()
                .map(|frame| frame.segment)
                .filter(&wanted);
            if let Some(segment) = segments.nth(count.saturating_sub(1)) {
                return Ok(segment);
            }
            if Instant::now() > end {
                bail!("{what} was not seen at {} within {PATIENCE:?}", node.name());
            }
            thread::sleep(POLL);
        }
    }

    /// How many such segments a node has seen.
    pub(crate) fn count(&mut self, node: Node, wanted: impl Fn(&Segment) -> bool) -> Result<usize> {
        Ok(self
            .net
            .capture(node)?
            .iter()
            .filter(|frame| wanted(&frame.segment))
            .count())
    }

    /// The last such segment that a node has seen.
    pub(crate) fn last(
        &mut self,
        node: Node,
        wanted: impl Fn(&Segment) -> bool,
    ) -> Result<Segment> {
        let frames = self.net.capture(node)?;
        let mut segments = frames.into_iter().rev().map(|frame| frame.segment);
        segments
            .find(wanted)
            .with_context(|| format!("no such segment at {}", node.name()))
    }

    /// Waits until nothing travels any more.
    pub(crate) fn settle(&mut self) -> Result<()> {
        let (start, mut seen, mut last) = (Instant::now(), 0, Instant::now());
        while last.elapsed() < QUIET && start.elapsed() < QUIET_PATIENCE {
            let mut count = 0;
            for node in Node::ALL {
                count += self.net.frames(node)?.len();
            }
            if count != seen {
                (seen, last) = (count, Instant::now());
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Lets the network come to rest and begins the captures anew.
    pub(crate) fn restart_captures(&mut self) -> Result<()> {
        self.settle()?;
        self.net.restart_captures()
    }

    /// Lets the network come to rest and ends the captures: what follows is not recorded.
    pub(crate) fn end_captures(&mut self) -> Result<()> {
        self.settle()?;
        self.end_captures_now()
    }

    /// Ends the captures with things still under way.
    pub(crate) fn end_captures_now(&mut self) -> Result<()> {
        if self.ended.is_none() {
            let mut captured = Vec::new();
            for node in Node::ALL {
                let all = self.net.frames(node)?.to_vec();
                captured.push((
                    node,
                    Captured {
                        capture: self.net.capture(node)?,
                        all,
                    },
                ));
            }
            for member in &mut self.members {
                let frames = member.vantage.frames()?.to_vec();
                self.twins.push((member.address, frames));
            }
            for (address, device) in self.guests.iter().copied() {
                let seen = self.net.frames(Node::FarRouter)?.iter();
                let sent = seen.filter(|frame| frame.interface == device && !frame.outgoing);
                let sent = sent.map(|frame| Frame {
                    outgoing: true,
                    ..frame.clone()
                });
                self.twins.push((address, sent.collect()));
            }
            self.ended = Some(captured);
        }
        Ok(())
    }

    /// Ends the run and hands over what it recorded.
    pub(crate) fn finish(mut self) -> Result<Recorded> {
        if self.ended.is_none() {
            self.end_captures()?;
        }
        Ok(Recorded {
            nodes: self.ended.context("the captures were not ended")?,
            stand_ins: self.stand_ins,
            twins: self.twins,
            is_renumbered: self.is_renumbered,
        })
    }
}

fn io_kind(error: &anyhow::Error) -> Option<ErrorKind> {
    error
        .chain()
        .find_map(|cause| cause.downcast_ref::<std::io::Error>())
        .map(std::io::Error::kind)
}
