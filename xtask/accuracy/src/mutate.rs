// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask mutate`: takes one thing out at a time – a row's weight, a rule of a cause, a threshold –
//! and says which of them no verdict on any labelled capture depends on.

use std::{
    collections::BTreeSet,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use rstscope::{
    cause::Cause,
    engine::{Engine, Settings},
    evidence::catalogue,
    hypothesis,
    mutation::{self, Kind, Mutation, THRESHOLDS},
    replay::{Frame, FrameFields, read_frames},
};
use rstscope_test_support::say;

use crate::{labels, sets};

/// Takes one thing out at a time, and names what no verdict depends on.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only this set: cases, lab, public, wild, networks, stacks or questions; may be repeated
    #[arg(long = "set", value_name = "NAME")]
    sets: Vec<String>,
    /// Only what has this in its name, such as `weight`, `ttl_off_baseline` or `answer::`
    #[arg(long, value_name = "PART")]
    only: Option<String>,
}

/// A capture and what is said of it with nothing taken out.
struct Capture {
    path: PathBuf,
    frames: Vec<Frame>,
    said: Vec<FrameFields>,
    /// What they depend on, perhaps.
    asked: BTreeSet<Mutation>,
}

/// What changes where something is taken out: how many RSTs have another value.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Effect {
    origin: usize,
    cause: usize,
    impact: usize,
    confidence: usize,
    /// Anything else but the evidence's own lines.
    other: usize,
    /// Where it is seen first.
    example: Option<String>,
    panicked: bool,
}

impl Effect {
    /// Nothing but, perhaps, its own line.
    const fn is_dead(&self) -> bool {
        !self.decides() && self.confidence == 0 && self.other == 0
    }

    const fn decides(&self) -> bool {
        self.origin + self.cause + self.impact > 0 || self.panicked
    }

    /// Notes how one frame differs.
    fn note(&mut self, path: &Path, before: &FrameFields, after: Option<&FrameFields>) {
        let value = |fields: &FrameFields, name: &str| -> String {
            let named = fields.fields.iter().filter(|(field, _)| *field == name);
            named.map(|(_, value)| value.as_str()).collect()
        };
        let names = after.iter().flat_map(|after| &after.fields);
        let names: BTreeSet<&str> = names.chain(&before.fields).map(|(name, _)| *name).collect();
        let mut is_new = false;
        for name in names
            .into_iter()
            .filter(|name| !name.starts_with("rst.evidence"))
        {
            let (old, new) = (value(before, name), after.map(|after| value(after, name)));
            let new = new.unwrap_or_default();
            if old == new {
                continue;
            }
            let count = match name {
                "rst.origin" => &mut self.origin,
                "rst.cause" => &mut self.cause,
                "rst.impact" => &mut self.impact,
                "rst.confidence" => &mut self.confidence,
                _ if is_new => continue,
                _ => {
                    is_new = true;
                    &mut self.other
                }
            };
            *count += 1;
            let decides = matches!(name, "rst.origin" | "rst.cause" | "rst.impact");
            if decides && self.example.is_none() {
                let file: String = short(path).chars().take(40).collect();
                self.example = Some(format!("{file} frame {}: {old} → {new}", before.frame));
            }
        }
    }
}

/// Of a case its folder's name, else the file's.
fn short(path: &Path) -> String {
    let name = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    match (name(path), path.parent()) {
        (file, Some(case)) if file.starts_with("capture.") => name(case),
        (file, _) => file,
    }
}

/// Everything that can be taken out.
fn all() -> Result<Vec<Mutation>> {
    let of = |kind, row: &str, line| Mutation {
        kind,
        row: row.to_owned(),
        line,
    };
    let mut mutations = Vec::new();
    for row in catalogue::TABLE {
        mutations.push(of(Kind::Weight, row.token.to_str()?, 0));
    }
    for story in hypothesis::TABLE {
        mutations.push(of(Kind::Story, story.token.to_str()?, 0));
        mutations.push(of(Kind::Price, story.token.to_str()?, 0));
        for line in 0..story.lines.len() {
            mutations.push(of(Kind::Line, story.token.to_str()?, line));
        }
    }
    // What answers where nothing else does cannot be taken out.
    let causes = Cause::asked_for().enumerate();
    for (place, cause) in causes.filter(|(_, cause)| *cause != Cause::Unknown) {
        mutations.push(of(Kind::Cause, cause.token().to_str()?, place));
    }
    for threshold in THRESHOLDS {
        let path = format!("rstscope::{threshold}");
        mutations.push(of(Kind::Smallest, &path, 0));
        mutations.push(of(Kind::Largest, &path, 0));
    }
    Ok(mutations)
}

