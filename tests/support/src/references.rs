// SPDX-License-Identifier: GPL-2.0-or-later

//! What the texts of this repository point to, and whether it is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// Folders whose names start a path from the repository's root.
const TOP: [&str; 7] = [
    "benches/",
    "docs/",
    "fuzz/",
    "src/",
    "tests/",
    "wireshark-plugin/",
    "xtask/",
];

/// Folders that hold no text of this repository.
const SKIPPED: [&str; 3] = ["target", "captures", "snapshots"];

/// Headers of Wireshark's that comments name.
const OF_WIRESHARK: [&str; 1] = ["ws_version.h"];

/// The page that cites the sources of other projects.
const CITES_OTHERS: &str = "docs/measured.md";

/// Every file of the repository, and the text of those that may point to others.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    files: BTreeSet<String>,
    texts: BTreeMap<String, String>,
}

impl Repository {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// A file or folder that cannot be read.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut repository = Self {
            root: root.to_owned(),
            files: BTreeSet::new(),
            texts: BTreeMap::new(),
        };
        repository.enter(root)?;
        Ok(repository)
    }

    fn enter(&mut self, folder: &Path) -> io::Result<()> {
        for entry in folder.read_dir()? {
            let path = entry?.path();
            let inside = path.strip_prefix(&self.root).unwrap_or(&path);
            let name = inside.to_string_lossy().into_owned();
            let last = path.file_name().unwrap_or_default().to_string_lossy();
            if last.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                if last == "captures" {
                    self.page(name + "/README.md")?;
                } else if !SKIPPED.contains(&&*last) {
                    self.enter(&path)?;
                }
                continue;
            }
            let has_text = [".rs", ".c", ".h", ".md", ".toml"];
            if has_text.iter().any(|end| name.ends_with(end)) {
                self.page(name)?;
            } else {
                self.files.insert(name);
            }
        }
        Ok(())
    }

    fn page(&mut self, name: String) -> io::Result<()> {
        let text = fs::read_to_string(self.root.join(&name))?;
        self.files.insert(name.clone());
        self.texts.insert(name, text);
        Ok(())
    }

    /// The files with text, by their paths from the root.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, text)| (&**name, &**text))
    }

    /// What is wrong with a link, a mentioned path or a page's heading, as `file` names it.
    #[must_use]
    pub fn fault(&self, file: &str, kind: Kind, target: &str) -> Option<String> {
        if target.contains("://") {
            return None;
        }
        let is_there = match kind {
            Kind::Link => self.has_link(file, target),
            Kind::Mention => self.has_mentioned(file, target),
            Kind::Heading => self.has_link("", target),
        };
        (!is_there).then(|| format!("`{target}` leads nowhere"))
    }

    /// A link counts from the folder that the page lies in.
    fn has_link(&self, file: &str, target: &str) -> bool {
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = if path.is_empty() {
            file.to_owned()
        } else {
            beside(file, path)
        };
        let is_there = self.root.join(&path).exists();
        let has_anchor = || {
            let text = self.texts.get(&path);
            text.is_some_and(|text| anchors(text).contains(anchor))
        };
        is_there && (anchor.is_empty() || has_anchor())
    }

    /// A mentioned path counts from the root, or it is the end of the path of some file.
    fn has_mentioned(&self, file: &str, path: &str) -> bool {
        if let Some((before, _)) = path.split_once('<') {
            let (folder, _) = before.rsplit_once('/').unwrap_or_default();
            return self.root.join(folder).is_dir();
        }
        let is_end = |name: &String| {
            let before = name.strip_suffix(path);
            before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        self.root.join(path).exists()
            || self.root.join(beside(file, path)).exists()
            || self.files.iter().any(is_end)
    }
}

/// How something is pointed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `[words](target)` on a page.
    Link,
    /// A path in a text or a comment.
    Mention,
    /// The path of a page, with its heading, in a text, a comment or a string.
    Heading,
}

