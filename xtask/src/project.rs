// SPDX-License-Identifier: GPL-2.0-or-later

//! Where the project lies, how its parts are built, and how a program is run.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::say;

pub(crate) use rstscope_test_support::root;

/// The features with which the engine is tested without Wireshark.
pub(crate) const ENGINE_FEATURES: [&str; 3] = ["--no-default-features", "--features", "replay"];

/// Cargo, as the one that runs us, in the repository's root.
pub(crate) fn cargo<I, S>(arguments: I) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs `command` to its end; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {}", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// The standard output of `command`, which must succeed; its standard error is told where it does not.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` failed ({}) {}",
            shown(command),
            output.status,
            said.trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Builds the plugin in release mode; the answer is the shared object.
pub(crate) fn build_plugin() -> Result<PathBuf> {
    say::step("building the plugin (release mode)");
    let mut build = cargo(["build", "--release", "--package", "rstscope"]);
    build
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit());
    let messages = output(&mut build)?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.target.as_ref().is_some_and(Target::is_plugin))
        .flat_map(|message| message.filenames)
        .find(|file| file.extension().is_some_and(|end| end == "so"))
        .context("cargo built no shared object for the package rstscope")
}

/// The part of cargo's JSON messages that names what was built.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Target {
    fn is_plugin(&self) -> bool {
        self.name == "rstscope" && self.kind.iter().any(|kind| kind == "cdylib")
    }
}
