// SPDX-License-Identifier: GPL-2.0-or-later

//! What no capture of its kind can show: a frozen list, each entry with its reason.
//!
//! An entry is not an excuse for a miss: its reason says why nobody could tell from this capture.
//! The project's own cases say it in their `case.toml`.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::{
    expected::Column,
    labels::{Label, Labels, Which},
};

const LIST: &str = include_str!("undecidable.tsv");

/// What a capture cannot show about one RST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undecidable {
    pub(crate) columns: Vec<Column>,
    pub(crate) reason: String,
}

/// One line of the list.
#[derive(Debug)]
struct Entry {
    set: String,
    file: String,
    which: Which,
    what: Undecidable,
}

/// Notes in the labels of a set what the list says; an entry without a label is an error.
pub(crate) fn note(set: &str, labels: &mut Labels) -> Result<()> {
    for entry in parse(LIST)?.into_iter().filter(|entry| entry.set == set) {
        let is_file = |path: &Path| path.file_name().is_some_and(|name| *name == *entry.file);
        let of_file = labels.iter_mut().filter(|(path, _)| is_file(path));
        let of_frame = |label: &&mut Label| label.which == entry.which;
        let found = of_file.flat_map(|(_, labels)| labels).find(of_frame);
        let label = found.with_context(|| {
            let (file, which) = (&entry.file, entry.which);
            format!("undecidable.tsv names {file} {which:?} of {set}, which has no label")
        })?;
        label.undecidable = Some(entry.what);
    }
    Ok(())
}

fn parse(text: &str) -> Result<Vec<Entry>> {
    let lines = text.lines().skip(1).filter(|line| !line.is_empty());
    lines
        .map(|line| entry(line).with_context(|| format!("undecidable.tsv: {line}")))
        .collect()
}

fn entry(line: &str) -> Result<Entry> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [set, file, frame, columns, reason] = cells[..] else {
        bail!("five columns are needed: set, file, frame, columns, reason");
    };
    let columns = columns.split('|').map(|name| {
        let mut all = Column::ALL.into_iter();
        let column = all.find(|column| column.name() == name);
        column.with_context(|| format!("there is no column `{name}`"))
    });
    if reason.trim().is_empty() {
        bail!("the reason is missing");
    }
    Ok(Entry {
        set: set.to_owned(),
        file: file.to_owned(),
        which: match frame {
            "*" => Which::EveryOther,
            number => Which::Frame(number.parse()?),
        },
        what: Undecidable {
            columns: columns.collect::<Result<_>>()?,
            reason: reason.to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_list_is_well_formed_and_names_no_rst_twice() {
        let entries = parse(LIST).unwrap();
        assert!(!entries.is_empty());
        let mut keys: Vec<String> = entries
            .iter()
            .map(|entry| format!("{} {} {:?}", entry.set, entry.file, entry.which))
            .collect();
        keys.sort();
        let all = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }

    #[test]
    fn an_entry_needs_a_known_column_and_a_reason() {
        let parsed = entry("lab\ta.pcap\t3\torigin|cause\tbecause").unwrap();
        assert_eq!(parsed.what.columns, [Column::Origin, Column::Cause]);
        assert!(entry("lab\ta.pcap\t3\torigin\t ").is_err());
        assert!(entry("lab\ta.pcap\t3\tcolour\tbecause").is_err());
        assert!(entry("lab\ta.pcap\t3\torigin").is_err());
    }
}
