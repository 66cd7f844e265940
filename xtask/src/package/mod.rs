// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask package`: what somebody without Rust can install, for the Wireshark of this system.
//!
//! A tarball with an install script, and on Debian a package. Both hold the same stripped plugin.

mod debian;
mod tarball;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{
    profile, project, sample, say, setup,
    tshark::{PLUGIN_FILE, Scratch},
    wireshark::{self, Version},
};

/// Where the packages are put, and where they are built: other flags, other folder.
const FOLDER: &str = "target/package";

/// Entry symbols that Wireshark looks for.
const EXPORTS: [&str; 5] = [
    "plugin_version",
    "plugin_want_major",
    "plugin_want_minor",
    "plugin_describe",
    "plugin_register",
];

/// What only test builds may export.
const TEST_HOOK: &str = "rstscope_engine_provoke_panic";

/// What goes into every kind of package.
struct Build {
    /// The version of rstscope, such as `0.1.0`.
    version: &'static str,
    commit: Commit,
    wireshark: Version,
    /// The stripped plugin, and its debug symbols.
    plugin: PathBuf,
    symbols: PathBuf,
    /// Where everything is put together; gone at the end.
    scratch: Scratch,
}

/// The commit that is packaged: all times are its own, so that the bytes are the same every time.
struct Commit {
    hash: String,
    /// Seconds since 1970, and as `20261127014900`.
    epoch: String,
    stamp: String,
    date: String,
    author: String,
    is_release: bool,
}

pub(crate) fn run(out: Option<PathBuf>) -> Result<()> {
    setup::plugin()?;
    let wireshark = wireshark::check()?;
    let out = out.unwrap_or_else(|| project::root().join(FOLDER));
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let build = Build::new(wireshark)?;
    let mut made = vec![tarball::write(&build, &out)?];
    if which::which("dpkg-deb").is_ok() {
        made.extend(debian::write(&build, &out)?);
    } else {
        say::step("dpkg-deb is not here, so there is no Debian package");
    }
    for file in made {
        say::line(file.display());
    }
    Ok(())
}

impl Build {
    fn new(wireshark: Version) -> Result<Self> {
        let commit = Commit::present()?;
        let scratch = Scratch::new()?;
        let built = project::build_for_package(&project::root().join(FOLDER), &commit.hash)?;
        let plugin = scratch.0.join(PLUGIN_FILE);
        let symbols = scratch.0.join(format!("{PLUGIN_FILE}.debug"));
        let run = |program: &str, arguments: &[&str], files: &[&Path]| {
            project::run(Command::new(program).args(arguments).args(files))
        };
        run("objcopy", &["--only-keep-debug"], &[&built, &symbols])?;
        run("strip", &["--strip-unneeded", "-o"], &[&plugin, &built])?;
        fs::set_permissions(&plugin, fs::Permissions::from_mode(0o644))?;
        check_exports(&plugin)?;
        sample::check(&plugin)?;
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            commit,
            wireshark,
            plugin,
            symbols,
            scratch,
        })
    }

    /// The files that every package brings, by their place below its folder of documents.
    fn documents() -> Vec<(PathBuf, String)> {
        let root = project::root();
        let mut documents: Vec<_> = ["README.md", "CHANGELOG.md"]
            .map(|name| (root.join(name), name.to_owned()))
            .into();
        for name in [
            "guide", "cookbook", "fields", "causes", "method", "security",
        ] {
            let name = format!("docs/{name}.md");
            documents.push((root.join(&name), name));
        }
        documents.push((
            root.join("docs/packet-list.png"),
            "docs/packet-list.png".into(),
        ));
        documents.push((root.join(sample::CAPTURE), "examples/sample.pcap".into()));
        documents.push((root.join(sample::EXPECTED), "examples/expected.txt".into()));
        documents
    }

    /// Puts the profile into `folder`.
    fn write_profile(folder: &Path) -> Result<()> {
        for (name, bytes) in profile::files(project::root()).context("cannot read the profile")? {
            put(&folder.join(name), &bytes)?;
        }
        Ok(())
    }
}

impl Commit {
    fn present() -> Result<Self> {
        let git = |arguments: &[&str]| -> Result<String> {
            let mut git = Command::new("git");
            git.args(arguments).current_dir(project::root());
            Ok(project::output(git.env("TZ", "UTC"))?.trim().to_owned())
        };
        let show = |format: &str| {
            let format = format!("--format={format}");
            git(&["show", "-s", "--date=format-local:%Y%m%d%H%M%S", &format])
        };
        let mut hash = git(&["rev-parse", "--short=10", "HEAD"])
            .context("packages are made of a commit, so they need git and its checkout")?;
        if !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
            hash.push_str(".changed");
        }
        let tag = concat!("v", env!("CARGO_PKG_VERSION"));
        Ok(Self {
            hash,
            epoch: show("%ct")?,
            stamp: show("%cd")?,
            date: git(&[
                "show",
                "-s",
                "--date=format-local:%a, %d %b %Y %H:%M:%S +0000",
                "--format=%cd",
            ])?,
            author: show("%cn <%ce>")?,
            is_release: git(&["tag", "--points-at", "HEAD"])?
                .lines()
                .any(|line| line == tag),
        })
    }
}

/// The commit to be named in what is installed; none outside a checkout.
pub(crate) fn commit() -> Option<String> {
    Commit::present().ok().map(|commit| commit.hash)
}

/// The plugin exports what Wireshark looks for, and nothing that is for tests.
fn check_exports(plugin: &Path) -> Result<()> {
    let mut nm = Command::new("nm");
    let listed = project::output(nm.args(["-D", "--defined-only"]).arg(plugin))?;
    let exports = |symbol: &str| {
        let mut names = listed
            .lines()
            .filter_map(|line| line.split(' ').next_back());
        names.any(|name| name == symbol)
    };
    for symbol in EXPORTS {
        ensure!(exports(symbol), "the plugin does not export {symbol}");
    }
    ensure!(
        !exports(TEST_HOOK),
        "the plugin exports {TEST_HOOK}, which is for tests only"
    );
    Ok(())
}

/// Writes a file that every user can read, and the folders above it.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = || format!("cannot write {}", path.display());
    let folder = path.parent().with_context(written)?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o644)))
        .with_context(written)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    put(to, &bytes)
}
