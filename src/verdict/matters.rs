// SPDX-License-Identifier: GPL-2.0-or-later

//! Whether an RST matters, and why, in a few words.

use super::Verdict;
use crate::{
    cause::{Cause, Impact},
    conversation::Phase,
    words::{Count, say},
};

impl Verdict {
    /// Writes `rst.matters`: the impact and its reason.
    pub(crate) fn write_matters(&self, out: &mut String) {
        say!(out, "{}, ", self.impact().token().to_string_lossy());
        reason(self, out);
    }

    /// Writes `rst.impact.text`: the reason as a sentence.
    pub(crate) fn write_impact(&self, out: &mut String) {
        let mut words = String::new();
        reason(self, &mut words);
        let (first, rest) = words.split_at_checked(1).unwrap_or((&words, ""));
        say!(out, "{}{rest}.", first.to_ascii_uppercase());
    }
}

fn reason(verdict: &Verdict, out: &mut String) {
    let case = verdict.case();
    if let Some(frame) = verdict.consequence_of() {
        say!(out, "it follows from the RST in frame {frame}");
    } else if verdict.effective() == Some(false) {
        say!(out, "the {} carried on regardless", case.receiver_word());
    } else {
        match verdict.impact() {
            Impact::Disruptive => failure(verdict, out),
            Impact::Noteworthy => match case.unacked_bytes() {
                Some(bytes @ 1..) => say!(out, "{} may be lost", Count(bytes, "byte")),
                Some(0) if verdict.cause() == Cause::ApplicationAbort => say!(
                    out,
                    "an application closed abruptly; it had acknowledged all data"
                ),
                _ => say!(out, "{}", worth_knowing(verdict.cause())),
            },
            Impact::Benign => say!(out, "{}", harmless(verdict)),
        }
    }
}

/// What failed; only what the capture shows before the RST.
fn failure(verdict: &Verdict, out: &mut String) {
    let case = verdict.case();
    match (case.phase, case.unsent, case.unacked_bytes()) {
        (Phase::Syn, ..) => say!(out, "the connection attempt failed"),
        (Phase::Handshake | Phase::Established, ..) => {
            say!(out, "the connection failed before it carried data");
        }
        (Phase::Request, ..) => say!(out, "the request failed"),
        (_, Some(bytes), _) => {
            say!(
                out,
                "the response was cut short by {}",
                Count(bytes, "byte")
            );
        }
        (Phase::Data, ..) => say!(out, "the connection was cut in mid-stream"),
        (_, _, Some(bytes @ 1..)) => {
            say!(out, "{} stayed unacknowledged", Count(bytes, "byte"));
        }
        _ => say!(out, "the connection failed"),
    }
}

/// What makes it worth knowing, where nothing failed for certain.
const fn worth_knowing(cause: Cause) -> &'static str {
    match cause {
        Cause::ApplicationAbort => "an application closed abruptly",
        Cause::UnreadData => "data was received and never read",
        Cause::DataAfterClose => "data arrived for a connection that its receiver had closed",
        Cause::HalfOpenScan | Cause::ConnectScan => "somebody tries out ports",
        Cause::CancelledConnect => "the answer came after the client had given up",
        Cause::HalfOpenRecovery => "a new connection had to replace a stale one",
        Cause::KeepaliveTimeout => "the other host no longer answers",
        Cause::IdleTimeout => "an idle connection was closed and must be opened again",
        Cause::BlindInjection => "somebody guesses sequence numbers",
        Cause::ResetLoop => "two hosts answer each other without end",
        Cause::RawSocket => "a program with raw packets and its host's kernel disagree",
        Cause::StrayAnswer | Cause::Backscatter => {
            "a host received segments that it did not expect"
        }
        _ => "the capture does not show whether a user noticed",
    }
}

fn harmless(verdict: &Verdict) -> &'static str {
    let case = verdict.case();
    match case.phase {
        _ if case.refused_before.is_some() => "it repeats an earlier refusal",
        _ if case.neighbours.scan.is_some() => "it is one of many probes",
        Phase::Closing | Phase::Closed => "the connection was closing already",
        _ => "no user notices",
    }
}
