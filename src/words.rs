// SPDX-License-Identifier: GPL-2.0-or-later

//! The small grammar of sentences: spans of time, counts, and writing that cannot fail.

#![forbid(unsafe_code)]

use std::{fmt::Write as _, time::Duration};

/// Writes a time span in the unit that people read it in, rounded to three or four digits.
pub(crate) fn write_span(out: &mut String, span: Duration) {
    let us = span.as_micros();
    // Writing to a String cannot fail.
    let _ = match us {
        0..1_000 => write!(out, "{us} µs"),
        1_000..99_950 => {
            let tenths = rounded(us, 100);
            write!(out, "{}.{} ms", tenths / 10, tenths % 10)
        }
        99_950..999_500 => write!(out, "{} ms", rounded(us, 1_000)),
        999_500..99_995_000 => {
            let hundredths = rounded(us, 10_000);
            write!(out, "{}.{:02} s", hundredths / 100, hundredths % 100)
        }
        _ => write!(out, "{} s", rounded(us, 1_000_000)),
    };
}

/// How many times `step` it is nearest to.
const fn rounded(us: u128, step: u128) -> u128 {
    us.saturating_add(step / 2) / step
}

/// A number of things: "1 byte", "2 bytes".
pub(crate) struct Count<'a>(pub(crate) u32, pub(crate) &'a str);

impl std::fmt::Display for Count<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

/// Puts the sides' names into words that know only `{sender}` and `{receiver}`.
pub(crate) fn name_sides(text: &str, sender: &str, receiver: &str) -> String {
    text.replace("{sender}", sender)
        .replace("{receiver}", receiver)
}

/// `write!` into a `String`, which cannot fail.
macro_rules! say {
    ($out:expr, $($words:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($words)*);
    }};
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_their_own_unit() {
        let cases = [
            (Duration::from_nanos(999), "0 µs"),
            (Duration::from_micros(640), "640 µs"),
            (Duration::from_micros(7_752), "7.8 ms"),
            (Duration::from_micros(99_949), "99.9 ms"),
            (Duration::from_micros(99_950), "100 ms"),
            (Duration::from_micros(999_500), "1.00 s"),
            (Duration::from_millis(99_994), "99.99 s"),
            (Duration::from_millis(99_995), "100 s"),
            (Duration::from_micros(123_456), "123 ms"),
            (Duration::from_millis(1_600), "1.60 s"),
            (Duration::from_secs(350), "350 s"),
        ];
        for (span, words) in cases {
            let mut out = String::new();
            write_span(&mut out, span);
            assert_eq!(out, words);
        }
    }
}
