// SPDX-License-Identifier: GPL-2.0-or-later

//! Order and grammar of what the user reads; the words of a finding are its own.

use super::{Verdict, weigh::PRIOR};
use crate::evidence::{Observed, Origin, catalogue::TABLE, say};

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
