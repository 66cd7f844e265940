// SPDX-License-Identifier: GPL-2.0-or-later

//! TCP options, as far as they say something about the sender.

use etherparse::{TcpOptionElement, TcpOptionReadError, TcpOptionsIterator};
use serde::{Deserialize, Serialize};

/// Values of the timestamps option (RFC 7323 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Timestamps {
    /// The sender's clock, in ticks of its own choosing.
    pub(crate) value: u32,
    /// The peer's clock as last seen by the sender.
    pub(crate) echo: u32,
}

/// The options of one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Options {
    /// Window scale: the window is shifted left by so many bits, 0 to 14.
    pub(crate) window_scale: Option<u8>,
    /// Timestamps.
    pub(crate) timestamps: Option<Timestamps>,
    /// Reason of a Multipath TCP reset (MP_TCPRST, RFC 8684 §3.6).
    pub(crate) multipath_reason: Option<u8>,
    /// Any option at all was there, padding apart.
    pub(crate) any: bool,
    /// The kinds in their order, NOPs included, one hexadecimal digit each, the last
    /// lowest; a kind above 15 counts as 15.
    pub(crate) kinds: u64,
}

/// RFC 7323 §2.3: a larger shift must be used as 14.
const MAX_WINDOW_SCALE: u8 = 14;

/// Multipath TCP's option kind, and the subtype of MP_TCPRST (RFC 8684 §8).
const MULTIPATH: u8 = 30;
const MULTIPATH_RESET: u8 = 8;

impl Options {
    /// Reads the options up to the first that is malformed.
    pub(super) fn parse(options: TcpOptionsIterator<'_>) -> Self {
        Self::timestamps_alone(options.rest()).unwrap_or_else(|| Self::one_by_one(options))
    }

    /// The layout of nearly every segment, at a glance (RFC 7323, appendix A).
    fn timestamps_alone(options: &[u8]) -> Option<Self> {
        let [1, 1, 8, 10, v1, v2, v3, v4, e1, e2, e3, e4] = *options else {
            return None;
        };
        Some(Self {
            timestamps: Some(Timestamps {
                value: u32::from_be_bytes([v1, v2, v3, v4]),
                echo: u32::from_be_bytes([e1, e2, e3, e4]),
            }),
            any: true,
            kinds: 0x118,
            ..Self::default()
        })
    }

    fn one_by_one(mut options: TcpOptionsIterator<'_>) -> Self {
        let mut read = Self::default();
        loop {
            let rest = options.rest();
            read.note_kind(rest);
            match options.next() {
                None => return read,
                Some(Ok(TcpOptionElement::Noop)) => continue,
                Some(Ok(TcpOptionElement::WindowScale(shift))) => {
                    read.window_scale = Some(shift.min(MAX_WINDOW_SCALE));
                }
                Some(Ok(TcpOptionElement::Timestamp(value, echo))) => {
                    read.timestamps = Some(Timestamps { value, echo });
                }
                Some(Ok(_)) => {}
                Some(Err(TcpOptionReadError::UnknownId(_))) => {
                    options = TcpOptionsIterator::from_slice(read.pass_over(rest));
                }
                Some(Err(_)) => {
                    read.any = true;
                    return read;
                }
            }
            read.any = true;
        }
    }

    /// Notes the kind of the option at the beginning of `rest`.
    fn note_kind(&mut self, rest: &[u8]) {
        if let Some(kind @ 1..) = rest.first() {
            self.kinds = self.kinds << 4 | u64::from((*kind).min(15));
        }
    }

    /// What follows the option at the beginning of `options`, of a kind that
    /// etherparse does not know.
    fn pass_over<'a>(&mut self, options: &'a [u8]) -> &'a [u8] {
        if let [MULTIPATH, 4, subtype, reason, ..] = *options
            && subtype >> 4 == MULTIPATH_RESET
        {
            self.multipath_reason = Some(reason);
        }
        let length = options.get(1).copied().filter(|length| *length >= 2);
        length
            .and_then(|length| options.get(usize::from(length)..))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Options {
        Options::parse(TcpOptionsIterator::from_slice(bytes))
    }

    #[test]
    fn unknown_options_are_passed_over() {
        let options = parse(&[34, 4, 0xaa, 0xbb, 1, 3, 3, 7, 30, 4, 0x80, 3, 0, 0, 0, 0]);
        assert_eq!(options.window_scale, Some(7));
        assert_eq!(options.multipath_reason, Some(3));
        // Shorter than itself, or longer than what is left.
        assert_eq!(parse(&[34, 0, 3, 3, 7, 0, 0, 0]).window_scale, None);
        assert_eq!(parse(&[34, 40, 3, 3, 7, 0, 0, 0]).window_scale, None);
    }

    #[test]
    fn syn_options_of_linux() {
        let options = parse(&[
            2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 10,
        ]);
        assert_eq!(
            options,
            Options {
                window_scale: Some(10),
                timestamps: Some(Timestamps { value: 7, echo: 0 }),
                any: true,
                multipath_reason: None,
                kinds: 0x24813,
            }
        );
    }

    #[test]
    fn timestamps_alone_are_read_as_among_others() {
        let bytes = [1, 1, 8, 10, 0x81, 2, 3, 4, 5, 6, 7, 0x88];
        let expected = Options {
            timestamps: Some(Timestamps {
                value: 0x8102_0304,
                echo: 0x0506_0788,
            }),
            any: true,
            kinds: 0x118,
            ..Options::default()
        };
        assert_eq!(parse(&bytes), expected);
        assert_eq!(
            Options::one_by_one(TcpOptionsIterator::from_slice(&bytes)),
            expected
        );
        let padded = [8, 10, 0x81, 2, 3, 4, 5, 6, 7, 0x88, 1, 1];
        let kinds = 0x811;
        assert_eq!(parse(&padded), Options { kinds, ..expected });
    }

    #[test]
    fn window_scale_beyond_14_counts_as_14() {
        assert_eq!(parse(&[3, 3, 200]).window_scale, Some(14));
    }

    #[test]
    fn padding_alone_is_no_option() {
        let kinds = 0x11;
        let padding = Options {
            kinds,
            ..Options::default()
        };
        assert_eq!(parse(&[1, 1, 0, 0]), padding);
    }

    #[test]
    fn malformed_option_ends_the_reading() {
        let options = parse(&[2, 4, 5, 0xb4, 8, 3, 0]);
        assert_eq!(options.timestamps, None);
        assert!(options.any);
    }

    #[test]
    fn options_that_we_do_not_read_count_as_options() {
        assert!(parse(&[254, 4, 1, 2]).any);
    }
}
