// SPDX-License-Identifier: GPL-2.0-or-later

//! Which Wireshark is installed, and whether the plugin can be built for it.

use std::{fmt, process::Command};

use anyhow::{Context, Result, bail};

use crate::{project, say};

/// The oldest and newest Wireshark that the plugin was tested with.
const OLDEST: Version = Version { major: 4, minor: 0 };
const NEWEST: Version = Version { major: 4, minor: 6 };

/// A minor version of Wireshark, which is an ABI: a plugin fits exactly one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)
    }
}

impl Version {
    /// Finds the first `N.N` in `text`.
    fn find(text: &str) -> Option<Self> {
        text.split(|sign: char| !sign.is_ascii_digit() && sign != '.')
            .find_map(|word| {
                let mut numbers = word.split('.').map(str::parse);
                match (numbers.next(), numbers.next()) {
                    (Some(Ok(major)), Some(Ok(minor))) => Some(Self { major, minor }),
                    _ => None,
                }
            })
    }
}

/// The version of the installed tshark, which is supported and whose headers are installed.
pub(crate) fn check() -> Result<Version> {
    let said = project::output(Command::new("tshark").arg("--version"))?;
    let tshark = Version::find(said.lines().next().unwrap_or_default())
        .context("`tshark --version` names no version")?;
    let said = project::output(Command::new("pkg-config").args(["--modversion", "wireshark"]))
        .context("the headers of Wireshark are missing (Debian: libwireshark-dev)")?;
    let headers =
        Version::find(&said).context("`pkg-config --modversion wireshark` names no version")?;
    judge(tshark, headers)?;
    if tshark > NEWEST {
        say::step(format_args!(
            "Wireshark {tshark} is newer than those that rstscope was tested with ({OLDEST} to {NEWEST}); \
             it is tried, and what it says of a sample is checked"
        ));
    }
    Ok(tshark)
}

fn judge(tshark: Version, headers: Version) -> Result<()> {
    if tshark < OLDEST {
        bail!("Wireshark {tshark} is too old: rstscope needs {OLDEST} or later");
    }
    if tshark != headers {
        bail!(
            "tshark is version {tshark}, but the installed headers are of Wireshark {headers}; \
             install the headers of {tshark}, because a plugin fits one minor version only"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn version(major: u32, minor: u32) -> Version {
        Version { major, minor }
    }

    #[test]
    fn version_is_found_in_what_tshark_says() {
        let debian = "TShark (Wireshark) 4.0.17 (Git v4.0.17 packaged as 4.0.17-0+deb12u3).";
        assert_eq!(Version::find(debian), Some(version(4, 0)));
        assert_eq!(Version::find("4.6.9\n"), Some(version(4, 6)));
        assert_eq!(Version::find("no version here. 4"), None);
    }

    #[test]
    fn old_and_unequal_versions_are_refused_and_newer_ones_tried() {
        assert!(judge(version(4, 0), version(4, 0)).is_ok());
        assert!(judge(version(4, 6), version(4, 6)).is_ok());
        assert!(judge(version(3, 6), version(3, 6)).is_err());
        assert!(judge(version(5, 0), version(5, 0)).is_ok());
        assert!(judge(version(4, 4), version(4, 0)).is_err());
    }
}
