// SPDX-License-Identifier: GPL-2.0-or-later

//! What the claimed sender usually does, and how far away it is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Case;
use crate::{
    baseline::{Host, Pattern, ResetTtls, Stack, Ttl},
    conversation::Endpoint,
    mutation::limit,
    wire::FrameNumber,
};

/// The claimed sender's address over its other conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostHabits {
    /// TTLs of its packets.
    pub(crate) ttl: Ttl,
    /// TTLs that its conversations began with, each counted once.
    pub(crate) beginnings: Ttl,
    /// The family that its last SYN or SYN-ACK was laid out as.
    pub(crate) syn_family: Option<Stack>,
    /// TTLs of RSTs in its name.
    pub(crate) reset_ttls: ResetTtls,
    /// Frame of its last packet.
    pub(crate) last_frame: FrameNumber,
    /// Its last IP ID that was not 0, and the frame.
    pub(crate) ip_id: Option<(u16, FrameNumber)>,
    /// How it numbers.
    pub(crate) ip_id_pattern: Option<Pattern>,
    /// It labels its IPv6 packets.
    pub(crate) labels: bool,
}

impl HostHabits {
    /// The habits of this host; `None` before its first packet.
    #[must_use]
    pub(crate) fn of(host: &Host) -> Option<Self> {
        Some(Self {
            ttl: host.ttl,
            beginnings: host.beginnings,
            syn_family: host.syn_family,
            reset_ttls: host.reset_ttls,
            last_frame: host.last_frame?,
            ip_id: host.ip_id.last(),
            ip_id_pattern: host.ip_id.pattern(),
            labels: host.labels,
        })
    }
}

/// Where the host is nearer than this, scheduling noise decides
/// (measured: 30 µs to 400 µs within one machine).
pub(crate) const SHORTEST_PATH: Duration = Duration::from_millis(2);

/// Answers of genuine hosts in less than this share of the smallest of three round
/// trips, per cent: 1.2 to 3.5 % (`docs/measured.md#answers-sooner-than-the-handshake`).
pub(crate) const QUICK: u32 = 80;

/// Round trips that the RST can be compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trips {
    /// Smallest between capture point and claimed sender, in this conversation.
    pub(crate) conversation: Option<Duration>,
    /// The same over all conversations of that host.
    pub(crate) host: Option<Duration>,
    /// One of the handshake, or several, are among them.
    pub(crate) certain: bool,
    /// Round trips of this conversation; saturates.
    pub(crate) count: u8,
}

impl Trips {
    /// What is known of the path to `sender`, whose address is `host`'s.
    #[must_use]
    pub(crate) fn of(sender: &Endpoint, host: Option<&Host>) -> Self {
        Self {
            conversation: sender.rtt(),
            host: host.and_then(Host::rtt),
            certain: sender.rtt_is_certain() || host.is_some_and(|host| host.rtt_is_certain),
            count: sender.rtt_count,
        }
    }

    /// Learns more of the host.
    pub(crate) fn learn_host(&mut self, host: &Host) {
        self.host = host.rtt();
        self.certain |= host.rtt_is_certain;
    }

    /// The smallest known: the fastest that the claimed sender ever was.
    #[must_use]
    pub(crate) fn smallest(&self) -> Option<Duration> {
        match (self.conversation, self.host) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

impl Case {
    /// The share of its claimed sender's smallest round trip that the RST took, in
    /// per cent; `None` where either is not observable.
    #[must_use]
    pub(crate) fn share_of_round_trip(&self) -> Option<u32> {
        let (bound, round_trip) = (self.bound()?, self.trips.smallest()?);
        if round_trip < limit!(SHORTEST_PATH) {
            return None;
        }
        let share = bound.latency.as_micros() * 100 / round_trip.as_micros().max(1);
        Some(u32::try_from(share).unwrap_or(u32::MAX))
    }

    /// Whether it followed what it most likely reacts to in less than half of its
    /// claimed sender's smallest round trip.
    #[must_use]
    pub(crate) fn reacted_within_half_a_round_trip(&self) -> bool {
        let reaction = self.answer.content.or(self.answer.trigger);
        let trip = self
            .trips
            .smallest()
            .filter(|trip| *trip >= limit!(SHORTEST_PATH));
        reaction
            .zip(trip)
            .is_some_and(|(reaction, trip)| reaction.latency * 2 < trip)
    }

    /// Whether it came sooner than any answer of its claimed sender: in less than
    /// four fifths of the smallest round trip.
    #[must_use]
    pub(crate) fn is_quick(&self) -> bool {
        self.share_of_round_trip()
            .is_some_and(|share| share < limit!(QUICK))
    }

    /// Whether a TSval is where the claimed sender's clock may stand by now.
    #[must_use]
    pub(crate) fn is_on_sender_clock(&self, value: u32) -> bool {
        let silent = self.reset.time.since(self.sender.last_time);
        let run = u32::try_from(silent.as_millis()).unwrap_or(u32::MAX);
        let ahead = value.wrapping_sub(self.sender.timestamp);
        let behind = self.sender.timestamp.wrapping_sub(value);
        ahead <= run.saturating_add(limit!(CLOCK_SLACK))
            || behind <= limit!(CLOCK_SLACK)
            || is_on_fast_clock(silent, ahead)
    }
}

/// What the clock may run ahead beyond the time that has passed, or behind where
/// packets overtook each other: ten seconds at 1 kHz, the fastest allowed.
const CLOCK_SLACK: u32 = 10_000;

/// Whether a clock of 1 MHz, which Linux has as an option, has run on so far; an
/// eighth is left for clocks that are not exact.
fn is_on_fast_clock(silent: Duration, ahead: u32) -> bool {
    let run = u32::try_from(silent.as_micros()).unwrap_or(u32::MAX);
    ahead.abs_diff(run) <= (run / 8).max(limit!(CLOCK_SLACK))
}
