// SPDX-License-Identifier: GPL-2.0-or-later

//! RSTs that no other group knows.

use super::{
    About, Cause, Impact,
    row::{Row, Rule, name},
};
use crate::{
    case::{Case, Origin},
    conversation::Phase,
    words::say,
};

pub(super) const RULES: &[Rule] = &[Rule::Row(ROW)];

pub(super) const ROW: Row = Row {
    cause: Cause::Unknown,
    name: name!("unknown"),
    title: c"not explained",
    usual_impact: Impact::Noteworthy,
    says_who: true,
    about: About {
        seen: "None of the above.",
        means: "The capture begins with the RST, or shows too little before it.",
        alike: "Anything.",
        source: "–",
        next: "Capture from the beginning of the conversation, and on both sides if possible.",
    },
    recognise: |_, _| true,
    write: write_unknown,
};

fn write_unknown(case: &Case, _: Origin, out: &mut String) {
    if case.phase == Phase::Unknown && case.history_evicted {
        say!(
            out,
            "What came before the RST is unknown: the capture holds more conversations than are remembered at a time, and this one may have been forgotten."
        );
    } else if case.phase == Phase::Unknown {
        say!(
            out,
            "The capture holds nothing of this conversation before the RST, so what it ended is unknown."
        );
    } else {
        say!(
            out,
            "It answers none of the latest segments, and it does not look like an abort."
        );
    }
}
