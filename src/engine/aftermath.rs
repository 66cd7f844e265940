// SPDX-License-Identifier: GPL-2.0-or-later

//! What comes after an RST revises its verdict: the claimed sender goes on, the
//! receiver goes on, or the receiver gives up.

use std::time::Duration;

use super::{Verdicts, verdicts::LONGEST_RUN};
use crate::{
    case::{Case, Continuation, OVERTAKEN_AT_MOST, Origin},
    conversation::{Acceptability, Conversation, Role, SegmentKind, Shape, Side},
    mutation::limit,
    verdict::{Followup, FollowupKind},
    wire::{FrameNumber, Segment, SeqNumber},
};

/// A path of which no round trip is known may be as long as this (RFC 6298 §2: the
/// first retransmission time-out).
const UNKNOWN_PATH: Duration = Duration::from_secs(1);

/// Looks at a segment of a conversation that holds an RST already; the note for
/// the segment's frame, if it shows something.
pub(super) fn watch(
    verdicts: &mut Verdicts,
    conversation: &mut Conversation,
    segment: &Segment<'_>,
    side: Side,
    kind: SegmentKind,
) -> Option<Followup> {
    let continues = sender_goes_on(verdicts, conversation, segment, side, kind);
    let ignores = receiver_goes_on(verdicts, conversation, segment, side);
    conversation.note_survival(side, continues.is_some(), false);
    conversation.note_survival(side.peer(), false, ignores.is_some());
    if conversation.has_survived() {
        conversation.revive();
    }
    continues.or(ignores)
}

fn sender_goes_on(
    verdicts: &mut Verdicts,
    conversation: &mut Conversation,
    segment: &Segment<'_>,
    side: Side,
    kind: SegmentKind,
) -> Option<Followup> {
    let mut next = Some(conversation.watched_reset(side)?);
    let payload = if kind.carries_payload() {
        segment.payload_length
    } else {
        0
    };
    let heard = conversation.endpoint(side.peer()).snd_nxt;
    let mut shown = None;
    for _ in 0..LONGEST_RUN {
        let Some(frame) = next else { break };
        verdicts.amend(frame, |case| continue_after(case, segment, payload, heard));
        let Some(verdict) = verdicts.get(&frame) else {
            break;
        };
        // The note calls the RST forged: only where the verdict does.
        if verdict.sender_goes_on() && verdict.origin() == Origin::Middlebox {
            shown = shown.or(Some(Followup {
                kind: FollowupKind::SenderContinues,
                reset: frame,
                side: verdict.sender(),
            }));
        }
        next = verdict.case().earlier_of_same_sender();
    }
    if shown.is_some() {
        conversation.stop_watching(side);
    }
    shown
}

/// The claimed sender's next segment, if it can show what the one before could not.
fn continue_after(case: &mut Case, segment: &Segment<'_>, payload: u32, heard: SeqNumber) {
    let reset = &case.reset;
    let (sender, receiver) = (&case.sender, &case.receiver);
    let last_sent = if sender.has_seq() && sender.snd_nxt.is_after(reset.seq) {
        sender.snd_nxt
    } else {
        reset.seq
    };
    let last_acked = [
        sender.has_acked().then_some(sender.acked),
        reset.flags.ack().then_some(reset.ack),
    ];
    let acknowledges_more = segment.flags.ack()
        && last_acked.iter().any(Option::is_some)
        && last_acked
            .into_iter()
            .flatten()
            .all(|acked| segment.ack.is_after(acked));
    let known_ack = !segment.flags.ack() || !receiver.has_seq() || {
        segment.ack.is_near(receiver.snd_nxt) && !segment.ack.is_after(heard)
    };
    let plausible = (!sender.has_seq() || segment.seq.is_near(sender.snd_nxt)) && known_ack;
    let before = case.aftermath.continued;
    let segments = before.map_or(0, |before| before.segments);
    let continuation = Continuation {
        frame: segment.frame,
        after: segment.time.since(reset.time),
        payload,
        behind_payload: segment
            .end()
            .is_after(reset.seq.offset(reset.payload_length)),
        beyond_reset: segment.payload_length > 0 && segment.end().is_after(last_sent),
        acknowledges_more,
        acknowledges_later: segment.flags.ack()
            && receiver.has_seq()
            && segment.ack.is_after(receiver.snd_nxt),
        plausible,
        ttl: segment.ip.map(|ip| ip.ttl),
        link_source: segment.link.source,
        timestamps: segment.options.timestamps,
        segments: segments.saturating_add(u8::from(plausible)),
    };
    match &mut case.aftermath.continued {
        Some(before) if !continuation.tells_more_than(before) => {
            // The third and later ones show no more than the second.
            before.segments = continuation.segments.min(2);
        }
        continued => *continued = Some(continuation),
    }
}

