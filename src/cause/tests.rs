// SPDX-License-Identifier: GPL-2.0-or-later

//! What holds for every cause. `tests/catalogue.rs` asks for a capture of each.

use std::{collections::BTreeSet, time::Duration};

use super::{Cause, Impact, catalogue::GROUPS, row::Rule};
use crate::{
    case::{Case, Origin, testing::case},
    conversation::{Phase, Role, SegmentKind, Shape, Trigger},
    wire::FrameNumber,
};

#[test]
fn every_cause_that_can_matter_names_a_next_step() {
    for cause in Cause::ALL {
        assert!(
            cause.usual_impact() == Impact::Benign || !cause.about().next.is_empty(),
            "{cause:?}"
        );
    }
}

#[test]
fn index_is_the_place_in_the_list() {
    for (cause, index) in Cause::ALL.iter().zip(0..) {
        assert_eq!(cause.index(), index);
        assert_eq!(cause.row().cause, *cause);
    }
}

/// A case that was changed.
fn with(change: impl FnOnce(&mut Case)) -> Case {
    let mut case = Case::clone(&case());
    change(&mut case);
    case
}

fn answer_to(kind: SegmentKind) -> Option<Trigger> {
    Some(Trigger {
        frame: FrameNumber::new(9).unwrap(),
        kind,
        latency: Duration::from_millis(20),
    })
}

/// A client's answer to a SYN-ACK.
fn refusal() -> Case {
    with(|case| {
        case.role = Some(Role::Client);
        case.phase = Phase::Handshake;
        case.answer.trigger = answer_to(SegmentKind::SynAck);
    })
}

/// The cases by which causes are known that have their row elsewhere: what is
/// known, by whose RST, and what its sentence says that others do not.
fn also() -> Vec<(Cause, Case, Origin, &'static str)> {
    use Cause::{
        Backscatter, IdleStateLost, IdleTimeout, NoConnection, RetransmissionTimeout, StrayAnswer,
        ZeroWindowTimeout,
    };
    use Origin::{Endpoint, Middlebox};
    let wrong_number = {
        let mut case = refusal();
        case.sender.test_opened(0);
        case
    };
    let idle = |trigger| {
        with(|case| {
            case.after_idle = true;
            case.answer.trigger = trigger;
        })
    };
    let late_syn_ack = with(|case| {
        case.sender.test_closed();
        case.answer.trigger = answer_to(SegmentKind::SynAck);
    });
    let closing = |after_idle| {
        with(|case| {
            case.phase = Phase::Closing;
            case.receiver.test_closed();
            case.answer.trigger = answer_to(SegmentKind::Fin);
            case.after_idle = after_idle;
        })
    };
    let unanswered = with(|case| {
        case.answer.shape = Shape::Active;
        case.sender.retransmissions = 2;
    });
    let stalled = with(|case| {
        case.answer.shape = Shape::Active;
        case.receiver.test_stalled();
    });
    let data = answer_to(SegmentKind::Data);
    vec![
        (Backscatter, refusal(), Endpoint, "holds no SYN"),
        (
            StrayAnswer,
            wrong_number,
            Endpoint,
            "(it is 5000 bytes off)",
        ),
        (IdleStateLost, idle(data), Middlebox, "a device on the path"),
        (IdleTimeout, idle(None), Middlebox, "A device on the path"),
        (StrayAnswer, late_syn_ack, Endpoint, "SYN-ACK in frame 9"),
        (IdleStateLost, closing(true), Endpoint, "FIN in frame 9"),
        (NoConnection, closing(false), Endpoint, "FIN in frame 9"),
        (RetransmissionTimeout, unanswered, Endpoint, "data 3 times"),
        (ZeroWindowTimeout, stalled, Endpoint, "ended the connection"),
    ]
}

#[test]
fn every_other_way_to_a_cause_is_taken() {
    let mut taken = BTreeSet::new();
    for (cause, case, origin, said) in also() {
        let mut rules = GROUPS.iter().copied().flatten();
        let place = rules.position(|rule| rule.recognises(&case, origin));
        taken.extend(place);
        assert_eq!(Cause::of(&case, origin), cause);
        let mut text = String::new();
        cause.write_text(&case, origin, &mut text);
        assert!(text.contains(said), "{cause:?}: {text}");
    }
    let rules = GROUPS.iter().copied().flatten().enumerate();
    for (place, rule) in rules {
        if let Rule::Also(cause, _) = rule {
            assert!(taken.contains(&place), "rule {place}, {cause:?}");
        }
    }
}

#[test]
fn doubt_is_said_where_the_sentence_does_not_say_who() {
    let doubt = "which is not certain";
    for (cause, says_who) in [(Cause::ApplicationAbort, false), (Cause::PortClosed, true)] {
        for origin in Origin::ALL {
            let mut text = String::new();
            cause.write_text(&case(), *origin, &mut text);
            let expected = *origin == Origin::Unclear && !says_who;
            assert_eq!(text.contains(doubt), expected, "{text}");
        }
    }
}
