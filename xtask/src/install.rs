// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask install` and `uninstall`: the plugin and the profile in Wireshark's own folders.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    package,
    profile::{self, Done},
    project, sample, say, setup,
    tshark::{self, PLUGIN_FILE},
    wireshark,
};

pub(crate) fn install(with_profile: bool) -> Result<()> {
    setup::plugin()?;
    wireshark::check()?;
    let plugin = project::build_to_install(package::commit().as_deref())?;
    sample::check(&plugin)?;
    let target = target()?;
    let folder = target.parent().context("the plugin folder has no name")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // A running Wireshark has the old file mapped: replace it, do not write into it.
    let fresh = folder.join(".librstscope.new");
    fs::copy(&plugin, &fresh)
        .and_then(|_| fs::set_permissions(&fresh, fs::Permissions::from_mode(0o644)))
        .with_context(|| format!("cannot write {}", fresh.display()))?;
    put_in_place(&fresh, &target, || check_loaded(&target))?;
    say::line(format_args!(
        "Installed {}; tshark loads it. Restart Wireshark if it is open.",
        target.display()
    ));
    if with_profile {
        install_profile()?;
    }
    Ok(())
}

/// Puts a file in the place of another; if the check fails, all is as before.
fn put_in_place(fresh: &Path, target: &Path, check: impl FnOnce() -> Result<()>) -> Result<()> {
    let write = || format!("cannot write {}", target.display());
    let before = target.with_file_name(".librstscope.old");
    let had_one = match fs::rename(target, &before) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(error).with_context(write),
    };
    let result = fs::rename(fresh, target)
        .with_context(write)
        .and_then(|()| check());
    match (&result, had_one) {
        (Ok(()), true) => fs::remove_file(&before),
        (Err(_), true) => fs::rename(&before, target),
        (Err(_), false) => fs::remove_file(target),
        (Ok(()), false) => Ok(()),
    }
    .with_context(write)?;
    result
}

fn install_profile() -> Result<()> {
    let folder = profile_folder()?;
    let files = profile::files(project::root()).context("cannot read the profile")?;
    let done = profile::install(&files, &folder)
        .with_context(|| format!("cannot write {}", folder.display()))?;
    match done {
        Done::Written => say::line(format_args!(
            "Installed {}; choose it in Wireshark's status bar, or start `wireshark -C \"{}\"`.",
            folder.display(),
            profile::NAME
        )),
        Done::Nothing => say::line(format_args!("{} is up to date.", folder.display())),
        Done::Kept(changed) => bail!(
            "{} is not as it was installed, so the profile was left as it is; \
             rename the profile in Wireshark (Edit → Configuration Profiles) and install again",
            changed.display()
        ),
    }
    Ok(())
}

pub(crate) fn uninstall() -> Result<()> {
    if which::which("tshark").is_err() {
        bail!("tshark is not in the PATH, so its plugin folder cannot be asked for");
    }
    let target = target()?;
    match fs::remove_file(&target) {
        Ok(()) => say::line(format_args!("Removed {}.", target.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            say::line(format_args!(
                "Not installed: there is no {}.",
                target.display()
            ));
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot remove {}", target.display()));
        }
    }
    uninstall_profile()
}

/// Where the present user's Wireshark looks for the profile.
fn profile_folder() -> Result<PathBuf> {
    let personal = tshark::folder("Personal configuration")?;
    Ok(personal.join("profiles").join(profile::NAME))
}

fn uninstall_profile() -> Result<()> {
    let folder = profile_folder()?;
    let done =
        profile::remove(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    match done {
        Done::Written => say::line(format_args!("Removed {}.", folder.display())),
        Done::Nothing => {}
        Done::Kept(changed) => say::line(format_args!(
            "Left the profile {}: {} is not as it was installed.",
            folder.display(),
            changed.display()
        )),
    }
    Ok(())
}

/// Where the plugin belongs: root's Wireshark looks nowhere but in the global folder.
fn target() -> Result<PathBuf> {
    let is_root = rstscope_test_support::is_root();
    let name = if is_root {
        "Global Plugins"
    } else {
        "Personal Plugins"
    };
    Ok(tshark::folder(name)?.join("epan").join(PLUGIN_FILE))
}

fn check_loaded(target: &Path) -> Result<()> {
    let mut ask = Command::new("tshark");
    ask.args(["-G", "plugins"]);
    let listed = project::output(&mut ask)?;
    let path = target.to_string_lossy();
    let ours: Vec<_> = listed
        .lines()
        .filter(|line| line.starts_with(PLUGIN_FILE))
        .collect();
    if ours.is_empty() {
        bail!(
            "{path} is in place, but `tshark -G plugins` does not list it; \
             see what `tshark -G plugins` says first, and check that WIRESHARK_PLUGIN_DIR is not set, \
             that the Wireshark you start is {} and that your group is not root",
            which::which("tshark").map_or_else(
                |_| "this one".to_owned(),
                |found| found.display().to_string()
            )
        );
    }
    if !ours.iter().any(|line| line.ends_with(&*path)) {
        bail!(
            "{path} is in place, but tshark loads another copy first ({}); remove one of the two",
            ours.join("; ")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_pass_is_taken_away_again() {
        let folder = tshark::Scratch::new().unwrap();
        let (fresh, target) = (folder.0.join("new"), folder.0.join("plugin.so"));
        let put = |text: &str, passes: bool| {
            fs::write(&fresh, text).unwrap();
            put_in_place(&fresh, &target, || {
                anyhow::ensure!(passes, "it does not pass");
                Ok(())
            })
        };
        assert_eq!(
            put("bad", false).unwrap_err().to_string(),
            "it does not pass"
        );
        assert!(!target.exists());
        put("first", true).unwrap();
        put("bad", false).unwrap_err();
        assert_eq!(fs::read_to_string(&target).unwrap(), "first");
        put("second", true).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "second");
        assert_eq!(folder.0.read_dir().unwrap().count(), 1, "something is left");
    }
}
