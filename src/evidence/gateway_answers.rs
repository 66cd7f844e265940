// SPDX-License-Identifier: GPL-2.0-or-later

//! # The gateway answers in a host's name
//!
//! ## What is seen
//! The RST has passed no router and comes from a link address that forwards the
//! packets of hosts behind routers, or that has reset connections of other hosts in
//! the same way. Nothing shows that its claimed sender is on this link.
//!
//! ## Why it matters
//! What forwards for others is a router. A packet that it sends without having
//! counted the TTL down is its own.
//!
//! ## What else explains it
//! The gateway's own address (a story of its own), or a host on the link that also
//! forwards.
//!
//! ## References
//! RFC 1812 §5.3.1; the article of noahdavids.org that this tool began with.

use crate::{
    baseline::{is_stranger, is_unrouted},
    case::Case,
    evidence::{Observed, Words},
    mutation::limit,
    wire::FrameNumber,
    words::{Count, say},
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    source: [u8; 6],
    hosts: usize,
    ttl: u8,
    frame: FrameNumber,
}

/// A machine may have addresses in two networks beside its own; in a third it speaks for
/// others.
const STRANGERS: usize = 2;

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let (Some(ttl), Some(source), Some(gateway)) =
        (case.ttl(), case.reset.link.source, case.gateway)
    else {
        return Observed::DoesNotApply;
    };
    if case.ttl_baseline().is_some() || !is_unrouted(ttl) {
        // The TTL of its claimed sender's packets says more.
        return Observed::DoesNotApply;
    }
    let (claimed, receiver) = (case.reset.source.address, case.reset.destination.address);
    let forwards = gateway.forwards_for_others_than(claimed);
    let strangers = gateway.resets_for_strangers(claimed, receiver);
    let is_gateway = forwards > 0 || strangers >= limit!(STRANGERS);
    if !is_gateway || !is_stranger(claimed, receiver) {
        return Observed::Absent;
    }
    let hosts = gateway.speaks_for(claimed, receiver);
    Observed::Present(Finding {
        source,
        hosts,
        ttl,
        frame: case.reset.frame,
    })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        let [a, b, c, d, e, f] = self.source;
        let hosts = u32::try_from(self.hosts).unwrap_or(u32::MAX);
        say!(
            out,
            "TTL {} means no router was passed, and MAC {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x} also sends for {}: a gateway.",
            self.ttl,
            Count(hosts, "other host")
        );
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "gateway answers, TTL {}", self.ttl);
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::testing::case,
        evidence::testing::{absent, does_not_apply},
    };

    #[test]
    fn absent_where_it_speaks_for_nobody_else() {
        absent(observe(&case().ttl(255).behind_gateway()));
        does_not_apply(observe(&case().ttl(255)));
        does_not_apply(observe(&case().ttl(63).behind_gateway()));
        does_not_apply(observe(&case().ttl(255).behind_gateway().sender_ttl(&[61])));
    }
}