/// What it is called, as in `weight ttl_off_baseline`.
fn name(mutation: &Mutation) -> String {
    let row = mutation.row.trim_start_matches("rstscope::");
    match mutation.kind {
        Kind::Weight => format!("weight {row}"),
        Kind::Cause => format!("cause {row} (rule {})", mutation.line + 1),
        Kind::Line => format!("line {row} {}: {}", mutation.line + 1, because(mutation)),
        Kind::Story => format!("story {row}"),
        Kind::Price => format!("price of {row}"),
        Kind::Prices => format!("{} % of all prices", mutation.line),
        Kind::Smallest => format!("threshold {row} = smallest"),
        Kind::Largest => format!("threshold {row} = largest"),
    }
}

/// When a story's line holds, in its own words.
fn because(mutation: &Mutation) -> &'static str {
    let mut stories = hypothesis::TABLE.iter();
    let story = stories.find(|story| story.token.to_bytes() == mutation.row.as_bytes());
    let line = story.and_then(|story| story.lines.get(mutation.line));
    line.map_or("", |line| line.because)
}

/// What is said of a capture now.
fn replay(frames: &[Frame]) -> Vec<FrameFields> {
    let mut engine = Engine::new(Settings::default());
    for packet in frames.iter().filter_map(Frame::packet) {
        engine.observe(&packet);
    }
    let said = frames
        .iter()
        .filter_map(|frame| FrameFields::of(&engine, frame.number));
    said.collect()
}

/// What changes on these captures while it is out.
fn effect(mutation: &Mutation, captures: &[Capture]) -> Effect {
    let _out = mutation::take_out(mutation.clone());
    let mut effect = Effect::default();
    for capture in captures
        .iter()
        .filter(|capture| capture.asked.contains(mutation))
    {
        let replayed = panic::catch_unwind(AssertUnwindSafe(|| replay(&capture.frames)));
        let Ok(now) = replayed else {
            effect.panicked = true;
            continue;
        };
        for before in &capture.said {
            let after = now.iter().find(|after| after.frame == before.frame);
            if after != Some(before) {
                effect.note(&capture.path, before, after);
            }
        }
    }
    effect
}

/// The captures of some sets; what this reader cannot read is said.
fn captures(names: &[String]) -> Result<Vec<Capture>> {
    let mut captures = Vec::new();
    for set in sets::find(names)? {
        for path in labels::read(&set.folder)?.into_keys() {
            let frames = match read_frames(&path) {
                Ok(frames) => frames,
                Err(error) => {
                    say::step(format_args!("NOT READ: {}: {error}", short(&path)));
                    continue;
                }
            };
            let (said, asked) = mutation::asked_by(|| replay(&frames));
            captures.push(Capture {
                path,
                frames,
                said,
                asked,
            });
        }
    }
    Ok(captures)
}

/// Takes each out in turn, several at a time.
fn effects(mutations: &[Mutation], captures: &[Capture]) -> Result<Vec<Effect>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(mutation) = mutations.get(index) else {
                return done;
            };
            done.push((index, effect(mutation, captures)));
        }
    };
    let mut effects = thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for worker in running {
            all.extend(worker.join().map_err(|_| anyhow!("a worker panicked"))?);
        }
        Ok::<_, anyhow::Error>(all)
    })?;
    effects.sort_by_key(|(index, _)| *index);
    Ok(effects.into_iter().map(|(_, effect)| effect).collect())
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let only = options.only.as_deref().unwrap_or_default();
    let mutations: Vec<Mutation> = all()?
        .into_iter()
        .filter(|mutation| name(mutation).contains(only))
        .collect();
    if mutations.is_empty() {
        bail!("nothing that can be taken out has `{only}` in its name");
    }
    let captures = captures(&options.sets)?;
    say::step(format_args!(
        "{} things are taken out in turn of the verdicts on {} captures",
        mutations.len(),
        captures.len()
    ));
    // What panics is told in the table; its message would only be in the way.
    panic::set_hook(Box::new(|_| {}));
    let effects = effects(&mutations, &captures).context("while something was taken out")?;
    let rows = mutations
        .iter()
        .zip(&effects)
        .map(|(mutation, effect)| row(mutation, effect));
    let header = [
        "taken out",
        "origin",
        "cause",
        "impact",
        "confidence",
        "other",
        "first seen",
    ];
    say::line(say::table(&header, rows));
    report(&mutations, &effects)
}

