// SPDX-License-Identifier: GPL-2.0-or-later

//! Counts the instructions of a whole run.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{project, tshark::Tshark};

/// Instructions of tshark reading `capture`.
pub(crate) fn tshark(tshark: &Tshark, capture: &Path, arguments: &[&str]) -> Result<u64> {
    let mut command = tshark.command();
    command.arg("-r").arg(capture).args(arguments);
    count(&command)
}

/// Instructions of `command`, which must succeed; where it executes another program, those of the last.
pub(crate) fn count(command: &Command) -> Result<u64> {
    let mut callgrind = Command::new("valgrind");
    callgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        // Root's tshark is run by setpriv.
        .arg("--trace-children=yes");
    let mut callgrind = project::wrapped(callgrind, command);
    let shown = project::shown(&callgrind);
    let output = callgrind
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .with_context(|| format!("cannot run {shown}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("`{shown}` failed ({}): {}", output.status, said.trim());
    }
    collected(&said).with_context(|| format!("`{shown}` counted nothing: {}", said.trim()))
}

/// The number in `==123== Collected : 456`, the last where there are several.
fn collected(said: &str) -> Option<u64> {
    said.lines()
        .filter_map(|line| line.split_once("Collected :"))
        .filter_map(|(_, number)| number.trim().parse().ok())
        .next_back()
}

/// Instructions of `program` with `arguments`.
pub(crate) fn program<S: AsRef<OsStr>>(program: &Path, arguments: &[S]) -> Result<u64> {
    let mut command = Command::new(program);
    command.args(arguments);
    count(&command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_count_is_the_program_s() {
        let said = "==7== Events    : Ir\n==7== Collected : 12\n==7== Collected : 3456\n==7== \n";
        assert_eq!(collected(said), Some(3456));
        assert_eq!(collected("==7== I refs: 1\n"), None);
    }
}
