// SPDX-License-Identifier: GPL-2.0-or-later

//! How far the RST has travelled, and how far its claimed sender's packets travel.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Case;
use crate::{
    baseline::{SMALLEST_SURE_INITIAL, Ttl, hops, initial_ttl},
    conversation::Role,
    mutation::limit,
    wire::FrameNumber,
};

/// How good a yardstick the claimed sender's TTL is, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Yardstick {
    /// Five or more packets of this conversation came with it.
    Many,
    /// Two to four did.
    Several,
    /// One did.
    One,
    /// Packets of the host's other conversations did.
    Elsewhere,
}

/// From so many packets on another TTL is a change: 6 of 3,391 against 19 of
/// 29,635 (`docs/measured.md#ttl-of-genuine-packets`).
const MANY: u8 = 5;

/// The claimed sender's TTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TtlBaseline {
    /// TTL to expect.
    pub(crate) ttl: u8,
    /// A packet that came with it.
    pub(crate) frame: FrameNumber,
    /// How good a yardstick it is.
    pub(crate) yardstick: Yardstick,
    /// From that packet to the RST; zero if the packet came later.
    pub(crate) age: Duration,
}

impl TtlBaseline {
    /// Learned in this conversation, not in others of the host.
    #[must_use]
    pub(crate) fn same_conversation(&self) -> bool {
        self.yardstick != Yardstick::Elsewhere
    }
}

/// The RST's TTL beside the one to expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TtlCompared {
    /// Of the RST.
    pub(crate) ttl: u8,
    /// Of its claimed sender's packets.
    pub(crate) baseline: TtlBaseline,
    /// Both started from the same initial value, most likely.
    pub(crate) same_initial: bool,
    /// Hops of the RST.
    pub(crate) hops: u8,
    /// Hops of its claimed sender's packets.
    pub(crate) hops_expected: u8,
}

impl TtlCompared {
    /// Hops between the two places, either way.
    #[must_use]
    pub(crate) fn hops_apart(&self) -> u8 {
        self.hops.abs_diff(self.hops_expected)
    }

    /// The RST was sent from nearer than its claimed sender's packets.
    #[must_use]
    pub(crate) fn nearer(&self) -> bool {
        self.hops < self.hops_expected
    }

    /// It has not been routed, while the claimed sender's packets are.
    #[must_use]
    pub(crate) fn unrouted(&self) -> bool {
        self.hops == 0 && self.hops_expected > 0 && self.ttl >= SMALLEST_SURE_INITIAL
    }
}

/// TTLs with which a host's later packets came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LaterTtls {
    /// A packet that had the TTL from before the RST again.
    pub(crate) returned: Option<FrameNumber>,
    /// Conversations that began with the RST's TTL; saturates.
    pub(crate) begun_as_reset: u8,
    /// The last packet that began one so.
    pub(crate) begun_in: Option<FrameNumber>,
    /// Conversations that began with the TTL from before; saturates.
    pub(crate) begun_as_before: u8,
}

/// Packets that may all be the forger's: a block page of one segment, its FIN, and a
/// forged ACK before (`docs/measured.md#rst-forms-injectors`).
const FORGERS_FEW: u8 = 3;

/// Later conversations that make a new TTL the host's own: two may meet the same
/// other member of a cluster (12 % of new conversations differ,
/// `docs/measured.md#ttl-in-a-new-conversation`).
const CONFIRMED_BY: u8 = 2;

impl Case {
    /// TTL of the RST.
    #[must_use]
    pub(crate) fn ttl(&self) -> Option<u8> {
        self.reset.ip.map(|ip| ip.ttl)
    }

    /// The TTL to expect: of this conversation, else of the host's others.
    ///
    /// Where later conversations have confirmed that the route changed, it is the
    /// new one.
    #[must_use]
    pub(crate) fn ttl_baseline(&self) -> Option<TtlBaseline> {
        if self.has_written_its_ttl() {
            return None;
        }
        let here = || {
            let own = Some(&self.sender.ttl).filter(|_| !self.sender_only_answers_unasked());
            self.baseline_of(own?, None)
        };
        let elsewhere = || self.baseline_of(&self.host.as_ref()?.ttl, Some(Yardstick::Elsewhere));
        let baseline = here().or_else(elsewhere)?;
        let confirmed = self
            .ttl()
            .zip(self.aftermath.later_ttls.begun_in)
            .filter(|_| self.route_change_is_confirmed());
        Some(match confirmed {
            Some((ttl, frame)) => TtlBaseline {
                ttl,
                frame,
                yardstick: Yardstick::Elsewhere,
                age: Duration::ZERO,
            },
            None => baseline,
        })
    }

    /// Whether nothing but SYN-ACKs was seen of the claimed sender, for which the capture
    /// holds no SYN: anybody may have sent them.
    #[must_use]
    fn sender_only_answers_unasked(&self) -> bool {
        let unasked = self.sender.syn() && self.role == Some(Role::Server);
        unasked && self.sender.payload == 0 && !self.receiver.has_seq()
    }

