// SPDX-License-Identifier: GPL-2.0-or-later

//! THE TABLE of stories.

use std::ffi::CStr;

use super::{Effect, Line, Share, Sort};
use crate::{
    case::Case,
    evidence::Finding,
    mutation::{self, Kind, is_out},
};

/// One story.
#[derive(Debug)]
pub struct Hypothesis {
    /// Never reused.
    pub(crate) number: u16,
    /// The value of `rst.hypothesis`.
    pub token: &'static CStr,
    /// Whom it speaks for.
    pub sort: Sort,
    /// The story in a few words that begin a sentence.
    pub title: &'static str,
    /// Its price table.
    pub lines: &'static [Line],
    /// What it makes of a finding.
    pub(crate) share: fn(&Case, &Finding) -> Share,
}

/// A story as it can be told of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// Which.
    pub(crate) hypothesis: &'static Hypothesis,
    /// Decibans.
    pub(crate) price: i16,
    /// The line that set the price.
    pub(crate) because: &'static str,
}

impl Hypothesis {
    /// The story with its price; `None` where it is refuted, or no line has a price.
    #[must_use]
    pub(crate) fn tell(&'static self, case: &Case) -> Option<Told> {
        if is_out(Kind::Story, self.token, 0) {
            return None;
        }
        let for_nothing = is_out(Kind::Price, self.token, 0);
        if !for_nothing && self.refuted_by(case).is_some() {
            return None;
        }
        let mut told = for_nothing.then_some((0, ""));
        let mut more = 0;
        for line in self.holding(case) {
            match line.effect {
                Effect::Costs(price) => {
                    told.get_or_insert((price, line.because));
                }
                Effect::Measured(price) => {
                    told.get_or_insert_with(|| (price(case), line.because));
                }
                Effect::Adds(price) if !for_nothing => more += price,
                Effect::Adds(_) | Effect::Refutes => {}
            }
        }
        let (price, because) = told?;
        Some(Told {
            hypothesis: self,
            price: mutation::price(price + more),
            because,
        })
    }

    /// The line that says of this case that the story cannot be true.
    #[must_use]
    pub fn refuted_by(&'static self, case: &Case) -> Option<&'static Line> {
        self.holding(case)
            .find(|line| matches!(line.effect, Effect::Refutes))
    }

    /// The lines that hold of a case.
    fn holding(&'static self, case: &Case) -> impl Iterator<Item = &'static Line> {
        let lines = self.lines.iter().enumerate();
        let holds = |(place, line): &(usize, &'static Line)| {
            (line.when)(case) && !is_out(Kind::Line, self.token, *place)
        };
        lines.filter(holds).map(|(_, line)| line)
    }
}

macro_rules! table {
    ($($number:literal $module:ident)*) => {
        /// The stories, by number.
        pub static TABLE: &[&Hypothesis] = &[$(
            &Hypothesis {
                number: $number,
                token: token(concat!(stringify!($module), "\0")),
                sort: super::$module::SORT,
                title: super::$module::TITLE,
                lines: super::$module::LINES,
                share: super::$module::share,
            }
        ),*];
    };
}

table! {
    1 route_changed
    2 other_member
    3 own_host_program
    4 ports_reused
    5 captured_late
    6 captured_twice
    7 clock_stepped
    8 slow_first_round_trip
    9 proxy_handshake
    10 other_is_forged
    11 stack_of_its_kind
    12 plain_device
    13 copying_device
    14 device_beside_host
    15 device_sends_data
    16 device_holds_connection
    17 gateway_itself
    18 capture_missed_it
}

/// A module's name as it goes to C.
const fn token(name: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(name.as_bytes()) {
        Ok(token) => token,
        Err(_) => unreachable!(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn numbers_rise_and_every_file_has_a_row() {
        assert!(TABLE.windows(2).all(|pair| pair[0].number < pair[1].number));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/hypothesis");
        let mut files: Vec<String> = folder
            .read_dir()
            .unwrap()
            .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
            .filter(|name| !["mod", "catalogue"].contains(&name.as_str()))
            .collect();
        files.sort();
        let mut rows: Vec<_> = TABLE
            .iter()
            .map(|row| row.token.to_str().unwrap())
            .collect();
        rows.sort_unstable();
        assert_eq!(files, rows);
    }

    #[test]
    fn every_line_has_a_source_and_words() {
        for row in TABLE {
            assert!(
                !row.title.is_empty() && !row.lines.is_empty(),
                "{:?}",
                row.token
            );
            for line in row.lines {
                assert!(
                    !line.source.is_empty() && !line.because.is_empty(),
                    "{:?}",
                    row.token
                );
            }
        }
    }
}
