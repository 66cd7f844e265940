// SPDX-License-Identifier: GPL-2.0-or-later

//! The Debian package, and beside it the one with the debug symbols.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{Build, copy, put};
use crate::{
    profile, project,
    tshark::{self, PLUGIN_FILE},
};

const DOCUMENTS: &str = "usr/share/doc/rstscope";

const DESCRIPTION: &str = "explains every TCP reset in Wireshark and tshark
 Wireshark paints every TCP RST red with the same words. Most are harmless; a
 few are a firewall, a load balancer or a censor speaking in a server's name.
 .
 This plugin says of each reset when it came, who really sent it, why, and
 whether it matters, with the evidence; in the packet details, in fields such
 as rst.origin and rst.cause for filters and scripts, and in a profile
 \"TCP Resets\" with columns, colors and filter buttons.";

pub(super) fn write(build: &Build, out: &Path) -> Result<Vec<PathBuf>> {
    let of = |arguments: &[&str]| -> Result<String> {
        Ok(project::output(Command::new("dpkg").args(arguments))?
            .trim()
            .to_owned())
    };
    let architecture = of(&["--print-architecture"])?;
    let version = version(build);
    let library = wireshark_package()?;
    let (major, minor) = (build.wireshark.major, build.wireshark.minor);
    // dpkg-shlibdeps sees no dependency, because the plugin is not linked with what loads it.
    let depends = format!(
        "libc6 (>= {}), libgcc-s1 (>= 4.2), {library} (>= {major}.{minor}~), {library} (<< {major}.{}~)",
        glibc(&build.plugin)?,
        minor + 1
    );
    let head = |package: &str, rest: &str| {
        format!(
            "Package: {package}\nVersion: {version}\nArchitecture: {architecture}\n\
             Maintainer: {}\n{rest}\n",
            build.commit.author
        )
    };
    let staged = stage(build, &version)?;
    let control = head(
        "rstscope",
        &format!(
            "Section: net\nPriority: optional\nDepends: {depends}\nRecommends: tshark | wireshark\n\
             Description: {DESCRIPTION}"
        ),
    );
    let main = pack(
        build,
        &staged,
        &control,
        &out.join(format!("rstscope_{version}_{architecture}.deb")),
    )?;

    let symbols = build.scratch.0.join("dbgsym");
    let id = build_id(&build.plugin)?;
    let (start, rest) = id.split_at_checked(2).context("the build id is short")?;
    let debug = symbols.join("usr/lib/debug/.build-id").join(start);
    copy(&build.symbols, &debug.join(format!("{rest}.debug")))?;
    // Its changes and its copyright are those of the package that it belongs to.
    let documents = symbols.join("usr/share/doc");
    fs::create_dir_all(&documents)
        .and_then(|()| symlink("rstscope", documents.join("rstscope-dbgsym")))
        .context("cannot link the documents of the debug symbols")?;
    let control = head(
        "rstscope-dbgsym",
        &format!(
            "Section: debug\nPriority: optional\nAuto-Built-Package: debug-symbols\n\
             Depends: rstscope (= {version})\nBuild-Ids: {id}\n\
             Description: debug symbols for rstscope"
        ),
    );
    let name = format!("rstscope-dbgsym_{version}_{architecture}.deb");
    Ok(vec![
        main,
        pack(build, &symbols, &control, &out.join(name))?,
    ])
}

/// Later commits are later versions; a release is later than the commits before it.
fn version(build: &Build) -> String {
    let mut version = format!("{}+ws{}", build.version, build.wireshark);
    if !build.commit.is_release {
        version += &format!("~git{}.{}", build.commit.stamp, build.commit.hash);
    }
    version + "-1"
}

