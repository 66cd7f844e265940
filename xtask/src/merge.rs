// SPDX-License-Identifier: GPL-2.0-or-later

//! Several captures of one incident in one file, the interfaces kept apart.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{project, say, tshark::Scratch};

/// A merged capture, as long as this lives.
pub(crate) struct Merged {
    _folder: Scratch,
    file: PathBuf,
}

impl Merged {
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }
}

/// Merges captures of several points, in the order of their times.
///
/// # Errors
/// `mergecap` is missing, or cannot read one of them.
pub(crate) fn merge(captures: &[PathBuf]) -> Result<Merged> {
    let folder = Scratch::new()?;
    let file = folder.0.join("merged.pcapng");
    say::step(format_args!(
        "mergecap -I none ({} captures)",
        captures.len()
    ));
    // By default it takes two like interfaces for one.
    let mut mergecap = Command::new("mergecap");
    mergecap
        .args(["-I", "none", "-w"])
        .arg(&file)
        .args(captures);
    project::run(&mut mergecap)?;
    Ok(Merged {
        _folder: folder,
        file,
    })
}