    /// Whether nothing but a SYN was seen of a scanner, whose program writes a TTL of its
    /// own into it.
    #[must_use]
    pub(crate) fn has_written_its_ttl(&self) -> bool {
        self.role == Some(Role::Client) && self.sender.is_raw_syn()
    }

    fn baseline_of(&self, ttl: &Ttl, yardstick: Option<Yardstick>) -> Option<TtlBaseline> {
        let (time, frame) = ttl.usual_seen()?;
        Some(TtlBaseline {
            ttl: ttl.usual()?,
            frame,
            yardstick: yardstick.unwrap_or(match ttl.usual_count() {
                MANY.. => Yardstick::Many,
                2.. => Yardstick::Several,
                _ => Yardstick::One,
            }),
            age: self.reset.time.since(time),
        })
    }

    /// Two or more later conversations of the host began with the RST's TTL, and
    /// none with the one from before.
    #[must_use]
    pub(crate) fn route_change_is_confirmed(&self) -> bool {
        let later = &self.aftermath.later_ttls;
        later.begun_as_reset >= limit!(CONFIRMED_BY)
            && later.begun_as_before == 0
            && later.returned.is_none()
    }

    /// The RST's TTL beside the one to expect.
    #[must_use]
    pub(crate) fn ttl_compared(&self) -> Option<TtlCompared> {
        let (ttl, baseline) = (self.ttl()?, self.ttl_baseline()?);
        Some(TtlCompared {
            ttl,
            baseline,
            same_initial: initial_ttl(ttl) == initial_ttl(baseline.ttl),
            hops: hops(ttl),
            hops_expected: hops(baseline.ttl),
        })
    }

    /// The comparison, where the RST came another length of way: not over the same
    /// hops from another initial value (64 and 128 are seen on one front end), and
    /// not by so few hops less that a longer route explains it.
    #[must_use]
    pub(crate) fn other_distance(&self) -> Option<TtlCompared> {
        let compared = self.ttl_compared()?;
        let delta = i16::from(compared.ttl) - i16::from(compared.baseline.ttl);
        let longer_route = (-i16::from(self.ttl_tolerance)..=0).contains(&delta);
        let own = self.has_used_ttl(compared.ttl);
        (compared.hops_apart() > 0 && !longer_route && !own).then_some(compared)
    }

    /// Whether the claimed sender's packets have come with this TTL as well, over several
    /// paths: more than a forger sends before its RST, or with others after them.
    #[must_use]
    pub(crate) fn has_used_ttl(&self, ttl: u8) -> bool {
        let count = self.sender.ttl.count_of(ttl);
        let since_then_another = self.sender.last_ttl != Some(ttl);
        count > limit!(FORGERS_FEW) || (count > 1 && since_then_another)
    }

    /// The claimed sender's usual TTL from before the RST, in this conversation or
    /// elsewhere.
    #[must_use]
    pub(crate) fn reset_is_from(&self) -> Option<u8> {
        let here = self.sender.ttl.usual();
        here.or_else(|| self.host.as_ref()?.ttl.usual())
    }

    /// Whether all that this conversation shows of the claimed sender are a few
    /// packets with the RST's TTL, while its other conversations mostly began with
    /// another.
    #[must_use]
    pub(crate) fn is_contradicted_elsewhere(&self) -> bool {
        let Some(ttl) = self
            .ttl()
            .filter(|ttl| self.sender.ttl.usual() == Some(*ttl))
        else {
            return false;
        };
        if self.sender.ttl.usual_count() > limit!(FORGERS_FEW) {
            return false;
        }
        let Some(usual) = self.host.as_ref().and_then(|host| host.beginnings.usual()) else {
            return false;
        };
        usual != ttl && self.conversations_begun_with(usual) > self.conversations_begun_with(ttl)
    }

    /// Packets of the claimed sender in this conversation that came with the RST's
    /// TTL, where that is not the usual one.
    #[must_use]
    pub(crate) fn own_packets_as_reset(&self) -> u8 {
        let usual = self.sender.ttl.usual();
        self.ttl()
            .filter(|ttl| Some(*ttl) != usual)
            .map_or(0, |ttl| self.sender.ttl.count_of(ttl))
    }

    /// The TTL of most other conversations of this address, where they come from another
    /// distance than this one, which the RST fits: another machine may hold them.
    #[must_use]
    pub(crate) fn others_come_from(&self) -> Option<u8> {
        let own = self
            .sender
            .ttl
            .usual()
            .filter(|own| Some(*own) == self.ttl())?;
        let other = self.host.as_ref()?.beginnings.usual()?;
        let begun = self.conversations_begun_with(other);
        let more = begun >= limit!(CONFIRMED_BY) && begun > self.conversations_begun_with(own);
        (hops(other) != hops(own) && more).then_some(other)
    }

    /// Other conversations of the host that began with this TTL.
    #[must_use]
    pub(crate) fn conversations_begun_with(&self, ttl: u8) -> u8 {
        let begun = self.host.map_or(0, |host| host.beginnings.count_of(ttl));
        let own = self.sender.ttl.first() == Some(ttl);
        begun.saturating_sub(u8::from(own))
    }
}
