// SPDX-License-Identifier: GPL-2.0-or-later

//! What an RST answers: its shape, its trigger, and the earliest moment at
//! which its sender can have known what it says.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Endpoint, Recent, SegmentKind, Sent};
use crate::{
    mutation::limit,
    wire::{FrameNumber, Segment},
};

/// How an RST is made (RFC 9293 §3.5.2; the forms that real stacks send:
/// `docs/measured.md#what-an-rst-looks-like-by-its-maker`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shape {
    /// RST+ACK of a socket that still exists: SEQ = SND.NXT, ACK = RCV.NXT.
    Active,
    /// RST without ACK, its SEQ the acknowledgement of the segment answered:
    /// there is no such connection.
    Passive,
    /// RST+ACK that acknowledges a SYN: nobody listens.
    SynAnswer,
    /// None of these, as far as the capture shows.
    Odd,
}

/// The segment that an RST answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trigger {
    /// Its frame.
    pub(crate) frame: FrameNumber,
    /// What it is.
    pub(crate) kind: SegmentKind,
    /// From it to the RST.
    pub(crate) latency: Duration,
}

/// The earliest segment that can have told the RST's sender what the RST says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bound {
    /// Its frame.
    pub(crate) frame: FrameNumber,
    /// From it to the RST: the sender can have had no more time than this.
    pub(crate) latency: Duration,
}

/// What an RST answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// How it is made.
    pub(crate) shape: Shape,
    /// The segment that it most likely answers.
    pub(crate) trigger: Option<Trigger>,
    /// The earliest that it can answer.
    pub(crate) bound: Option<Bound>,
    /// The ClientHello or HTTP request of either side that came just before: a
    /// device that reads along reacts to it whichever side it resets.
    pub(crate) content: Option<Trigger>,
    /// Its sender's last keep-alive probe, if the RST comes when the next one was
    /// due and nothing else of the sender came in between.
    pub(crate) unheard_probe: Option<FrameNumber>,
}

/// A kernel answers at once; what was sent longer ago than this many round
/// trips, it had answered long before. Estimate: bufferbloat seldom triples a path's
/// round trip within a capture.
const ANSWERED_WITHIN_ROUND_TRIPS: u32 = 3;
/// Where no round trip is known: Linux' smallest retransmission time-out
/// (`TCP_RTO_MIN`, 200 ms); later the trigger would have been sent again.
const ANSWERED_WITHIN: Duration = Duration::from_millis(200);

/// Beside a host, within its machine or on its link, an answer takes less than this:
/// its round trips are the noise of its scheduler and tell nothing of what it can have
/// answered (`docs/measured.md#delays-within-one-machine`).
pub(crate) const BESIDE: Duration = Duration::from_millis(1);

/// An abort that comes later than this follows a timer of the application, not
/// the segment (estimate: an unanswered request is aborted at once or at a time-out,
/// and time-outs are set in seconds).
const REACTS_WITHIN: Duration = Duration::from_secs(2);

impl Answer {
    /// What `reset` answers among the segments of `receiver`; `rtt` is the round
    /// trip between capture point and claimed sender.
    #[must_use]
    pub(crate) fn of(
        reset: &Segment<'_>,
        (sender, own): (&Endpoint, &Recent),
        (receiver, recent): (&Endpoint, &Recent),
        rtt: Option<Duration>,
    ) -> Self {
        Self {
            content: content(reset, own.fitting().chain(recent.fitting())),
            unheard_probe: unheard_probe(reset, own),
            ..Self::form(reset, sender, receiver, recent, rtt)
        }
    }

    const NOTHING: Self = Self {
        shape: Shape::Odd,
        trigger: None,
        bound: None,
        content: None,
        unheard_probe: None,
    };

    fn form(
        reset: &Segment<'_>,
        sender: &Endpoint,
        receiver: &Endpoint,
        recent: &Recent,
        rtt: Option<Duration>,
    ) -> Self {
        if !reset.flags.ack() {
            return Self::passive(reset, receiver, recent, rtt);
        }
        let answered_syns = || {
            recent
                .iter()
                .filter(|sent| sent.kind == SegmentKind::Syn && sent.end() == reset.ack)
        };
        if receiver.syn() && !sender.syn() {
            // With a repeated SYN, the newest is the trigger, and the oldest
            // the one that it can have answered.
            let trigger = answered_syns().next();
            let bound = answered_syns().last();
            if trigger.is_some() {
                return Self {
                    shape: Shape::SynAnswer,
                    trigger: trigger.map(|sent| trigger_of(sent, reset)),
                    bound: bound.map(|sent| bound_of(sent, reset)),
                    ..Self::NOTHING
                };
            }
        }
        Self::active(reset, sender, recent)
    }