/// Everything in its place below a folder.
fn stage(build: &Build, version: &str) -> Result<PathBuf> {
    let root = build.scratch.0.join("deb");
    let below = |folder: PathBuf| root.join(folder.strip_prefix("/").unwrap_or(&folder));
    let plugins = below(tshark::folder("Global Plugins")?);
    copy(&build.plugin, &plugins.join("epan").join(PLUGIN_FILE))?;
    let configuration = below(tshark::folder("Global configuration")?);
    Build::write_profile(&configuration.join("profiles").join(profile::NAME))?;
    let documents = root.join(DOCUMENTS);
    for (file, name) in Build::documents() {
        if name != "CHANGELOG.md" {
            copy(&file, &documents.join(name))?;
        }
    }
    let changes = project::root().join("CHANGELOG.md");
    compress(&fs::read(changes)?, &documents.join("changelog"))?;
    let entry = format!(
        "rstscope ({version}) unstable; urgency=medium\n\n  \
         * Made by `cargo xtask package` of commit {}.\n\n -- {}  {}\n",
        build.commit.hash, build.commit.author, build.commit.date
    );
    compress(entry.as_bytes(), &documents.join("changelog.Debian"))?;
    let copyright = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\
        Upstream-Name: rstscope\n\nFiles: *\nCopyright: 2026 the rstscope developers\n\
        License: GPL-2.0-or-later\n\nLicense: GPL-2.0-or-later\n \
        On Debian systems the full text of the GNU General Public License\n \
        version 2 is in /usr/share/common-licenses/GPL-2.\n";
    put(&documents.join("copyright"), copyright.as_bytes())?;
    Ok(root)
}

/// Writes `path`.gz, without name and time in it.
fn compress(bytes: &[u8], path: &Path) -> Result<()> {
    put(path, bytes)?;
    project::run(Command::new("gzip").args(["-9", "-n", "-f"]).arg(path))
}

fn pack(build: &Build, root: &Path, control: &str, file: &Path) -> Result<PathBuf> {
    let folder = root.join("DEBIAN");
    put(&folder.join("md5sums"), md5sums(root)?.as_bytes())?;
    put(&folder.join("control"), control.as_bytes())?;
    open_folders(root)?;
    let mut pack = Command::new("dpkg-deb");
    pack.args(["--build", "--root-owner-group", "-Zxz"])
        .args([root, file])
        .env("SOURCE_DATE_EPOCH", &build.commit.epoch)
        .stdout(std::process::Stdio::null());
    project::run(&mut pack)?;
    Ok(file.to_owned())
}

fn md5sums(root: &Path) -> Result<String> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir()? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                files.push(path.strip_prefix(root)?.to_owned());
            }
        }
    }
    files.sort();
    let mut sums = Command::new("md5sum");
    project::output(sums.args(files).current_dir(root))
}

/// Every user can enter the folders, whatever the umask.
fn open_folders(folder: &Path) -> Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            open_folders(&path)?;
        }
    }
    Ok(())
}

/// The package of the libwireshark that tshark runs with.
fn wireshark_package() -> Result<String> {
    let tshark = which::which("tshark").context("tshark is not in the PATH")?;
    let linked = project::output(Command::new("ldd").arg(tshark))?;
    let library = linked
        .lines()
        .filter_map(|line| line.split_once("=> "))
        .find(|(name, _)| name.trim().starts_with("libwireshark.so"))
        .and_then(|(_, path)| path.split(' ').next())
        .context("tshark is not linked with libwireshark")?;
    let library = fs::canonicalize(library)?;
    let owner = project::output(Command::new("dpkg-query").arg("-S").arg(&library))?;
    let package = owner.split(':').next().unwrap_or_default();
    Ok(package.to_owned())
}

/// The oldest glibc that has all symbols that the plugin asks for.
fn glibc(plugin: &Path) -> Result<String> {
    let symbols = project::output(Command::new("objdump").arg("-T").arg(plugin))?;
    let newest = symbols
        .split("GLIBC_")
        .skip(1)
        .filter_map(|rest| {
            let number = rest
                .split(|sign: char| !sign.is_ascii_digit() && sign != '.')
                .next()?;
            let (major, minor) = number.split_once('.')?;
            let minor = minor.split('.').next()?;
            Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
        })
        .max()
        .context("the plugin asks for no symbol of glibc")?;
    Ok(format!("{}.{}", newest.0, newest.1))
}

fn build_id(plugin: &Path) -> Result<String> {
    let notes = project::output(Command::new("readelf").arg("-n").arg(plugin))?;
    notes
        .lines()
        .find_map(|line| line.trim().strip_prefix("Build ID: "))
        .map(str::to_owned)
        .context("the plugin has no build id")
}
