// SPDX-License-Identifier: GPL-2.0-or-later

//! One address over all its conversations.

use std::{net::IpAddr, num::NonZeroUsize, time::Duration};

use lru::LruCache;
use serde::{Deserialize, Serialize};

use super::{IpId, Stack, SynLayout, Ttl};
use crate::wire::{FrameNumber, Segment};

/// What one host usually does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Host {
    /// TTL that its packets arrive with.
    pub(crate) ttl: Ttl,
    /// Its identifications.
    pub(crate) ip_id: IpId,
    /// Frame of its last packet.
    pub(crate) last_frame: Option<FrameNumber>,
    /// It has labelled an IPv6 packet.
    pub(crate) labels: bool,
    /// Its smallest round trip was certain in a conversation.
    pub(crate) rtt_is_certain: bool,
    /// TTLs that its conversations began with, each counted once.
    pub(crate) beginnings: Ttl,
    /// The family that its last SYN or SYN-ACK was laid out as.
    pub(crate) syn_family: Option<Stack>,
    /// TTLs of RSTs in its name.
    pub(crate) reset_ttls: ResetTtls,
    rtt_us: u32,
    segments: u32,
}

/// Different TTLs of RSTs in one host's name, the first few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetTtls {
    values: [u8; 4],
    count: u8,
}

impl ResetTtls {
    /// Takes one RST into account.
    pub(crate) fn learn(&mut self, ttl: u8) {
        let count = usize::from(self.count);
        let known = self.values.iter().take(count).any(|value| *value == ttl);
        if !known && let Some(value) = self.values.get_mut(count) {
            *value = ttl;
            self.count += 1;
        }
    }

    /// Those that `own` has never had.
    #[must_use]
    pub(crate) fn strange_to(&self, own: &Ttl) -> usize {
        let seen = self.values.iter().take(usize::from(self.count));
        seen.filter(|value| !own.has_seen(**value)).count()
    }
}

/// What a segment shows of its host beside itself.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Its side's first in its conversation.
    pub(crate) begins: bool,
    /// The round trip that it completes.
    pub(crate) rtt: Option<Duration>,
    /// That round trip is certain.
    pub(crate) rtt_is_certain: bool,
}

impl Host {
    /// Smallest round trip seen between the capture point and this host.
    #[must_use]
    pub(crate) fn rtt(&self) -> Option<Duration> {
        (self.rtt_us != 0).then(|| Duration::from_micros(self.rtt_us.into()))
    }
}

/// All hosts; of too many the longest silent goes first.
#[derive(Debug)]
pub struct Hosts {
    hosts: LruCache<IpAddr, Host>,
    evicted: bool,
}

impl Hosts {
    /// None yet, and `most` that are remembered at a time.
    #[must_use]
    pub(crate) fn new(most: NonZeroUsize) -> Self {
        Self {
            hosts: LruCache::new(most),
            evicted: false,
        }
    }

    /// Makes room for others: from now on no more than `most` are remembered.
    pub(crate) fn narrow(&mut self, most: NonZeroUsize) {
        self.evicted |= self.hosts.len() > most.get();
        self.hosts.resize(most.min(self.hosts.cap()));
    }

    /// Whether a host had to be forgotten: one of which nothing is known may have been
    /// seen before.
    #[must_use]
    pub(crate) const fn has_evicted(&self) -> bool {
        self.evicted
    }

    /// Takes a segment that is no RST into account; true if it is the host's
    /// first, or tells better than before how far away the host is.
    pub(crate) fn learn(&mut self, segment: &Segment<'_>, shown: Shown) -> bool {
        let full = self.hosts.len() == self.hosts.cap().get();
        let host = self
            .hosts
            .get_or_insert_mut(segment.source.address, Host::default);
        // A new one has taken another's place.
        self.evicted |= full && host.segments == 0;
        host.segments = host.segments.saturating_add(1);
        let mut news = host.segments == 1 || (shown.rtt_is_certain && !host.rtt_is_certain);
        host.rtt_is_certain |= shown.rtt_is_certain;
        if segment.flags.syn() {
            host.syn_family = SynLayout::of(segment.options.kinds).family();
        }
        if let Some(ip) = segment.ip {
            host.ttl.learn(ip.ttl, segment.time, segment.frame);
            if shown.begins {
                host.beginnings.learn(ip.ttl, segment.time, segment.frame);
            }
            host.last_frame = Some(segment.frame);
            host.labels |= ip.flow_label().is_some_and(|label| label != 0);
            if let Some(id) = ip.id() {
                host.ip_id.learn(id, segment.frame);
            }
        }
        if let Some(rtt) = shown.rtt {
            let us = u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX).max(1);
            if host.rtt_us == 0 || us < host.rtt_us {
                // A fifth less is worth another look.
                news |= host.rtt_us == 0 || us < host.rtt_us / 5 * 4;
                host.rtt_us = us;
            }
        }
        news
    }

    /// Takes an RST in the host's name into account: nothing is learned from it of
    /// the host itself.
    pub(crate) fn learn_reset(&mut self, reset: &Segment<'_>) {
        if let (Some(ip), Some(host)) = (reset.ip, self.hosts.peek_mut(&reset.source.address)) {
            host.reset_ttls.learn(ip.ttl);
        }
    }

    /// The host with this address, if a segment of it was seen.
    #[must_use]
    pub(crate) fn get(&self, address: IpAddr) -> Option<&Host> {
        self.hosts.peek(&address)
    }
}
