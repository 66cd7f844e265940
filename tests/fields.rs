// SPDX-License-Identifier: GPL-2.0-or-later

//! The tables of fields and preferences against the frozen contract, and what
//! fields of tokens say in every case. `tshark.rs` asks the same of Wireshark.

use std::{collections::BTreeMap, ffi::CStr};

use rstscope::{
    cause::Cause,
    engine::{PREFERENCES, Preferred},
    verdict::{
        FollowupKind, Forgotten,
        fields::{self, FieldType},
    },
};
use rstscope_test_support::contract;

fn word(text: &CStr) -> &str {
    text.to_str().unwrap_or_default()
}

#[test]
fn table_has_the_fields_of_the_contract() {
    let rows: Vec<_> = fields::all()
        .iter()
        .map(|row| (word(row.filter), row.kind().name()))
        .collect();
    assert_eq!(rows, contract::FIELDS);
}

#[test]
fn table_has_the_preferences_of_the_contract() {
    let mut rows: Vec<_> = PREFERENCES
        .iter()
        .map(|row| {
            let default = match row.kind {
                Preferred::Boolean(default, _) => default.to_string().to_uppercase(),
                Preferred::Number(default, _) => default.to_string(),
                Preferred::Choice(choices) => word(choices[0].word).to_owned(),
            };
            let protocol = contract::PROTOCOL;
            (format!("{protocol}.{}", word(row.name)), default)
        })
        .collect();
    rows.sort();
    let rows = rows.iter().map(|(name, default)| (&**name, &**default));
    assert_eq!(rows.collect::<Vec<_>>(), contract::PREFERENCES);
}

#[test]
fn expert_items_are_those_of_the_contract() {
    let causes = Cause::ALL.iter().map(|cause| word(cause.token()));
    assert_eq!(causes.collect::<Vec<_>>(), contract::CAUSES);
    // The C half has one of its own, for an engine that can say nothing.
    let notes = FollowupKind::ALL.iter().map(|kind| word(kind.name()));
    let others: Vec<_> = notes
        .chain([word(Forgotten::NAME)])
        .filter_map(|name| name.strip_prefix("rst.expert."))
        .chain(["disabled"])
        .collect();
    assert_eq!(others, contract::OTHER_EXPERTS);
}

#[test]
fn names_are_unique_and_texts_are_one_line() {
    let mut seen = BTreeMap::new();
    for row in fields::all() {
        let filter = word(row.filter);
        assert_eq!(seen.insert(filter, ()), None, "{filter} stands twice");
        for text in [word(row.name), word(row.about)] {
            assert!(text.starts_with(char::is_uppercase), "{filter}: {text}");
            assert!(
                !text.ends_with('.') && text.len() <= 100,
                "{filter}: {text}"
            );
        }
        let is_text = row.kind() == FieldType::String;
        assert!(is_text || row.tokens.is_none(), "{filter} says no tokens");
    }
}

#[cfg(feature = "replay")]
mod replayed {
    use std::{collections::BTreeSet, error::Error, fs, path::Path};

    use rstscope::replay::{self, Passes};

    use super::*;

    #[test]
    fn every_token_that_is_said_stands_in_the_table() -> Result<(), Box<dyn Error>> {
        let tokens: BTreeMap<_, BTreeSet<_>> = fields::all()
            .iter()
            .filter_map(|row| {
                let tokens = row.tokens?();
                Some((word(row.filter), tokens.into_iter().map(word).collect()))
            })
            .collect();
        let mut said = BTreeSet::new();
        for capture in captures()? {
            // Cases for Wireshark alone have no fields here.
            for frame in replay::fields(&capture, Passes::Two).unwrap_or_default() {
                for (name, value) in frame.fields {
                    if let Some(tokens) = tokens.get(name) {
                        let place = format!("{} frame {}", capture.display(), frame.frame);
                        assert!(tokens.contains(&*value), "{place}: {name} says {value}");
                        said.insert(name);
                    }
                }
            }
        }
        let silent: Vec<_> = tokens.keys().filter(|name| !said.contains(*name)).collect();
        assert!(silent.is_empty(), "no case says {silent:?}");
        Ok(())
    }

    fn captures() -> Result<Vec<std::path::PathBuf>, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
        let mut captures = Vec::new();
        for case in fs::read_dir(folder)? {
            let case = case?.path();
            let files = ["capture.pcap", "capture.pcapng"].map(|file| case.join(file));
            captures.extend(files.into_iter().filter(|file| file.exists()));
        }
        assert!(captures.len() >= 20, "only {} captures", captures.len());
        Ok(captures)
    }
}
