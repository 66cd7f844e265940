// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask test`: every check there is, one announced step each, and a summary.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    bindings, deny,
    project::{self, ENGINE_FEATURES},
    say, setup, tidy, wireshark,
};

/// Where the tests that use the real tshark look for the plugin.
pub(crate) const PLUGIN_VARIABLE: &str = "RSTSCOPE_PLUGIN";

/// Features of the lints' first run: the plugin's, and those that the tests need.
const PLUGIN_FEATURES: [&str; 2] = ["--features", "replay"];

/// The steps done so far.
#[derive(Default)]
struct Report {
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    took: Duration,
    failure: Option<String>,
    /// What it consists of, where that tells more.
    parts: Vec<Part>,
}

struct Part {
    name: String,
    took: Duration,
}

impl Report {
    /// Does one step; a failure is kept, and the next steps still run.
    fn step<T>(&mut self, name: &'static str, action: impl FnOnce() -> Result<T>) -> Option<T> {
        say::step(name);
        let started = Instant::now();
        let result = action();
        let failure = result.as_ref().err().map(|error| format!("{error:#}"));
        if let Some(failure) = &failure {
            say::step(format_args!("FAILED: {failure}"));
        }
        self.steps.push(Step {
            name,
            took: started.elapsed(),
            failure,
            parts: Vec::new(),
        });
        result.ok()
    }

    fn finish(self) -> Result<()> {
        say::line("");
        for step in &self.steps {
            let outcome = step.failure.as_deref().map_or("ok", |_| "FAILED");
            say::line(format_args!(
                "{:<44} {:>7.1} s  {outcome}",
                step.name,
                step.took.as_secs_f32()
            ));
            for part in &step.parts {
                let took = part.took.as_secs_f32();
                say::line(format_args!("  {:<42} {took:>7.1} s", part.name));
            }
        }
        let total: Duration = self.steps.iter().map(|step| step.took).sum();
        say::line(format_args!(
            "{:<44} {:>7.1} s",
            "in all",
            total.as_secs_f32()
        ));
        let failed: Vec<_> = self
            .steps
            .iter()
            .filter(|step| step.failure.is_some())
            .map(|step| step.name)
            .collect();
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        say::line("All checks passed.");
        Ok(())
    }
}

pub(crate) fn run() -> Result<()> {
    let started = Instant::now();
    say::step("set-up");
    setup::tests()?;
    wireshark::check()?;
    let mut report = Report::default();
    report.steps.push(Step {
        name: "set-up",
        took: started.elapsed(),
        failure: None,
        parts: Vec::new(),
    });

    report.step("format: Rust", || {
        project::run(&mut project::cargo(["fmt", "--all", "--check"]))
    });
    report.step("format: C", check_c_format);
    report.step("tidy", tidy::run);
    report.step("bindings of the C header", bindings::check);
    report.step("licences and sources of crates", deny::check);
    report.step("lints: plugin", || clippy(&PLUGIN_FEATURES));
    report.step("lints: engine", || clippy(&ENGINE_FEATURES));
    report.step("docs", || {
        let mut doc = project::cargo(["doc", "--workspace", "--no-deps", "--quiet"]);
        doc.arg("--document-private-items");
        project::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
    });
    let plugin = report.step("plugin, release mode", project::build_plugin);
    let mut parts = Vec::new();
    report.step("tests, with real Wireshark", || test(plugin, &mut parts));
    if let Some(step) = report.steps.last_mut() {
        step.parts = parts;
    }
    report.finish()
}

/// `cargo xtask damage`: all cases, where the tests take a sample.
pub(crate) fn damage() -> Result<()> {
    setup::tests()?;
    wireshark::check()?;
    let plugin = project::build_plugin()?;
    let mut test = project::cargo(["test", "--test", "damage"]);
    test.args(ENGINE_FEATURES)
        .env(PLUGIN_VARIABLE, plugin)
        .env("RSTSCOPE_DAMAGE_ALL", "1");
    project::run(&mut test)
}

fn clippy(features: &[&str]) -> Result<()> {
    let mut clippy = project::cargo(["clippy", "--quiet", "--workspace", "--all-targets"]);
    // There the C compiler's warnings are errors, too.
    clippy.env("CI", "true");
    project::run(clippy.args(features).args(["--", "-D", "warnings"]))
}

/// Runs every test of the workspace; those that need the plugin fail where it could not be built.
fn test(plugin: Option<PathBuf>, parts: &mut Vec<Part>) -> Result<()> {
    let mut test = project::cargo(["test", "--workspace", "--no-fail-fast"]);
    test.args(ENGINE_FEATURES)
        .args(["--features", "mutation"])
        .env_remove(PLUGIN_VARIABLE);
    if let Some(plugin) = plugin {
        test.env(PLUGIN_VARIABLE, plugin);
    }
    timed(&mut test, parts)
}

/// Runs `cargo test`, and notes how long it took to compile and how long each of its programs runs.
fn timed(test: &mut Command, parts: &mut Vec<Part>) -> Result<()> {
    let mut child = test.stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let progress = child.stderr.take().context("no standard error")?;
    let mut name = "compiling".to_owned();
    let mut started = Instant::now();
    for line in BufReader::new(progress).lines() {
        let line = line?;
        say::progress(&line);
        if let Some(next) = program(&line) {
            parts.push(Part {
                name: std::mem::replace(&mut name, next.to_owned()),
                took: started.elapsed(),
            });
            started = Instant::now();
        }
    }
    let status = child.wait()?;
    parts.push(Part {
        name,
        took: started.elapsed(),
    });
    if !status.success() {
        bail!("`{}` failed ({status})", project::shown(test));
    }
    Ok(())
}

/// The test program that cargo announces in this line, such as `tests/golden.rs` or `xtask`.
fn program(line: &str) -> Option<&str> {
    let line = line.trim_start();
    if let Some(library) = line.strip_prefix("Doc-tests ") {
        return Some(library);
    }
    let (source, file) = line.strip_prefix("Running ")?.split_once(" (")?;
    if source.starts_with("unittests ") {
        // Which package's they are shows only in the name of the file: target/debug/deps/xtask-0123456789abcdef
        return file.rsplit('/').next()?.split('-').next();
    }
    Some(source)
}

fn check_c_format() -> Result<()> {
    let folder = project::root().join("wireshark-plugin");
    let mut sources: Vec<OsString> = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "c" || end == "h") {
            sources.push(path.into_os_string());
        }
    }
    if sources.is_empty() {
        bail!("{} holds no C source", folder.display());
    }
    sources.sort();
    let mut format = Command::new(setup::clang_format()?);
    format
        .args(["--dry-run", "-Werror", "--style=file"])
        .args(sources);
    project::run(format.current_dir(project::root()))
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn programs_are_told_by_what_cargo_announces() {
        for (line, name) in [
            (
                "     Running tests/golden.rs (target/debug/deps/golden-1a2b)",
                Some("tests/golden.rs"),
            ),
            (
                "     Running unittests src/main.rs (target/debug/deps/xtask-1a2b)",
                Some("xtask"),
            ),
            ("   Doc-tests rstscope", Some("rstscope")),
            ("   Compiling rstscope v0.1.0 (/src)", None),
        ] {
            assert_eq!(program(line), name);
        }
    }
}
