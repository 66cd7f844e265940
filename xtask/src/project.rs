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

/// `outer` with its own arguments, which runs `command` in its environment and folder.
pub(crate) fn wrapped(mut outer: Command, command: &Command) -> Command {
    outer.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        outer.current_dir(folder);
    }
    outer
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

/// Has the commit in what `tshark -G plugins` shows.
const COMMIT_VARIABLE: &str = "RSTSCOPE_COMMIT";

/// Builds the plugin in release mode; the answer is the shared object.
pub(crate) fn build_plugin() -> Result<PathBuf> {
    build_to_install(None)
}

/// Builds the plugin for this machine's Wireshark, with the commit in its version.
pub(crate) fn build_to_install(commit: Option<&str>) -> Result<PathBuf> {
    say::step("building the plugin (release mode)");
    let mut cargo = cargo(["build", "--release", "--package", "rstscope"]);
    if let Some(commit) = commit {
        cargo.env(COMMIT_VARIABLE, commit);
    }
    build(cargo)
}

/// Builds the plugin so that its bytes do not tell where that was done.
pub(crate) fn build_for_package(folder: &Path, commit: &str) -> Result<PathBuf> {
    say::step("building the plugin (release mode, the same bytes everywhere)");
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
    let mut flags = vec![
        "-Clink-arg=-Wl,--build-id=sha1".to_owned(),
        format!("--remap-path-prefix={}=/rstscope", root().display()),
    ];
    let mut c_flags = vec![format!("-ffile-prefix-map={}=/rstscope", root().display())];
    if let Some(home) = home {
        flags.push(format!("--remap-path-prefix={}=/cargo", home.display()));
    }
    flags.push(format!("--remap-path-prefix={}=/target", folder.display()));
    c_flags.push(format!("-ffile-prefix-map={}=/target", folder.display()));
    let mut cargo = cargo(["build", "--release", "--locked", "--package", "rstscope"]);
    cargo
        .arg("--target-dir")
        .arg(folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("CFLAGS", c_flags.join(" "))
        .env(COMMIT_VARIABLE, commit);
    build(cargo)
}

fn build(mut build: Command) -> Result<PathBuf> {
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
