// SPDX-License-Identifier: GPL-2.0-or-later

//! The small grammar of sentences: spans of time, counts, and writing that cannot fail.

#![forbid(unsafe_code)]

use std::{fmt::Write as _, time::Duration};

/// Writes a time span in the unit that people read it in, three digits at least.
pub(crate) fn write_span(out: &mut String, span: Duration) {
    let us = span.as_micros();
    // Writing to a String cannot fail.
    let _ = match us {
        0..1_000 => write!(out, "{us} µs"),
        1_000..100_000 => write!(out, "{}.{} ms", us / 1_000, us % 1_000 / 100),
        100_000..1_000_000 => write!(out, "{} ms", us / 1_000),
        1_000_000..100_000_000 => {
            write!(out, "{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000)
        }
        _ => write!(out, "{} s", us / 1_000_000),
    };
}

/// A number of things: "1 byte", "2 bytes".
pub(crate) struct Count<'a>(pub(crate) u32, pub(crate) &'a str);

impl std::fmt::Display for Count<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
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
            (Duration::from_micros(7_752), "7.7 ms"),
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
