// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs of hosts of which nothing else was seen yet: when the host shows itself
//! in another conversation, they are judged again.

use std::{net::IpAddr, num::NonZeroUsize};

use lru::LruCache;

use super::Verdicts;
use crate::{baseline, evidence::Case, wire::FrameNumber};

/// Hosts that are waited for; the longest waited for goes first.
const MOST_HOSTS: NonZeroUsize = NonZeroUsize::new(1 << 12).unwrap();
/// RSTs of a host that are judged again.
const MOST_RESETS: usize = 16;

/// Hosts that may still show themselves.
#[derive(Debug)]
pub(super) struct Hosts {
    waiting: LruCache<IpAddr, Vec<FrameNumber>>,
}

impl Default for Hosts {
    fn default() -> Self {
        Self {
            waiting: LruCache::new(MOST_HOSTS),
        }
    }
}

impl Hosts {
    /// Keeps an RST in mind whose claimed host has not shown itself, or not how
    /// far away it is.
    pub(super) fn wait_for(&mut self, case: &Case) {
        let known = case.ttl_baseline().is_some() && case.trips.smallest().is_some();
        if known {
            return;
        }
        let resets = self.waiting.get_or_insert_mut(case.reset.claimed, Vec::new);
        if resets.len() < MOST_RESETS {
            resets.push(case.reset.frame);
        }
    }

    /// Judges the RSTs of a host again that has shown itself.
    pub(super) fn host_shows(
        &mut self,
        verdicts: &mut Verdicts,
        hosts: &baseline::Hosts,
        address: IpAddr,
    ) {
        let (Some(resets), Some(host)) = (self.waiting.get(&address), hosts.get(address)) else {
            return;
        };
        for frame in resets {
            if let Some(verdict) = verdicts.get_mut(frame) {
                verdict.learn_host(host);
            }
        }
    }
}
