// SPDX-License-Identifier: GPL-2.0-or-later

//! Reads what is known about the RSTs of a set.
//!
//! Four formats: `labels.tsv` of the lab (column `pcap`), of public captures (columns `file`, `phase`),
//! of situations with accepted tokens (columns `file`, `says`),
//! and the project's own cases (`<case>/case.toml` beside `<case>/capture.pcap`).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{
    expected::{Accepted, Column, Expected},
    undecidable::Undecidable,
    words::{self, PhaseRule},
};

/// Which RSTs of a capture a label is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Frame(u32),
    /// All that have no label of their own.
    EveryOther,
}

/// What is known about one RST, or about all RSTs of a capture.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) which: Which,
    pub(crate) expected: Expected,
    /// The label's own word for the impact.
    pub(crate) impact_word: String,
    /// The scenario however it was captured.
    pub(crate) family: String,
    /// The situation in words.
    pub(crate) why: String,
    /// What no capture of this kind can show, and why.
    pub(crate) undecidable: Option<Undecidable>,
}

/// The labels of a set, by capture.
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

/// A row of a table, by the names of its columns.
struct Row<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Row<'a> {
    /// Empty where the table has no such column.
    fn get(&self, column: &str) -> &'a str {
        self.0.get(column).copied().unwrap_or_default()
    }

    fn need(&self, column: &str) -> Result<&'a str> {
        let value = self.0.get(column).copied();
        value.with_context(|| format!("no column {column} in {:?}", self.0))
    }
}

fn tsv(folder: &Path, text: &str) -> Result<Labels> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let mut labels = Labels::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let row = Row(header.iter().copied().zip(line.split('\t')).collect());
        let (file, label) = if header.contains(&"pcap") {
            (row.need("pcap")?, of_lab(&row))
        } else if header.contains(&"says") {
            (row.need("file")?, of_situation(&row))
        } else {
            (row.need("file")?, of_public(&row))
        };
        let label = label.with_context(|| line.to_owned())?;
        labels.entry(folder.join(file)).or_default().push(label);
    }
    Ok(labels)
}

/// The lab knows causes by the kernel's or the device's words, and no impact.
fn of_lab(row: &Row<'_>) -> Result<Label> {
    let (phase, cause) = (row.need("phase")?, row.need("cause")?);
    let causes = words::causes(cause, phase)
        .with_context(|| format!("cause `{cause}` is not in words.rs"))?;
    let expected = Expected {
        phase: Some(phase_rule(phase, false)?),
        cause: Some(Accepted::any(causes)),
        ..Expected::default()
    };
    Ok(Label {
        why: format!("{cause} {}", row.get("note")).trim().to_owned(),
        family: row.get("scenario").to_owned(),
        ..of(row, expected)?
    })
}

/// Public captures have the labeller's phases and impacts, and causes in free words.
fn of_public(row: &Row<'_>) -> Result<Label> {
    let impacts = words::impacts(row.need("impact")?);
    let expected = Expected {
        phase: Some(phase_rule(row.need("phase")?, false)?),
        impact: impacts.map(Accepted::any),
        ..Expected::default()
    };
    Ok(Label {
        why: format!("{}: {}", row.get("cause"), row.get("reason")),
        family: row.need("file")?.to_owned(),
        ..of(row, expected)?
    })
}

/// Situations are labelled with accepted tokens.
fn of_situation(row: &Row<'_>) -> Result<Label> {
    let expected = Expected {
        cause: Accepted::parse(row.need("cause")?),
        impact: Accepted::parse(row.need("impact")?),
        ..Expected::default()
    };
    Ok(Label {
        why: row.get("why").to_owned(),
        family: row.need("file")?.to_owned(),
        ..of(row, expected.with_says(row.need("says")?)?)?
    })
}

/// What all tables have.
fn of(row: &Row<'_>, expected: Expected) -> Result<Label> {
    Ok(Label {
        which: match row.need("frame")? {
            "*" => Which::EveryOther,
            number => Which::Frame(number.parse().with_context(|| format!("frame {number}"))?),
        },
        expected: expected.with_origin(row.need("origin")?),
        impact_word: row.get("impact").to_owned(),
        family: String::new(),
        why: String::new(),
        undecidable: None,
    })
}

