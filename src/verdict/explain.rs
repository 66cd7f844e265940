// SPDX-License-Identifier: GPL-2.0-or-later

//! Order and grammar of what the user reads; the words of a finding are its own.

use super::{PRIOR, Verdict, places::write_points, weigh::Considered};
use crate::{
    case::{Case, Origin, Vantage},
    evidence::{Observed, catalogue::TABLE},
    hypothesis::Sort,
    words::{Count, name_sides, say, write_span},
};

/// The longest summary, so that columns and dialogs do not cut it.
const LONGEST_SUMMARY: usize = 100;

pub(super) fn summary(verdict: &Verdict, out: &mut String) {
    let case = &verdict.case;
    let sender = case.sender_word();
    match verdict.origin() {
        Origin::Middlebox if let Some(made) = case.made() => {
            say!(out, "RST made between the capture points (");
            write_points(case, made, out);
            say!(out, "): ");
            why(verdict, out);
        }
        Origin::Middlebox => {
            say!(out, "RST likely from middlebox");
            let strongest = verdict.findings().iter().find(|found| found.weight > 0);
            if let Some(found) = strongest {
                say!(out, " (");
                found.finding.write_brief(out);
                say!(out, ")");
            }
            say!(out, ": ");
            why(verdict, out);
        }
        Origin::Endpoint => {
            let title = verdict.cause().title().to_string_lossy();
            say!(out, "RST from {sender}: {title}");
        }
        Origin::Unclear => say!(
            out,
            "RST claiming to be from the {sender}, sender unclear: reset {}",
            case.phase.words(),
        ),
    }
    if let Some((end, _)) = out.char_indices().nth(LONGEST_SUMMARY) {
        let last = out.char_indices().nth(LONGEST_SUMMARY - 1);
        out.truncate(last.map_or(end, |(last, _)| last));
        out.push('…');
    }
}

/// The cause in a few words, and the name that it hit.
pub(super) fn why(verdict: &Verdict, out: &mut String) {
    say!(out, "{}", verdict.cause().title().to_string_lossy());
    let mut name = String::new();
    verdict.write_trigger_name(&mut name);
    if !name.is_empty() && verdict.origin() == Origin::Middlebox {
        say!(out, ", {name}");
    }
}

/// Where in the conversation it came, and after what.
pub(super) fn when(verdict: &Verdict, out: &mut String) {
    say!(out, "{}", verdict.phase().words());
    if let Some(trigger) = verdict.reacted_to() {
        say!(out, ", ");
        write_span(out, trigger.latency);
        say!(
            out,
            " after the {} (frame {})",
            trigger.kind.words(),
            trigger.frame
        );
    }
    if let Some(idle) = verdict.idle_time().filter(|_| verdict.case.after_idle) {
        say!(out, ", after ");
        write_span(out, idle);
        say!(out, " of silence");
    }
}

/// Who sent it, and where that is.
pub(super) fn who(verdict: &Verdict, out: &mut String) {
    let sender = verdict.case.sender_word();
    let (origin, percent) = (verdict.origin().token(), verdict.confidence());
    say!(out, "{}", origin.to_string_lossy());
    match verdict.origin() {
        Origin::Endpoint => say!(out, ", {percent} %, the {sender}"),
        Origin::Middlebox => {
            say!(out, ", {percent} %");
            match verdict.device_hops() {
                Some(0) => say!(out, ", no router from here"),
                Some(hops) => say!(out, ", {} from here", Count(hops.into(), "router")),
                None => {}
            }
            say!(out, ", not the {sender}");
        }
        Origin::Unclear if verdict.sum() > 0 => say!(out, ", leaning to a middlebox"),
        Origin::Unclear if verdict.sum() < 0 => say!(out, ", leaning to the {sender}"),
        Origin::Unclear => {}
    }
}

/// The evidence in short: the sum, and how many findings it is made of.
pub(super) fn evidences(verdict: &Verdict, out: &mut String) {
    let findings = u32::try_from(verdict.findings().len()).unwrap_or(u32::MAX);
    let sum = verdict.sum();
    say!(
        out,
        "{sum:+}, {}, prior {PRIOR}",
        Count(findings, "finding")
    );
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
    // Where several points were captured, it is not one that decides.
    let vantage = vantage(&verdict.case).filter(|_| verdict.case.crossing.is_none());
    let general: Vec<fn(&Verdict, &mut String)> = vantage
        .into_iter()
        .chain(verdict.case.history_evicted.then_some(forgotten as _))
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

/// What looks absent may have been let go.
fn forgotten(_: &Verdict, out: &mut String) {
    say!(
        out,
        "The memory limit made rstscope forget conversations or hosts before this RST: what seems missing may have been in the capture."
    );
}

fn assumed(verdict: &Verdict, out: &mut String) {
    let why = if verdict.case.history_evicted {
        "the capture lacks the handshake, or rstscope forgot it"
    } else {
        "the capture lacks the handshake"
    };
    say!(out, "Client and server are guessed from the ports: {why}.");
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

#[cfg(test)]
mod tests {
    use crate::{case::testing::case, verdict::Verdict};

    fn missing(history_evicted: bool) -> Vec<String> {
        let mut case = (*case()).clone();
        case.history_evicted = history_evicted;
        case.roles_assumed = true;
        let verdict = Verdict::of(case, None, b"");
        let sentence = |index| {
            let mut out = String::new();
            verdict.write_missing(index, &mut out);
            out
        };
        (0..20)
            .map(sentence)
            .take_while(|it| !it.is_empty())
            .collect()
    }

    #[test]
    fn what_may_be_forgotten_is_said() {
        let said = missing(true).join("\n");
        assert!(
            said.contains("The memory limit made rstscope forget"),
            "{said}"
        );
        assert!(
            said.contains("lacks the handshake, or rstscope forgot it."),
            "{said}"
        );
        let said = missing(false).join("\n");
        assert!(!said.contains("forg"), "{said}");
        assert!(said.contains("lacks the handshake."), "{said}");
    }
}
