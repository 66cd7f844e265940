// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask demo`: builds the plugin and shows what it says about a capture.

use std::{
    cmp::Reverse,
    env,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use comfy_table::{Cell, Color, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

use crate::{
    merge, project, say, setup,
    test::PLUGIN_VARIABLE,
    tshark::Tshark,
    verdict::{self, Evidence, Reading, Verdict},
    wireshark,
};

/// The capture that is shown when none is named.
const BUNDLED: &str = "tests/captures/demo/capture.pcap";

/// More resets than this are shown only when asked for.
const SHOWN: usize = 25;

/// Pieces of evidence that are shown of each reset.
const EVIDENCE_SHOWN: usize = 3;

/// A narrower table would break words: there each reset gets lines of its own.
const TABLE_WIDTH: usize = 100;

/// Width of the labels in front of the explanations.
const LABEL: usize = 14;

/// The status for scripts where there is a reset that they do not want; 1 is an error,
/// 2 a wrong command line.
const FOUND: u8 = 3;

/// How much of a file is looked at to see whether it is text.
const HEAD: u64 = 4096;

/// What scripts may not want to find.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FailOn {
    /// A reset that is noteworthy or disruptive
    Noteworthy,
    /// A reset that made somebody's connection fail
    Disruptive,
    /// A reset that likely came from a middlebox
    Forged,
}

impl FailOn {
    fn finds(self, verdict: &Verdict) -> bool {
        match self {
            Self::Noteworthy => severity(verdict) >= 1,
            Self::Disruptive => severity(verdict) >= 2,
            Self::Forged => is_forged(verdict),
        }
    }
}

pub(crate) fn run(captures: &[PathBuf], all: bool, fail_on: Option<FailOn>) -> Result<ExitCode> {
    let captures: Vec<PathBuf> = match captures {
        [] => vec![project::root().join(BUNDLED)],
        named => named.to_vec(),
    };
    let captures: Vec<PathBuf> = captures
        .iter()
        .map(|capture| readable(capture))
        .collect::<Result<_>>()?;
    let plugin = match env::var_os(PLUGIN_VARIABLE) {
        Some(built) => built.into(),
        None => {
            setup::plugin()?;
            wireshark::check()?;
            project::build_plugin()?
        }
    };
    let merged = match captures.as_slice() {
        [_] => None,
        several => Some(merge::merge(several)?),
    };
    let capture = match (&merged, captures.as_slice()) {
        (Some(merged), _) => merged.file().to_path_buf(),
        (None, [capture, ..]) => capture.clone(),
        (None, []) => bail!("no capture"),
    };
    let tshark = Tshark::with_plugin(&plugin, None)?;
    say::step(format_args!("tshark -2 -r {}", capture.display()));
    let mut reading = verdict::read(&tshark, &capture)?;
    if reading.verdicts.is_empty() && is_text(&capture)? {
        // Wireshark takes JSON and some logs for captures.
        bail!("{} is text, not a capture", capture.display());
    }
    // The worst first, and of equal ones the surest.
    let key = |verdict: &Verdict| {
        let worst = Reverse((severity(verdict), is_forged(verdict), verdict.confidence));
        (worst, verdict.frame)
    };
    reading.verdicts.sort_by_key(key);
    show(&reading, &capture, all);
    let is_found = |wanted: FailOn| reading.verdicts.iter().any(|it| wanted.finds(it));
    Ok(if fail_on.is_some_and(is_found) {
        ExitCode::from(FOUND)
    } else {
        ExitCode::SUCCESS
    })
}

/// Whether the file begins as text does.
fn is_text(file: &Path) -> Result<bool> {
    let mut head = Vec::new();
    File::open(file)?.take(HEAD).read_to_end(&mut head)?;
    let is_valid = match std::str::from_utf8(&head) {
        Ok(_) => true,
        // The last character may be cut.
        Err(error) => error.error_len().is_none(),
    };
    Ok(is_valid && !head.contains(&0))
}

/// The higher, the worse.
fn severity(verdict: &Verdict) -> u8 {
    match verdict.impact.as_str() {
        "disruptive" => 2,
        "noteworthy" => 1,
        _ => 0,
    }
}

fn is_forged(verdict: &Verdict) -> bool {
    verdict.origin == "middlebox"
}

/// What there is, in one line: "8 resets: 3 forged, 2 failed, 3 harmless".
fn sum_up(verdicts: &[Verdict]) -> String {
    let count = |of: &dyn Fn(&Verdict) -> bool| verdicts.iter().filter(|it| of(it)).count();
    let of_hosts = |grade: u8| count(&|it| !is_forged(it) && severity(it) == grade);
    let counted = [
        (count(&is_forged), "forged"),
        (of_hosts(2), "failed"),
        (of_hosts(1), "worth a look"),
        (of_hosts(0), "harmless"),
    ];
    let told = counted.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = told
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let resets = if verdicts.len() == 1 {
        "reset"
    } else {
        "resets"
    };
    format!("{} {resets}: {}", verdicts.len(), parts.join(", "))
}

/// The full path of a capture that can be opened and holds something.
fn readable(capture: &Path) -> Result<PathBuf> {
    let named = || format!("cannot read the capture {}", capture.display());
    let full = capture.canonicalize().with_context(named)?;
    let size = File::open(&full)
        .and_then(|file| file.metadata())
        .with_context(named)?;
    if !size.is_file() {
        bail!("{} is not a file", capture.display());
    }
    if size.len() == 0 {
        bail!("{} is empty", capture.display());
    }
    Ok(full)
}

fn show(reading: &Reading, capture: &Path, all: bool) {
    let verdicts = &reading.verdicts;
    if let Some(cut_short) = &reading.cut_short {
        say::line(format_args!("Note: {cut_short}"));
    }
    if verdicts.is_empty() {
        say::line(format_args!("No TCP reset in {}.", capture.display()));
        return;
    }
    say::line(sum_up(verdicts));
    let limit = if all { verdicts.len() } else { SHOWN };
    let width = say::width();
    if width < TABLE_WIDTH {
        verdicts
            .iter()
            .take(limit)
            .for_each(|verdict| row(verdict, width));
    } else {
        say::line(table(verdicts.iter().take(limit), width));
    }
    for verdict in verdicts.iter().take(limit) {
        explain(verdict);
    }
    if let Some(hidden) = verdicts
        .len()
        .checked_sub(limit)
        .filter(|hidden| *hidden > 0)
    {
        say::line(format_args!(
            "\n{hidden} more resets, none worse, are not shown; `--all` shows every one."
        ));
    }
}

fn table<'a>(verdicts: impl Iterator<Item = &'a Verdict>, width: usize) -> Table {
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(["frame", "conversation", "when", "who", "why", "impact"]);
    for verdict in verdicts {
        table.add_row([
            Cell::new(verdict.frame),
            Cell::new(conversation(verdict)),
            Cell::new(&verdict.phase),
            colored(who(verdict), is_forged(verdict).then_some(Color::Magenta)),
            Cell::new(&verdict.cause),
            colored(verdict.impact.clone(), color(verdict)),
        ]);
    }
    table
}

