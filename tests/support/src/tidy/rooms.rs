// SPDX-License-Identifier: GPL-2.0-or-later

//! Dependencies between the rooms of `src/` point one way:
//! `wire ← baseline ← conversation ← case ← { evidence ← hypothesis, cause } ← verdict ← engine ← ffi ← plugin`.

use super::source::Source;

/// The rooms from the ground up: each may use those before it.
const ROOMS: &[&str] = &[
    "mutation",
    "words",
    "wire",
    "baseline",
    "conversation",
    "points",
    "case",
    "evidence",
    "hypothesis",
    "cause",
    "verdict",
    "engine",
    "replay",
    "ffi",
    "plugin",
];

/// Rooms that stand side by side: what `.0` is may not use `.1`, although it stands above.
const APART: &[(&str, &str)] = &[
    ("wire", "words"),
    ("points", "words"),
    ("baseline", "words"),
    ("conversation", "words"),
    ("cause", "evidence"),
    ("cause", "hypothesis"),
    ("ffi", "replay"),
    ("plugin", "replay"),
];

/// Whether `room` may use `used`.
fn may_use(room: &str, used: &str) -> bool {
    let height = |name: &str| ROOMS.iter().position(|room| *room == name);
    height(used) < height(room) && !APART.contains(&(room, used))
}

/// The faults of one file: each name of a room that it may not use.
pub(crate) fn arrows(source: &Source<'_>) -> Vec<String> {
    let Some(room) = room_of(source.path) else {
        return Vec::new();
    };
    if !ROOMS.contains(&room) {
        return vec![source.fault(
            1,
            format_args!("the room `{room}` has no row in tests/support/src/tidy/rooms.rs"),
        )];
    }
    let code: String = source
        .code()
        .flat_map(|(_, line)| [line, "\n".to_owned()])
        .collect();
    used_rooms(&code)
        .into_iter()
        .filter(|(_, used)| *used != room && !may_use(room, used))
        .map(|(line, used)| source.fault(line, format_args!("`{room}` may not use `{used}`")))
        .collect()
}

/// `src/wire/seq.rs` and `src/plugin.rs` lie in `wire` and `plugin`; `src/lib.rs` in none.
fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let room = inside.split_once('/').map_or(inside, |(room, _)| room);
    let room = room.strip_suffix(".rs").unwrap_or(room);
    (room != "lib").then_some(room)
}

/// Rooms that the code names, by `crate::room`, `crate::{room, …}` or `super::room`, with the line.
fn used_rooms(code: &str) -> Vec<(usize, &'static str)> {
    let mut used = Vec::new();
    for prefix in ["crate::", "super::"] {
        for (at, _) in code.match_indices(prefix) {
            let line = code.get(..at).unwrap_or_default().lines().count().max(1);
            let rest = code.get(at + prefix.len()..).unwrap_or_default();
            let names = match rest.strip_prefix('{') {
                Some(group) => first_names(group),
                None => vec![name_at(rest)],
            };
            used.extend(
                names
                    .iter()
                    .filter_map(|name| ROOMS.iter().find(|room| *room == name))
                    .map(|room| (line, *room)),
            );
        }
    }
    used
}

/// The first names of a `use` group: `a` and `d` of `a::{b, c}, d::e}`.
fn first_names(group: &str) -> Vec<&str> {
    let mut names = vec![name_at(group)];
    let mut depth = 0_usize;
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name_at(group.get(at + 1..).unwrap_or_default())),
            _ => {}
        }
    }
    names
}

fn name_at(text: &str) -> &str {
    let text = text.trim_start();
    let end = text
        .find(|sign: char| !sign.is_alphanumeric() && sign != '_')
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, code: &str) -> Vec<String> {
        arrows(&Source::new(path, code))
    }

    #[test]
    fn arrows_that_point_back_are_faults() {
        assert_eq!(
            faults("src/wire/seq.rs", "\nuse crate::engine::Engine;\n"),
            ["src/wire/seq.rs:2: `wire` may not use `engine`"]
        );
        assert_eq!(
            faults("src/evidence/x.rs", "fn f(v: &crate::verdict::V) {}").len(),
            1
        );
        assert_eq!(faults("src/cause/x.rs", "use crate::evidence::F;").len(), 1);
        assert_eq!(faults("src/engine.rs", "use crate::ffi::guard;").len(), 1);
        assert_eq!(faults("src/wire/mod.rs", "use super::verdict::V;").len(), 1);
    }

    #[test]
    fn arrows_that_point_forward_are_none() {
        assert!(faults("src/evidence/x.rs", "use crate::wire::Seq;").is_empty());
        assert!(faults("src/wire/seq.rs", "use crate::wire::Flags;").is_empty());
        assert!(faults("src/wire/seq.rs", "// crate::engine does this").is_empty());
        assert!(faults("src/lib.rs", "use crate::engine::Engine;").is_empty());
    }

    #[test]
    fn groups_are_looked_into() {
        let code = "use crate::{\n    wire::{Seq, Flags},\n    verdict::V,\n};";
        assert_eq!(faults("src/baseline/ttl.rs", code).len(), 1);
        assert!(faults("src/engine.rs", code).is_empty());
    }

    #[test]
    fn unknown_room_is_a_fault() {
        assert_eq!(faults("src/cellar/mod.rs", "").len(), 1);
    }
}
