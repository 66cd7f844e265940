// SPDX-License-Identifier: GPL-2.0-or-later
//! Ground truth: who made each reset, found from what every node on the path saw.
//!
//! A reset that its claimed sender really sent is in that host's own capture, going out.
//! One that is not was made by something in between. TTL and the like play no part in this.

use anyhow::{Context as _, Result};

use crate::lab::Captured;
use crate::net::{Family, Node};
use crate::segment::Segment;
use crate::tokens::Origin;

/// A reset in one capture.
#[derive(Debug)]
pub(crate) struct Reset {
    /// Frame number in the capture, from 1.
    pub(crate) frame: usize,
    pub(crate) origin: Origin,
}

/// Finds all resets of the capture that was taken at `vantage`.
pub(crate) fn resets(
    captured: &[(Node, Captured)],
    vantage: Node,
    family: Family,
) -> Result<Vec<Reset>> {
    let capture = &of(captured, vantage)?.capture;
    let mut found: Vec<(&Segment, Reset)> = Vec::new();
    for (number, frame) in (1..).zip(capture) {
        let segment = &frame.segment;
        if !segment.flags.rst {
            continue;
        }
        let sender = if segment.source.ip() == family.client() {
            Node::Client
        } else {
            Node::Server
        };
        // The same reset may be sent more than once: the nth here is the nth that left before.
        let earlier = found
            .iter()
            .filter(|(other, _)| same(other, segment))
            .count();
        let sent = of(captured, sender)?
            .all
            .iter()
            .filter(|left| left.outgoing && left.time <= frame.time && same(&left.segment, segment))
            .count();
        let origin = if sent > earlier {
            Origin::Endpoint
        } else {
            Origin::Middlebox
        };
        found.push((
            segment,
            Reset {
                frame: number,
                origin,
            },
        ));
    }
    Ok(found.into_iter().map(|(_, reset)| reset).collect())
}

fn of(captured: &[(Node, Captured)], wanted: Node) -> Result<&Captured> {
    let found = captured.iter().find(|(node, _)| *node == wanted);
    found
        .map(|(_, captured)| captured)
        .context("a node has no capture")
}

/// Whether two captured segments are one on the wire; what routers change is left out.
fn same(a: &Segment, b: &Segment) -> bool {
    (
        a.source,
        a.destination,
        a.sequence,
        a.acknowledgment,
        a.flags,
    ) == (
        b.source,
        b.destination,
        b.sequence,
        b.acknowledgment,
        b.flags,
    )
}