fn receiver_goes_on(
    verdicts: &mut Verdicts,
    conversation: &mut Conversation,
    segment: &Segment<'_>,
    side: Side,
) -> Option<Followup> {
    let receiver_rtt = conversation
        .endpoint(side)
        .rtt()
        .unwrap_or(limit!(UNKNOWN_PATH));
    let last = conversation.last_reset(side.peer())?;
    let verdict = verdicts.get(&last.frame)?;
    let case = verdict.case();
    let aftermath = &case.aftermath;
    if aftermath.ignored.is_some() || aftermath.obeyed.is_some() {
        return None;
    }
    // A segment that was on its way when the RST passed says nothing.
    let after = segment.time.since(case.reset.time);
    let reacted = match case.acceptability {
        // The challenge ACK of RFC 5961 §3.2 comes at once.
        Acceptability::InWindow | Acceptability::OutOfWindow => after >= receiver_rtt,
        Acceptability::Exact | Acceptability::Unknown => {
            after > receiver_rtt * 2 + limit!(OVERTAKEN_AT_MOST of "case::aftermath")
        }
    };
    let ignored_by = verdict.sender().map(Role::peer);
    drop(verdict);
    if !reacted {
        return None;
    }
    // So were those before it in the same name: one that had worked would have left nobody
    // to go on.
    let mut next = Some(last.frame);
    for _ in 0..LONGEST_RUN {
        let Some(frame) = next else { break };
        verdicts.amend(frame, |case| {
            if case.aftermath.ignored.is_none() && case.aftermath.obeyed.is_none() {
                case.aftermath.ignored = Some(segment.frame);
            }
        });
        next = verdicts
            .get(&frame)
            .and_then(|verdict| verdict.case().earlier_of_same_sender());
    }
    Some(Followup {
        kind: FollowupKind::ResetIgnored,
        reset: last.frame,
        side: ignored_by,
    })
}

/// The receiver of an RST answers later segments with RSTs of its own: it has
/// given the connection up.
pub(super) fn note_answer(
    verdicts: &mut Verdicts,
    conversation: &Conversation,
    case: &Case,
    side: Side,
) {
    if case.shape() == Shape::Passive {
        obey(verdicts, conversation, side, case.reset.frame);
    }
}

/// The receiver of an RST opens a new connection on the same ports.
pub(super) fn note_reuse(
    verdicts: &mut Verdicts,
    conversation: &Conversation,
    syn: &Segment<'_>,
    side: Side,
) {
    obey(verdicts, conversation, side, syn.frame);
}

fn obey(verdicts: &mut Verdicts, conversation: &Conversation, side: Side, frame: FrameNumber) {
    let Some(last) = conversation.last_reset(side.peer()) else {
        return;
    };
    verdicts.amend(last.frame, |case| {
        let aftermath = &mut case.aftermath;
        if aftermath.obeyed.is_none() {
            // What seemed to go on was on its way.
            aftermath.ignored = None;
            aftermath.obeyed = Some(frame);
        }
    });
}
