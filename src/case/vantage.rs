// SPDX-License-Identifier: GPL-2.0-or-later

//! Where the capture was taken.

use super::Case;
use crate::{
    baseline::hops,
    conversation::{BESIDE, Endpoint},
    mutation::limit,
};

/// Where the capture was taken, as far as it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vantage {
    /// Beside the RST's claimed sender.
    AtSender,
    /// Beside the RST's receiver.
    AtReceiver,
    /// Somewhere between the two.
    Between,
}

impl Case {
    /// Where the capture was taken: beside a side that answers at once with
    /// packets that have passed no router.
    #[must_use]
    pub(crate) fn vantage(&self) -> Option<Vantage> {
        // It may have been taken at several places.
        if self.several_interfaces {
            return None;
        }
        let beside = |side: &Endpoint| {
            let unrouted = hops(side.ttl.usual()?) == 0;
            Some(
                unrouted
                    && side
                        .rtt()
                        .is_none_or(|rtt| rtt < limit!(BESIDE of "conversation::answer")),
            )
        };
        match (beside(&self.sender), beside(&self.receiver)) {
            // On one link with both it is beside both, and says nothing.
            (Some(true), Some(true)) => None,
            (Some(true), _) => Some(Vantage::AtSender),
            (_, Some(true)) => Some(Vantage::AtReceiver),
            (Some(false), Some(false)) => Some(Vantage::Between),
            _ => None,
        }
    }
}
