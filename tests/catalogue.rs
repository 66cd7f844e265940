// SPDX-License-Identifier: GPL-2.0-or-later

//! Every row of the evidence catalogue has a committed capture where it is present,
//! and one where it could be seen and is not: a finding without captures is red.
//! Every cause has one that it explains.
//! Only the real plugin sees what is in tunnels; what is asked here needs none.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    ffi::CStr,
    path::Path,
};

use rstscope::{
    cause::Cause,
    engine::{Engine, Settings},
    evidence::{Observed, catalogue::TABLE},
    replay::{self, read_frames},
    verdict::Verdict,
};
use rstscope_test_support::cases;

/// What the rows answered: row → cases.
#[derive(Default)]
struct Answers {
    present: BTreeMap<&'static CStr, BTreeSet<String>>,
    absent: BTreeMap<&'static CStr, BTreeSet<String>>,
}

/// Shows every verdict on a capture, as it stands at the capture's end.
fn each_verdict(capture: &Path, mut look: impl FnMut(&Verdict)) -> Result<(), Box<dyn Error>> {
    let frames = match read_frames(capture) {
        Ok(frames) => frames,
        // Wi-Fi: only Wireshark reads it.
        Err(replay::Error::LinkType(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut engine = Engine::new(Settings::default());
    for packet in frames.iter().filter_map(replay::Frame::packet) {
        engine.observe(&packet);
    }
    frames
        .iter()
        .filter_map(|frame| engine.verdict(frame.number))
        .for_each(|verdict| look(&verdict));
    Ok(())
}

/// Asks every row about an RST.
fn ask(answers: &mut Answers, name: &str, verdict: &Verdict) {
    for row in TABLE {
        let said = match (row.observe)(verdict.case()) {
            Observed::Present(_) => &mut answers.present,
            Observed::Absent => &mut answers.absent,
            Observed::NotObservable(_) | Observed::DoesNotApply => continue,
        };
        said.entry(row.token).or_default().insert(name.to_owned());
    }
}

#[test]
fn every_cause_explains_a_case() -> Result<(), Box<dyn Error>> {
    let mut seen = BTreeSet::new();
    for case in cases::all()? {
        each_verdict(&case.capture, |verdict| {
            seen.insert(verdict.cause().token());
        })?;
    }
    let unseen: Vec<_> = Cause::ALL
        .iter()
        .filter(|cause| !seen.contains(cause.token()))
        .collect();
    assert!(
        unseen.is_empty(),
        "each cause needs a capture that it explains (CONTRIBUTING.md): {unseen:?}"
    );
    Ok(())
}

#[test]
fn every_row_is_present_in_one_case_and_absent_in_another() -> Result<(), Box<dyn Error>> {
    let mut answers = Answers::default();
    for case in cases::all()? {
        each_verdict(&case.capture, |verdict| {
            ask(&mut answers, &case.name, verdict);
        })?;
    }
    let mut faults = Vec::new();
    for row in TABLE {
        let token = row.token.to_str()?;
        let none = BTreeSet::new();
        let present = answers.present.get(row.token).unwrap_or(&none);
        let absent = answers.absent.get(row.token).unwrap_or(&none);
        if present.is_empty() {
            faults.push(format!("{token} is present in no case"));
        }
        if absent.difference(present).next().is_none() {
            faults.push(format!("{token}: no case could have shown it and does not"));
        }
    }
    assert!(
        faults.is_empty(),
        "each finding needs a capture that shows it and one that does not (CONTRIBUTING.md):\n{}",
        faults.join("\n")
    );
    Ok(())
}
