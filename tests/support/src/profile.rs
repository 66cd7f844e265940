// SPDX-License-Identifier: GPL-2.0-or-later

//! The Wireshark profile "TCP Resets": put in place, brought up to date, and removed,
//! without a loss of anything that somebody has changed in it.
//!
//! The tests and `xtask` use it.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use crate::tshark;

/// The profile's name in Wireshark, and its folder's.
pub const NAME: &str = "TCP Resets";

/// Below the profile: the files as they were installed, to tell what was changed since.
const RECORD: &str = ".installed";

/// The file that Wireshark's own rules are appended to: ours stand above them.
const COLORS: &str = "colorfilters";

/// The state of the window, which Wireshark keeps in every profile that was in use.
const WINDOW_STATE: &str = "recent";

/// What was done.
#[derive(Debug, PartialEq, Eq)]
pub enum Done {
    /// All files were written.
    Written,
    /// They were there already.
    Nothing,
    /// Somebody has made or changed this file: nothing was touched.
    Kept(PathBuf),
}

/// A file of the profile, and what belongs in it.
type File = (String, Vec<u8>);

/// The profile of the project at `root`, for the installed Wireshark.
pub fn files(root: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in root.join("wireshark-plugin/profile").read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut bytes = fs::read(&path)?;
        if name == COLORS {
            let global = tshark::folder("Global configuration").map_err(io::Error::other)?;
            bytes.extend(fs::read(global.join(COLORS))?);
        }
        files.push((name.into_owned(), bytes));
    }
    files.sort();
    Ok(files)
}

/// Writes the files to `folder`, unless somebody else's are there.
pub fn install(files: &[File], folder: &Path) -> io::Result<Done> {
    if folder.exists() {
        if let Some(changed) = changed(folder)? {
            return Ok(Done::Kept(changed));
        }
        if is_complete(files, folder) {
            return Ok(Done::Nothing);
        }
    }
    let record = folder.join(RECORD);
    fs::create_dir_all(&record)?;
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes)?;
        fs::write(record.join(name), bytes)?;
    }
    Ok(Done::Written)
}

/// Removes what [`install`] has written, unless somebody has changed it.
pub fn remove(folder: &Path) -> io::Result<Done> {
    if !folder.exists() {
        return Ok(Done::Nothing);
    }
    if let Some(changed) = changed(folder)? {
        return Ok(Done::Kept(changed));
    }
    for installed in folder.join(RECORD).read_dir()? {
        fs::remove_file(folder.join(installed?.file_name()))?;
    }
    fs::remove_dir_all(folder.join(RECORD))?;
    match fs::remove_file(folder.join(WINDOW_STATE)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
            Ok(Done::Kept(folder.to_owned()))
        }
        other => other.map(|()| Done::Written),
    }
}

/// A file that is not as it was installed; the folder itself, if it was not installed at all.
fn changed(folder: &Path) -> io::Result<Option<PathBuf>> {
    let record = folder.join(RECORD);
    if !record.exists() {
        return Ok(Some(folder.to_owned()));
    }
    for installed in record.read_dir()? {
        let installed = installed?;
        let present = folder.join(installed.file_name());
        if fs::read(&present).ok() != Some(fs::read(installed.path())?) {
            return Ok(Some(present));
        }
    }
    Ok(None)
}

fn is_complete(files: &[File], folder: &Path) -> bool {
    let is_same = |(name, bytes): &File| fs::read(folder.join(name)).is_ok_and(|is| is == *bytes);
    files.iter().all(is_same)
}