fn phase_rule(word: &str, is_case: bool) -> Result<PhaseRule> {
    words::phase(word, is_case).with_context(|| format!("phase `{word}` is not in words.rs"))
}

#[derive(Deserialize)]
struct Case {
    purpose: String,
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
    story: Option<String>,
}

const fn yes() -> bool {
    true
}

fn case_toml(text: &str, name: &str) -> Result<Vec<Label>> {
    let case: Case = toml::from_str(text)?;
    let family = case.scenario.as_deref().unwrap_or(name);
    let label = |reset: CaseReset| {
        let expected = Expected {
            phase: Some(phase_rule(&reset.phase, true)?),
            cause: Some(Accepted::any([reset.looks_like.unwrap_or(reset.cause)])),
            impact: reset.impact.as_deref().and_then(Accepted::parse),
            ..Expected::default()
        };
        Ok(Label {
            which: Which::Frame(reset.frame),
            expected: expected.with_origin(&reset.origin),
            impact_word: reset.impact.unwrap_or_default(),
            family: family.to_owned(),
            why: reset.story.unwrap_or_else(|| case.purpose.clone()),
            undecidable: (!reset.decidable).then(|| Undecidable {
                columns: vec![Column::Origin],
                reason: "case.toml says that nothing in this capture can show the origin"
                    .to_owned(),
            }),
        })
    };
    case.reset.into_iter().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_is_read_by_its_column_names() {
        let lab = "pcap\tframe\torigin\tphase\tcause\tscenario\tsrc\n\
                   a.pcap\t12\tendpoint\tsyn\tclosed_port\tclosed_port-v4\t10.0.0.1:80\n";
        let labels = tsv(Path::new("x"), lab).unwrap();
        let label = &labels[Path::new("x/a.pcap")][0];
        assert_eq!(label.family, "closed_port-v4");
        assert_eq!(label.expected.shown(Column::Cause), "port_closed");

        let public = "file\tframe\tphase\torigin\tcause\timpact\n\
                      b.pcap\t2\tafter-idle\tmiddlebox\tsome words\tunclear\n";
        let labels = tsv(Path::new("x"), public).unwrap();
        let expected = &labels[Path::new("x/b.pcap")][0].expected;
        assert_eq!(expected.phase, Some(PhaseRule::AfterIdle));
        assert!(!expected.asks(Column::Cause) && !expected.asks(Column::Impact));

        let situations = "file\tframe\torigin\tcause\timpact\tsays\twhy\n\
                          c.pcap\t*\tendpoint|unclear\t!unknown\t\t8 hops\tbecause\n";
        let labels = tsv(Path::new("x"), situations).unwrap();
        let label = &labels[Path::new("x/c.pcap")][0];
        assert_eq!(label.which, Which::EveryOther);
        assert_eq!(label.expected.shown(Column::Cause), "not unknown");
        assert!(label.expected.asks(Column::Says) && !label.expected.asks(Column::Impact));
        assert_eq!(label.why, "because");
    }

    #[test]
    fn unknown_words_are_errors() {
        let table = "pcap\tframe\torigin\tphase\tcause\na.pcap\t1\tendpoint\tsyn\tgremlins\n";
        let error = tsv(Path::new("x"), table).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains("cause `gremlins` is not in words.rs"),
            "{error}"
        );
    }

    #[test]
    fn cases_are_decidable_unless_they_say_otherwise() {
        let text = "purpose = \"x\"\n[[reset]]\nframe = 3\norigin = \"endpoint\"\n\
                    phase = \"data\"\ncause = \"unknown\"\nimpact = \"benign\"\n";
        let labels = case_toml(text, "some_case").unwrap();
        assert!(labels[0].undecidable.is_none());
        assert_eq!(labels[0].expected.phase, Some(PhaseRule::OneOf(&["data"])));
        let silent = text.replace("frame = 3", "frame = 3\ndecidable = false");
        assert!(
            case_toml(&silent, "some_case").unwrap()[0]
                .undecidable
                .is_some()
        );
    }
}
