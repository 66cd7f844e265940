// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs that are judged again when their claimed host shows itself: those of
//! hosts of which nothing was seen yet, and those that came with a higher TTL
//! than the host's packets, which may or may not keep that TTL.

use std::{net::IpAddr, num::NonZeroUsize};

use lru::LruCache;

use super::Verdicts;
use crate::{
    baseline::Hosts,
    case::{Case, HostHabits},
    wire::{FrameNumber, Segment},
};

/// Hosts that are waited for; the longest waited for goes first.
const MOST_HOSTS: NonZeroUsize = NonZeroUsize::new(1 << 12).unwrap();
/// RSTs of a host that are judged again.
const MOST_RESETS: usize = 16;

/// Hosts that may still show themselves.
#[derive(Debug)]
pub(super) struct Awaited {
    waiting: LruCache<IpAddr, Vec<FrameNumber>>,
    nearer: LruCache<IpAddr, Vec<FrameNumber>>,
}

impl Default for Awaited {
    fn default() -> Self {
        Self {
            waiting: LruCache::new(MOST_HOSTS),
            nearer: LruCache::new(MOST_HOSTS),
        }
    }
}

impl Awaited {
    /// Keeps an RST in mind whose claimed host has not shown itself, or not how
    /// far away it is.
    pub(super) fn wait_for(&mut self, case: &Case) {
        if case.ttl_may_return() {
            let resets = self
                .nearer
                .get_or_insert_mut(case.reset.source.address, Vec::new);
            if resets.len() < MOST_RESETS {
                resets.push(case.reset.frame);
            }
        }
        let known = case.ttl_baseline().is_some() && case.trips.smallest().is_some();
        if known {
            return;
        }
        let resets = self
            .waiting
            .get_or_insert_mut(case.reset.source.address, Vec::new);
        if resets.len() < MOST_RESETS {
            resets.push(case.reset.frame);
        }
    }

    /// Judges the RSTs of a host again that has shown itself.
    pub(super) fn host_shows(&mut self, verdicts: &mut Verdicts, hosts: &Hosts, address: IpAddr) {
        let (Some(resets), Some(host)) = (self.waiting.get(&address), hosts.get(address)) else {
            return;
        };
        for frame in resets {
            verdicts.amend(*frame, |case| {
                case.host = HostHabits::of(host);
                case.trips.learn_host(host);
            });
        }
    }

    /// A packet of a host that RSTs have claimed from nearer by: if it comes with
    /// the old TTL, so does the host; if with theirs, its route has changed.
    pub(super) fn host_sends(&mut self, verdicts: &mut Verdicts, segment: &Segment<'_>) {
        if self.nearer.is_empty() {
            return;
        }
        let (Some(ip), Some(resets)) = (segment.ip, self.nearer.pop(&segment.source.address))
        else {
            return;
        };
        for frame in resets {
            verdicts.amend(frame, |case| {
                let expected = case.ttl_baseline().map(|baseline| baseline.ttl);
                if expected == Some(ip.ttl) {
                    case.aftermath.ttl_returned = Some(segment.frame);
                }
            });
        }
    }
}
