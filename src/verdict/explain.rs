// SPDX-License-Identifier: GPL-2.0-or-later

//! Order and grammar of what the user reads; the words of a finding are its own.

use super::{Verdict, weigh::Considered};
use crate::{
    case::{Case, Origin, Vantage},
    evidence::{Observed, catalogue::TABLE},
    hypothesis::Sort,
    words::{name_sides, say},
};

pub(super) fn summary(verdict: &Verdict, out: &mut String) {
    let case = &verdict.case;
    match verdict.origin() {
        Origin::Middlebox => {
            say!(out, "RST likely from middlebox");
            let strongest = verdict.findings().iter().find(|found| found.weight > 0);
            if let Some(found) = strongest {
                say!(out, " (");
                found.finding.write_brief(out);
                say!(out, ")");
            }
        }
        Origin::Endpoint => say!(
            out,
            "RST from {}: {}",
            case.sender_word(),
            verdict.cause().title().to_str().unwrap_or_default(),
        ),
        Origin::Unclear => say!(
            out,
            "RST in {}'s name: reset {}, sender unclear",
            case.sender_word(),
            case.phase.words(),
        ),
    }
}

/// What a story explains here, and at which price.
pub(super) fn story(story: &Considered, out: &mut String) {
    say!(out, "{}", story.hypothesis.title);
    match (story.hypothesis.sort, story.explained) {
        (Sort::Guilty, 0) => say!(out, ", at a price of {}", story.price),
        (Sort::Guilty, taken) => say!(
            out,
            ": it escapes {taken} decibans for the host, at a price of {}",
            story.price
        ),
        (_, taken) => say!(
            out,
            ": it explains {taken} decibans for a device, at a price of {}",
            story.price
        ),
    }
    say!(out, " ({}).", story.because);
}

/// The `index`-th sentence on what the capture could not show.
pub(super) fn missing(verdict: &Verdict, index: usize, out: &mut String) {
    let general: Vec<fn(&Verdict, &mut String)> = vantage(&verdict.case)
        .into_iter()
        .chain(verdict.case.roles_assumed.then_some(assumed as _))
        .chain(verdict.case.others_come_from().map(|_| elsewhere as _))
        .collect();
    if let Some(write) = general.get(index) {
        write(verdict, out);
        return;
    }
    let reason = TABLE
        .iter()
        .filter_map(|row| match (row.observe)(&verdict.case) {
            Observed::NotObservable(why) if !why.is_empty() => Some(why),
            _ => None,
        })
        .nth(index - general.len());
    if let Some(why) = reason {
        let why = name_sides(
            why,
            verdict.case.sender_word(),
            verdict.case.receiver_word(),
        );
        let (first, rest) = why.split_at_checked(1).unwrap_or((&why, ""));
        say!(out, "{}{rest}.", first.to_ascii_uppercase());
    }
}

fn elsewhere(verdict: &Verdict, out: &mut String) {
    if let Some(ttl) = verdict.case.others_come_from() {
        say!(
            out,
            "Most other conversations of this address arrive with TTL {ttl}: the capture does not show whether a proxy or another machine holds this one."
        );
    }
}

fn assumed(_: &Verdict, out: &mut String) {
    say!(
        out,
        "Client and server are guessed from the ports: the capture lacks the handshake."
    );
}

/// Where the capture was taken decides what it can show.
fn vantage(case: &Case) -> Option<fn(&Verdict, &mut String)> {
    Some(match case.vantage()? {
        Vantage::AtSender => |verdict, out| {
            say!(
                out,
                "The capture was taken beside the {}: it cannot show what a device in between sent to the {}.",
                verdict.case.sender_word(),
                verdict.case.receiver_word()
            );
        },
        Vantage::AtReceiver => |verdict, out| {
            say!(
                out,
                "The capture was taken beside the {}: only one on the {}'s side would prove who sent this RST.",
                verdict.case.receiver_word(),
                verdict.case.sender_word()
            );
        },
        Vantage::Between => |_, out| {
            say!(
                out,
                "The capture was taken between the two: a device on either side of it may have sent the RST."
            );
        },
    })
}
