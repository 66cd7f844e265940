// SPDX-License-Identifier: GPL-2.0-or-later

//! What is said about the RSTs of a capture: by the engine in this process, or by the plugin in tshark.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use rstscope::replay::{self, FrameFields, Passes};
use rstscope_test_support::json;

use crate::tshark::{Run, Tshark};

/// The fields that are compared with the labels.
const FIELDS: &[&str] = &[
    "rst.summary",
    "rst.phase",
    "rst.after_idle",
    "rst.origin",
    "rst.confidence",
    "rst.cause",
    "rst.cause.text",
    "rst.impact",
    "rst.impact.text",
    "rst.next_step",
    "rst.evidence",
    "rst.evidence.text",
    "rst.evidence.weight",
    "rst.evidence.sum",
];

/// Those in which a label's `says` is looked for.
const WORDS: &[&str] = &[
    "rst.summary",
    "rst.cause.text",
    "rst.impact.text",
    "rst.next_step",
    "rst.evidence.text",
];

/// What was said about one RST.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Verdict(BTreeMap<&'static str, Vec<String>>);

impl Verdict {
    /// Of fields by name; those that no label asks for are left out.
    pub(crate) fn new<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let mut verdict = Self::default();
        for (name, value) in fields {
            if let Some(name) = FIELDS.iter().find(|field| **field == name) {
                verdict.0.entry(name).or_default().push(value);
            }
        }
        verdict
    }

    /// Every value of a field, strongest evidence first.
    pub(crate) fn all(&self, field: &str) -> &[String] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }

    /// The value of a field that occurs once; empty where it was not said.
    pub(crate) fn first(&self, field: &str) -> &str {
        self.all(field).first().map_or("", String::as_str)
    }

    pub(crate) fn is_set(&self, field: &str) -> bool {
        self.first(field) == "1"
    }

    pub(crate) fn confidence(&self) -> Option<u8> {
        self.first("rst.confidence").parse().ok()
    }

    /// Everything that is said in words.
    pub(crate) fn words(&self) -> String {
        let texts: Vec<&str> = WORDS
            .iter()
            .flat_map(|field| self.all(field))
            .map(String::as_str)
            .collect();
        texts.join("\n")
    }

    /// Evidence with its weight, as in `ttl_off_baseline +12`.
    pub(crate) fn evidence(&self) -> Vec<String> {
        let weights = self.all("rst.evidence.weight");
        let tokens = self.all("rst.evidence").iter().enumerate();
        tokens
            .map(|(index, token)| {
                let weight = weights.get(index).map_or("?", String::as_str);
                let sign = if weight.starts_with('-') { "" } else { "+" };
                format!("{token} {sign}{weight}")
            })
            .collect()
    }
}

/// Everything that was said about one capture.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    /// Those of `segments` with the RST flag.
    pub(crate) resets: BTreeSet<u32>,
    /// The frames whose TCP header was read.
    pub(crate) segments: BTreeSet<u32>,
    /// How many frames may hold TCP that this reader does not see.
    pub(crate) hidden: usize,
    pub(crate) verdicts: BTreeMap<u32, Verdict>,
}

/// The engine in this process, without Wireshark; an error says why the file cannot be read.
pub(crate) fn replayed(path: &Path, passes: Passes) -> Result<Capture, replay::Error> {
    /// Where TCP's header has its flags, and the RST among them.
    const FLAGS: usize = 13;
    const RST: u8 = 0x04;
    let mut capture = Capture::default();
    for frame in replay::read_frames(path)? {
        let Some(packet) = frame.packet() else {
            capture.hidden += usize::from(frame.is_left_to_wireshark());
            continue;
        };
        let number = frame.number.get();
        capture.segments.insert(number);
        if packet.tcp.get(FLAGS).is_some_and(|flags| flags & RST != 0) {
            capture.resets.insert(number);
        }
    }
    let judged = |fields: &FrameFields| fields.fields.iter().any(|(name, _)| *name == "rst.origin");
    for frame in replay::fields(path, passes)?.into_iter().filter(judged) {
        let verdict = Verdict::new(frame.fields);
        capture.verdicts.insert(frame.frame, verdict);
    }
    Ok(capture)
}

/// The plugin in the real tshark.
#[derive(Debug)]
pub(crate) struct Plugin {
    tshark: Tshark,
    /// Those of [`FIELDS`] that it registers: tshark refuses to print others.
    fields: Vec<&'static str>,
}

impl Plugin {
    /// Loads the plugin of this file.
    pub(crate) fn load(file: &Path) -> Result<Self> {
        /// A capture that takes longer than this has hung.
        const LIMIT: Duration = Duration::from_secs(300);
        let tshark = Tshark::with_plugin(file, Some(LIMIT))?;
        let listed = tshark.ask(&["-G", "fields"])?;
        let listed = String::from_utf8_lossy(&listed.stdout);
        let known: BTreeSet<&str> = listed
            .lines()
            .filter_map(|line| line.split('\t').nth(2))
            .collect();
        let fields = FIELDS.iter().copied();
        let fields: Vec<_> = fields.filter(|field| known.contains(field)).collect();
        if !fields.contains(&"rst.origin") {
            bail!(
                "the plugin {} registers no field rst.origin",
                file.display()
            );
        }
        Ok(Self { tshark, fields })
    }

    /// Asks it about a capture.
    pub(crate) fn read(&self, path: &Path, passes: Passes) -> Result<Capture> {
        dissected(&self.tshark, &self.fields, path, passes)
    }
}

fn dissected(tshark: &Tshark, fields: &[&str], path: &Path, passes: Passes) -> Result<Capture> {
    let mut arguments = match passes {
        Passes::One => Vec::new(),
        Passes::Two => vec!["-2"],
    };
    arguments.extend(["-Y", "rst.origin", "-T", "json", "-e", "frame.number"]);
    for field in fields {
        arguments.extend(["-e", field]);
    }
    let run = tshark.read(path, &arguments)?;
    check(&run, path)?;
    let frames = json::frames(&run.stdout)
        .with_context(|| format!("tshark gave no JSON for {}", path.display()))?;
    let mut capture = Capture::default();
    for layers in frames {
        let number = layers.get("frame.number").and_then(|all| all.first());
        let number: u32 = number.context("a frame without number")?.parse()?;
        let fields = layers.iter().flat_map(|(name, values)| {
            let values = values.iter().map(|value| match value.as_str() {
                // Later versions print booleans in words.
                "True" => "1".to_owned(),
                "False" => "0".to_owned(),
                value => value.to_owned(),
            });
            values.map(move |value| (name.as_str(), value))
        });
        capture.segments.insert(number);
        capture.resets.insert(number);
        capture.verdicts.insert(number, Verdict::new(fields));
    }
    Ok(capture)
}

/// A file that merely stops early is readable, anything else is an error.
fn check(run: &Run, path: &Path) -> Result<()> {
    let said = run.stderr.trim();
    let is_cut_short = said.contains("appears to have been cut short") && !run.stdout.is_empty();
    if !run.status.success() && !is_cut_short {
        bail!("tshark cannot read {}: {said}", path.display());
    }
    Ok(())
}
