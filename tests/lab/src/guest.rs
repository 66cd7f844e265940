// SPDX-License-Identifier: GPL-2.0-or-later

//! Hosts with TCP stacks other than Linux's: programs on a TAP device of r2, beside the server.
//!
//! All of them serve port 80 in the same way: they answer what they read, and abort the
//! connection at [`ABORT`]. Dropping one is a crash: the next one does not know its connections.

use std::{
    net::{IpAddr, Ipv6Addr},
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::channel,
    },
    thread::{self, JoinHandle},
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use smoltcp::{
    iface::{Config, Interface, SocketHandle, SocketSet},
    phy::{Device as _, Medium, TunTapInterface, wait},
    socket::tcp::{Socket, SocketBuffer, State},
    time::{Duration, Instant},
    wire::{EthernetAddress, IpCidr, IpListenEndpoint},
};

use crate::{
    namespace::{Namespace, missing},
    program::Program,
};

pub(crate) const PORT: u16 = 80;
/// Makes a guest abort the connection.
pub(crate) const ABORT: &[u8] = b"abort\n";
/// Makes lwIP answer by so many bytes, in three segments.
pub(crate) const LARGE: &[u8] = b"large\n";
pub(crate) const LARGE_SIZE: usize = 3 * 1460;
/// What a guest says to everything else.
pub(crate) const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2);
const MAC: [u8; 6] = [0x02, 0x77, 0, 3, 0, 2];
/// More than the scenarios have connections at a time.
const SOCKETS: usize = 4;
const BUFFER: usize = 4096;

/// Where the programs' sources are, and what is built from them.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/stacks");
const BUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/lab");

/// A TCP stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stack {
    Gvisor,
    Lwip,
    Smoltcp,
}

/// A running host.
pub(crate) enum Guest {
    Program {
        _running: Program,
    },
    Thread {
        stop: Arc<AtomicBool>,
        thread: Option<JoinHandle<Result<()>>>,
    },
}

impl Guest {
    /// Starts a host with this address in a namespace that has the device.
    pub(crate) fn start(
        stack: Stack,
        namespace: &Namespace,
        device: &str,
        address: IpAddr,
        gateway: IpAddr,
    ) -> Result<Self> {
        let (program, (address_text, gateway_text)) = match stack {
            Stack::Smoltcp => return Self::smoltcp(namespace, device, address, gateway),
            Stack::Gvisor => (GVISOR, (address.to_string(), gateway.to_string())),
            Stack::Lwip => (LWIP, (address.to_string(), gateway.to_string())),
        };
        ensure!(
            Path::new(program).exists(),
            "{program} was not built: see `Stack::build`"
        );
        let arguments = [device, address_text.as_str(), gateway_text.as_str()];
        let mut program = Program::start(namespace, program, &arguments, "")?;
        program.expect_message("ready")?;
        Ok(Self::Program { _running: program })
    }

    fn smoltcp(
        namespace: &Namespace,
        device: &str,
        address: IpAddr,
        gateway: IpAddr,
    ) -> Result<Self> {
        let device = device.to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let (ready, is_ready) = channel();
        // The new thread stays in this namespace.
        let thread = namespace.enter(|| {
            Ok(thread::spawn(move || {
                let (interface, device) = smoltcp_at(&device, address, gateway)?;
                // Fails only where nobody waits any more.
                let _ = ready.send(());
                serve(interface, device, &stopped)
            }))
        })?;
        if is_ready.recv().is_err() {
            // It has ended before it was ready.
            return match thread.join() {
                Ok(Err(error)) => Err(error.context("smoltcp has not started")),
                _ => bail!("smoltcp has not started"),
            };
        }
        Ok(Self::Thread {
            stop,
            thread: Some(thread),
        })
    }
}

