// SPDX-License-Identifier: GPL-2.0-or-later

//! The captures under `tests/captures` and the plugin that `cargo xtask test` has built.

use std::{
    error::Error,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::tshark::{Scratch, Tshark};

/// A run of tshark on a small capture that takes longer has hung.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Where `cargo xtask test` says what it has built.
const PLUGIN_VARIABLE: &str = "RSTSCOPE_PLUGIN";

/// One capture of the collection.
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// The file.
    pub capture: PathBuf,
}

/// The real tshark with the plugin loaded; there is no test without it.
pub fn tshark_with_plugin() -> Result<Tshark, Box<dyn Error>> {
    Ok(Tshark::with_plugin(&plugin()?, Some(LIMIT))?)
}

/// The plugin that is tested.
pub fn plugin() -> Result<PathBuf, Box<dyn Error>> {
    let plugin = std::env::var_os(PLUGIN_VARIABLE).ok_or_else(|| {
        format!("{PLUGIN_VARIABLE} is not set: these tests are run by `cargo xtask test`, which builds the plugin")
    })?;
    Ok(plugin.into())
}

/// Every case, in order of name.
pub fn all() -> Result<Vec<Case>, Box<dyn Error>> {
    let folder = crate::root().join("tests/captures");
    let mut cases = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let capture = ["capture.pcap", "capture.pcapng"]
            .iter()
            .map(|file| path.join(file))
            .find(|file| file.exists())
            .ok_or_else(|| format!("{name} holds no capture"))?;
        cases.push(Case {
            name: name.into_owned(),
            capture,
        });
    }
    if cases.is_empty() {
        return Err(format!("{} holds no case", folder.display()).into());
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(cases)
}

/// All cases in one capture, one after the other, for checks that need no case on its own.
pub fn together(scratch: &Scratch) -> Result<Case, Box<dyn Error>> {
    let name = "all cases together".to_owned();
    let capture = scratch.0.join("together.pcapng");
    let cases = all()?;
    let mut mergecap = Command::new("mergecap");
    mergecap.arg("-a").arg("-w").arg(&capture);
    run(mergecap.args(cases.iter().map(|case| &case.capture)))?;
    Ok(Case { name, capture })
}

/// Runs one of Wireshark's small tools.
pub fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
        format!("{command:?}: {error}; `cargo xtask test` installs what is missing")
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} ended with {}: {said}", output.status).into());
    }
    Ok(())
}

/// Checks every item, several at a time; the answer is one text with every fault.
pub fn faults_of<T: Sync>(
    items: &[T],
    check: impl Fn(&T) -> Result<Vec<String>, Box<dyn Error>> + Sync,
) -> String {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let work = |first: usize| {
        let mut faults = Vec::new();
        for item in items.iter().skip(first).step_by(workers) {
            match check(item) {
                Ok(found) => faults.extend(found),
                Err(error) => faults.push(error.to_string()),
            }
        }
        faults
    };
    let mut faults = thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|first| scope.spawn(move || work(first)))
            .collect();
        running
            .into_iter()
            .flat_map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| vec!["a check panicked".to_owned()])
            })
            .collect::<Vec<_>>()
    });
    faults.sort();
    faults.join("\n")
}
