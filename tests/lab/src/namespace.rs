// SPDX-License-Identifier: GPL-2.0-or-later

//! Anonymous network namespaces.
//!
//! A namespace here has no name under `/run/netns`: it lives exactly as long as the file
//! descriptor (or a socket in it), so the kernel removes it however this program ends.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    os::fd::AsRawFd as _,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use nix::sched::{CloneFlags, setns, unshare};

/// The namespace that the calling thread is in.
const CURRENT: &str = "/proc/thread-self/ns/net";

/// The external programs that every scenario needs, and the Debian package of each.
pub(crate) const TOOLS: &[(&str, &str)] = &[("ip", "iproute2"), ("nft", "nftables")];

/// The ones that only some scenarios need.
const DEVICES: &[(&str, &str)] = &[
    ("cc", "gcc liblwip-dev"),
    ("ettercap", "ettercap-text-only"),
    ("go", "golang-go golang-gvisor-gvisor-dev"),
    ("haproxy", "haproxy"),
    ("hping3", "hping3"),
    ("nginx", "nginx-light"),
    ("nmap", "nmap"),
    ("openssl", "openssl"),
    ("ovn-controller", "ovn-host"),
    ("ovn-northd", "ovn-central"),
    ("ovs-vswitchd", "openvswitch-switch"),
    ("ovsdb-server", "openvswitch-switch"),
    ("setpriv", "util-linux"),
    ("slirp4netns", "slirp4netns"),
    ("tcpkill", "dsniff"),
];

/// One network namespace.
#[derive(Debug)]
pub(crate) struct Namespace {
    name: &'static str,
    file: File,
}

impl Namespace {
    /// Makes a new, empty namespace; the calling thread stays where it was.
    pub(crate) fn new(name: &'static str) -> Result<Self> {
        let home = current()?;
        unshare(CloneFlags::CLONE_NEWNET)
            .context("cannot make a network namespace: the lab must run as root")?;
        let file = current();
        setns(&home, CloneFlags::CLONE_NEWNET).context("cannot return to the first namespace")?;
        Ok(Self { name, file: file? })
    }

    /// A path by which programs that this one starts can name the namespace.
    pub(crate) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd())
    }

    /// Runs `inside` with the calling thread in this namespace.
    ///
    /// Sockets and devices that it opens stay here; programs that it starts run here.
    pub(crate) fn enter<T>(&self, inside: impl FnOnce() -> Result<T>) -> Result<T> {
        let home = current()?;
        setns(&self.file, CloneFlags::CLONE_NEWNET)
            .with_context(|| format!("cannot enter namespace {}", self.name))?;
        let result = inside();
        setns(&home, CloneFlags::CLONE_NEWNET).context("cannot return to the first namespace")?;
        result
    }

    /// Writes a kernel parameter such as `net.ipv4.ip_forward`.
    pub(crate) fn sysctl(&self, parameter: &str, value: &str) -> Result<()> {
        let path = format!("/proc/sys/{}", parameter.replace('.', "/"));
        self.enter(|| {
            fs::write(&path, value).with_context(|| format!("cannot set {parameter} to {value}"))
        })
    }

    /// Runs a program here with `input` on its standard input; its failure is an error.
    pub(crate) fn run(&self, program: &str, arguments: &[&str], input: &str) -> Result<()> {
        self.enter(|| {
            let mut child = Command::new(program)
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .map_err(|error| missing(program, &error))?;
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(input.as_bytes())?;
            }
            let output = child.wait_with_output()?;
            if !output.status.success() {
                bail!(
                    "{program} failed in namespace {}: {}",
                    self.name,
                    String::from_utf8_lossy(&output.stderr).trim()
                );
            }
            Ok(())
        })
    }

    /// Feeds a script to `nft`.
    pub(crate) fn nft(&self, script: &str) -> Result<()> {
        self.run("nft", &["-f", "-"], script)
    }
}

/// Fails if a program cannot be started.
pub(crate) fn installed(program: &str) -> Result<()> {
    let mut command = Command::new(program);
    command
        .arg("-V")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().map_err(|error| missing(program, &error))?;
    Ok(())
}

/// Says in one sentence what to install when a program cannot be started.
pub(crate) fn missing(program: &str, error: &std::io::Error) -> anyhow::Error {
    let package = TOOLS
        .iter()
        .chain(DEVICES)
        .find(|(name, _)| *name == program)
        .map(|(_, package)| *package);
    match (error.kind(), package) {
        (ErrorKind::NotFound, Some(package)) => {
            anyhow::anyhow!("`{program}` is missing: apt-get install {package}")
        }
        _ => anyhow::anyhow!("cannot start `{program}`: {error}"),
    }
}

fn current() -> Result<File> {
    File::open(CURRENT).with_context(|| format!("cannot open {CURRENT}"))
}