/// Shown on a terminal only.
fn color(verdict: &Verdict) -> Option<Color> {
    match severity(verdict) {
        2 => Some(Color::Red),
        1 => Some(Color::Yellow),
        _ => None,
    }
}

fn colored(text: String, color: Option<Color>) -> Cell {
    let cell = Cell::new(text);
    match color {
        Some(color) => cell.fg(color),
        None => cell,
    }
}

/// What a row of the table says, without the table.
fn row(verdict: &Verdict, width: usize) {
    let frame = format!("frame {}", verdict.frame);
    say::paragraph(&frame, &conversation(verdict), LABEL, width);
    let Verdict {
        phase,
        cause,
        impact,
        ..
    } = verdict;
    let answer = format!("{phase}, {}, {cause}, {impact}", who(verdict));
    say::paragraph("", &answer, LABEL, width);
}

/// The number of the conversation, and the addresses of the reset.
fn conversation(verdict: &Verdict) -> String {
    let Verdict {
        stream,
        source,
        destination,
        ..
    } = verdict;
    format!("{stream}: {source} → {destination}")
}

/// The origin, and the side that the reset claims to come from.
fn who(verdict: &Verdict) -> String {
    match (verdict.origin.as_str(), verdict.sender.as_str()) {
        (_, "" | "unknown") => verdict.who(),
        ("endpoint", sender) => format!("{} ({sender})", verdict.who()),
        (_, sender) => format!("{} (as {sender})", verdict.who()),
    }
}

