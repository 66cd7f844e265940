// SPDX-License-Identifier: GPL-2.0-or-later

//! The sockets of a scenario: one side of a connection, and what can be done to it.

use std::{
    fs,
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Shutdown, SocketAddr},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use crate::{family::Family, segment::Segment};

/// How long any single step may take before the scenario counts as failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Nothing for this long is a pause.
const PAUSE: Duration = Duration::from_millis(200);

/// The state of a listening socket in the kernel's list (`TCP_LISTEN` in `net/tcp_states.h`).
const TCP_LISTEN: &str = "0A";

/// A listening socket of the server.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    pub(crate) address: SocketAddr,
}

impl Listener {
    /// Listens in the namespace that the calling thread is in.
    pub(crate) fn bind(address: SocketAddr) -> Result<Self> {
        Self::bind_to(tcp_socket(address, Protocol::TCP)?, address)
    }

    /// The same for Multipath TCP.
    pub(crate) fn bind_multipath(address: SocketAddr) -> Result<Self> {
        Self::bind_to(tcp_socket(address, Protocol::MPTCP)?, address)
    }

    fn bind_to(socket: Socket, address: SocketAddr) -> Result<Self> {
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(16)?;
        Ok(Self { socket, address })
    }

    pub(crate) fn accept(&self) -> Result<Peer> {
        let (socket, _) = uninterrupted(|| self.socket.accept())
            .context("no connection arrived to be accepted")?;
        Peer::new(socket)
    }

    /// Sets the initial TTL (hop limit) that accepted connections inherit.
    pub(crate) fn set_ttl(&self, ttl: u32) -> Result<()> {
        match self.address {
            SocketAddr::V4(_) => self.socket.set_ttl_v4(ttl)?,
            SocketAddr::V6(_) => self.socket.set_unicast_hops_v6(ttl)?,
        }
        Ok(())
    }
}

/// One side of a connection; dropping it closes it.
#[derive(Debug)]
pub(crate) struct Peer {
    socket: Socket,
}

/// Both sides of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: Peer,
    pub(crate) server: Peer,
}

impl Connection {
    /// The client sends a request, the server reads it and answers, the client reads the answer.
    pub(crate) fn exchange(&mut self, request: &[u8], response: &[u8]) -> Result<()> {
        self.client.send(request)?;
        self.server.receive(request.len())?;
        self.server.send(response)?;
        self.client.receive(response.len())
    }

    /// The server closes first, then the client: two FINs and no reset.
    pub(crate) fn close(mut self) -> Result<()> {
        self.server.finish()?;
        self.client.expect_end()?;
        drop(self.client);
        self.server.expect_end()
    }
}

impl Peer {
    fn new(socket: Socket) -> Result<Self> {
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.set_tcp_nodelay(true)?;
        Ok(Self { socket })
    }

    /// Connects from the namespace that the calling thread is in.
    pub(crate) fn connect(from: SocketAddr, to: SocketAddr, options: &Dial) -> Result<Self> {
        let protocol = if options.multipath {
            Protocol::MPTCP
        } else {
            Protocol::TCP
        };
        let socket = tcp_socket(from, protocol)?;
        socket.set_reuse_address(true)?;
        if let Some(bytes) = options.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        match (options.tos, from) {
            (Some(tos), SocketAddr::V4(_)) => socket.set_tos_v4(tos)?,
            (Some(tos), SocketAddr::V6(_)) => socket.set_tclass_v6(tos)?,
            (None, _) => {}
        }
        if options.hold_ack {
            socket.set_tcp_quickack(false)?;
        }
        socket.bind(&from.into())?;
        socket.connect_timeout(&to.into(), options.patience)?;
        Self::new(socket)
    }

    /// The port at this end.
    pub(crate) fn port(&self) -> Result<u16> {
        let address = self.socket.local_addr()?.as_socket();
        Ok(address.context("a TCP socket has no address")?.port())
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.socket.write_all(bytes).context("cannot send")
    }

    /// Reads exactly so many bytes.
    pub(crate) fn receive(&mut self, count: usize) -> Result<()> {
        let mut bytes = vec![0; count];
        self.socket
            .read_exact(&mut bytes)
            .with_context(|| format!("cannot receive {count} bytes"))
    }

