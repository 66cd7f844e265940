// SPDX-License-Identifier: GPL-2.0-or-later

//! Capture points: a packet socket in a namespace, with the kernel's own time stamps.
//!
//! The kernel queues a frame here in the moment in which a device sends or receives it, which is
//! what tcpdump does too, but without a child process to wait for at either end.

use std::{os::fd::AsRawFd as _, time::Duration};

use anyhow::{Context as _, Result};
use nix::{
    errno::Errno,
    sys::{
        socket::{
            AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol,
            SockType, recvmsg, setsockopt, socket, sockopt,
        },
        time::TimeSpec,
    },
};

use crate::{namespace::Namespace, segment::Segment};

/// Room for what one scenario may send before it is read.
const QUEUE_BYTES: usize = 8 << 20;
/// A frame can be this long where a device offloads segmentation.
const LARGEST_FRAME: usize = 1 << 16;
/// `sll_pkttype` of a frame that this host sends (`PACKET_OUTGOING` in `linux/if_packet.h`).
const PACKET_OUTGOING: u8 = 4;

/// One captured TCP frame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Since the Unix epoch.
    pub(crate) time: Duration,
    /// The index of the device in its namespace.
    pub(crate) interface: usize,
    /// Sent by this namespace rather than received.
    pub(crate) outgoing: bool,
    pub(crate) bytes: Vec<u8>,
    pub(crate) segment: Segment,
}

/// A capture of all TCP frames of one namespace.
#[derive(Debug)]
pub(crate) struct Vantage {
    socket: std::os::fd::OwnedFd,
    frames: Vec<Frame>,
}

impl Vantage {
    /// Starts to capture on every device of the namespace.
    pub(crate) fn open(namespace: &Namespace) -> Result<Self> {
        let socket = namespace.enter(|| {
            socket(
                AddressFamily::Packet,
                SockType::Raw,
                SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
                SockProtocol::EthAll,
            )
            .context("cannot open a packet socket")
        })?;
        setsockopt(&socket, sockopt::RcvBufForce, &QUEUE_BYTES)?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        Ok(Self {
            socket,
            frames: Vec::new(),
        })
    }

    /// Everything captured up to now.
    pub(crate) fn frames(&mut self) -> Result<&[Frame]> {
        while let Some(frame) = self.receive()? {
            self.frames.extend(frame);
        }
        Ok(&self.frames)
    }

    /// Forgets what was captured up to now.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.frames()?;
        self.frames.clear();
        Ok(())
    }

    /// Loses what has come since the last look, as a capture does whose disk is too slow.
    pub(crate) fn lose(&mut self) -> Result<()> {
        let kept = self.frames.len();
        self.frames()?;
        self.frames.truncate(kept);
        Ok(())
    }

    /// Takes one frame off the queue: `None` if it is empty, `Some(None)` if it is not TCP.
    fn receive(&self) -> Result<Option<Option<Frame>>> {
        let mut buffer = vec![0; LARGEST_FRAME];
        let mut control = nix::cmsg_space!(TimeSpec);
        let mut slices = [std::io::IoSliceMut::new(&mut buffer)];
        let message = match recvmsg::<LinkAddr>(
            self.socket.as_raw_fd(),
            &mut slices,
            Some(&mut control),
            MsgFlags::empty(),
        ) {
            Ok(message) => message,
            Err(Errno::EAGAIN) => return Ok(None),
            Err(error) => return Err(error).context("cannot read from a packet socket"),
        };
        let length = message.bytes;
        let device = message.address.context("a captured frame has no device")?;
        let time = message
            .cmsgs()?
            .find_map(|control| match control {
                ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
                _ => None,
            })
            .context("a captured frame has no time stamp")?;
        let bytes = buffer.get(..length).unwrap_or_default().to_vec();
        Ok(Some(Segment::parse(&bytes).map(|segment| Frame {
            time,
            interface: device.ifindex(),
            outgoing: device.pkttype() == PACKET_OUTGOING,
            bytes,
            segment,
        })))
    }
}