/// The path of `path` as seen from the folder of `file`, without `..`.
fn beside(file: &str, path: &str) -> String {
    let mut parts: Vec<_> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Everything that `file` points to, with the line.
#[must_use]
pub fn references(file: &str, text: &str) -> Vec<(Kind, usize, String)> {
    let is_page = file.ends_with(".md");
    let all = |kind, found: Vec<(usize, String)>| {
        let with_kind = move |(line, target)| (kind, line, target);
        found.into_iter().map(with_kind)
    };
    let mut found = Vec::new();
    if is_page {
        found.extend(all(Kind::Link, links(text)));
        found.extend(all(Kind::Mention, mentions(text)));
    } else {
        found.extend(all(Kind::Mention, mentions(&comments(text))));
    }
    // Texts of the tables in `src` become pages; elsewhere a string may be an example.
    if is_page || file.starts_with("src/") {
        found.extend(all(Kind::Heading, headings(text)));
    } else {
        found.extend(all(Kind::Heading, headings(&comments(text))));
    }
    // There `.c` is another project's.
    found.retain(|(kind, _, target)| {
        file != CITES_OTHERS || *kind != Kind::Mention || target.ends_with(".rs")
    });
    found
}

/// The targets of a page's links and pictures.
#[must_use]
pub fn links(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, number) in prose(page) {
        for part in line.split("](").skip(1) {
            if let Some((target, _)) = part.split_once(')') {
                found.push((number, target.to_owned()));
            }
        }
    }
    found
}

/// Paths of the repository in a text, and names of Rust and C sources.
#[must_use]
pub fn mentions(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        for word in words(line) {
            let is_source = [".rs", ".c", ".h"]
                .iter()
                .any(|end| word.len() > end.len() && word.ends_with(end));
            let is_path = TOP.iter().any(|top| word.starts_with(top));
            let is_header_of_others = word.ends_with(".h") && word.contains('/') && !is_path;
            let is_header_of_others = is_header_of_others || OF_WIRESHARK.contains(&word);
            if (is_source || is_path) && !is_header_of_others && !is_pattern(word) {
                found.push((number, word.to_owned()));
            }
        }
    }
    found
}

/// Headings of pages in `docs` that a text names.
#[must_use]
pub fn headings(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        for (at, _) in line.match_indices("docs/") {
            let rest = line.get(at..).unwrap_or_default();
            let ends = |sign: char| !(sign.is_ascii_alphanumeric() || "/._-#".contains(sign));
            let name = rest.split(ends).next().unwrap_or_default();
            if name.contains(".md#") {
                found.push((number, name.trim_end_matches('.').to_owned()));
            }
        }
    }
    found
}

/// Whether a path stands for many, and not even its folder is said.
fn is_pattern(word: &str) -> bool {
    let is_rest = word.contains('>') && !word.contains('<');
    is_rest || word.contains(['*', '…']) || word.contains("NAME")
}

/// What may be paths: without signs at their ends that belong to the sentence.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_inside = |sign: char| sign.is_alphanumeric() || "/._-<>*…#".contains(sign);
    line.split(move |sign| !is_inside(sign))
        .map(|word| word.trim_end_matches(['.', '…']))
        .map(|word| word.split('#').next().unwrap_or_default())
        .map(|word| word.trim_start_matches("../"))
        .filter(|word| !word.starts_with("//"))
}

/// The lines of a page outside its blocks of code.
fn prose(page: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut is_code = false;
    page.lines().zip(1..).filter(move |(line, _)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The comments of Rust, C or TOML, in their lines.
#[must_use]
pub fn comments(code: &str) -> String {
    let mut text = String::new();
    let mut is_inside = false;
    for line in code.lines() {
        let comment = if is_inside {
            Some(line)
        } else if let Some((_, rest)) = line.split_once("/*") {
            is_inside = true;
            Some(rest)
        } else {
            let rust = line.split_once("//").map(|(_, rest)| rest);
            rust.or_else(|| line.strip_prefix('#'))
        };
        let comment = comment.unwrap_or_default();
        let (comment, _) = comment.split_once("*/").unwrap_or((comment, ""));
        is_inside &= !line.contains("*/");
        text.push_str(comment);
        text.push('\n');
    }
    text
}

/// The anchors of a page's headings, as GitHub and GitLab make them.
#[must_use]
pub fn anchors(page: &str) -> BTreeSet<String> {
    let headings = prose(page).filter(|(line, _)| line.starts_with('#'));
    headings
        .map(|(line, _)| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let is_kept = |sign: char| sign.is_alphanumeric() || "-_ ".contains(sign);
            let kept = heading.chars().filter(|sign| is_kept(*sign));
            kept.map(|sign| if sign == ' ' { '-' } else { sign })
                .collect()
        })
        .collect()
}