    fn passive(
        reset: &Segment<'_>,
        receiver: &Endpoint,
        recent: &Recent,
        rtt: Option<Duration>,
    ) -> Self {
        let matches = |sent: &&Sent| sent.flags.ack() && sent.ack == reset.seq;
        let span = rtt.map_or(limit!(ANSWERED_WITHIN), |rtt| {
            (rtt * limit!(ANSWERED_WITHIN_ROUND_TRIPS)).max(limit!(ANSWERED_WITHIN))
        });
        let age = |sent: &Sent| reset.time.since(sent.time);
        let candidates = || {
            recent
                .unanswered()
                .filter(matches)
                .filter(|sent| age(sent) <= span)
        };
        // The newest that is old enough for an answer to have come back; where
        // none is, the newest: then something nearer has answered.
        let far = rtt.filter(|rtt| *rtt >= limit!(BESIDE));
        let old_enough = |sent: &&Sent| far.is_none_or(|rtt| age(sent) >= rtt * 9 / 10);
        let trigger = candidates()
            .find(old_enough)
            .or_else(|| candidates().next())
            .or_else(|| recent.iter().find(matches));
        // The segment that it answers may be one of those that are not kept.
        let may_answer_older =
            recent.has_overflowed() && receiver.has_acked() && !reset.seq.is_after(receiver.acked);
        let bound = candidates()
            .last()
            .filter(|_| recent.covers(span, reset.time));
        Self {
            shape: if trigger.is_some() || may_answer_older {
                Shape::Passive
            } else {
                Shape::Odd
            },
            trigger: trigger.map(|sent| trigger_of(sent, reset)),
            bound: bound.map(|sent| bound_of(sent, reset)),
            ..Self::NOTHING
        }
    }

    fn active(reset: &Segment<'_>, sender: &Endpoint, recent: &Recent) -> Self {
        // The oldest: its sender cannot have known these bytes before.
        let acknowledged = recent
            .iter()
            .filter(|sent| sent.length > 0 && sent.end() == reset.ack)
            .filter(|sent| {
                !matches!(
                    sent.kind,
                    SegmentKind::Retransmission | SegmentKind::KeepAlive
                )
            })
            .last();
        // It reacts to what it acknowledges only if its sender has not
        // acknowledged or answered that before.
        let reaction = acknowledged
            .filter(|sent| reset.time.since(sent.time) <= limit!(REACTS_WITHIN))
            .filter(|_| !sender.has_acked() || reset.ack.is_after(sender.acked))
            .or_else(|| {
                acknowledged.filter(|sent| {
                    reset.time.since(sent.time) <= limit!(REACTS_WITHIN)
                        && sent.kind.carries_payload()
                        && sender.last_data_frame.is_none_or(|data| data < sent.frame)
                })
            });
        Self {
            shape: Shape::Active,
            trigger: reaction.map(|sent| trigger_of(sent, reset)),
            bound: acknowledged.map(|sent| bound_of(sent, reset)),
            ..Self::NOTHING
        }
    }
}

/// Probes come at equal intervals, the first after a silence of its own; kernels
/// keep both within some per cent (measured: 1.004 s and 1.032 s for 1 s).
const PROBE_JITTER: u32 = 10;

fn unheard_probe(reset: &Segment<'_>, own: &Recent) -> Option<FrameNumber> {
    let mut sent = own.iter();
    let (probe, before) = (sent.next()?, sent.next()?);
    let interval = probe.time.since(before.time);
    let due = reset.time.since(probe.time).abs_diff(interval) <= interval / limit!(PROBE_JITTER);
    (probe.kind == SegmentKind::KeepAlive && due).then_some(probe.frame)
}

/// The newest request among these, if it came within [`ANSWERED_WITHIN`].
fn content<'a>(reset: &Segment<'_>, sent: impl Iterator<Item = &'a Sent>) -> Option<Trigger> {
    sent.filter(|sent| sent.kind.asks_for_a_name())
        .map(|sent| trigger_of(sent, reset))
        .filter(|trigger| trigger.latency <= limit!(ANSWERED_WITHIN))
        .min_by_key(|trigger| trigger.latency)
}

fn trigger_of(sent: &Sent, reset: &Segment<'_>) -> Trigger {
    Trigger {
        frame: sent.frame,
        kind: sent.kind,
        latency: reset.time.since(sent.time),
    }
}

fn bound_of(sent: &Sent, reset: &Segment<'_>) -> Bound {
    Bound {
        frame: sent.frame,
        latency: reset.time.since(sent.time),
    }
}