    /// Sends a FIN and keeps the receiving direction open.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.socket
            .shutdown(Shutdown::Write)
            .context("cannot send a FIN")
    }

    fn read_byte(&mut self) -> io::Result<usize> {
        uninterrupted(|| self.socket.read(&mut [0]))
    }

    /// Waits for the other side's FIN.
    pub(crate) fn expect_end(&mut self) -> Result<()> {
        match self.read_byte() {
            Ok(0) => Ok(()),
            Ok(_) => bail!("data came where the end of the connection was expected"),
            Err(error) => Err(error).context("the connection did not end in order"),
        }
    }

    /// Reads and forgets what the other side sends, until it pauses.
    pub(crate) fn discard(&mut self) -> Result<()> {
        self.socket.set_read_timeout(Some(PAUSE))?;
        while self.read_byte().is_ok_and(|count| count > 0) {}
        self.socket.set_read_timeout(Some(PATIENCE))?;
        Ok(())
    }

    /// Waits for a reset.
    pub(crate) fn expect_reset(&mut self) -> Result<()> {
        match self.read_byte() {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(()),
            Err(error) => Err(error).context("no reset came"),
            Ok(count) => bail!("{count} bytes came where a reset was expected"),
        }
    }

    /// Reads and forgets what the other side has sent, until a reset comes.
    pub(crate) fn discard_to_reset(&mut self) -> Result<()> {
        loop {
            match uninterrupted(|| self.socket.read(&mut [0; 4096])) {
                Ok(0) => bail!("a FIN came where a reset was expected"),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
                Err(error) => return Err(error).context("no reset came"),
            }
        }
    }

    /// Waits for a reset and reads nothing before.
    pub(crate) fn await_reset(&self) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(error) = self.socket.take_error()? {
                ensure!(
                    error.kind() == ErrorKind::ConnectionReset,
                    "the connection ended with {error}"
                );
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        bail!("no reset came within {PATIENCE:?}")
    }

    /// Waits until the socket holds so many unread bytes, and leaves them unread.
    pub(crate) fn await_unread(&self, count: usize) -> Result<()> {
        let mut bytes = vec![std::mem::MaybeUninit::uninit(); count];
        let flags = nix::libc::MSG_PEEK | nix::libc::MSG_WAITALL;
        let seen = uninterrupted(|| self.socket.recv_with_flags(&mut bytes, flags))?;
        ensure!(seen == count, "{seen} unread bytes instead of {count}");
        Ok(())
    }

    /// Closes with SO_LINGER 0: the kernel sends a reset.
    pub(crate) fn abort(self) -> Result<()> {
        self.socket
            .set_linger(Some(Duration::ZERO))
            .context("cannot set SO_LINGER")
    }

    /// Forgets the connection without a packet, as a crash of the host would (TCP_REPAIR).
    pub(crate) fn forget(self) -> Result<()> {
        setsockopt(&self.socket, sockopt::TcpRepair, &1).context("cannot set TCP_REPAIR")
    }

    /// Probes an idle connection after a second, each second, and gives up after `count` probes.
    pub(crate) fn set_keepalive(&self, count: u32) -> Result<()> {
        let second = Duration::from_secs(1);
        let keepalive = TcpKeepalive::new()
            .with_time(second)
            .with_interval(second)
            .with_retries(count);
        SockRef::from(&self.socket)
            .set_tcp_keepalive(&keepalive)
            .context("cannot set keep-alive")
    }

    /// Gives the connection up when data has been unacknowledged or unsent for so long.
    pub(crate) fn set_user_timeout(&self, timeout: Duration) -> Result<()> {
        self.socket
            .set_tcp_user_timeout(Some(timeout))
            .context("cannot set TCP_USER_TIMEOUT")
    }

    /// Waits until the kernel has given the connection up by itself.
    pub(crate) fn expect_timeout(&mut self) -> Result<()> {
        self.socket
            .set_read_timeout(Some(Duration::from_secs(60)))?;
        match self.read_byte() {
            Err(error) if error.kind() == ErrorKind::TimedOut => Ok(()),
            Err(error) => Err(error).context("the connection did not time out"),
            Ok(_) => bail!("data came where a time-out was expected"),
        }
    }
}

/// How a client connects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dial {
    pub(crate) patience: Duration,
    /// TOS byte or traffic class of the client's packets.
    pub(crate) tos: Option<u32>,
    /// Hold the ACK of the SYN-ACK back, so that an abort comes in its stead.
    pub(crate) hold_ack: bool,
    /// How much the client's kernel keeps for a client that does not read.
    pub(crate) receive_buffer: Option<usize>,
    /// Multipath TCP.
    pub(crate) multipath: bool,
}

impl Dial {
    /// As programs connect that ask for nothing.
    pub(crate) const DEFAULT: Self = Self {
        patience: PATIENCE,
        tos: None,
        hold_ack: false,
        receive_buffer: None,
        multipath: false,
    };
}

impl Default for Dial {
    fn default() -> Self {
        Self::DEFAULT
    }
}

fn tcp_socket(address: SocketAddr, protocol: Protocol) -> Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(protocol))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket)
}

/// Repeats a call that a signal to this program has broken off.
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Whether anything listens on a port in the namespace that the calling thread is in.
pub(crate) fn is_listening(family: Family, port: u16) -> Result<bool> {
    let table = match family {
        Family::V4 => "/proc/thread-self/net/tcp",
        Family::V6 => "/proc/thread-self/net/tcp6",
    };
    let port = format!(":{port:04X}");
    let sockets = fs::read_to_string(table).context("cannot read the list of sockets")?;
    Ok(sockets.lines().any(|socket| {
        let mut columns = socket.split_whitespace().skip(1);
        let local = columns.next().unwrap_or_default();
        local.ends_with(&port) && columns.nth(1) == Some(TCP_LISTEN)
    }))
}

/// Sends a segment that no socket of this host knows of.
pub(crate) fn send_raw(segment: &Segment) -> Result<()> {
    let destination = segment.destination;
    let socket = Socket::new(
        Domain::for_address(destination),
        Type::RAW,
        Some(Protocol::TCP),
    )?;
    match destination {
        SocketAddr::V4(_) => socket.set_ttl_v4(segment.ttl.into())?,
        SocketAddr::V6(_) => socket.set_unicast_hops_v6(segment.ttl.into())?,
    }
    // In IPv6 the port of a raw socket's destination must be zero.
    let host = SocketAddr::new(destination.ip(), 0);
    socket
        .send_to(&segment.to_tcp()?, &host.into())
        .context("cannot send from a raw socket")?;
    Ok(())
}
