// SPDX-License-Identifier: GPL-2.0-or-later

//! Everything that one verdict may know.
//!
//! A [`Case`] is whole at birth ([`Case::gather`]) and holds facts only: findings,
//! causes and words are made from it elsewhere.
//! What later frames add comes in through the engine's one door
//! (`engine::verdicts`).

#![forbid(unsafe_code)]

mod aftermath;
mod crossing;
mod device;
mod distance;
mod gather;
mod host;
mod neighbours;
mod origin;
mod reset;
mod signature;
#[cfg(test)]
pub(crate) mod testing;
mod vantage;

pub(crate) use aftermath::{Aftermath, Continuation};
pub(crate) use aftermath::{OVERTAKEN_AT_MOST, SHUFFLED_AT_MOST};
pub(crate) use crossing::{Crossing, Made, PointName};
pub(crate) use device::MAKERS;
pub(crate) use distance::{LaterTtls, TtlCompared, Yardstick};
pub(crate) use gather::{Surroundings, Thresholds};
pub(crate) use host::{HostHabits, SHORTEST_PATH, Trips};
pub(crate) use neighbours::{
    Accepted, Leg, Neighbours, SAME_SILENCES, Scan, SharedCounter, Translation, Untranslated,
};
pub(crate) use origin::Origin;
pub(crate) use reset::EarlierReset;
pub(crate) use signature::Signature;
pub(crate) use vantage::Vantage;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    baseline::{Gateway, Resetter, Series, Stack, initial_ttl},
    conversation::{Acceptability, Answer, Bound, Endpoint, Phase, Role, Shape, Trigger},
    mutation::limit,
    wire::{FrameNumber, Header, IpHeader},
};

/// Everything that was seen up to now about one RST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The RST.
    pub(crate) reset: Header,
    /// The frame of the first RST that has the same reason, as far as was known; this one's
    /// own where there is none.
    pub(crate) incident: FrameNumber,
    /// Its payload is a text of F5's BIG-IP.
    pub(crate) names_big_ip: bool,
    /// The side that it claims; `None` where neither handshake nor ports tell.
    pub(crate) role: Option<Role>,
    /// The roles are a guess from the ports.
    pub(crate) roles_assumed: bool,
    /// Where the conversation stood.
    pub(crate) phase: Phase,
    /// The SYN or the SYN-ACK was seen.
    pub(crate) handshake_seen: bool,
    /// The claimed sender, before the RST.
    pub(crate) sender: Endpoint,
    /// The receiver, before the RST.
    pub(crate) receiver: Endpoint,
    /// What has come from the RST's link address.
    pub(crate) gateway: Option<Gateway>,
    /// The claimed sender's address elsewhere.
    pub(crate) host: Option<HostHabits>,
    /// What the RST answers.
    pub(crate) answer: Answer,
    /// The client had asked for the same server's name before its last request.
    pub(crate) name_repeated: bool,
    /// Whether the receiver must accept it.
    pub(crate) acceptability: Acceptability,
    /// Round trips.
    pub(crate) trips: Trips,
    /// Silence before it, or before the segment that it answers.
    pub(crate) idle: Option<Duration>,
    /// That silence counts as idle by the user's threshold.
    pub(crate) after_idle: bool,
    /// The last RST before it in this conversation.
    pub(crate) earlier: Option<EarlierReset>,
    /// RSTs before it, of the same side with the same number, that the peer answered with
    /// nothing but the ACK of before, up to this one; saturates.
    pub(crate) turn: u8,
    /// It is one of a series of RSTs and ACKs that answer each other.
    pub(crate) in_loop: bool,
    /// The device profile that it belongs to; kept beside the case where it is packed.
    #[serde(skip)]
    pub(crate) resetter: Option<Resetter>,
    /// Hosts that suspicious RSTs of the same look have claimed to be, this one
    /// included; 0 where this one is not suspicious.
    pub(crate) same_look_hosts: u32,
    /// The periodic series of probes that it ends one of.
    pub(crate) series: Option<Series>,
    /// Name of the flag pattern of its run (`rst.signature`).
    pub(crate) signature: Option<Signature>,
    /// Bytes of its HTTP response that the server has not sent.
    pub(crate) unsent: Option<u32>,
    /// The IP header that it was captured with, where it is the RST before once
    /// more: then everything else is that one's.
    pub(crate) copy: Option<IpHeader>,
    /// What other conversations show.
    pub(crate) neighbours: Neighbours,
    /// The RST that had refused the same attempt before (the SYN was repeated).
    pub(crate) refused_before: Option<FrameNumber>,
    /// A recent RST that claims another host and that this one's IP ID follows.
    pub(crate) shared_counter: Option<SharedCounter>,
    /// What came after it.
    pub(crate) aftermath: Aftermath,
    /// What other capture points show; looked up when somebody asks, and never kept.
    #[serde(skip)]
    pub(crate) crossing: Option<Crossing>,
    /// The capture's clock stepped back in this conversation.
    pub(crate) clock_stepped_back: bool,
    /// Packets of this conversation that were captured twice, up to the RST.
    pub(crate) copies: u8,
    /// They were captured at two points, which was found out while it went on.
    pub(crate) was_mixed: bool,
    /// The capture holds packets of several interfaces.
    pub(crate) several_interfaces: bool,
    /// Conversations had to be forgotten for want of memory before this RST.
    pub(crate) history_evicted: bool,
    /// TTL drop that a route change explains, hops.
    pub(crate) ttl_tolerance: u8,
}

