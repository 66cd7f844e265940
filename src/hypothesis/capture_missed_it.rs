// SPDX-License-Identifier: GPL-2.0-or-later

//! # The capture at the sender's side missed it
//!
//! Captures lose packets when the machine is busy, begin late, end early, and are
//! filtered. How many of the other packets that passed both points one of them missed is
//! counted in the file itself, and is the price.

use super::{Effect, Line, Share, Sort, explained};
use crate::{
    case::Case,
    evidence::{Finding, Kind},
};

pub(super) const SORT: Sort = Sort::Capture;
pub(super) const TITLE: &str = "The capture at the sender's side missed it";

/// What is known against it reaches so many decibans.
fn doubt(case: &Case, decibans: i16) -> bool {
    case.made().is_some_and(|made| made.doubt >= decibans)
}

const SOURCE: &str =
    "counted in the file, with half a packet in 25 before anything is known (estimate)";

pub(super) const LINES: &[Line] = &[
    Line {
        effect: Effect::Refutes,
        because: "nothing is missing",
        when: |case| case.made().is_none(),
        source: "nothing to explain",
    },
    Line {
        effect: Effect::Costs(60),
        because: "one chance in a million: it missed nothing else, and the sender went on",
        when: |case| doubt(case, 60),
        source: SOURCE,
    },
    Line {
        effect: Effect::Costs(50),
        because: "one chance in 100,000, by what else it missed and what the sender did then",
        when: |case| doubt(case, 50),
        source: SOURCE,
    },
    Line {
        effect: Effect::Costs(40),
        because: "one chance in 10,000, by what else it missed and what the sender did then",
        when: |case| doubt(case, 40),
        source: SOURCE,
    },
    Line {
        effect: Effect::Costs(35),
        because: "one chance in 3,000, by what else it missed",
        when: |case| doubt(case, 35),
        source: SOURCE,
    },
    Line {
        effect: Effect::Costs(30),
        because: "one chance in 1,000, by what else it missed",
        when: |case| doubt(case, 30),
        source: SOURCE,
    },
    Line {
        effect: Effect::Costs(25),
        because: "one chance in 300, by what else it missed",
        when: |case| doubt(case, 25),
        source: SOURCE,
    },
    Line {
        effect: Effect::Costs(20),
        because: "one chance in 100, by what else it missed",
        when: |case| doubt(case, 20),
        source: SOURCE,
    },
    Line {
        effect: Effect::Costs(15),
        because: "one chance in 30, by what else it missed",
        when: |case| doubt(case, 15),
        source: SOURCE,
    },
    Line {
        effect: Effect::Costs(10),
        because: "one chance in 10, by what else it missed",
        when: |case| doubt(case, 10),
        source: SOURCE,
    },
];

pub(super) fn share(case: &Case, finding: &Finding) -> Share {
    let _ = case;
    explained(finding.kind() == Kind::MadeBetween)
}
