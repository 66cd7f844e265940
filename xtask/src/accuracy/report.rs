// SPDX-License-Identifier: GPL-2.0-or-later
//! Prints how the verdicts on a labelled folder compare with its labels.

use std::path::Path;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use super::score::{self, Pair, Score};
use crate::say;

/// Prints everything about one folder.
pub(crate) fn print(folder: &Path, captures: usize, pairs: &[Pair], misses: bool) {
    say::line(format_args!("\n# {}\n", folder.display()));
    say::line(table(
        &[
            "labelled resets",
            "right",
            "unclear",
            "wrong",
            "no verdict",
            "not counted",
        ],
        [origin_row(
            &format!("{} in {captures} captures: origin", pairs.len()),
            &Score::of(pairs),
        )],
    ));
    let score = Score::of(pairs);
    say::line(format_args!(
        "phase right {}, cause right {}, impact right {}\n",
        share(score.phase_right, score.labelled),
        share(score.cause_right, score.cause_labelled),
        share(score.impact_right, score.impact_labelled),
    ));
    print_confusion(pairs);
    print_calibration(pairs);
    print_scenarios(pairs);
    list(
        "False accusations (an endpoint's reset called middlebox)",
        pairs.iter().filter(|pair| pair.is_false_accusation()),
    );
    list(
        "False clearances (a middlebox's reset called endpoint)",
        pairs.iter().filter(|pair| pair.is_false_clearance()),
    );
    if misses {
        list("Misses", pairs.iter().filter(|pair| pair.is_miss()));
    }
}

fn print_confusion(pairs: &[Pair]) {
    const VERDICTS: [&str; 4] = ["endpoint", "middlebox", "unclear", "no verdict"];
    let counts = score::confusion(pairs);
    let mut labels: Vec<_> = counts.keys().map(|(label, _)| label.clone()).collect();
    labels.dedup();
    let rows = labels.into_iter().map(|label| {
        let mut row = vec![label.clone()];
        row.extend(VERDICTS.iter().map(|verdict| {
            let key = (label.clone(), (*verdict).to_owned());
            counts.get(&key).unwrap_or(&0).to_string()
        }));
        row
    });
    let mut header = vec!["label \\ verdict"];
    header.extend(VERDICTS);
    say::line(table(&header, rows));
    say::line("");
}

fn print_calibration(pairs: &[Pair]) {
    let rows = score::calibration(pairs)
        .into_iter()
        .map(|(decile, (right, all))| {
            let range = format!("{decile}–{} %", (decile + 9).min(100));
            vec![range, all.to_string(), share(right, all)]
        });
    say::line(table(&["confidence", "verdicts", "right"], rows));
    say::line("");
}

fn print_scenarios(pairs: &[Pair]) {
    let rows = score::by_scenario(pairs)
        .into_iter()
        .map(|(scenario, score)| {
            let mut row = origin_row(scenario, &score);
            row.push(share(score.phase_right, score.labelled));
            row.push(share(score.cause_right, score.cause_labelled));
            row
        });
    let header = [
        "scenario",
        "right",
        "unclear",
        "wrong",
        "no verdict",
        "not counted",
        "phase",
        "cause",
    ];
    say::line(table(&header, rows));
}

fn origin_row(name: &str, score: &Score) -> Vec<String> {
    let counts = [
        score.right,
        score.unclear,
        score.wrong,
        score.missing,
        score.not_counted,
    ];
    std::iter::once(name.to_owned())
        .chain(counts.iter().map(ToString::to_string))
        .collect()
}

fn list<'a>(title: &str, pairs: impl Iterator<Item = &'a Pair>) {
    let mut count = 0;
    say::line(format_args!("\n{title}:"));
    for pair in pairs {
        count += 1;
        say::line(describe(pair));
    }
    if count == 0 {
        say::line("  none");
    }
}

fn describe(pair: &Pair) -> String {
    let label = &pair.label;
    let file = pair.capture.file_name().unwrap_or_default();
    // Every capture of a case has the same name; there the case says which one it is.
    let file = match file.to_string_lossy() {
        name if name.starts_with("capture.") => label.scenario.clone(),
        name => name.into_owned(),
    };
    let wanted = label
        .causes
        .as_ref()
        .map_or_else(|| label.cause_word.clone(), |tokens| tokens.join(" or "));
    let wanted = format!("{}, {}, {wanted}", label.origin, label.phase_word);
    let said = pair.verdict.as_ref().map_or_else(
        || "no verdict".to_owned(),
        |verdict| {
            let (who, phase, cause) = (verdict.who(), &verdict.phase, &verdict.cause);
            format!(
                "{who}, {phase}, {cause} ({}): {}",
                verdict.impact,
                verdict.weights()
            )
        },
    );
    let scenario = match label.scenario == file {
        true => String::new(),
        false => format!(" [{}]", label.scenario),
    };
    format!(
        "  {file} frame {}{scenario}\n    label:   {wanted}\n    verdict: {said}",
        label.frame
    )
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{part}/{whole}")
}

pub(super) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
