// SPDX-License-Identifier: GPL-2.0-or-later

//! `docs/causes.md` and `docs/fields.md` say what the code says: they are written
//! from its tables. `cargo xtask bless` writes them anew.

use std::{error::Error, ffi::CStr, fmt::Write as _, fs, path::Path};

use rstscope::{
    baseline::Pattern,
    case::Origin,
    cause::{Cause, Impact},
    conversation::{Acceptability, Phase, Role, SegmentKind},
    evidence::catalogue::TABLE,
    verdict::FollowupKind,
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[test]
fn causes_are_documented_from_their_table() -> Outcome {
    document("causes.md", &causes()?)
}

#[test]
fn fields_are_documented_from_their_table() -> Outcome {
    document("fields.md", &fields()?)
}

/// Compares with the file in `docs/`, or writes it where insta would, too.
fn document(name: &str, text: &str) -> Outcome {
    let path = root().join("docs").join(name);
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(path, text)?;
        return Ok(());
    }
    let found = fs::read_to_string(path)?;
    assert!(
        found == text,
        "docs/{name} is not what the code says; `cargo xtask bless` writes it anew"
    );
    Ok(())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn word(text: &CStr) -> &str {
    text.to_str().unwrap_or_default()
}

fn causes() -> Outcome<String> {
    let mut out = String::from(
        "# Why an RST was sent\n\n\
         Every value of `rst.cause`, written from [`src/cause/catalogue.rs`](../src/cause/catalogue.rs).\n\
         Where two fit, the more specific one is said.\n\
         *Usual impact* holds where nothing special is seen; `rst.impact` says what it is in your capture.\n\n\
         | cause | the RST is | usual impact |\n|---|---|---|\n",
    );
    for cause in Cause::ALL {
        let (token, title) = (word(cause.token()), word(cause.title()));
        let impact = word(cause.usual_impact().token());
        writeln!(out, "| [`{token}`](#{token}) | {title} | {impact} |")?;
    }
    for cause in Cause::ALL {
        let about = cause.about();
        writeln!(out, "\n## {}\n", word(cause.token()))?;
        writeln!(out, "- **What is seen.** {}", about.seen)?;
        writeln!(out, "- **What it means.** {}", about.means)?;
        writeln!(out, "- **What else looks like it.** {}", about.alike)?;
        if !about.next.is_empty() {
            writeln!(out, "- **What to do next.** {}", about.next)?;
        }
        writeln!(out, "- **Source.** {}", about.source)?;
    }
    Ok(out)
}

/// A row of the table in `wireshark-plugin/fields.c`.
struct Field {
    filter: String,
    kind: String,
    blurb: String,
}

/// The rows `ROW(FIELD_…, "name", "filter", FT_…, …, "blurb")`.
fn table() -> Outcome<Vec<Field>> {
    let source = fs::read_to_string(root().join("wireshark-plugin/fields.c"))?;
    let rows = source.split("    ROW(FIELD_").skip(1);
    rows.map(|row| {
        let row = row.split("),\n").next().unwrap_or_default();
        let row = row.replace("\\\"", "\u{1}");
        let mut texts = row.split('"').skip(1).step_by(2);
        let [filter, blurb] = [texts.nth(1), texts.last()];
        let kind = row
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .find(|word| word.starts_with("FT_"));
        Ok(Field {
            filter: filter.ok_or("a row without filter name")?.to_owned(),
            kind: kind.ok_or("a row without type")?.to_owned(),
            blurb: blurb.ok_or("a row without text")?.replace('\u{1}', "\""),
        })
    })
    .collect()
}

/// What a field of tokens may say.
fn tokens(filter: &str) -> Option<Vec<&'static str>> {
    let list: Vec<&CStr> = match filter {
        "rst.phase" => Phase::ALL.iter().map(|phase| phase.token()).collect(),
        "rst.sender" => vec![Role::Client.token(), Role::Server.token(), c"unknown"],
        "rst.origin" => Origin::ALL.iter().map(|origin| origin.token()).collect(),
        "rst.ip_id.pattern" => Pattern::ALL.iter().map(|pattern| pattern.token()).collect(),
        "rst.trigger" => SegmentKind::ALL.iter().map(|kind| kind.token()).collect(),
        "rst.impact" => Impact::ALL.iter().map(|impact| impact.token()).collect(),
        "rst.acceptability" => Acceptability::ALL.iter().map(|it| it.token()).collect(),
        "rst.evidence.points_to" => vec![Origin::Endpoint.token(), Origin::Middlebox.token()],
        _ => return None,
    };
    Some(list.into_iter().map(word).collect())
}

fn fields() -> Outcome<String> {
    let mut out = String::from(
        "# Fields, expert items and preferences\n\n\
         Written from the tables in the code, [`wireshark-plugin/fields.c`](../wireshark-plugin/fields.c) first.\n\
         A field that has no value in your capture is absent: test for its presence by its name alone (`rst.ttl.delta`).\n\n\
         ## Fields\n\n| field | type | meaning |\n|---|---|---|\n",
    );
    for field in table()? {
        let said = match (tokens(&field.filter), field.filter.as_str()) {
            (Some(tokens), _) => format!(": `{}`", tokens.join("`, `")),
            (None, "rst.cause") => ": see [causes.md](causes.md)".to_owned(),
            (None, "rst.evidence") => ": see below".to_owned(),
            (None, _) => String::new(),
        };
        let kind = &field.kind;
        writeln!(
            out,
            "| `{}` | {kind} | {}{said} |",
            field.filter, field.blurb
        )?;
    }
    out.push_str(
        "\n## Evidence\n\n\
         Values of `rst.evidence`, with the group of which only the strongest counts, and the weight in decibans (positive: for a middlebox).\n\
         [method.md](method.md) says how they add up; each has its file in `src/evidence/`.\n\n\
         | evidence | group | weight | source of the weight |\n|---|---|---:|---|\n",
    );
    for row in TABLE {
        let token = word(row.token);
        let conclusive = if row.conclusive { ", conclusive" } else { "" };
        let source = row.source.replace('|', "\\|");
        writeln!(
            out,
            "| `{token}` | {:?}{conclusive} | {:+} | {source} |",
            row.group, row.present
        )?;
    }
    out.push_str("\n## Expert items\n\nGroup Sequence; the severity follows `rst.impact` (benign Chat, noteworthy Note, disruptive Warn), and is at least Warn for an RST by a middlebox of 90 % confidence or more, or one that did not work.\n\n");
    for cause in Cause::ALL {
        writeln!(out, "- `{}`", word(cause.expert_name()))?;
    }
    for kind in FollowupKind::ALL {
        writeln!(
            out,
            "- `{}`, on a later frame: {}",
            word(kind.name()),
            word(kind.summary())
        )?;
    }
    out.push_str("- `rst.expert.disabled`, on one frame: the analysis stopped in this file because of a defect; please report it\n");
    out.push_str(PREFERENCES);
    Ok(out)
}

const PREFERENCES: &str = "\n## Preferences\n\n\
    Edit → Preferences → Protocols → RST Analysis, or `-o name:value`.\n\n\
    | name | default | meaning |\n|---|---|---|\n\
    | `rst.info_column` | TRUE | append the summary to the Info column |\n\
    | `rst.idle_threshold` | 30 | seconds of silence that count as idle |\n\
    | `rst.ttl_tolerance` | 2 | TTL drop, in hops, that a route change explains |\n\
    | `rst.expert_level` | all | which impacts raise expert items: `all`, `noteworthy`, `disruptive` |\n";
