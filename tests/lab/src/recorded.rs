// SPDX-License-Identifier: GPL-2.0-or-later
//! What a run leaves behind.

use std::net::IpAddr;

use anyhow::{Context as _, Result};

use crate::net::Node;
use crate::scenario::Capture;
use crate::vantage::Frame;

/// What a run has left behind.
pub(crate) struct Recorded {
    /// What each node saw.
    pub(crate) nodes: Vec<(Node, Captured)>,
    /// Addresses of one node that stand for another.
    pub(crate) stand_ins: Vec<(IpAddr, Node)>,
}

impl Recorded {
    pub(crate) fn of(&self, wanted: Node) -> Result<&Captured> {
        let found = self.nodes.iter().find(|(node, _)| *node == wanted);
        found
            .map(|(_, captured)| captured)
            .context("a node has no capture")
    }

    /// The frames that a capture holds.
    pub(crate) fn frames(&self, capture: &Capture) -> Result<&[Frame]> {
        let captured = self.of(capture.vantage)?;
        Ok(if capture.on_all_devices {
            &captured.all
        } else {
            &captured.capture
        })
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
