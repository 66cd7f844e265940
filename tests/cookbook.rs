// SPDX-License-Identifier: GPL-2.0-or-later

//! The pages for users: every command in a `console` block is run, and prints what the page shows.
//!
//! `cargo xtask bless` rewrites what they show.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write as _,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rstscope::verdict::fields::{Field, find};
use rstscope_test_support::{
    cases, contract,
    index::{self, Index},
    page::{Page, Step},
    tshark::{Scratch, Tshark},
};
use serde_json::{Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Reads captures that are not in the repository as well, where they are.
const NOT_RUN: &str = "cargo xtask accuracy ";

/// Where `cargo xtask test` puts what the pages have their readers install with pip.
const PYTHON_MODULES: &str = "target/python";

/// What termshark has not drawn by then, it does not draw.
const PATIENCE: Duration = Duration::from_secs(60);

/// What OpenSearch is to be told of the fields.
const MAPPING: &str = "docs/opensearch-mapping.json";

/// What one wants to know of the frame beside our own fields.
const AROUND: &[(&str, &[(&str, &str)])] = &[
    ("frame", &[("frame_frame_number", "long")]),
    ("ip", &[("ip_ip_src", "ip"), ("ip_ip_dst", "ip")]),
    ("ipv6", &[("ipv6_ipv6_src", "ip"), ("ipv6_ipv6_dst", "ip")]),
    (
        "tcp",
        &[
            ("tcp_tcp_stream", "long"),
            ("tcp_tcp_srcport", "long"),
            ("tcp_tcp_dstport", "long"),
        ],
    ),
];

/// Its commands talk to OpenSearch.
const COOKBOOK: &str = "docs/cookbook.md";

#[test]
fn readme_shows_what_its_commands_print() -> Outcome {
    hold(&["README.md".into()])
}

#[test]
fn cookbook_shows_what_its_commands_print() -> Outcome {
    let _index = Index::start()?;
    hold(&[COOKBOOK.into()])
}

#[test]
fn other_pages_show_what_their_commands_print() -> Outcome {
    let mut pages = Vec::new();
    for entry in root().join("docs").read_dir()? {
        let name = format!("docs/{}", entry?.file_name().to_string_lossy());
        if name.ends_with(".md") && name != COOKBOOK && page(&name)?.steps().next().is_some() {
            pages.push(name);
        }
    }
    for name in ["docs/guide.md", "docs/method.md"] {
        assert!(pages.iter().any(|page| page == name), "{name} runs nothing");
    }
    hold(&pages)
}

/// Fails of pages that show something else than their commands print.
fn hold(pages: &[String]) -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let faults = cases::faults_of(pages, |name| check(name, &tshark));
    assert!(
        faults.is_empty(),
        "{faults}\n`cargo xtask bless` rewrites what the pages show"
    );
    Ok(())
}

/// Whether the files are to be rewritten: where insta would, too.
fn is_blessed() -> bool {
    std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always")
}

/// Reads a page.
fn page(name: &str) -> Outcome<Page> {
    let text = fs::read_to_string(root().join(name))?;
    Ok(Page::parse(&text).map_err(|error| format!("{name}: {error}"))?)
}

/// Runs a page's commands, one after the other in one folder; each that prints something else is a fault.
fn check(name: &String, tshark: &Tshark) -> Outcome<Vec<String>> {
    let page = page(name)?;
    let shell = Shell::new(tshark)?;
    let (mut faults, mut outputs) = (Vec::new(), Vec::new());
    let mut run = 0;
    for step in page.steps() {
        if step.command.starts_with(NOT_RUN) {
            outputs.push(step.output.clone());
            continue;
        }
        run += 1;
        let (output, has_succeeded) = shell.run(step)?;
        let (line, command, shown) = (step.line, &step.command, &step.output);
        if !has_succeeded {
            faults.push(format!("{name} line {line} fails: {command}{output}"));
        } else if !step.shows(&output) {
            faults.push(format!(
                "{name} line {line}: {command}prints\n{output}and not\n{shown}"
            ));
        }
        outputs.push(step.renewed(&output));
    }
    if run == 0 {
        faults.push(format!("{name}: no command is run"));
    }
    if is_blessed() {
        fs::write(root().join(name), page.with_outputs(&outputs))?;
        faults.retain(|fault| !fault.contains("prints\n"));
    }
    Ok(faults)
}

