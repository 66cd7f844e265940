// SPDX-License-Identifier: GPL-2.0-or-later

//! Order and grammar of what the user reads; the words of a finding are its own.

use super::{Verdict, weigh::PRIOR};
use crate::{
    case::{Case, Origin, Vantage},
    evidence::{Observed, catalogue::TABLE},
    words::say,
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

/// Prior, weights and sum, as in "−5 (prior) +15 ttl_unrouted = 10 → 90 %".
pub(super) fn reckoning(verdict: &Verdict, out: &mut String) {
    say!(out, "Decibans for a middlebox: {PRIOR} (prior)");
    for found in verdict.findings().iter().filter(|found| found.weight != 0) {
        let token = found.evidence().token.to_str().unwrap_or_default();
        say!(out, " {:+} ({token})", found.weight);
    }
    say!(out, " = {}.", verdict.weighing.sum);
    if verdict.case.roles_assumed {
        say!(
            out,
            " Client and server are assumed from the ports: the capture lacks the handshake."
        );
    }
}

/// The `index`-th reason why something could not be observed.
pub(super) fn missing(verdict: &Verdict, index: usize, out: &mut String) {
    let vantage = vantage(&verdict.case);
    if let (0, Some(words)) = (index, vantage) {
        words(verdict, out);
        return;
    }
    let index = index - usize::from(vantage.is_some());
    let reason = TABLE
        .iter()
        .filter_map(|row| match (row.observe)(&verdict.case) {
            Observed::NotObservable(why) if !why.is_empty() => Some(why),
            _ => None,
        })
        .nth(index);
    if let Some(why) = reason {
        say!(out, "Not observable: {why}.");
    }
}

/// Where the capture was taken decides what it can show.
fn vantage(case: &Case) -> Option<fn(&Verdict, &mut String)> {
    Some(match case.vantage()? {
        Vantage::AtSender => |verdict, out| {
            say!(
                out,
                "The capture was taken beside the {}: what a device between the two sent to the other side is not in it.",
                verdict.case.sender_word()
            );
        },
        Vantage::AtReceiver => |verdict, out| {
            say!(
                out,
                "The capture was taken beside the {}: whether the {} sent this RST would be proved by a capture on its side.",
                verdict.case.receiver_word(),
                verdict.case.sender_word()
            );
        },
        Vantage::Between => |_, out| {
            say!(
                out,
                "The capture was taken between the two: a device on either side of this point may have sent the RST."
            );
        },
    })
}
