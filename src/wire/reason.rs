// SPDX-License-Identifier: GPL-2.0-or-later

//! Reasons that a sender writes into the RST itself.

/// A reason in an RST's payload (RFC 9293 §3.5.3 SHLD-2: an RST may carry data).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason<'a> {
    /// In words.
    Text(&'a str),
    /// A code of the diagnostic payload; `enterprise` 0 has the draft's own list,
    /// others are vendors' (IANA private enterprise numbers).
    Code {
        /// The code.
        code: u16,
        /// Whose code it is.
        enterprise: u32,
    },
}

/// draft-ietf-tcpm-rst-diagnostic-payload: how a code and a text begin.
const DIAGNOSTIC_CODE: &[u8] = &[0x33, 0xaa];
const DIAGNOSTIC_TEXT: &[u8] = &[0xf3, 0x17];

/// As long as a text may be (the draft's recommendation); shorter ones are chance.
const TEXT_LENGTH: std::ops::RangeInclusive<usize> = 4..=255;

/// The draft's list, from 1 on.
const CODES: [&str; 17] = [
    "illegal option",
    "desynchronized state",
    "new data after close",
    "abort",
    "unexpected acknowledgement",
    "SYN in window",
    "security mismatch",
    "malformed message",
    "not authorized",
    "resource exceeded",
    "network failure",
    "reset received from the peer",
    "destination unreachable",
    "connection timeout",
    "too much outstanding data",
    "unacceptable performance",
    "middlebox interference",
];

/// RFC 8684 §3.6, in order from 0.
const MULTIPATH: [&str; 7] = [
    "unspecified error",
    "Multipath TCP specific error",
    "lack of resources",
    "administratively prohibited",
    "too much outstanding data",
    "unacceptable performance",
    "middlebox interference",
];

impl<'a> Reason<'a> {
    /// The reason in these bytes, if they are one.
    #[must_use]
    pub(crate) fn of(payload: &'a [u8]) -> Option<Self> {
        if let Some([c1, c0, e3, e2, e1, e0]) = code_of(payload) {
            return Some(Self::Code {
                code: u16::from_be_bytes([c1, c0]),
                enterprise: u32::from_be_bytes([e3, e2, e1, e0]),
            });
        }
        let text = payload.strip_prefix(DIAGNOSTIC_TEXT).unwrap_or(payload);
        let text = std::str::from_utf8(text).ok()?;
        let text = text.trim_end_matches('\0').trim();
        let plain = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        (plain && TEXT_LENGTH.contains(&text.len())).then_some(Self::Text(text))
    }

    /// Writes it in words.
    pub(crate) fn write(&self, out: &mut String) {
        match *self {
            Self::Text(text) => out.push_str(text),
            Self::Code {
                code,
                enterprise: 0,
            } => {
                out.push_str(entry(&CODES, code.wrapping_sub(1)));
                out.push_str(&format!(" (diagnostic code {code})"));
            }
            Self::Code { code, enterprise } => {
                out.push_str(&format!(
                    "code {code} of vendor {enterprise} (IANA enterprise number)"
                ));
            }
        }
    }
}

/// Code and enterprise number, each big-endian.
fn code_of(payload: &[u8]) -> Option<[u8; 6]> {
    payload.strip_prefix(DIAGNOSTIC_CODE)?.try_into().ok()
}

/// Writes the reason of a Multipath TCP reset.
pub(crate) fn write_multipath_reason(reason: u8, out: &mut String) {
    out.push_str("Multipath TCP: ");
    out.push_str(entry(&MULTIPATH, reason.into()));
}

fn entry(list: &[&'static str], index: u16) -> &'static str {
    list.get(usize::from(index))
        .copied()
        .unwrap_or("reason not assigned")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(payload: &[u8]) -> Option<String> {
        let mut out = String::new();
        Reason::of(payload)?.write(&mut out);
        Some(out)
    }

    #[test]
    fn text_with_or_without_the_drafts_beginning() {
        assert_eq!(
            words(b"BIG-IP: [0x1] policy\0").as_deref(),
            Some("BIG-IP: [0x1] policy")
        );
        assert_eq!(words(b"\xf3\x17blocked").as_deref(), Some("blocked"));
        assert_eq!(words(b"abc"), None);
        assert_eq!(words(&[b'a'; 256]), None);
        assert_eq!(words(b"\x01\x02\x03\x04\x05"), None);
    }

    #[test]
    fn codes_of_the_draft_and_of_vendors() {
        let code = |code, enterprise| {
            let mut payload = DIAGNOSTIC_CODE.to_vec();
            payload.extend([0, code, 0, 0, 0, enterprise]);
            words(&payload).unwrap()
        };
        assert_eq!(code(9, 0), "not authorized (diagnostic code 9)");
        assert_eq!(code(0, 0), "reason not assigned (diagnostic code 0)");
        assert_eq!(code(7, 9), "code 7 of vendor 9 (IANA enterprise number)");
    }

    #[test]
    fn multipath_reasons() {
        let mut out = String::new();
        write_multipath_reason(3, &mut out);
        assert_eq!(out, "Multipath TCP: administratively prohibited");
    }
}
