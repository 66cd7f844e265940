// SPDX-License-Identifier: GPL-2.0-or-later

//! How a case is made: whole, in one step, from what the memories hold.

use std::time::Duration;

use super::{Aftermath, Case, EarlierReset, HostHabits, Neighbours, SharedCounter, Trips};
use crate::{
    baseline::{Gateway, Host},
    conversation::{Acceptability, Answer, Conversation, Phase, Role, SegmentKind, Side},
    mutation::limit,
    wire::{FrameNumber, Segment, SeqNumber, Timestamp},
};

/// What the memories beyond the RST's own conversation hold about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a> {
    /// The claimed sender's address over all its conversations.
    pub(crate) host: Option<&'a Host>,
    /// What has come from the RST's link address.
    pub(crate) gateway: Option<Gateway>,
    /// The last RST of either side.
    pub(crate) earlier: Option<EarlierReset>,
    /// The case of that RST.
    pub(crate) earlier_case: Option<&'a Case>,
    /// The RST of another host whose number this one's follows.
    pub(crate) shared_counter: Option<SharedCounter>,
    /// What other conversations show.
    pub(crate) neighbours: Neighbours,
    /// Where the last response ends in the server's sequence space.
    pub(crate) response_end: Option<SeqNumber>,
    /// The client had asked for the same server's name before its last request.
    pub(crate) name_repeated: bool,
    /// The capture holds packets of several interfaces.
    pub(crate) several_interfaces: bool,
    /// Conversations had to be forgotten for want of memory.
    pub(crate) history_evicted: bool,
}

/// What the user has set, as far as a case depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    /// Silence that counts as idle.
    pub(crate) idle: Duration,
    /// TTL drop that a route change explains, hops.
    pub(crate) ttl_tolerance: u8,
}

impl Case {
    /// Everything that was seen up to now about the RST in hand, which claims
    /// `side` of `conversation`.
    #[must_use]
    pub(crate) fn gather(
        reset: &Segment<'_>,
        (conversation, side): (&Conversation, Side),
        surroundings: &Surroundings<'_>,
        thresholds: Thresholds,
    ) -> Self {
        let born = Self::of_conversation(reset, (conversation, side), surroundings, thresholds);
        let original = surroundings
            .earlier
            .filter(|earlier| earlier.is_forwarded_as(&born.reset, born.copies >= limit!(DOUBLED)))
            .and(surroundings.earlier_case);
        let case = match original {
            Some(original) => born.as_copy_of(original),
            None => born,
        };
        let server = match case.role {
            Some(Role::Client) => &case.receiver,
            Some(Role::Server) | None => &case.sender,
        };
        let unsent = surroundings
            .response_end
            .and_then(|end| u32::try_from(end.distance(server.snd_nxt)).ok())
            .filter(|missing| *missing > 0);
        let other_name = surroundings
            .neighbours
            .other_name
            .filter(|_| case.request().is_some());
        let turn = surroundings
            .earlier_case
            .filter(|before| case.takes_its_turn(before))
            .map_or(0, |before| before.turn.saturating_add(1));
        Self {
            turn,
            in_loop: turn >= limit!(TURNS),
            unsent,
            neighbours: Neighbours {
                other_name,
                ..surroundings.neighbours
            },
            shared_counter: surroundings.shared_counter,
            name_repeated: surroundings.name_repeated,
            history_evicted: surroundings.history_evicted,
            ..case
        }
    }

    fn of_conversation(
        reset: &Segment<'_>,
        (conversation, side): (&Conversation, Side),
        surroundings: &Surroundings<'_>,
        thresholds: Thresholds,
    ) -> Self {
        let sender = *conversation.endpoint(side);
        let receiver = *conversation.endpoint(side.peer());
        let trips = Trips::of(&sender, surroundings.host);
        let answer = Answer::of(
            reset,
            (&sender, conversation.recent(side)),
            (&receiver, conversation.recent(side.peer())),
            trips.smallest(),
        );
        let idle = idle_time(reset.time, side, conversation, &answer);
        Self {
            reset: reset.header,
            incident: reset.frame,
            names_big_ip: reset.payload.starts_with(BIG_IP),
            role: conversation.role(side),
            roles_assumed: conversation.roles_are_assumed(),
            phase: match answer.trigger.map(|trigger| trigger.kind) {
                // Even where it does not acknowledge the SYN, so that nothing was learned.
                Some(SegmentKind::SynAck) if conversation.phase() == Phase::Syn => Phase::Handshake,
                _ => conversation.phase(),
            },
            handshake_seen: conversation.handshake_seen(),
            sender,
            receiver,
            host: surroundings.host.and_then(HostHabits::of),
            gateway: surroundings.gateway,
            answer,
            acceptability: Acceptability::of(reset, &sender, &receiver),
            trips,
            idle,
            after_idle: idle.is_some_and(|idle| idle >= thresholds.idle),
            earlier: surroundings.earlier,
            refused_before: conversation.refused_before(),
            ttl_tolerance: thresholds.ttl_tolerance,
            name_repeated: false,
            turn: 0,
            in_loop: false,
            resetter: None,
            same_look_hosts: 0,
            series: None,
            signature: None,
            copy: None,
            unsent: None,
            neighbours: Neighbours::default(),
            shared_counter: None,
            aftermath: Aftermath::default(),
            crossing: None,
            clock_stepped_back: conversation.clock_stepped_back()
                || conversation.last_heard() > Some(reset.time),
            copies: conversation.copies(),
            was_mixed: conversation.track().apart().is_some(),
            several_interfaces: surroundings.several_interfaces,
            history_evicted: false,
        }
    }
}

/// Turns that make a loop: the third RST in a row to which the peer has nothing else to say.
/// Late segments of one flight may be answered by as many, but not a round trip apart.
const TURNS: u8 = 2;

/// Packets that were captured twice before one more is taken for such a copy.
const DOUBLED: u8 = 2;

/// How the reset cause of F5's BIG-IP begins in an RST's payload.
const BIG_IP: &[u8] = b"BIG-IP";

/// Silence before the RST, or before the segment that it answers.
fn idle_time(
    reset: Timestamp,
    side: Side,
    conversation: &Conversation,
    answer: &Answer,
) -> Option<Duration> {
    let Some(trigger) = answer.trigger else {
        return Some(reset.since(conversation.last_heard()?));
    };
    let sent = || {
        [side, side.peer()]
            .into_iter()
            .flat_map(|side| conversation.recent(side).iter())
            .map(|sent| (sent.frame, sent.time))
    };
    let time_of = |frame: FrameNumber| sent().find(|sent| sent.0 == frame);
    let trigger_time = time_of(trigger.frame)?.1;
    let before = sent().filter(|sent| sent.0 < trigger.frame);
    Some(trigger_time.since(before.map(|sent| sent.1).max()?))
}
