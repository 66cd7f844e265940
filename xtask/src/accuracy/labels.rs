// SPDX-License-Identifier: GPL-2.0-or-later
//! Reads what is known about the resets of a folder of captures.
//!
//! Three formats: `labels.tsv` of the lab (column `pcap`), `labels.tsv` of the public set (column `file`),
//! and the project's own cases (`<case>/case.toml` beside `<case>/capture.pcap`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::words::{self, PhaseRule};

/// What is known about one reset.
#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) frame: u32,
    /// `endpoint`, `middlebox`, or `unclear` where the labeller could not tell.
    pub(crate) origin: String,
    pub(crate) phase_word: String,
    pub(crate) phase: PhaseRule,
    pub(crate) cause_word: String,
    /// The right tokens; `None` where the label describes the cause in free words.
    pub(crate) causes: Option<Vec<String>>,
    /// Tokens of the impact that are right; the lab's labels do not say it.
    pub(crate) impacts: Option<Vec<String>>,
    pub(crate) scenario: String,
    /// The scenario however it was captured; a case knows it, else `scenario` again.
    pub(crate) family: String,
    /// `address:port` that the reset claims to come from, where the label says it.
    pub(crate) source: String,
    /// False where nothing in the capture could tell who sent it.
    pub(crate) decidable: bool,
}

/// The labels of a folder, by capture.
pub(crate) type Labels = BTreeMap<PathBuf, Vec<Label>>;

/// Reads a folder in whichever format it has.
pub(crate) fn read(folder: &Path) -> Result<Labels> {
    let table = folder.join("labels.tsv");
    if table.exists() {
        return tsv(folder, &text(&table)?).with_context(|| format!("in {}", table.display()));
    }
    let mut labels = Labels::new();
    let entries = folder
        .read_dir()
        .with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let case = entry?.path();
        let description = case.join("case.toml");
        if !description.exists() {
            continue;
        }
        let capture = ["capture.pcap", "capture.pcapng"]
            .iter()
            .map(|name| case.join(name))
            .find(|path| path.exists())
            .with_context(|| format!("{} holds no capture", case.display()))?;
        let name = case.file_name().unwrap_or_default().to_string_lossy();
        let resets = case_toml(&text(&description)?, &name)
            .with_context(|| format!("in {}", description.display()))?;
        labels.insert(capture, resets);
    }
    if labels.is_empty() {
        bail!(
            "{} holds neither labels.tsv nor cases with case.toml",
            folder.display()
        );
    }
    Ok(labels)
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn tsv(folder: &Path, text: &str) -> Result<Labels> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let is_lab = header.contains(&"pcap");
    let mut labels = Labels::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let row: BTreeMap<&str, &str> = header.iter().copied().zip(line.split('\t')).collect();
        let column = |name: &str| {
            let value = row.get(name).copied();
            value.with_context(|| format!("no column {name} in: {line}"))
        };
        let file = column(if is_lab { "pcap" } else { "file" })?;
        let (phase_word, cause) = (column("phase")?, column("cause")?);
        let causes = if is_lab {
            let tokens = words::causes(cause, phase_word);
            Some(tokens.with_context(|| format!("cause `{cause}` is not in words.rs"))?)
        } else {
            None
        };
        let source = row.get("src").copied().unwrap_or_default();
        let scenario = row.get("scenario").unwrap_or(&file).to_string();
        let label = Label {
            frame: column("frame")?.parse().with_context(|| line.to_owned())?,
            origin: column("origin")?.to_owned(),
            phase_word: phase_word.to_owned(),
            phase: phase_rule(phase_word, false)?,
            cause_word: cause.to_owned(),
            causes,
            impacts: row.get("impact").and_then(|word| {
                let tokens = words::impacts(word)?;
                Some(tokens.iter().map(ToString::to_string).collect())
            }),
            family: scenario.clone(),
            scenario,
            source: source.to_owned(),
            decidable: !words::looks_like_the_host(cause, phase_word, source),
        };
        labels.entry(folder.join(file)).or_default().push(label);
    }
    Ok(labels)
}

fn phase_rule(word: &str, is_case: bool) -> Result<PhaseRule> {
    words::phase(word, is_case).with_context(|| format!("phase `{word}` is not in words.rs"))
}

#[derive(Deserialize)]
struct Case {
    scenario: Option<String>,
    #[serde(default)]
    reset: Vec<CaseReset>,
}

#[derive(Deserialize)]
struct CaseReset {
    frame: u32,
    origin: String,
    #[serde(default = "yes")]
    decidable: bool,
    phase: String,
    cause: String,
    /// What the capture shows instead, where it cannot show the cause.
    looks_like: Option<String>,
    impact: Option<String>,
}

const fn yes() -> bool {
    true
}

fn case_toml(text: &str, name: &str) -> Result<Vec<Label>> {
    let case: Case = toml::from_str(text)?;
    let family = case.scenario.as_deref().unwrap_or(name);
    case.reset
        .into_iter()
        .map(|reset| {
            Ok(Label {
                frame: reset.frame,
                origin: reset.origin,
                phase: phase_rule(&reset.phase, true)?,
                phase_word: reset.phase,
                causes: Some(vec![
                    reset.looks_like.unwrap_or_else(|| reset.cause.clone()),
                ]),
                cause_word: reset.cause,
                impacts: reset.impact.map(|impact| vec![impact]),
                scenario: name.to_owned(),
                family: family.to_owned(),
                source: String::new(),
                decidable: reset.decidable,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lab_and_public_tables_are_read_by_column_name() {
        let lab = "pcap\tframe\torigin\tphase\tcause\tscenario\tsrc\n\
                   a.pcap\t12\tendpoint\tsyn\tclosed_port\tclosed_port-v4\t10.0.0.1:80\n";
        let labels = tsv(Path::new("x"), lab).unwrap();
        let label = &labels[Path::new("x/a.pcap")][0];
        assert_eq!(label.scenario, "closed_port-v4");
        assert_eq!(
            label.causes.as_deref(),
            Some(&["port_closed".to_owned()][..])
        );

        let public = "file\tframe\tphase\torigin\tcause\n\
                      b.pcap\t2\tafter-idle\tmiddlebox\tsome words\n";
        let labels = tsv(Path::new("x"), public).unwrap();
        let label = &labels[Path::new("x/b.pcap")][0];
        assert_eq!(label.phase, PhaseRule::AfterIdle);
        assert_eq!(label.causes, None);
        assert_eq!(label.scenario, "b.pcap");
    }

    #[test]
    fn unknown_words_are_errors() {
        let table = "pcap\tframe\torigin\tphase\tcause\na.pcap\t1\tendpoint\tsyn\tgremlins\n";
        let error = tsv(Path::new("x"), table).unwrap_err();
        assert_eq!(error.to_string(), "cause `gremlins` is not in words.rs");
    }

    #[test]
    fn cases_are_decidable_unless_they_say_otherwise() {
        let text = "title = \"x\"\n[[reset]]\nframe = 3\norigin = \"endpoint\"\nphase = \"data\"\n\
                    cause = \"unknown\"\nimpact = \"benign\"\n";
        let labels = case_toml(text, "some_case").unwrap();
        assert!(labels[0].decidable);
        assert_eq!(labels[0].phase, PhaseRule::OneOf(&["data"]));
        let silent = text.replace("frame = 3", "frame = 3\ndecidable = false");
        assert!(!case_toml(&silent, "some_case").unwrap()[0].decidable);
    }
}
