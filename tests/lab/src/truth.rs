// SPDX-License-Identifier: GPL-2.0-or-later

//! Ground truth: who made each reset, found from what every node on the path saw.
//!
//! A reset that its claimed sender really sent is in that host's own capture, going out.
//! One that is not was made by something in between. TTL and the like play no part in this.

use std::net::IpAddr;

use anyhow::Result;

use crate::{
    family::Family, net::Node, recorded::Recorded, segment::Segment, tokens::Origin, vantage::Frame,
};

/// A reset in one capture.
#[derive(Debug)]
pub(crate) struct Reset {
    /// Frame number in the capture, from 1.
    pub(crate) frame: usize,
    pub(crate) origin: Origin,
}

/// Finds all resets of a capture.
pub(crate) fn resets(recorded: &Recorded, frames: &[Frame], family: Family) -> Result<Vec<Reset>> {
    let same = |a: &Segment, b: &Segment| same(a, b, recorded.is_renumbered);
    let mut found: Vec<(&Frame, Reset)> = Vec::new();
    for (number, frame) in (1..).zip(frames) {
        let segment = &frame.segment;
        if !segment.flags.rst {
            continue;
        }
        let sender = sender(segment.source.ip(), &recorded.stand_ins, family);
        // The same reset may be sent more than once: the nth on a device here is the nth that
        // left before.
        let earlier = found
            .iter()
            .filter(|(other, _)| {
                other.interface == frame.interface && same(&other.segment, segment)
            })
            .count();
        // Nobody may have this address: then whoever answers for it is in between.
        let of_node = match sender {
            Some(sender) => recorded.of(sender)?.all.as_slice(),
            None => &[],
        };
        let sent = of_node
            .iter()
            .chain(twins(recorded, segment.source.ip()))
            .filter(|left| left.outgoing && left.time <= frame.time && same(&left.segment, segment))
            .count();
        let origin = if sent > earlier {
            Origin::Endpoint
        } else {
            Origin::Middlebox
        };
        found.push((
            frame,
            Reset {
                frame: number,
                origin,
            },
        ));
    }
    Ok(found.into_iter().map(|(_, reset)| reset).collect())
}

/// The node that speaks by this address.
fn sender(address: IpAddr, stand_ins: &[(IpAddr, Node)], family: Family) -> Option<Node> {
    let stand_in = stand_ins.iter().find(|(other, _)| *other == address);
    stand_in
        .map(|(_, node)| *node)
        .or_else(|| family.owner(address))
}

/// What other machines with this address have sent and received.
fn twins(recorded: &Recorded, address: IpAddr) -> impl Iterator<Item = &Frame> {
    let twins = recorded.twins.iter();
    twins
        .filter(move |(shared, _)| *shared == address)
        .flat_map(|(_, frames)| frames)
}

/// Whether two captured segments are one on the wire; what routers change is left out, and of
/// the two addresses the one that a NAT box translates, and the numbers that a proxy changes.
fn same(a: &Segment, b: &Segment, is_renumbered: bool) -> bool {
    (a.source == b.source || a.destination == b.destination)
        && (a.sequence == b.sequence || is_renumbered)
        && (a.acknowledgment, a.flags) == (b.acknowledgment, b.flags)
}
