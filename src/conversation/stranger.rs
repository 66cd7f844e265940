// SPDX-License-Identifier: GPL-2.0-or-later

//! Segments that cannot be the connection's: who does not see it sends such, and nothing is
//! learned from them, unless its peer answers.

use std::time::Duration;

use super::{
    Conversation, Endpoint, Phase, Role, Sent, Side, State, Strange,
    learn::{classify, content_of},
};
use crate::{
    baseline::hops,
    mutation::limit,
    wire::{Segment, SeqNumber},
};

/// A SYN is sent again after so long at the earliest (RFC 6298 §2).
const SYN_AGAIN: Duration = Duration::from_secs(1);

/// Packets that show well enough where a host is.
const PLACED: u8 = 3;

/// Whether this SYN comes from another distance than the host's packets, in a
/// connection that is up.
fn is_strange_syn(segment: &Segment<'_>, sender: &Endpoint) -> bool {
    let up = !sender.fin() && sender.ttl.usual_count() >= limit!(PLACED);
    let usual = sender.ttl.usual().map(hops);
    up && usual != segment.ip.map(|ip| hops(ip.ttl)) && segment.ip.is_some()
}

/// Whether it acknowledges what its peer has sent, as all do but the first SYN
/// (RFC 9293 §3.10.7.4: what has no ACK is dropped).
fn acknowledges(segment: &Segment<'_>, peer: &Endpoint) -> bool {
    let near = |number: SeqNumber| segment.ack.is_near(number);
    segment.flags.ack() && (near(peer.snd_nxt) || peer.strange.is_some_and(|it| near(it.end)))
}

impl Conversation {
    /// Whether this segment cannot be the connection's: its numbers are far from those
    /// seen, or it is a SYN from another distance into a connection that is up. Whoever
    /// does not see the connection sends such (RFC 5961 §1), and nothing is learned
    /// from it, until the peer answers it: then the capture has a gap.
    #[must_use]
    pub(crate) fn is_strange(&self, segment: &Segment<'_>, side: Side) -> bool {
        let (sender, receiver) = (self.endpoint(side), self.endpoint(side.peer()));
        if segment.flags.syn() && is_strange_syn(segment, sender) {
            return true;
        }
        let opens = segment.flags.syn() && !segment.flags.ack();
        if opens && self.is_second_opening(segment, side) {
            return true;
        }
        if opens {
            return false;
        }
        let follows = !sender.has_seq() || segment.seq.is_near(sender.snd_nxt);
        if !receiver.has_seq() {
            // Later on nobody is there who acknowledges what the capture has lost.
            return sender.state == State::SynSent && !follows;
        }
        if !acknowledges(segment, receiver) {
            return true;
        }
        let acknowledged = receiver.has_acked() && receiver.acked.is_near(segment.seq);
        !(segment.flags.syn() || follows || acknowledged)
    }

    /// Whether this SYN comes from the server, across the other side's, or at once after one
    /// with other numbers. Where that is no stranger's, it is answered.
    fn is_second_opening(&self, segment: &Segment<'_>, side: Side) -> bool {
        let (sender, receiver) = (self.endpoint(side), self.endpoint(side.peer()));
        if self.phase() == Phase::Closed {
            return false;
        }
        let reverses =
            sender.syn() && self.role(side) == Some(Role::Server) && !self.roles_are_assumed();
        let crosses = receiver.state == State::SynSent && !sender.has_seq();
        let refused = [side, side.peer()]
            .into_iter()
            .any(|side| self.last_reset(side).is_some());
        let waits = sender.state == State::SynSent && !receiver.has_seq() && !refused;
        let soon = segment.time.since(sender.last_time) < limit!(SYN_AGAIN);
        reverses || crosses || (waits && soon && segment.seq != sender.isn)
    }

    /// Whether whoever sent this RST does not know the connection's numbers: they are far
    /// from all that either side has shown, and answer no segment.
    #[must_use]
    pub(crate) fn is_blind(&self, reset: &Segment<'_>, side: Side) -> bool {
        let (sender, receiver) = (self.endpoint(side), self.endpoint(side.peer()));
        let near = |known: bool, number: SeqNumber, other| known && number.is_near(other);
        let seq_fits = near(sender.has_seq(), sender.snd_nxt, reset.seq)
            || near(receiver.has_acked(), receiver.acked, reset.seq);
        let ack_fits = reset.flags.ack() && near(receiver.has_seq(), receiver.snd_nxt, reset.ack);
        let answers = self
            .recent(side.peer())
            .iter()
            .any(|sent| sent.flags.ack() && sent.ack == reset.seq);
        let is_known = sender.has_seq() || receiver.has_seq();
        is_known && !(seq_fits || ack_fits || answers)
    }

    /// Whether it is worth asking if the segment begins another connection.
    #[must_use]
    #[inline]
    pub(crate) fn may_begin_anew(&self, segment: &Segment<'_>, side: Side) -> bool {
        segment.flags.syn() || self.endpoint(side.peer()).strange.is_some()
    }

    /// Whether it answers a strange segment of its peer with the numbers of another
    /// connection than the one that is known: that one's beginning was not captured.
    #[must_use]
    pub(crate) fn answers_strange(&self, segment: &Segment<'_>, side: Side) -> bool {
        let (sender, receiver) = (self.endpoint(side), self.endpoint(side.peer()));
        let Some(Strange { end, ack }) = receiver.strange else {
            return false;
        };
        let other = sender.has_seq() && !segment.seq.is_near(sender.snd_nxt);
        let answers = segment.flags.ack() && segment.ack.is_near(end) && segment.seq.is_near(ack);
        other && answers && !segment.flags.syn()
    }

    /// Keeps where a strange segment stood, and the segment as one that an RST may
    /// answer.
    pub(crate) fn note_strange(&mut self, segment: &Segment<'_>, side: Side) {
        let end = self.endpoint_mut(side);
        // What acknowledges nothing is dropped, and never answered.
        if segment.flags.ack() || segment.flags.syn() {
            end.strange = Some(Strange {
                end: segment.end(),
                ack: segment.ack,
            });
        }
        let kind = classify(segment, end, content_of(segment, end));
        self.recent_mut(side).push_strange(Sent::new(segment, kind));
    }
}