/// A shell in a folder of its own, in which `tshark` has the plugin loaded and the named files lie.
struct Shell {
    scratch: Scratch,
    path: String,
}

impl Shell {
    fn new(tshark: &Tshark) -> Outcome<Self> {
        let scratch = Scratch::new()?;
        // tshark may run as somebody else, and writes what a recipe tells it to.
        fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o777))?;
        let programs = scratch.0.join("bin");
        fs::create_dir(&programs)?;
        write_program(&programs.join("tshark"), &tshark.command())?;
        let cargo = cargo_script(&scratch.0.join("progress"));
        write_script(&programs.join("cargo"), &cargo)?;
        let path = format!("{}:/usr/bin:/bin", programs.display());
        Ok(Self { scratch, path })
    }

    /// What a command prints, on both outputs as in a terminal, and whether it ended well.
    fn run(&self, step: &Step) -> Outcome<(String, bool)> {
        for word in step.command.split([' ', '\n', '\'', '"', '@']) {
            if word.starts_with("tests/captures/") || word.starts_with("docs/") {
                self.bring(word)?;
            }
        }
        let output = self
            .command("bash")
            .args(["-c", &format!("exec 2>&1\n{}", step.command)])
            .stdin(Stdio::null())
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        Ok((text, output.status.success()))
    }

    /// Copies a file of the repository to where the commands look for it.
    fn bring(&self, name: &str) -> Outcome {
        let (from, to) = (root().join(name), self.scratch.0.join(name));
        if to.exists() {
            return Ok(());
        }
        fs::create_dir_all(to.parent().unwrap_or(&to))?;
        fs::copy(&from, &to).map_err(|error| format!("{name}: {error}"))?;
        fs::set_permissions(&to, fs::Permissions::from_mode(0o644))?;
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.scratch.0)
            .env("PATH", &self.path)
            .env("PYTHONPATH", root().join(PYTHON_MODULES))
            .env("HOME", &self.scratch.0)
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env_remove("TMUX");
        command
    }
}

#[test]
fn termshark_shows_the_summaries() -> Outcome {
    let tshark = cases::tshark_with_plugin()?;
    let capture = "tests/captures/demo/capture.pcap";
    let arguments = ["-Y", "rst.summary", "-T", "fields", "-e", "rst.summary"];
    let run = tshark.read(&root().join(capture), &arguments)?;
    let summaries = String::from_utf8(run.stdout)?;
    assert!(
        summaries.lines().count() > 5,
        "nothing to look for: {summaries}"
    );

    let shell = Shell::new(&tshark)?;
    shell.bring(capture)?;
    // Wide enough for an Info column that is not cut.
    let start = ["new-session", "-d", "-x", "250", "-y", "60"];
    let typed = format!("exec termshark -r {capture} -Y rst.summary");
    let status = tmux(&shell).args(start).arg(typed).status();
    let status = status.map_err(|error| format!("tmux: {error}; apt-get install tmux"))?;
    assert!(status.success(), "tmux ended with {status}");

    let started = Instant::now();
    let mut screen = String::new();
    let mut unseen: Vec<_> = summaries.lines().collect();
    while !unseen.is_empty() && started.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(200));
        let output = tmux(&shell).args(["capture-pane", "-p"]).output()?;
        screen = String::from_utf8(output.stdout)?;
        // The list has them in brackets; the tree of the first frame has its own, too.
        let tree = format!("TCP Reset Analysis, {}", unseen[0]);
        if screen.contains(&tree) {
            unseen.retain(|summary| !screen.contains(&format!("[{summary}]")));
        }
    }
    // The server has ended by itself if termshark could not be started.
    tmux(&shell).arg("kill-server").output()?;
    assert!(
        unseen.is_empty(),
        "not on the screen: {unseen:?}; the screen shows:\n{screen}"
    );
    Ok(())
}

/// tmux with a server of its own, which reads no settings.
fn tmux(shell: &Shell) -> Command {
    let mut command = shell.command("tmux");
    command
        .args(["-f", "/dev/null", "-S"])
        .arg(shell.scratch.0.join("tmux"))
        .env("TERM", "screen-256color");
    command
}

#[test]
fn opensearch_mapping_has_every_field() -> Outcome {
    let path = root().join(MAPPING);
    let text = mapping();
    if is_blessed() {
        fs::write(path, text)?;
        return Ok(());
    }
    assert!(
        fs::read_to_string(path)? == text,
        "{MAPPING} is not what the contract says; `cargo xtask bless` writes it anew"
    );
    Ok(())
}

