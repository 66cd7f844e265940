// SPDX-License-Identifier: GPL-2.0-or-later

//! Runs scenarios, checks that they did what they declare, and writes their cases.

use std::{path::Path, process::Command, sync::Mutex, thread};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    case::{Case, CaseReset, Link},
    family::Family,
    lab::Lab,
    namespace::{TOOLS, installed},
    recorded::Recorded,
    report,
    scenario::{self, Capture, Scenario},
    truth::{self, Reset},
    vantage::Frame,
    wrap::Wrap,
};

/// One run: a scenario on one IP version, which may leave several cases.
struct Run {
    scenario: &'static Scenario,
    family: Family,
}

impl Run {
    fn case_name(&self, capture: &Capture) -> String {
        if let Some(folder) = capture.folder {
            return folder.to_owned();
        }
        let Self { scenario, family } = self;
        if let Some(wrap) = capture.wrap {
            return format!(
                "over_{}-{}-{}",
                wrap.name(),
                family.suffix(),
                capture.vantage.name()
            );
        }
        let devices = match (capture.on_all_devices, capture.on_loopback) {
            (true, _) => "_any",
            (_, true) => "_lo",
            _ => "",
        };
        format!(
            "{}-{}-{}{devices}",
            scenario.name,
            family.suffix(),
            capture.vantage.name()
        )
    }

    /// One sentence: what the capture shows.
    fn purpose(&self, capture: &Capture) -> String {
        let purpose = self.scenario.purpose;
        match capture.wrap {
            Some(wrap) => format!("{purpose}: {}.", wrap.description()),
            None => purpose.to_owned(),
        }
    }

    /// The captures that were asked for.
    fn wanted<'a>(&'a self, only: &'a [String]) -> impl Iterator<Item = &'static Capture> + 'a {
        self.captures().filter(|capture| {
            only.is_empty()
                || only.iter().any(|name| name == self.scenario.name)
                || only.contains(&self.case_name(capture))
        })
    }

    /// The captures that this run can leave.
    fn captures(&self) -> impl Iterator<Item = &'static Capture> {
        self.scenario
            .captures
            .iter()
            .filter(|capture| capture.only.is_none_or(|family| family == self.family))
    }
}

/// Names every case.
pub(crate) fn list() {
    for run in runs() {
        for capture in run.captures() {
            report::say(&format!(
                "{}: {}",
                run.case_name(capture),
                run.purpose(capture)
            ));
        }
    }
}

/// Runs what was asked for; several networks at a time, since most of the time is waiting.
pub(crate) fn run(out: &Path, only: &[String], jobs: usize) -> Result<()> {
    check_requirements()?;
    let runs: Vec<Run> = runs()
        .filter(|run| run.wanted(only).next().is_some())
        .collect();
    for name in only {
        let only = std::slice::from_ref(name);
        let known = runs.iter().any(|run| run.wanted(only).next().is_some());
        ensure!(known, "there is no scenario or case `{name}`: see --list");
    }
    let queue = Mutex::new(runs.iter());
    let failures: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1))
            .map(|_| scope.spawn(|| work(&queue, out, only)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or(1))
            .sum()
    });
    if failures > 0 {
        bail!(
            "{failures} of {} runs failed; their cases on disk are unchanged",
            runs.len()
        );
    }
    Ok(())
}

/// Takes runs off the queue until it is empty; answers how many failed.
fn work(queue: &Mutex<std::slice::Iter<'_, Run>>, out: &Path, only: &[String]) -> usize {
    let mut failures = 0;
    while let Some(run) = queue.lock().ok().and_then(|mut queue| queue.next()) {
        if let Err(error) = perform(run, out, only) {
            let name = format!("{} {}", run.scenario.name, run.family.name());
            report::complain(&format!("{name}: {error:#}"));
            failures += 1;
        }
    }
    failures
}

fn runs() -> impl Iterator<Item = Run> {
    scenario::all().flat_map(|scenario| {
        Family::ALL
            .map(|family| Run { scenario, family })
            .into_iter()
    })
}

