// SPDX-License-Identifier: GPL-2.0-or-later

//! TCP options, as far as they say something about the sender.

use etherparse::{TcpOptionElement, TcpOptionsIterator};

/// Values of the timestamps option (RFC 7323 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timestamps {
    /// The sender's clock, in ticks of its own choosing.
    pub value: u32,
    /// The peer's clock as last seen by the sender.
    pub echo: u32,
}

/// The options of one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Window scale: the window is shifted left by so many bits, 0 to 14.
    pub window_scale: Option<u8>,
    /// Timestamps.
    pub timestamps: Option<Timestamps>,
    /// Any option at all was there, padding apart.
    pub any: bool,
}

/// RFC 7323 §2.3: a larger shift must be used as 14.
const MAX_WINDOW_SCALE: u8 = 14;

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
            ..Self::default()
        })
    }

    fn one_by_one(options: TcpOptionsIterator<'_>) -> Self {
        let mut read = Self::default();
        for option in options {
            let Ok(option) = option else {
                read.any = true;
                break;
            };
            match option {
                TcpOptionElement::Noop => continue,
                TcpOptionElement::WindowScale(shift) => {
                    read.window_scale = Some(shift.min(MAX_WINDOW_SCALE));
                }
                TcpOptionElement::Timestamp(value, echo) => {
                    read.timestamps = Some(Timestamps { value, echo });
                }
                _ => {}
            }
            read.any = true;
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Options {
        Options::parse(TcpOptionsIterator::from_slice(bytes))
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
            ..Options::default()
        };
        assert_eq!(parse(&bytes), expected);
        assert_eq!(
            Options::one_by_one(TcpOptionsIterator::from_slice(&bytes)),
            expected
        );
        let padded = [8, 10, 0x81, 2, 3, 4, 5, 6, 7, 0x88, 1, 1];
        assert_eq!(parse(&padded), expected);
    }

    #[test]
    fn window_scale_beyond_14_counts_as_14() {
        assert_eq!(parse(&[3, 3, 200]).window_scale, Some(14));
    }

    #[test]
    fn padding_alone_is_no_option() {
        assert_eq!(parse(&[1, 1, 0, 0]), Options::default());
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