#[test]
fn opensearch_mapping_fits_what_tshark_prints() -> Outcome {
    let scratch = Scratch::new()?;
    let case = cases::together(&scratch)?;
    let layers = "frame ip ipv6 tcp rst";
    let arguments = ["-2", "-Y", "rst", "-T", "ek", "-J", layers];
    let run = cases::tshark_with_plugin()?.read(&case.capture, &arguments)?;
    let mapping: Value = serde_json::from_str(&mapping())?;
    let mut seen = BTreeSet::new();
    for line in String::from_utf8(run.stdout)?.lines() {
        let frame: Value = serde_json::from_str(line)?;
        let Some(layers) = frame["layers"].as_object() else {
            continue;
        };
        let faults = index::unfit(&frame, &mapping);
        assert!(faults.is_empty(), "{faults:?}");
        for fields in layers.values().filter_map(Value::as_object) {
            seen.extend(
                fields
                    .keys()
                    .filter(|name| name.starts_with("rst_"))
                    .cloned(),
            );
        }
    }
    assert!(seen.len() > 40, "only {seen:?} were seen");
    Ok(())
}

/// The mapping: tshark's own (`-G elastic-mapping`) has no strings, and takes durations for dates.
fn mapping() -> String {
    let ours = contract::FIELDS.iter().map(|(name, kind)| {
        let key = format!("rst_{}", name.replace('.', "_"));
        (key, mapped_type(name, kind))
    });
    let mut layers = BTreeMap::from([("rst", properties(ours))]);
    for (layer, fields) in AROUND {
        let fields = fields
            .iter()
            .map(|(name, kind)| ((*name).to_owned(), *kind));
        layers.insert(layer, properties(fields));
    }
    let mapping = json!({"mappings": {"dynamic": false, "properties": {
        "timestamp": {"type": "date", "format": "epoch_millis"},
        "layers": {"properties": layers},
    }}});
    format!("{mapping:#}\n")
}

fn properties(fields: impl Iterator<Item = (String, &'static str)>) -> Value {
    let typed: BTreeMap<_, _> = fields
        .map(|(name, kind)| (name, json!({"type": kind})))
        .collect();
    json!({"properties": typed})
}

fn mapped_type(name: &str, kind: &str) -> &'static str {
    match kind {
        // Printed as 0x1a2b.
        "FT_UINT16" => "keyword",
        "FT_STRING" if find(name).is_some_and(Field::is_sentence) => "text",
        "FT_STRING" => "keyword",
        "FT_BOOLEAN" => "boolean",
        "FT_RELATIVE_TIME" => "double",
        _ => "long",
    }
}

/// Cargo as the reader has it, in the repository; what it says of its progress is not shown on a page.
fn cargo_script(progress: &Path) -> String {
    // As wide as a page shows it, whatever the terminal of whoever runs this.
    let mut script = String::from("#!/bin/sh\nexport COLUMNS=100\n");
    for name in ["HOME", "PATH"] {
        let value = std::env::var(name).unwrap_or_default();
        script += &format!("export {name}='{value}'\n");
    }
    let (root, cargo, progress) = (root().display(), env!("CARGO"), progress.display());
    script
        + &format!(
            "cd '{root}' && '{cargo}' \"$@\" 2>'{progress}' || {{ status=$?; cat '{progress}'; exit $status; }}\n"
        )
}

/// Writes a program that does what `command` does, in the folder that it is called in.
fn write_program(path: &Path, command: &Command) -> Outcome {
    let mut script = String::from("#!/bin/sh\n");
    for (name, value) in command.get_envs() {
        let name = name.to_string_lossy();
        match value {
            Some(value) => writeln!(script, "export {name}='{}'", value.to_string_lossy())?,
            None => writeln!(script, "unset {name}")?,
        }
    }
    // The path of the callers finds the program that stands first: this one.
    writeln!(script, "export PATH=/usr/local/bin:/usr/bin:/bin")?;
    write!(script, "exec {}", command.get_program().to_string_lossy())?;
    for argument in command.get_args() {
        write!(script, " '{}'", argument.to_string_lossy())?;
    }
    script.push_str(" \"$@\"\n");
    write_script(path, &script)
}

fn write_script(path: &Path, script: &str) -> Outcome {
    fs::write(path, script)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
