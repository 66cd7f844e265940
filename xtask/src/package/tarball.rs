// SPDX-License-Identifier: GPL-2.0-or-later

//! The tarball: unpack it anywhere, run `install.sh`.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{Build, copy};
use crate::{project, tshark::PLUGIN_FILE};

pub(super) fn write(build: &Build, out: &Path) -> Result<PathBuf> {
    let name = format!(
        "rstscope-{}-wireshark{}-linux-{}",
        build.version,
        build.wireshark,
        std::env::consts::ARCH
    );
    let folder = build.scratch.0.join(&name);
    copy(&build.plugin, &folder.join(PLUGIN_FILE))?;
    copy(
        &build.symbols,
        &folder.join("debug").join(format!("{PLUGIN_FILE}.debug")),
    )?;
    copy(&project::root().join("LICENSE"), &folder.join("LICENSE"))?;
    for (file, name) in Build::documents() {
        copy(&file, &folder.join(name))?;
    }
    Build::write_profile(&folder.join("profile"))?;
    let script = include_str!("install.sh")
        .replace("@WIRESHARK@", &build.wireshark.to_string())
        .replace("@MACHINE@", std::env::consts::ARCH);
    let path = folder.join("install.sh");
    super::put(&path, script.as_bytes())?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    let file = out.join(format!("{name}.tar.xz"));
    let mut tar = Command::new("tar");
    tar.args([
        "--create",
        "--xz",
        "--sort=name",
        "--owner=root:0",
        "--group=root:0",
    ])
    .args(["--mode=u+rwX,go=rX", "--format=gnu"])
    .arg(format!("--mtime=@{}", build.commit.epoch))
    .arg("--directory")
    .arg(&build.scratch.0)
    .arg("--file")
    .arg(&file)
    .arg(&name)
    // One thread, because the number of blocks depends on it.
    .env("XZ_DEFAULTS", "-T1");
    project::run(&mut tar)
        .context("the tarball cannot be made (Debian: apt-get install xz-utils)")?;
    Ok(file)
}
