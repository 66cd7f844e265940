// SPDX-License-Identifier: GPL-2.0-or-later

//! Probes that one client sends to one server port again and again.

use std::{net::IpAddr, num::NonZeroUsize, time::Duration};

use lru::LruCache;
use serde::{Deserialize, Serialize};

use crate::{
    mutation::limit,
    wire::{FrameNumber, Socket, Timestamp},
};

/// A periodic series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Series {
    /// Probes seen in it, this one included.
    pub(crate) count: u32,
    /// Mean time from one to the next.
    pub(crate) period: Duration,
}

/// Probes that make a series: three, so two equal intervals.
const KEPT: usize = 3;
/// Pairs of client and server port that are remembered; the longest silent goes
/// first.
const MOST_PAIRS: NonZeroUsize = NonZeroUsize::new(1 << 12).unwrap();
/// Intervals of a checker differ by its own scheduling only (measured: HAProxy,
/// 550 ms ± 1 ms); a fifth leaves room for jittered ones.
const TOLERANCE: u32 = 5;
/// Faster than this nobody checks health (HAProxy's shortest useful `inter`).
const SHORTEST: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
struct Probes {
    last: [Option<(Timestamp, FrameNumber)>; KEPT],
    count: u32,
}

/// Probes of all clients.
#[derive(Debug)]
pub(crate) struct ProbeSeries {
    pairs: LruCache<(IpAddr, Socket), Probes>,
}

impl Default for ProbeSeries {
    fn default() -> Self {
        Self {
            pairs: LruCache::new(MOST_PAIRS),
        }
    }
}

impl ProbeSeries {
    /// Enters a probe; the series that it belongs to, and the frames of its last
    /// probes, this one included.
    pub(crate) fn enter(
        &mut self,
        client: IpAddr,
        server: Socket,
        time: Timestamp,
        frame: FrameNumber,
    ) -> Option<(Series, impl Iterator<Item = FrameNumber>)> {
        let probes = self
            .pairs
            .get_or_insert_mut((client, server), Probes::default);
        probes.last.rotate_left(1);
        let [.., newest] = &mut probes.last;
        *newest = Some((time, frame));
        probes.count = probes.count.saturating_add(1);

        let [Some(first), Some(second), Some(third)] = probes.last else {
            return None;
        };
        let (a, b) = (second.0.since(first.0), third.0.since(second.0));
        let period = (a + b) / 2;
        let regular = a.abs_diff(b) <= period / limit!(TOLERANCE) && period >= limit!(SHORTEST);
        if !regular {
            // The last two may begin another beat.
            probes.count = 2;
            return None;
        }
        let series = Series {
            count: probes.count,
            period,
        };
        Some((
            series,
            probes.last.into_iter().flatten().map(|(_, frame)| frame),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(times_ms: &[i64]) -> Option<Series> {
        let mut prober = ProbeSeries::default();
        let client = IpAddr::from([10, 0, 0, 1]);
        let server = Socket {
            address: IpAddr::from([10, 0, 0, 2]),
            port: 80,
        };
        let mut found = None;
        for (ms, number) in times_ms.iter().zip(1..) {
            let frame = FrameNumber::new(number).unwrap();
            let entered = prober.enter(client, server, Timestamp(ms * 1_000_000), frame);
            found = entered.map(|(series, _)| series);
        }
        found
    }

    #[test]
    fn three_at_equal_intervals_are_a_series() {
        let found = series(&[0, 1000, 2100]).unwrap();
        assert_eq!(found.count, 3);
        assert_eq!(found.period, Duration::from_millis(1050));
    }

    #[test]
    fn fewer_faster_or_irregular_ones_are_none() {
        assert_eq!(series(&[0, 1000]), None);
        assert_eq!(series(&[0, 1000, 2300]), None);
        assert_eq!(series(&[0, 90, 180]), None);
    }
}
