// SPDX-License-Identifier: GPL-2.0-or-later

//! The Wireshark profile "TCP Resets" in the real tshark, and its installation.

use std::{
    error::Error,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use rstscope_test_support::{
    cases::{self, Case},
    profile::{self, Done},
    tshark::{Scratch, Tshark},
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Text on its background that has less contrast is hard to read (WCAG 2.1, 1.4.3).
const LEAST_CONTRAST: f64 = 4.5;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A tshark whose home folder holds the profile, and all cases in one capture.
struct Profiled {
    tshark: Tshark,
    home: Scratch,
    case: Case,
}

impl Profiled {
    fn new() -> Outcome<Self> {
        let home = Scratch::new()?;
        let folder = home
            .0
            .join(".config/wireshark/profiles")
            .join(profile::NAME);
        let done = profile::install(&profile::files(project())?, &folder)?;
        assert_eq!(done, Done::Written);
        let case = cases::together(&home)?;
        fs::set_permissions(&case.capture, fs::Permissions::from_mode(0o644))?;
        let tshark = cases::tshark_with_plugin()?;
        Ok(Self { tshark, home, case })
    }

    /// What tshark prints with the profile; it must have nothing to complain about.
    fn print(&self, arguments: &[&str]) -> Outcome<String> {
        let mut command = self.tshark.command();
        let output = command
            .env("HOME", &self.home.0)
            .args(["-C", profile::NAME, "-r"])
            .arg(&self.case.capture)
            .args(arguments)
            .output()?;
        let complaint = String::from_utf8(output.stderr)?;
        if !output.status.success() || !complaint.trim().is_empty() {
            return Err(format!("{arguments:?} ended with {}: {complaint}", output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// The lines of a file of the profile that are no comments.
fn lines(name: &str) -> Outcome<Vec<String>> {
    let path = project().join("wireshark-plugin/profile").join(name);
    let text = fs::read_to_string(path)?;
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    Ok(rows.map(str::to_owned).collect())
}

/// Column `at` of a row of quoted cells.
fn cell(row: &str, at: usize) -> String {
    let mut cells = row.trim_matches('"').split("\",\"");
    cells.nth(at).unwrap_or_default().replace("\\x22", "\"")
}

#[test]
fn columns_say_when_who_why_and_how_bad() -> Outcome {
    let profiled = Profiled::new()?;
    let fields = [
        "rst.phase",
        "rst.origin",
        "rst.confidence",
        "rst.cause",
        "rst.impact",
    ];
    let mut arguments = vec!["-Y", "rst.origin", "-T", "fields", "-E", "separator=|"];
    for field in fields {
        arguments.extend(["-e", field]);
    }
    let values = profiled.print(&arguments)?;
    let rows = profiled.print(&["-Y", "rst.origin"])?;
    assert!(!rows.is_empty(), "no case has a reset");
    assert_eq!(rows.lines().count(), values.lines().count());
    for (row, values) in rows.lines().zip(values.lines()) {
        let values: Vec<_> = values.split('|').collect();
        let [when, who, confidence, why, impact] = values[..] else {
            return Err(format!("{values:?} are not five values").into());
        };
        let expected = format!(" {when} {who},{confidence}% {why} {impact} ");
        assert!(row.contains(&expected), "no {expected:?} in {row:?}");
    }
    Ok(())
}

#[test]
fn every_filter_finds_something() -> Outcome {
    let profiled = Profiled::new()?;
    let mut filters = Vec::new();
    for rule in lines("colorfilters")? {
        filters.push(rule.split('@').nth(2).unwrap_or_default().to_owned());
    }
    for row in lines("dfilters")? {
        let (_, filter) = row.split_once("\" ").ok_or("a filter without a name")?;
        filters.push(filter.to_owned());
    }
    for row in lines("dfilter_buttons")? {
        filters.push(cell(&row, 2));
    }
    let arguments = ["10.77.1.1", "90", "0.05"];
    let macros = lines("dfilter_macros")?;
    assert_eq!(macros.len(), arguments.len());
    for (row, argument) in macros.iter().zip(arguments) {
        filters.push(format!("${{{}:{argument}}}", cell(row, 0)));
    }
    // In the window it stands for the selected packet's.
    for filter in &mut filters {
        *filter = filter.replace("${tcp.stream}", "0");
    }
    let faults = cases::faults_of(&filters, |filter| {
        let found = profiled.print(&["-2", "-Y", filter])?;
        let is_empty = found.is_empty();
        Ok(is_empty
            .then(|| format!("{filter}: finds nothing"))
            .into_iter()
            .collect())
    });
    assert!(faults.is_empty(), "{faults}");
    assert!(filters.len() > 20, "only {} filters", filters.len());
    Ok(())
}

#[test]
fn colors_follow_origin_and_impact() -> Outcome {
    let profiled = Profiled::new()?;
    let wanted = [
        "--color",
        "-T",
        "fields",
        "-e",
        "frame.coloring_rule.name",
        "-e",
        "rst.origin",
        "-e",
        "rst.impact",
        "-e",
        "rst.cause",
        "-e",
        "rst.followup.frame",
    ];
    let mut seen = Vec::new();
    for row in profiled.print(&wanted)?.lines() {
        let columns: Vec<_> = row.split('\t').collect();
        let expected = match columns[1..] {
            ["middlebox", "benign", ..] | ["middlebox", _, "consequence", _] => {
                "Reset by a middlebox, of no consequence"
            }
            ["middlebox", ..] => "Reset by a middlebox",
            [.., followup] if !followup.is_empty() => "Real sender goes on after a forged reset",
            ["unclear", "disruptive" | "noteworthy", ..] => "Reset, sender unclear",
            [_, "disruptive", ..] => "Reset, disruptive",
            [_, "noteworthy", ..] => "Reset, noteworthy",
            [_, "benign", ..] => "Reset, benign",
            _ => {
                assert!(!columns[0].starts_with("Re"), "no reset in {row:?}");
                continue;
            }
        };
        assert_eq!(columns[0], expected);
        seen.push(expected);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), lines("colorfilters")?.len(), "seen: {seen:?}");
    Ok(())
}

#[test]
fn wiresharks_own_colors_stay_below() -> Outcome {
    let profiled = Profiled::new()?;
    let without = cases::tshark_with_plugin()?;
    let wanted = [
        "--color",
        "-Y",
        "!rst",
        "-T",
        "fields",
        "-e",
        "frame.coloring_rule.name",
    ];
    let stock = without.read(&profiled.case.capture, &wanted)?;
    assert!(stock.status.success(), "{}", stock.stderr);
    let stock = String::from_utf8(stock.stdout)?;
    assert!(
        stock.lines().any(|rule| !rule.is_empty()),
        "no rule is in use"
    );
    assert_eq!(profiled.print(&wanted)?, stock);
    Ok(())
}

#[test]
fn colors_are_legible_and_differ() -> Outcome {
    let mut backgrounds = Vec::new();
    for rule in lines("colorfilters")? {
        let colors = rule.rsplit('@').next().unwrap_or_default();
        let colors: Vec<_> = colors
            .split(['[', ']'])
            .filter(|part| !part.is_empty())
            .collect();
        let (background, text) = (luminance(colors[0])?, luminance(colors[1])?);
        let contrast = (background.max(text) + 0.05) / (background.min(text) + 0.05);
        assert!(contrast >= LEAST_CONTRAST, "{contrast:.1} in {rule}");
        assert!(
            !backgrounds.contains(&colors[0].to_owned()),
            "{rule}: seen before"
        );
        backgrounds.push(colors[0].to_owned());
    }
    assert!(backgrounds.len() > 3, "only {backgrounds:?} are used");
    Ok(())
}

/// Relative luminance (WCAG 2.1) of three numbers up to 65535.
fn luminance(color: &str) -> Outcome<f64> {
    let mut sum = 0.0;
    for (part, share) in color.split(',').zip([0.2126, 0.7152, 0.0722]) {
        let part = f64::from(part.parse::<u16>()?) / f64::from(u16::MAX);
        let linear = if part <= 0.03928 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        };
        sum += share * linear;
    }
    Ok(sum)
}

#[test]
fn wiresharks_own_warning_of_every_reset_is_lowered() -> Outcome {
    let profiled = Profiled::new()?;
    let without = cases::tshark_with_plugin()?;
    let stock = without
        .read(&profiled.case.capture, &["-q", "-z", "expert"])?
        .stdout;
    let severity = |printed: &str| -> Option<String> {
        let before = printed.split("Connection reset (RST)").next()?;
        let heading = before
            .lines()
            .rfind(|line| line.ends_with(')') && !line.starts_with(' '))?;
        heading.split(' ').next().map(str::to_owned)
    };
    assert_eq!(
        severity(&String::from_utf8(stock)?).as_deref(),
        Some("Warns")
    );
    let lowered = profiled.print(&["-q", "-z", "expert"])?;
    assert_eq!(severity(&lowered).as_deref(), Some("Chats"));
    Ok(())
}

/// A folder for the profile below one that exists, with a profile of the user's own beside it.
fn profiles() -> Outcome<(Scratch, PathBuf, PathBuf)> {
    let scratch = Scratch::new()?;
    let own = scratch.0.join("profiles/Mine/preferences");
    fs::create_dir_all(own.parent().ok_or("no folder")?)?;
    fs::write(&own, "mine")?;
    let folder = scratch.0.join("profiles").join(profile::NAME);
    Ok((scratch, folder, own))
}

#[test]
fn profile_is_installed_updated_and_removed() -> Outcome {
    let (_scratch, folder, own) = profiles()?;
    let mut files = profile::files(project())?;
    assert_eq!(profile::remove(&folder)?, Done::Nothing);
    assert_eq!(profile::install(&files, &folder)?, Done::Written);
    assert_eq!(profile::install(&files, &folder)?, Done::Nothing);
    files[0].1.push(b'\n');
    assert_eq!(profile::install(&files, &folder)?, Done::Written);
    assert_eq!(fs::read(folder.join(&files[0].0))?, files[0].1);
    fs::write(folder.join("recent"), "the state of Wireshark's window")?;
    assert_eq!(profile::remove(&folder)?, Done::Written);
    assert!(!folder.exists());
    assert_eq!(fs::read(own)?, b"mine");
    Ok(())
}

#[test]
fn what_the_user_has_changed_is_kept() -> Outcome {
    let (_scratch, folder, _) = profiles()?;
    let files = profile::files(project())?;
    profile::install(&files, &folder)?;
    let changed = folder.join("preferences");
    fs::write(&changed, "changed")?;
    let mut newer = files.clone();
    newer[0].1.push(b'\n');
    assert_eq!(
        profile::install(&newer, &folder)?,
        Done::Kept(changed.clone())
    );
    assert_eq!(profile::remove(&folder)?, Done::Kept(changed.clone()));
    assert_eq!(fs::read(&changed)?, b"changed");
    assert_eq!(fs::read(folder.join(&files[0].0))?, files[0].1);
    Ok(())
}

#[test]
fn profile_of_the_same_name_is_kept() -> Outcome {
    let (_scratch, folder, own) = profiles()?;
    fs::rename(own.parent().ok_or("no folder")?, &folder)?;
    let files = profile::files(project())?;
    assert_eq!(
        profile::install(&files, &folder)?,
        Done::Kept(folder.clone())
    );
    assert_eq!(profile::remove(&folder)?, Done::Kept(folder.clone()));
    assert_eq!(fs::read(folder.join("preferences"))?, b"mine");
    assert_eq!(folder.read_dir()?.count(), 1);
    Ok(())
}

#[test]
fn file_that_was_added_stays_when_the_profile_goes() -> Outcome {
    let (_scratch, folder, _) = profiles()?;
    profile::install(&profile::files(project())?, &folder)?;
    let added = folder.join("hosts");
    fs::write(&added, "192.0.2.1 server")?;
    assert_eq!(profile::remove(&folder)?, Done::Kept(folder.clone()));
    assert!(added.exists());
    assert_eq!(folder.read_dir()?.count(), 1);
    Ok(())
}
