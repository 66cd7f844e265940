// SPDX-License-Identifier: GPL-2.0-or-later

//! What a run leaves behind.

use std::net::IpAddr;

use anyhow::{Context as _, Result};

use crate::{net::Node, scenario::Capture, vantage::Frame};

/// What a run has left behind.
pub(crate) struct Recorded {
    /// What each node saw.
    pub(crate) nodes: Vec<(Node, Captured)>,
    /// Addresses of one node that stand for another.
    pub(crate) stand_ins: Vec<(IpAddr, Node)>,
    /// What other machines with a node's address saw.
    pub(crate) twins: Vec<(IpAddr, Vec<Frame>)>,
    /// Whether something on the path gives the server's bytes other numbers.
    pub(crate) is_renumbered: bool,
}

/// Sets the devices of a second capture in one file apart from those of the first.
pub(crate) const SECOND_CAPTURE: usize = 1 << 16;

/// Linux makes it first in every namespace.
const LOOPBACK: usize = 1;

impl Recorded {
    pub(crate) fn of(&self, wanted: Node) -> Result<&Captured> {
        let found = self.nodes.iter().find(|(node, _)| *node == wanted);
        found
            .map(|(_, captured)| captured)
            .context("a node has no capture")
    }

    /// The frames that a capture holds, as they were recorded.
    pub(crate) fn frames(&self, capture: &Capture) -> Result<Vec<Frame>> {
        let captured = self.of(capture.vantage)?;
        let mut frames = if capture.on_all_devices {
            captured.all.clone()
        } else if capture.on_loopback {
            // As tcpdump shows them: what it hands on it receives in the same moment.
            let all = captured.all.iter();
            all.filter(|frame| frame.interface == LOOPBACK && !frame.outgoing)
                .cloned()
                .collect()
        } else {
            captured.capture.clone()
        };
        if let Some(second) = capture.merged_with {
            frames.extend(self.of(second)?.capture.iter().map(|frame| Frame {
                interface: frame.interface + SECOND_CAPTURE,
                ..frame.clone()
            }));
            frames.sort_by_key(|frame| frame.time);
        }
        Ok(frames)
    }
}

/// What one node saw.
#[derive(Debug, Clone)]
pub(crate) struct Captured {
    /// What tcpdump on one device would have written.
    pub(crate) capture: Vec<Frame>,
    /// Everything on all devices, to find out who made what.
    pub(crate) all: Vec<Frame>,
}