/// smoltcp on the device, in the namespace that the calling thread is in.
fn smoltcp_at(
    device: &str,
    address: IpAddr,
    gateway: IpAddr,
) -> Result<(Interface, TunTapInterface)> {
    let mut device = TunTapInterface::new(device, Medium::Ethernet)?;
    let config = Config::new(EthernetAddress(MAC).into());
    let mut interface = Interface::new(config, &mut device, Instant::now());
    let length = if address.is_ipv4() { 24 } else { 64 };
    let mut full = Ok(());
    interface.update_ip_addrs(|addresses| {
        full = addresses.push(IpCidr::new(address.into(), length));
        if gateway.is_ipv6() && full.is_ok() {
            // Its gateway has a link-local address.
            full = addresses.push(IpCidr::new(IpAddr::V6(LINK_LOCAL).into(), 64));
        }
    });
    full.map_err(|_| anyhow!("smoltcp takes no more addresses"))?;
    let routes = interface.routes_mut();
    match gateway {
        IpAddr::V4(gateway) => routes.add_default_ipv4_route(gateway),
        IpAddr::V6(gateway) => routes.add_default_ipv6_route(gateway),
    }
    .map_err(|_| anyhow!("smoltcp takes no more routes"))?;
    Ok((interface, device))
}

impl Drop for Guest {
    fn drop(&mut self) {
        if let Self::Thread { stop, thread } = self {
            stop.store(true, Ordering::Relaxed);
            if let Some(thread) = thread.take() {
                // Its failure shows in the scenario, which then gets no answer.
                drop(thread.join());
            }
        }
    }
}

/// smoltcp's own loop.
fn serve(mut interface: Interface, mut device: TunTapInterface, stop: &AtomicBool) -> Result<()> {
    use std::os::fd::AsRawFd as _;

    let mut sockets = SocketSet::new(Vec::new());
    let handles: Vec<SocketHandle> = (0..SOCKETS)
        .map(|_| {
            let buffer = || SocketBuffer::new(vec![0; BUFFER]);
            let mut socket = Socket::new(buffer(), buffer());
            socket.set_nagle_enabled(false);
            sockets.add(socket)
        })
        .collect();
    let descriptor = device.as_raw_fd();
    let longest = Duration::from_millis(20);
    debug_assert_eq!(device.capabilities().medium, Medium::Ethernet);
    while !stop.load(Ordering::Relaxed) {
        let now = Instant::now();
        interface.poll(now, &mut device, &mut sockets);
        for handle in &handles {
            answer(sockets.get_mut::<Socket<'_>>(*handle))?;
        }
        let now = Instant::now();
        interface.poll(now, &mut device, &mut sockets);
        let next = interface.poll_delay(now, &sockets).unwrap_or(longest);
        wait(descriptor, Some(next.min(longest)))?;
    }
    Ok(())
}

/// Serves one socket of smoltcp's.
fn answer(socket: &mut Socket<'_>) -> Result<()> {
    if socket.state() == State::Closed {
        let end = IpListenEndpoint::from(PORT);
        return socket.listen(end).map_err(|error| anyhow!("{error}"));
    }
    let mut request = Vec::new();
    if socket.can_recv() {
        socket
            .recv(|bytes| {
                request.extend_from_slice(bytes);
                (bytes.len(), ())
            })
            .map_err(|error| anyhow!("{error}"))?;
    }
    if request == ABORT {
        socket.abort();
    } else if !request.is_empty() {
        socket
            .send_slice(RESPONSE)
            .map_err(|error| anyhow!("{error}"))?;
    } else if socket.state() == State::CloseWait {
        socket.close();
    }
    Ok(())
}

/// What [`Stack::build`] makes.
const GVISOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/lab/gvisor");
const LWIP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/lab/lwip");

impl Stack {
    /// Builds the stack's program, where it is one of its own.
    pub(crate) fn build(self) -> Result<()> {
        std::fs::create_dir_all(BUILT).with_context(|| format!("cannot make {BUILT}"))?;
        let (program, arguments): (_, &[&str]) = match self {
            Self::Smoltcp => return Ok(()),
            Self::Gvisor => ("go", &["build", "-o", GVISOR, "gvisor.go"]),
            Self::Lwip => (
                "cc",
                &["-I/usr/include/lwip", "-o", LWIP, "lwip.c", "-llwip"],
            ),
        };
        let output = Command::new(program)
            .args(arguments)
            .current_dir(SOURCES)
            // Debian's Go packages are sources in one tree.
            .env("GO111MODULE", "off")
            .env("GOPATH", "/usr/share/gocode")
            .env(
                "GOCACHE",
                concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/lab/go"),
            )
            .output()
            .map_err(|error| missing(program, &error))?;
        if !output.status.success() {
            bail!(
                "{program} cannot build the stack: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }
}
