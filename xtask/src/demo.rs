// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask demo`: builds the plugin and shows what it says about a capture.

use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

use crate::{
    project, say, setup,
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

pub(crate) fn run(capture: Option<PathBuf>, all: bool) -> Result<()> {
    let capture = capture.unwrap_or_else(|| project::root().join(BUNDLED));
    let capture = readable(&capture)?;
    let plugin = match env::var_os(PLUGIN_VARIABLE) {
        Some(built) => built.into(),
        None => {
            setup::plugin()?;
            wireshark::check()?;
            project::build_plugin()?
        }
    };
    let tshark = Tshark::with_plugin(&plugin, None)?;
    say::step(format_args!("tshark -2 -r {}", capture.display()));
    let reading = verdict::read(&tshark, &capture)?;
    show(&reading, &capture, all);
    Ok(())
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
            "\n{hidden} more resets are not shown; `--all` shows every one."
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
            verdict.frame.to_string(),
            conversation(verdict),
            verdict.phase.clone(),
            who(verdict),
            verdict.cause.clone(),
            verdict.impact.clone(),
        ]);
    }
    table
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
