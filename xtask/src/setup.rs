// SPDX-License-Identifier: GPL-2.0-or-later

//! Sets up what a command needs, after saying so: each need is probed, so nothing is installed twice.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{project, say};

/// Something that must be on the machine, how to see that it is, and which package brings it.
struct Need {
    probe: Probe,
    debian: &'static str,
    fedora: &'static str,
}

enum Probe {
    /// One of these programs is in the PATH.
    Program(&'static [&'static str]),
    /// pkg-config knows this module.
    Module(&'static str),
    /// This file exists.
    File(&'static str),
    /// The system's Python has this module.
    Python(&'static str),
    /// libclang and the headers that come with it, for bindgen.
    LibClang,
}

const fn need(probe: Probe, debian: &'static str, fedora: &'static str) -> Need {
    Need {
        probe,
        debian,
        fedora,
    }
}

/// Building the plugin and running it in tshark.
const PLUGIN: &[Need] = &[
    need(Probe::Program(&["cc", "gcc"]), "gcc", "gcc"),
    need(
        Probe::File("/usr/include/stdio.h"),
        "libc6-dev",
        "glibc-devel",
    ),
    need(
        Probe::Program(&["pkg-config"]),
        "pkg-config",
        "pkgconf-pkg-config",
    ),
    need(
        Probe::Module("wireshark"),
        "libwireshark-dev",
        "wireshark-devel",
    ),
    need(Probe::Module("glib-2.0"), "libglib2.0-dev", "glib2-devel"),
    need(Probe::Program(&["tshark"]), "tshark", "wireshark-cli"),
    need(Probe::Program(&["setpriv"]), "util-linux", "util-linux"),
];

/// Comparing the committed bindings with the C header.
const BINDINGS: &[Need] = &[
    need(Probe::Program(&["cc", "gcc"]), "gcc", "gcc"),
    need(
        Probe::File("/usr/include/stdio.h"),
        "libc6-dev",
        "glibc-devel",
    ),
    need(Probe::LibClang, "libclang-dev", "clang-devel"),
];

/// Checking the C half and damaging captures.
const CHECKS: &[Need] = &[
    need(
        Probe::Program(&["editcap"]),
        "wireshark-common",
        "wireshark-cli",
    ),
    need(
        Probe::Program(&["mergecap"]),
        "wireshark-common",
        "wireshark-cli",
    ),
    need(
        Probe::Program(CLANG_FORMAT),
        "clang-format",
        "clang-tools-extra",
    ),
];

/// Wireshark on a screen that nobody sits at, and what clicks and reads there.
const GUI: &[Need] = &[
    need(Probe::Program(&["wireshark"]), "wireshark", "wireshark"),
    need(Probe::Program(&["Xvfb"]), "xvfb", "xorg-x11-server-Xvfb"),
    need(Probe::Program(&["openbox"]), "openbox", "openbox"),
    need(Probe::Program(&["xdotool"]), "xdotool", "xdotool"),
    need(Probe::Program(&["import"]), "imagemagick", "ImageMagick"),
    need(Probe::Program(&["convert"]), "imagemagick", "ImageMagick"),
    need(Probe::Program(&["tesseract"]), "tesseract-ocr", "tesseract"),
    need(Probe::Program(&["ip"]), "iproute2", "iproute"),
];

/// What the commands in the pages for users run, beside tshark.
const PAGES: &[Need] = &[
    need(Probe::Program(&["jq"]), "jq", "jq"),
    need(Probe::Program(&["curl"]), "curl", "curl"),
    need(Probe::Program(&["termshark"]), "termshark", "termshark"),
    need(Probe::Program(&["tmux"]), "tmux", "tmux"),
    need(Probe::Python("pandas"), "python3-pandas", "python3-pandas"),
    need(Probe::Python("pip"), "python3-pip", "python3-pip"),
];

/// What the pages have their readers install with pip; Debian has no packages of it.
const PYTHON_MODULES: &[(&str, &str)] = &[("pyshark", "0.6"), ("duckdb", "1.4.1")];

/// Where it is put, for nobody but the tests: the system's own modules stay as they are.
const PYTHON_FOLDER: &str = "target/python";

/// Network namespaces and the rules in them; the lab does everything else itself.
const LAB: &[Need] = &[
    need(Probe::Program(&["ip"]), "iproute2", "iproute"),
    need(Probe::Program(&["nft"]), "nftables", "nftables"),
    need(Probe::Program(&["haproxy"]), "haproxy", "haproxy"),
    need(Probe::Program(&["nginx"]), "nginx-light", "nginx"),
    need(Probe::Program(&["nmap"]), "nmap", "nmap"),
    need(Probe::Program(&["openssl"]), "openssl", "openssl"),
    need(Probe::Program(&["tcpkill"]), "dsniff", "dsniff"),
    need(
        Probe::Program(&["ettercap"]),
        "ettercap-text-only",
        "ettercap",
    ),
    need(Probe::Program(&["hping3"]), "hping3", "hping3"),
    need(
        Probe::Program(&["slirp4netns"]),
        "slirp4netns",
        "slirp4netns",
    ),
    need(
        Probe::Program(&["ovs-vswitchd"]),
        "openvswitch-switch",
        "openvswitch",
    ),
    need(
        Probe::Program(&["ovn-northd"]),
        "ovn-central",
        "ovn-central",
    ),
    need(Probe::Program(&["ovn-controller"]), "ovn-host", "ovn-host"),
    need(Probe::Program(&["cc", "gcc"]), "gcc", "gcc"),
    need(
        Probe::File("/usr/include/lwip/lwip/tcp.h"),
        "liblwip-dev",
        "lwip-devel",
    ),
    need(Probe::Program(&["go"]), "golang-go", "golang"),
    need(
        Probe::File("/usr/share/gocode/src/gvisor.dev/gvisor/pkg/tcpip/tcpip.go"),
        "golang-gvisor-gvisor-dev",
        "golang-gvisor-devel",
    ),
];

/// Counting instructions, and measuring time and memory.
const BENCH: &[Need] = &[
    need(Probe::Program(&["valgrind"]), "valgrind", "valgrind"),
    need(Probe::Program(&["time"]), "time", "time"),
];

/// The system's own: its packages bring their modules for this one.
const PYTHON: &str = "/usr/bin/python3";

/// The version of Debian 12 first: another may lay the same code out differently.
const CLANG_FORMAT: &[&str] = &["clang-format-14", "clang-format"];

/// Sets up what building and running the plugin needs.
pub(crate) fn plugin() -> Result<()> {
    ensure(PLUGIN.iter())
}

/// Sets up what comparing and renewing the bindings needs.
pub(crate) fn bindings() -> Result<()> {
    ensure(BINDINGS.iter())
}

/// Sets up what `cargo xtask test` needs.
pub(crate) fn tests() -> Result<()> {
    ensure(
        PLUGIN
            .iter()
            .chain(BINDINGS)
            .chain(CHECKS)
            .chain(GUI)
            .chain(PAGES),
    )?;
    python_modules()?;
    rust_components()
}

/// Sets up what the pages' commands need.
pub(crate) fn pages() -> Result<()> {
    ensure(PLUGIN.iter().chain(PAGES))?;
    python_modules()
}

/// Sets up what taking the README's picture needs.
pub(crate) fn gui() -> Result<()> {
    ensure(PLUGIN.iter().chain(GUI))
}

/// Sets up what the lab needs.
pub(crate) fn lab() -> Result<()> {
    ensure(LAB.iter())
}

/// Sets up what `cargo xtask bench` needs.
pub(crate) fn bench() -> Result<()> {
    ensure(PLUGIN.iter().chain(BENCH))
}

/// The clang-format to use.
pub(crate) fn clang_format() -> Result<&'static str> {
    CLANG_FORMAT
        .iter()
        .find(|name| which::which(name).is_ok())
        .copied()
        .context("clang-format is missing (Debian: apt-get install clang-format)")
}

fn ensure(needs: impl Iterator<Item = &'static Need> + Clone) -> Result<()> {
    let missing = missing(needs.clone());
    if missing.is_empty() {
        return Ok(());
    }
    if which::which("apt-get").is_err() {
        return Err(advice(&missing));
    }
    apt_get_install(&names(&missing, |need| need.debian))?;
    let still = self::missing(needs);
    if !still.is_empty() {
        let still = names(&still, |need| need.debian).join(" ");
        bail!("still missing after installing: {still}");
    }
    Ok(())
}

/// The packages that bring what is missing, each once.
fn names(missing: &[&Need], name: fn(&Need) -> &'static str) -> Vec<&'static str> {
    let mut names: Vec<_> = missing.iter().map(|need| name(need)).collect();
    names.dedup();
    names
}

fn missing(needs: impl Iterator<Item = &'static Need>) -> Vec<&'static Need> {
    needs.filter(|need| !need.probe.is_met()).collect()
}

fn advice(missing: &[&Need]) -> anyhow::Error {
    if which::which("dnf").is_ok() {
        return anyhow::anyhow!(
            "packages are missing; install them with: sudo dnf install {}",
            names(missing, |need| need.fedora).join(" ")
        );
    }
    anyhow::anyhow!(
        "packages are missing, and only Debian and Ubuntu are set up by this command; \
         install what your system calls: {}",
        names(missing, |need| need.debian).join(" ")
    )
}

fn apt_get_install(packages: &[&str]) -> Result<()> {
    let is_root = rstscope_test_support::is_root();
    let mut install = vec!["install", "-y", "-q", "--no-install-recommends"];
    install.extend(packages);
    let typed = format!("apt-get {}", install.join(" "));
    if !is_root && which::which("sudo").is_err() {
        bail!("packages are missing, and there is no sudo; run as root: {typed}");
    }
    let sudo = if is_root { "" } else { "sudo " };
    say::step(format_args!(
        "missing packages will be installed: {}",
        packages.join(" ")
    ));
    say::step(format_args!("{sudo}{typed}"));
    let apt_get = |arguments: &[&str]| {
        let mut command = if is_root {
            Command::new("apt-get")
        } else {
            let mut command = Command::new("sudo");
            command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
            command
        };
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command.args(arguments);
        project::run(&mut command)
    };
    // Lists that are absent or out of date show as a failure to install: fetch them, and try again.
    if !has_package_lists() || apt_get(&install).is_err() {
        say::step("apt-get update");
        apt_get(&["update", "-q"])?;
        apt_get(&install)?;
    }
    Ok(())
}

fn has_package_lists() -> bool {
    Path::new("/var/lib/apt/lists")
        .read_dir()
        .is_ok_and(|entries| {
            entries
                .flatten()
                .any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
        })
}

/// What comes from PyPI, for the system's Python.
fn python_modules() -> Result<()> {
    let folder = project::root().join(PYTHON_FOLDER);
    let asked: Vec<_> = PYTHON_MODULES
        .iter()
        .map(|(name, version)| format!("assert version('{name}') == '{version}'"))
        .collect();
    let mut check = Command::new(PYTHON);
    check.env("PYTHONPATH", &folder).args([
        "-c",
        &format!(
            "from importlib.metadata import version\n{}",
            asked.join("\n")
        ),
    ]);
    if answers(check) {
        return Ok(());
    }
    let mut install = Command::new(PYTHON);
    install
        .args(["-m", "pip", "install", "--quiet", "--upgrade"])
        .args(["--disable-pip-version-check", "--root-user-action=ignore"])
        .arg("--target")
        .arg(&folder)
        .args(
            PYTHON_MODULES
                .iter()
                .map(|(name, version)| format!("{name}=={version}")),
        );
    say::step(project::shown(&install));
    project::run(&mut install)
}

/// rustfmt and clippy, which a minimal toolchain lacks.
fn rust_components() -> Result<()> {
    let lacking: Vec<_> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(subcommand, _)| !answers(project::cargo([subcommand, "--version"])))
        .map(|(_, component)| component)
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let mut add = Command::new("rustup");
    add.args(["component", "add"]).args(&lacking);
    if which::which("rustup").is_err() {
        let lacking = lacking.join(" ");
        bail!("the Rust toolchain lacks {lacking}; with rustup: rustup component add {lacking}");
    }
    say::step(project::shown(&add));
    project::run(&mut add)
}

fn answers(mut command: Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

impl Probe {
    fn is_met(&self) -> bool {
        match self {
            Self::Program(names) => names.iter().any(|name| which::which(name).is_ok()),
            Self::Module(name) => {
                let mut command = Command::new("pkg-config");
                command.args(["--exists", name]);
                answers(command)
            }
            Self::File(path) => Path::new(path).exists(),
            Self::Python(module) => {
                let mut command = Command::new(PYTHON);
                command.args(["-c", &format!("import {module}")]);
                answers(command)
            }
            Self::LibClang => has_libclang(),
        }
    }
}

/// Looks where bindgen looks: `LIBCLANG_PATH`, the LLVM folders, the library folders; and for the
/// headers of clang. What does not load all the same, build.rs names.
fn has_libclang() -> bool {
    let mut folders = vec![
        "/usr/lib".into(),
        "/usr/lib64".into(),
        "/usr/local/lib".into(),
    ];
    for folder in inside(Path::new("/usr/lib")) {
        folders.push(folder.join("lib"));
        folders.push(folder);
    }
    let has_headers = folders.iter().any(|folder: &PathBuf| {
        inside(&folder.join("clang"))
            .iter()
            .any(|version| version.join("include/stddef.h").exists())
    });
    folders.extend(std::env::var_os("LIBCLANG_PATH").map(PathBuf::from));
    let has_library = folders
        .iter()
        .flat_map(|folder| inside(folder))
        .any(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            // `libclang-cpp.so.14` is another library, which comes with clang-format.
            name.starts_with("libclang.so")
                || name.starts_with("libclang-")
                    && !name.starts_with("libclang-cpp")
                    && name.contains(".so")
        });
    has_headers && has_library
}

/// What lies in a folder; nothing where there is none.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}