impl Case {
    /// The failure of a proxy's other connection that this one may pass on: what it answers
    /// itself, and what follows from an earlier RST, has its own reason.
    #[must_use]
    pub(crate) fn back_leg(&self) -> Option<Leg> {
        let own_will = self.shape() == Shape::Active && self.phase != Phase::Reset;
        self.neighbours.back_leg.filter(|_| own_will)
    }

    /// Earlier RSTs that have the same reason.
    pub(crate) fn same_reason(&self) -> impl Iterator<Item = FrameNumber> {
        let earlier = self.earlier.map(|earlier| earlier.frame);
        let follows = self.phase == Phase::Reset || self.in_loop;
        [
            earlier.filter(|_| follows),
            self.refused_before,
            self.neighbours
                .translation
                .and_then(|translation| translation.frame),
            self.back_leg().map(|leg| leg.frame),
        ]
        .into_iter()
        .flatten()
    }

    /// Frames of other conversations that explain it.
    pub(crate) fn related_frames(&self) -> impl Iterator<Item = FrameNumber> {
        let neighbours = &self.neighbours;
        let refused = self.phase == Phase::Syn && self.role == Some(Role::Server);
        [
            neighbours.translation.map(|translation| translation.began),
            neighbours
                .translation
                .and_then(|translation| translation.frame),
            neighbours
                .accepted_before
                .filter(|_| refused)
                .map(|accepted| accepted.last),
            neighbours.port_accepted,
            self.back_leg().map(|leg| leg.frame),
            self.ended_elsewhere(),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether it ends a silence that counts: by the user's threshold, or because
    /// several conversations ended after the same one.
    #[must_use]
    pub(crate) fn ends_silence(&self) -> bool {
        self.after_idle || self.neighbours.same_idle >= limit!(SAME_SILENCES of "case::neighbours")
    }

    /// Whether the client gives up on a request that the server has not answered.
    #[must_use]
    pub(crate) fn waits_for_answer(&self) -> bool {
        let asked = self.sender.last_data_frame;
        let unanswered = asked > self.receiver.last_data_frame;
        self.role == Some(Role::Client) && unanswered
    }

    /// Its shape.
    #[must_use]
    pub(crate) const fn shape(&self) -> Shape {
        self.answer.shape
    }

    /// The segment that it answers.
    #[must_use]
    pub(crate) const fn trigger(&self) -> Option<Trigger> {
        self.answer.trigger
    }

    /// The request that it answers, or that a device may have reacted to.
    #[must_use]
    pub(crate) fn request(&self) -> Option<Trigger> {
        self.trigger()
            .filter(|trigger| trigger.kind.asks_for_a_name())
            .or(self.answer.content)
    }

    /// The RST of the same claimed sender before this one.
    #[must_use]
    pub(crate) fn earlier_of_same_sender(&self) -> Option<FrameNumber> {
        let earlier = self.earlier.filter(|earlier| earlier.same_sender)?;
        Some(earlier.frame)
    }

    /// The earliest segment that it can answer.
    #[must_use]
    pub(crate) const fn bound(&self) -> Option<Bound> {
        self.answer.bound
    }

    /// Payload of the receiver that the claimed sender had not acknowledged,
    /// the RST's own acknowledgement included; `None` where the capture does
    /// not hold both numbers.
    #[must_use]
    pub(crate) fn unacked_bytes(&self) -> Option<u32> {
        if !self.receiver.has_seq() {
            return None;
        }
        let told = self.sender.has_acked().then_some(self.sender.acked);
        let now = self.reset.flags.ack().then_some(self.reset.ack);
        let acked = match (told, now) {
            (Some(told), Some(now)) if told.is_after(now) => told,
            (told, now) => now.or(told)?,
        };
        let outstanding = self.receiver.snd_nxt.distance(acked);
        // A SYN or FIN takes a number, but no byte.
        let controls = i32::from(self.receiver.fin() && !self.receiver.fin_acked());
        Some(
            u32::try_from(outstanding.saturating_sub(controls))
                .unwrap_or(0)
                .min(self.receiver.payload),
        )
    }

    /// Whether the claimed sender had payload on the way that its peer never acknowledged;
    /// false where the capture does not hold both numbers.
    #[must_use]
    pub(crate) fn has_unacked_payload_of_sender(&self) -> bool {
        let known = self.sender.has_seq() && self.receiver.has_acked();
        // A SYN or FIN takes a number, but no byte.
        let controls = i32::from(self.sender.fin() && !self.sender.fin_acked());
        known && self.sender.snd_nxt.distance(self.receiver.acked) > controls
    }

    /// Whether the sequence number is one that nobody who sees the connection
    /// would choose: not the expected one, and none that the claimed sender has
    /// used. One that it has used is merely late.
    #[must_use]
    pub(crate) fn is_guess(&self) -> bool {
        let unexpected = matches!(
            self.acceptability,
            Acceptability::InWindow | Acceptability::OutOfWindow
        );
        let sender = &self.sender;
        let used = sender.has_seq()
            && sender.syn()
            && !sender.isn.is_after(self.reset.seq)
            && !self.reset.seq.is_after(sender.snd_nxt);
        unexpected && !used
    }

    /// Whether it aborts with the numbers that the connection stands at: whoever sends
    /// it holds the connection, or has seen its last segments.
    #[must_use]
    pub(crate) fn knows_the_connection(&self) -> bool {
        self.shape() == Shape::Active
            && self.sender.has_seq()
            && self.reset.seq == self.sender.snd_nxt
    }

    /// Whether its claimed sender's SYNs, here or elsewhere, are laid out as Linux
    /// does it; others do so, too.
    #[must_use]
    pub(crate) fn looks_like_linux(&self) -> bool {
        let elsewhere = self.host.and_then(|host| host.syn_family);
        self.sender.syn_family.or(elsewhere) == Some(Stack::Linux)
    }

    /// The family of the claimed sender's TCP stack, where its own packets leave no
    /// doubt: the layout of its SYN, and how it numbers.
    #[must_use]
    pub(crate) fn stack(&self) -> Option<Stack> {
        let family = self.sender.syn_family?;
        match family {
            // FreeRTOS, BSDs behind a normalizer and others order options alike, but
            // only Linux counts each connection by 1 from a SYN-ACK with ID 0.
            Stack::Linux => {
                let ip_id = &self.sender.ip_id;
                let opens = self.role == Some(Role::Client) || ip_id.began_with_zero();
                (ip_id.counts_by_one() && opens).then_some(family)
            }
            Stack::Windows => (initial_ttl(self.sender.ttl.usual()?) == 128).then_some(family),
            Stack::Apple | Stack::FreeBsd | Stack::OpenBsd => Some(family),
        }
    }

    /// The claimed sender in words.
    #[must_use]
    pub(crate) fn sender_word(&self) -> &'static str {
        self.role.map_or("sender", Role::word)
    }

    /// The receiver in words.
    #[must_use]
    pub(crate) fn receiver_word(&self) -> &'static str {
        self.role.map_or("receiver", |role| role.peer().word())
    }
}
