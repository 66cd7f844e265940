// SPDX-License-Identifier: GPL-2.0-or-later

//! The labelled sets and where they lie.

use std::path::PathBuf;

use anyhow::{Result, bail};
use rstscope_test_support::root;

/// The project's own cases.
pub(crate) const CASES: &str = "cases";

/// The other sets: folders of the shared captures, in the order in which they are printed.
const SHARED: [&str; 6] = ["lab", "public", "wild", "networks", "stacks", "questions"];

/// Where the shared captures lie, beside the repository; beside a folder that it lies in
/// where it is a worktree.
const SHARED_FOLDER: &str = "shared/captures";

/// A set by its name.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

/// The sets of these names, all of them where none is named; one that is not there is an error.
pub(crate) fn find(names: &[String]) -> Result<Vec<Set>> {
    let root = root();
    let beside = || root.ancestors().skip(1).map(|it| it.join(SHARED_FOLDER));
    let shared = beside().find(|folder| folder.is_dir());
    let shared = shared.unwrap_or_else(|| root.join("..").join(SHARED_FOLDER));
    let all: Vec<Set> = std::iter::once(Set {
        name: CASES.to_owned(),
        folder: root.join("tests/captures"),
    })
    .chain(SHARED.iter().map(|name| Set {
        name: (*name).to_owned(),
        folder: shared.join(name),
    }))
    .collect();
    let known: Vec<&str> = all.iter().map(|set| set.name.as_str()).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!(
            "there is no set `{name}`; the sets are {}",
            known.join(", ")
        );
    }
    let asked = |set: &Set| names.is_empty() || names.contains(&set.name);
    let asked: Vec<Set> = all.into_iter().filter(asked).collect();
    let missing: Vec<&str> = asked
        .iter()
        .filter(|set| !set.folder.is_dir())
        .map(|set| set.name.as_str())
        .collect();
    if !missing.is_empty() {
        bail!(
            "the labelled captures of {} are missing: {} is not there or lacks them. \
             `--set {CASES}` asks the project's own cases alone",
            missing.join(", "),
            shared.display()
        );
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_cases_are_found_and_unknown_sets_are_errors() {
        let sets = find(&[CASES.to_owned()]).unwrap();
        assert_eq!(sets.len(), 1);
        assert!(sets[0].folder.join("demo/case.toml").exists());
        let error = find(&["gremlins".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("no set `gremlins`"), "{error}");
    }
}
