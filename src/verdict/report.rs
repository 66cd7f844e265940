// SPDX-License-Identifier: GPL-2.0-or-later

//! The verdict as three sentences for a ticket, with hosts, time and frame.

use time::OffsetDateTime;

use super::{Verdict, explain};
use crate::{case::Origin, wire::Timestamp, words::say};

impl Verdict {
    /// Writes `rst.report`.
    pub(crate) fn write_report(&self, out: &mut String) {
        let case = &self.case;
        let reset = &case.reset;
        let sender = case.sender_word();
        write_time(reset.time, out);
        say!(
            out,
            "frame {}: {} was reset in the name of the {sender} {}: ",
            reset.frame,
            reset.destination,
            reset.source
        );
        explain::why(self, out);
        say!(out, ". ");
        let percent = self.confidence();
        match self.origin() {
            Origin::Endpoint => say!(out, "The {sender} itself sent the RST ({percent} %)"),
            Origin::Middlebox => {
                say!(
                    out,
                    "A device on the path sent the RST, not the {sender} ({percent} %)"
                );
            }
            Origin::Unclear => {
                say!(out, "The capture does not show who sent the RST");
            }
        }
        let supports = |weight: i16| match self.origin() {
            Origin::Endpoint => weight < 0,
            Origin::Middlebox => weight > 0,
            Origin::Unclear => false,
        };
        let strongest = self.findings().iter().find(|found| supports(found.weight));
        if let Some(found) = strongest {
            say!(out, ": ");
            found.finding.write_brief(out);
            if let Some(frame) = found.finding.frame() {
                say!(out, " (frame {frame})");
            }
        }
        say!(out, ". Impact: ");
        self.write_matters(out);
        say!(out, ".");
    }
}

/// In UTC, as RFC 3339 writes it, to the millisecond; nothing for a time out of its range.
fn write_time(time: Timestamp, out: &mut String) {
    let Ok(time) = OffsetDateTime::from_unix_timestamp_nanos(time.0.into()) else {
        return;
    };
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let ms = time.millisecond();
    say!(
        out,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z, "
    );
}

#[cfg(test)]
mod tests {
    use crate::{case::testing::case, verdict::Verdict};

    #[test]
    fn three_sentences_name_hosts_time_and_frame() {
        let verdict = Verdict::of((*case().sender_ttl(&[61, 61]).ttl(255)).clone(), None, b"");
        let mut report = String::new();
        verdict.write_report(&mut report);
        assert!(
            report.starts_with(
                "1970-01-01T00:00:01.000Z, frame 10: 192.0.2.1:40000 was reset in the name of the server 192.0.2.80:80: "
            ),
            "{report}"
        );
        assert!(report.contains(" the RST"), "{report}");
        assert!(report.contains(". Impact: "), "{report}");
    }
}
