// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs that are judged again when their claimed host shows itself: those of
//! hosts of which nothing was seen yet, and those that came with a higher TTL
//! than the host's packets, which may or may not keep that TTL.

use std::{net::IpAddr, num::NonZeroUsize};

use lru::LruCache;

use super::Verdicts;
use crate::{
    baseline::Hosts,
    case::{Case, HostHabits, TtlCompared},
    wire::{FrameNumber, Segment},
};

/// RSTs of a host that are judged again.
const MOST_RESETS: usize = 16;
/// Packets of a host that are looked at after such an RST: enough for a dozen short
/// conversations to begin.
const MOST_LOOKS: u8 = 128;

/// Hosts that may still show themselves; the longest waited for goes first.
#[derive(Debug)]
pub(super) struct Awaited {
    waiting: LruCache<IpAddr, Vec<FrameNumber>>,
    elsewhere: LruCache<IpAddr, Elsewhere>,
}

/// RSTs that came another length of way than their claimed host's packets.
#[derive(Debug, Default)]
struct Elsewhere {
    frames: Vec<FrameNumber>,
    /// Packets of the host that were looked at since.
    looks: u8,
}

impl Awaited {
    /// None yet, and `most` that are waited for.
    pub(super) fn new(most: NonZeroUsize) -> Self {
        Self {
            waiting: LruCache::new(most),
            elsewhere: LruCache::new(most),
        }
    }

    /// Keeps an RST in mind whose claimed host has not shown itself, or not how
    /// far away it is.
    pub(super) fn wait_for(&mut self, case: &Case) {
        let differs = |compared: TtlCompared| compared.ttl != compared.baseline.ttl;
        if case.ttl_compared().is_some_and(differs) {
            let resets = self
                .elsewhere
                .get_or_insert_mut(case.reset.source.address, Elsewhere::default);
            if resets.frames.len() < MOST_RESETS {
                resets.frames.push(case.reset.frame);
                resets.looks = 0;
            }
        }
        let known = case.ttl_baseline().is_some() && case.trips.smallest().is_some();
        // Later round trips may be as fast as the RST was.
        if known && !case.is_quick() {
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

    /// A packet of a host that RSTs have claimed from another distance: whether it
    /// comes with the old TTL or with theirs tells whether its route has changed.
    pub(super) fn host_sends(
        &mut self,
        verdicts: &mut Verdicts,
        segment: &Segment<'_>,
        begins: bool,
    ) {
        if self.elsewhere.is_empty() {
            return;
        }
        let host = segment.source.address;
        let (Some(ip), Some(resets)) = (segment.ip, self.elsewhere.get_mut(&host)) else {
            return;
        };
        resets.looks += 1;
        for frame in &resets.frames {
            verdicts.amend(*frame, |case| {
                let Some(before) = case.reset_is_from().filter(|_| *frame < segment.frame) else {
                    return;
                };
                let later = &mut case.aftermath.later_ttls;
                if ip.ttl == before {
                    later.returned = later.returned.or(Some(segment.frame));
                    later.begun_as_before = later.begun_as_before.saturating_add(begins.into());
                } else if begins && Some(ip.ttl) == case.reset.ip.map(|ip| ip.ttl) {
                    later.begun_as_reset = later.begun_as_reset.saturating_add(1);
                    later.begun_in = Some(segment.frame);
                }
            });
        }
        if resets.looks == MOST_LOOKS {
            self.elsewhere.pop(&host);
        }
    }
}
