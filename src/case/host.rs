// SPDX-License-Identifier: GPL-2.0-or-later

//! What the claimed sender usually does, and how far away it is.

use std::time::Duration;

use super::Case;
use crate::{
    baseline::{Host, Pattern, Ttl, hops, initial_ttl},
    conversation::{Endpoint, Role},
    wire::FrameNumber,
};

/// The claimed sender's address over its other conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostHabits {
    /// TTLs of its packets.
    pub ttl: Ttl,
    /// Frame of its last packet.
    pub last_frame: FrameNumber,
    /// Its last IP ID that was not 0, and the frame.
    pub ip_id: Option<(u16, FrameNumber)>,
    /// How it numbers.
    pub ip_id_pattern: Option<Pattern>,
    /// It labels its IPv6 packets.
    pub labels: bool,
}

impl HostHabits {
    /// The habits of this host; `None` before its first packet.
    #[must_use]
    pub fn of(host: &Host) -> Option<Self> {
        Some(Self {
            ttl: host.ttl,
            last_frame: host.last_frame?,
            ip_id: host.ip_id.last(),
            ip_id_pattern: host.ip_id.pattern(),
            labels: host.labels,
        })
    }
}

/// Where the host is nearer than this, scheduling noise decides
/// (measured: 30 µs to 400 µs within one machine).
pub const SHORTEST_PATH: Duration = Duration::from_millis(2);

/// Round trips that the RST can be compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trips {
    /// Smallest between capture point and claimed sender, in this conversation.
    pub conversation: Option<Duration>,
    /// The same over all conversations of that host.
    pub host: Option<Duration>,
    /// One of the handshake, or several, are among them.
    pub certain: bool,
}

impl Trips {
    /// What is known of the path to `sender`, whose address is `host`'s.
    #[must_use]
    pub fn of(sender: &Endpoint, host: Option<&Host>) -> Self {
        Self {
            conversation: sender.rtt(),
            host: host.and_then(Host::rtt),
            certain: sender.rtt_is_certain() || host.is_some_and(|host| host.rtt_is_certain),
        }
    }

    /// Learns more of the host.
    pub fn learn_host(&mut self, host: &Host) {
        self.host = host.rtt();
        self.certain |= host.rtt_is_certain;
    }

    /// The smallest known: the fastest that the claimed sender ever was.
    #[must_use]
    pub fn smallest(&self) -> Option<Duration> {
        match (self.conversation, self.host) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

/// The claimed sender's TTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtlBaseline {
    /// TTL to expect.
    pub ttl: u8,
    /// A packet that came with it.
    pub frame: FrameNumber,
    /// Learned in this conversation, not in others of the host.
    pub same_conversation: bool,
}

impl Case {
    /// TTL of the RST.
    #[must_use]
    pub fn ttl(&self) -> Option<u8> {
        self.reset.ip.map(|ip| ip.ttl)
    }

    /// The TTL to expect: of this conversation, else of the host's others.
    #[must_use]
    pub fn ttl_baseline(&self) -> Option<TtlBaseline> {
        // A scanner's program writes a TTL of its own into its SYN.
        let raw = self.role == Some(Role::Client) && self.sender.is_raw_syn();
        if raw {
            return None;
        }
        let here = || Some((self.sender.ttl.expected()?, self.sender.last_frame?, true));
        let elsewhere = || {
            let host = self.host?;
            Some((host.ttl.expected()?, host.last_frame, false))
        };
        let (ttl, frame, same_conversation) = here().or_else(elsewhere)?;
        Some(TtlBaseline {
            ttl,
            frame,
            same_conversation,
        })
    }

    /// Whether the claimed sender has used this TTL before, here or elsewhere.
    #[must_use]
    pub fn has_used_ttl(&self, ttl: u8) -> bool {
        self.sender.ttl.has_seen(ttl) || self.host.is_some_and(|host| host.ttl.has_seen(ttl))
    }

    /// How much higher than expected the TTL of the RST is.
    #[must_use]
    pub fn ttl_delta(&self) -> Option<i16> {
        let expected = self.ttl_baseline()?.ttl;
        Some(i16::from(self.ttl()?) - i16::from(expected))
    }

    /// Hops of the RST and of the sender's own packets.
    #[must_use]
    pub fn hops_compared(&self) -> Option<(u8, u8)> {
        Some((hops(self.ttl()?), hops(self.ttl_baseline()?.ttl)))
    }

    /// Whether the RST came from nearer than the sender's packets, by the same
    /// initial TTL: then a return to the old TTL tells.
    #[must_use]
    pub fn ttl_may_return(&self) -> bool {
        let (Some(ttl), Some(baseline)) = (self.ttl(), self.ttl_baseline()) else {
            return false;
        };
        ttl > baseline.ttl
            && initial_ttl(ttl) == initial_ttl(baseline.ttl)
            && !self.has_used_ttl(ttl)
    }

    /// Whether a TSval is where the claimed sender's clock may stand by now.
    #[must_use]
    pub fn is_on_sender_clock(&self, value: u32) -> bool {
        let silent = self.reset.time.since(self.sender.last_time);
        let run = u32::try_from(silent.as_millis()).unwrap_or(u32::MAX);
        let ahead = value.wrapping_sub(self.sender.timestamp);
        let behind = self.sender.timestamp.wrapping_sub(value);
        ahead <= run.saturating_add(CLOCK_SLACK)
            || behind <= CLOCK_SLACK
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
    ahead.abs_diff(run) <= (run / 8).max(CLOCK_SLACK)
}