fn explain(verdict: &Verdict) {
    let width = say::width();
    say::line("");
    let frame = format!("frame {}", verdict.frame);
    say::paragraph(&frame, &verdict.summary, LABEL, width);
    if !verdict.made_between.is_empty() {
        say::paragraph("  where", &verdict.made_between, LABEL, width);
    }
    if !verdict.cause_text.is_empty() {
        say::paragraph("  why", &verdict.cause_text, LABEL, width);
    }
    for Evidence {
        text,
        points_to,
        weight,
        ..
    } in verdict.evidence.iter().take(EVIDENCE_SHOWN)
    {
        let side = match points_to.as_str() {
            "middlebox" => "middlebox",
            "endpoint" => "endpoint",
            _ => "evidence",
        };
        let shown = format!("{text} (weight {weight:+})");
        say::paragraph(&format!("  {side}"), &shown, LABEL, width);
    }
    if !verdict.next_step.is_empty() {
        say::paragraph("  next", &verdict.next_step, LABEL, width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_folder_and_empty_captures_are_refused_in_one_sentence() {
        let missing = readable(Path::new("/nowhere/x.pcap")).unwrap_err();
        assert!(format!("{missing:#}").contains("/nowhere/x.pcap"));
        let folder = readable(Path::new("/")).unwrap_err();
        assert_eq!(folder.to_string(), "/ is not a file");
        let empty = readable(Path::new("/proc/self/status"));
        assert!(empty.unwrap_err().to_string().ends_with("is empty"));
    }

    #[test]
    fn text_is_no_capture() {
        assert!(is_text(&project::root().join("README.md")).unwrap());
        assert!(!is_text(&project::root().join(BUNDLED)).unwrap());
    }

    #[test]
    fn resets_are_summed_up_and_found() {
        let verdict = |origin: &str, impact: &str| Verdict {
            origin: origin.to_owned(),
            impact: impact.to_owned(),
            ..Verdict::default()
        };
        let verdicts = [
            verdict("middlebox", "noteworthy"),
            verdict("endpoint", "disruptive"),
            verdict("endpoint", "benign"),
        ];
        assert_eq!(
            sum_up(&verdicts),
            "3 resets: 1 forged, 1 failed, 1 harmless"
        );
        assert_eq!(sum_up(&verdicts[2..]), "1 reset: 1 harmless");
        let finds = |wanted: FailOn| verdicts.each_ref().map(|it| wanted.finds(it));
        assert_eq!(finds(FailOn::Forged), [true, false, false]);
        assert_eq!(finds(FailOn::Disruptive), [false, true, false]);
        assert_eq!(finds(FailOn::Noteworthy), [true, true, false]);
    }

    #[test]
    fn table_fits_its_width() {
        let verdict = Verdict {
            frame: 12,
            source: "[fd77:4::2]:8003".to_owned(),
            destination: "[fd77:1::2]:42592".to_owned(),
            origin: "middlebox".to_owned(),
            confidence: Some(97),
            ..Verdict::default()
        };
        let text = table(std::iter::once(&verdict), TABLE_WIDTH).to_string();
        let mut widths = text.lines().map(|line| line.chars().count());
        assert!(widths.all(|width| width <= TABLE_WIDTH));
        assert!(text.contains("97 %"));
    }
}