fn perform(run: &Run, out: &Path, only: &[String]) -> Result<()> {
    let mut lab = Lab::new(run.family)?;
    (run.scenario.run)(&mut lab)?;
    let recorded = lab.finish()?;
    // All captures are checked before the first is written.
    let mut cases = Vec::new();
    for capture in run.wanted(only) {
        let name = run.case_name(capture);
        let (case, frames) = describe(run, capture, &recorded).with_context(|| name.clone())?;
        cases.push((case, frames, name, capture));
    }
    for (mut case, frames, name, capture) in cases {
        let link = match (capture.wrap, capture.on_all_devices) {
            (Some(wrap), _) => Link::Wrapped(wrap),
            (None, true) => Link::Cooked,
            (None, false) if capture.has_interfaces() => Link::Interfaces,
            (None, false) => Link::Ethernet,
        };
        case.write(&out.join(&name), &frames, link, capture.large)?;
        report::say(&format!(
            "{name}: {} frames, {} resets",
            frames.len(),
            case.resets.len()
        ));
    }
    Ok(())
}

/// Compares what happened with what the scenario declares; answers the frames of the file too.
fn describe(run: &Run, capture: &Capture, recorded: &Recorded) -> Result<(Case, Vec<Frame>)> {
    let frames = recorded.frames(capture)?;
    let known = truth::resets(recorded, &frames, run.family)?;
    let (frames, found) = edited(capture, frames, &known)?;
    let origins: Vec<_> = found.iter().map(|reset| reset.origin).collect();
    let declared: Vec<_> = capture.resets.iter().map(|reset| reset.origin).collect();
    ensure!(
        origins == declared,
        "resets found from {origins:?}, declared from {declared:?}"
    );
    let resets = found
        .iter()
        .zip(capture.resets)
        .map(|(found, declared)| CaseReset {
            frame: found.frame,
            origin: found.origin,
            decidable: declared.decidable,
            phase: declared.phase,
            cause: declared.cause,
            looks_like: declared.looks_like,
            impact: declared.impact,
            story: declared.story,
        })
        .collect();
    let case = Case {
        purpose: run.purpose(capture),
        provenance: provenance(run, capture)?,
        kind: run.scenario.kind,
        vantage: capture.vantage.name(),
        scenario: run.scenario.name.to_owned(),
        reader: capture
            .wrap
            .is_some_and(Wrap::is_for_wireshark)
            .then_some("wireshark"),
        resets,
    };
    Ok((case, frames))
}

/// The frames of the file, and the resets among them.
fn edited(
    capture: &Capture,
    frames: Vec<Frame>,
    known: &[Reset],
) -> Result<(Vec<Frame>, Vec<Reset>)> {
    let numbered = frames.into_iter().enumerate().collect();
    let edited = capture
        .edits
        .iter()
        .try_fold(numbered, |frames, edit| edit.apply(frames))?;
    let resets = (1..)
        .zip(&edited)
        .filter_map(|(frame, (recorded, _))| {
            let reset = known.iter().find(|reset| reset.frame == recorded + 1)?;
            Some(Reset {
                frame,
                origin: reset.origin,
            })
        })
        .collect();
    Ok((edited.into_iter().map(|(_, frame)| frame).collect(), resets))
}

fn provenance(run: &Run, capture: &Capture) -> Result<String> {
    let system = nix::sys::utsname::uname()?;
    let release = system.release().to_string_lossy();
    let release = release.split('-').next().unwrap_or_default();
    let wrapped = capture.wrap.and_then(Wrap::provenance);
    let notes: String = capture
        .note
        .or(wrapped)
        .map(str::to_owned)
        .into_iter()
        .chain(capture.edits.iter().map(|edit| edit.provenance()))
        .map(|note| format!("; {note}"))
        .collect();
    Ok(format!(
        "tests/lab scenario `{}`, {}, {} side; Linux {release}, {}{}",
        run.scenario.name,
        run.family.name(),
        capture.vantage.name(),
        today()?,
        notes
    ))
}

/// The date in UTC as ISO 8601.
fn today() -> Result<String> {
    let output = Command::new("date")
        .args(["-u", "+%F"])
        .output()
        .context("cannot run `date`")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Says before anything starts what the lab lacks.
fn check_requirements() -> Result<()> {
    ensure!(
        nix::unistd::geteuid().is_root(),
        "the lab must run as root: it makes network namespaces"
    );
    for (tool, _) in TOOLS {
        installed(tool)?;
    }
    ensure!(
        Path::new("/dev/net/tun").exists(),
        "/dev/net/tun is missing: load the kernel module `tun`"
    );
    Ok(())
}
