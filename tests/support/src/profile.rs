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

/// The macros up to Wireshark 4.2, a table with quoted columns.
const MACROS: &str = "dfilter_macros";

/// The macros from Wireshark 4.4 on, written as filters are. Wireshark writes this file anew by
/// itself, so that nothing can be told from its contents.
const NEWER_MACROS: &str = "dmacros";

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
            // From Wireshark 5.0 on there may be none.
            match fs::read(global.join(COLORS)) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                read => bytes.extend(read?),
            }
        }
        if name == MACROS && tshark::version().map_err(io::Error::other)? >= (4, 4) {
            let macros = newer_macros(&String::from_utf8_lossy(&bytes));
            files.push((NEWER_MACROS.to_owned(), macros.into_bytes()));
            continue;
        }
        files.push((name.into_owned(), bytes));
    }
    files.sort();
    Ok(files)
}

/// Macros as Wireshark 4.4 reads them: `"name","text"` becomes `"name" text`.
fn newer_macros(table: &str) -> String {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    let macros = rows.filter_map(|row| {
        let (name, text) = row.strip_prefix('"')?.split_once("\",\"")?;
        let text = text.strip_suffix('"')?.replace("\\x22", "\"");
        Some(format!("\"{name}\" {text}\n"))
    });
    macros.collect()
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
        match fs::remove_file(folder.join(installed?.file_name())) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
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
        if installed.file_name() == NEWER_MACROS {
            continue;
        }
        let present = folder.join(installed.file_name());
        if fs::read(&present).ok() != Some(fs::read(installed.path())?) {
            return Ok(Some(present));
        }
    }
    Ok(None)
}

fn is_complete(files: &[File], folder: &Path) -> bool {
    let is_same = |(name, bytes): &File| fs::read(folder.join(name)).is_ok_and(|is| is == *bytes);
    files
        .iter()
        .all(|file| file.0 == NEWER_MACROS || is_same(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_are_written_as_filters_from_4_4_on() {
        let table =
            "# A comment.\n\"forged\",\"rst.origin == \\x22middlebox\\x22 && ip.addr == $1\"\n";
        assert_eq!(
            newer_macros(table),
            "\"forged\" rst.origin == \"middlebox\" && ip.addr == $1\n"
        );
    }
}