fn row(mutation: &Mutation, effect: &Effect) -> Vec<String> {
    let counts = [
        effect.origin,
        effect.cause,
        effect.impact,
        effect.confidence,
        effect.other,
    ];
    let example = match (&effect.example, effect.panicked) {
        (_, true) => "it panics".to_owned(),
        (Some(example), false) => example.clone(),
        (None, false) if effect.is_dead() => "DEAD".to_owned(),
        (None, false) => "decides nothing".to_owned(),
    };
    std::iter::once(name(mutation))
        .chain(counts.iter().map(ToString::to_string))
        .chain([example])
        .collect()
}

/// Names the dead, and what only moves confidence or words.
///
/// A threshold is dead if it makes no difference either way; where it makes one in one direction only,
/// no capture lies on its other side.
fn report(mutations: &[Mutation], effects: &[Effect]) -> Result<()> {
    let pairs = || mutations.iter().zip(effects);
    let lives_elsewhere = |dead: &Mutation| {
        let is_other = |other: &Mutation| other.row == dead.row && other.kind != dead.kind;
        pairs().any(|(other, effect)| is_other(other) && !effect.is_dead())
    };
    let named = |wanted: &dyn Fn(&Mutation, &Effect) -> bool| -> Vec<String> {
        let wanted = pairs().filter(|(mutation, effect)| wanted(mutation, effect));
        wanted.map(|(mutation, _)| name(mutation)).collect()
    };
    list(
        "Change confidence or words, and no origin, cause or impact",
        &named(&|_, effect| !effect.decides() && !effect.is_dead()),
    );
    list(
        "No capture lies on this side of the threshold",
        &named(&|mutation, effect| effect.is_dead() && lives_elsewhere(mutation)),
    );
    let dead = named(&|mutation, effect| effect.is_dead() && !lives_elsewhere(mutation));
    list("DEAD, nothing depends on them", &dead);
    if dead.is_empty() {
        say::line("\nNothing is dead.");
        return Ok(());
    }
    bail!("{} of {} are dead", dead.len(), mutations.len());
}

fn list(title: &str, names: &[String]) {
    if !names.is_empty() {
        say::line(format_args!("\n{title}:\n  {}", names.join("\n  ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fixed sample on the project's own cases: one of each kind that must decide something.
    #[test]
    fn what_is_taken_out_is_missed() {
        let captures = captures(&[sets::CASES.to_owned()]).unwrap();
        let all = all().unwrap();
        let sample = [
            "weight sender_continues",
            "weight ttl_matches_baseline",
            "cause port_closed (rule ",
            "cause content_filter (rule ",
            "threshold conversation::answer::REACTS_WITHIN = largest",
            "threshold case::neighbours::SAME_SILENCES = largest",
        ];
        for part in sample {
            let mutation = all
                .iter()
                .find(|mutation| name(mutation).contains(part))
                .unwrap();
            let effect = effect(mutation, &captures);
            assert!(effect.decides(), "{part} decides nothing: {effect:?}");
        }
        let mut lines = all.iter().filter(|mutation| mutation.row == "other_member");
        assert!(lines.any(|line| effect(line, &captures).decides()));
    }

    #[test]
    fn what_does_not_exist_changes_nothing() {
        let captures = captures(&[sets::CASES.to_owned()]).unwrap();
        let nothing = Mutation {
            kind: Kind::Weight,
            row: "no_such_row".to_owned(),
            line: 0,
        };
        assert_eq!(effect(&nothing, &captures), Effect::default());
    }
}
