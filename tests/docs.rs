// SPDX-License-Identifier: GPL-2.0-or-later

//! `docs/causes.md` and `docs/fields.md` say what the code says: they are written
//! from its tables. `cargo xtask bless` writes them anew.

use std::{error::Error, ffi::CStr, fmt::Write as _, fs, path::Path};

use rstscope::{
    cause::Cause,
    engine::{PREFERENCES, Preferred},
    evidence::catalogue::TABLE,
    hypothesis::{self, Effect, Sort},
    verdict::{FollowupKind, fields},
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

/// With links to the measured facts that a source names by their path from the root.
fn linked(source: &str) -> String {
    let mut out = String::new();
    let mut parts = source.split("docs/measured.md#");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let is_anchor = |sign: char| sign.is_ascii_alphanumeric() || sign == '-';
        let (anchor, rest) =
            part.split_at(part.find(|sign| !is_anchor(sign)).unwrap_or(part.len()));
        out += &format!(
            "[measured: {}](measured.md#{anchor}){rest}",
            anchor.replace('-', " ")
        );
    }
    out
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
        writeln!(out, "- **Source.** {}", linked(about.source))?;
    }
    Ok(out)
}

/// The price table of each story.
fn stories(out: &mut String) -> Outcome {
    out.push_str(
        "\n## Stories\n\n\
         Values of `rst.hypothesis`: what could explain the findings, innocent or guilty, with its price in decibans.\n\
         The first price that holds counts, what adds is added, and what refutes ends the story.\n",
    );
    for story in hypothesis::TABLE {
        let sort = match story.sort {
            Sort::Situation => "innocent, of the situation",
            Sort::Nature => "innocent, of the host's nature",
            Sort::Capture => "innocent, of the capture",
            Sort::Guilty => "guilty",
        };
        writeln!(
            out,
            "\n### {}\n\n{} ({sort}).\n",
            word(story.token),
            story.title
        )?;
        out.push_str("| price | where | source |\n|---:|---|---|\n");
        for line in story.lines {
            let price = match line.effect {
                Effect::Refutes => "refuted".to_owned(),
                Effect::Costs(price) => price.to_string(),
                Effect::Measured(_) => "measured".to_owned(),
                Effect::Adds(price) => format!("{price:+} more"),
            };
            writeln!(
                out,
                "| {price} | {} | {} |",
                line.because,
                linked(line.source)
            )?;
        }
    }
    Ok(())
}

fn fields() -> Outcome<String> {
    let mut out = String::from(
        "# Fields, expert items and preferences\n\n\
         Written from the tables in the code, [`src/verdict/fields/table.rs`](../src/verdict/fields/table.rs) first.\n\
         A field that has no value in your capture is absent: test for its presence by its name alone (`rst.ttl.delta`).\n\n\
         ## Fields\n\n| field | type | meaning |\n|---|---|---|\n",
    );
    for field in fields::all() {
        let said = match (field.see, field.tokens) {
            (Some(see), _) => format!(": {see}"),
            (None, Some(tokens)) => {
                let tokens: Vec<_> = tokens().into_iter().map(word).collect();
                format!(": `{}`", tokens.join("`, `"))
            }
            (None, None) => String::new(),
        };
        let (filter, kind, about) = (word(field.filter), field.kind().name(), word(field.about));
        writeln!(out, "| `{filter}` | {kind} | {about}{said} |")?;
    }
    out.push_str(
        "\n## Evidence\n\n\
         Values of `rst.evidence`, with the weights in decibans, best yardstick first (positive: for a middlebox).\n\
         [method.md](method.md) says how they add up; each has its file in `src/evidence/`.\n\n\
         | evidence | weight | source of the weight |\n|---|---:|---|\n",
    );
    for row in TABLE {
        let token = word(row.token);
        let weights: Vec<String> = row.weights.iter().map(|it| format!("{it:+}")).collect();
        let weights = weights.join(", ");
        let source = linked(row.source).replace('|', "\\|");
        writeln!(out, "| `{token}` | {weights} | {source} |")?;
    }
    stories(&mut out)?;
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
    out.push_str("- `rst.expert.history_evicted` (Comment), once in a file, on the first reset after it: the analysis reached its memory limit and forgot what is oldest\n");
    out.push_str("- `rst.expert.disabled`, on one frame: the analysis stopped in this file because of a defect; please report it\n");
    preferences(&mut out)?;
    Ok(out)
}

fn preferences(out: &mut String) -> Outcome {
    out.push_str(
        "\n## Preferences\n\n\
         Edit → Preferences → Protocols → RST Analysis, or `-o name:value`.\n\n\
         | name | default | meaning |\n|---|---|---|\n",
    );
    for preference in PREFERENCES {
        let name = word(preference.name);
        let (title, description) = (word(preference.title), word(preference.description));
        let (default, choices) = values(&preference.kind);
        writeln!(
            out,
            "| `rst.{name}` | {default} | {title}{choices}. {description} |"
        )?;
    }
    Ok(())
}

/// The default of a preference, and the words to choose from.
fn values(kind: &Preferred) -> (String, String) {
    match kind {
        Preferred::Boolean(default, _) => (default.to_string().to_uppercase(), String::new()),
        Preferred::Number(default, _) => (default.to_string(), String::new()),
        Preferred::Choice(choices) => {
            let words: Vec<_> = choices.iter().map(|choice| word(choice.word)).collect();
            let default = words.first().copied().unwrap_or_default();
            (default.to_owned(), format!(": `{}`", words.join("`, `")))
        }
    }
}
