// SPDX-License-Identifier: GPL-2.0-or-later

//! How far one capture's clock runs ahead of another's, and how fast it drifts.

use std::time::Duration;

use crate::wire::Timestamp;

/// Clocks of computers drift by less: RFC 5905 §11.3 takes 500 ppm for the most that a
/// clock may be off; quartz is within 100 ppm, and what seems more is the path's noise.
const MOST_DRIFT: f64 = 200e-6;

/// Time differences of packets that passed two points in one direction: a line through
/// them by least squares. Times count from the first one, in seconds.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    first: Option<(i64, i64)>,
    count: f64,
    times: f64,
    ahead: f64,
    squares: f64,
    products: f64,
}

const NANOSECONDS: f64 = 1e9;

/// Nanoseconds as seconds: a capture lasts less than 104 days, which a mantissa holds.
#[expect(
    clippy::cast_precision_loss,
    reason = "rounded to what a clock resolves"
)]
fn seconds(ns: i64) -> f64 {
    ns as f64 / NANOSECONDS
}

impl Line {
    fn add(&mut self, here: Timestamp, there: Timestamp) {
        let ahead = there.0.saturating_sub(here.0);
        let (start, base) = *self.first.get_or_insert((here.0, ahead));
        let (time, ahead) = (
            seconds(here.0.saturating_sub(start)),
            seconds(ahead.saturating_sub(base)),
        );
        self.count += 1.0;
        self.times += time;
        self.ahead += ahead;
        self.squares += time * time;
        self.products += time * ahead;
    }

    /// Sums up; the times of the other one are counted from the first of this one.
    fn merge(&mut self, other: &Self) {
        let (Some((start, base)), Some((other_start, other_base))) = (self.first, other.first)
        else {
            if self.first.is_none() {
                *self = *other;
            }
            return;
        };
        let later = seconds(other_start.saturating_sub(start));
        let more = seconds(other_base.saturating_sub(base));
        let count = other.count;
        self.squares += other.squares + 2.0 * later * other.times + count * later * later;
        self.products +=
            other.products + later * other.ahead + more * other.times + count * later * more;
        self.times += other.times + count * later;
        self.ahead += other.ahead + count * more;
        self.count += count;
    }

    /// What the line says at this time of the clock here, ns.
    fn at(&self, here: Timestamp) -> Option<i64> {
        let (start, base) = self.first?;
        let (time, ahead) = (self.times / self.count, self.ahead / self.count);
        let spread = self.squares - self.count * time * time;
        let slope = if spread > 0.0 {
            (self.products - self.count * time * ahead) / spread
        } else {
            0.0
        };
        let drift = slope.clamp(-MOST_DRIFT, MOST_DRIFT);
        let since = seconds(here.0.saturating_sub(start)) - time;
        let correction = Duration::try_from_secs_f64((ahead + drift * since).abs()).ok()?;
        let ns = i64::try_from(correction.as_nanos()).ok()?;
        let is_less = ahead + drift * since < 0.0;
        Some(base.saturating_add(if is_less { -ns } else { ns }))
    }
}

/// Two clocks, compared by the packets that passed both points.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clocks {
    /// Of packets of either side.
    ways: [Line; 2],
}

impl Clocks {
    /// A packet passed here at one time and there at another.
    pub(super) fn compare(&mut self, way: usize, here: Timestamp, there: Timestamp) {
        if let Some(line) = self.ways.get_mut(way) {
            line.add(here, there);
        }
    }

    /// Sums up.
    pub(super) fn merge(&mut self, other: &Self) {
        for (line, more) in self.ways.iter_mut().zip(&other.ways) {
            line.merge(more);
        }
    }

    /// How far the clock there runs ahead when it is `here` by the clock here, ns: as in
    /// NTP (RFC 5905 §8), the time that packets take cancels out over both ways.
    #[must_use]
    pub(crate) fn ahead(&self, here: Timestamp) -> Option<i64> {
        let [one, other] = self.ways.map(|line| line.at(here));
        match (one, other) {
            (Some(one), Some(other)) => Some(one / 2 + other / 2),
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    /// A clock that runs an hour ahead and 50 ppm too fast, 10 ms away.
    #[test]
    fn offset_and_drift_are_found() {
        let mut clocks = Clocks::default();
        let there = |here: i64| here + 3600 * SECOND + here / 20_000;
        for time in (0..100).map(|n| n * SECOND) {
            clocks.compare(0, Timestamp(time), Timestamp(there(time) + 10_000_000));
            clocks.compare(1, Timestamp(time), Timestamp(there(time) - 10_000_000));
        }
        let later = 200 * SECOND;
        let off = clocks.ahead(Timestamp(later)).unwrap() - (there(later) - later);
        assert!(off.abs() < 100_000, "{off} ns");
    }

    #[test]
    fn parts_sum_up_to_the_whole() {
        let [mut whole, mut first, mut second] = [Clocks::default(); 3];
        for n in 0..10 {
            let (here, there) = (Timestamp(n * SECOND), Timestamp(n * SECOND + n * n * 1000));
            whole.compare(0, here, there);
            let part = if n < 4 { &mut first } else { &mut second };
            part.compare(0, here, there);
        }
        first.merge(&second);
        let at = Timestamp(7 * SECOND);
        let off = first.ahead(at).unwrap() - whole.ahead(at).unwrap();
        assert!(off.abs() <= 1, "{off} ns");
    }

    #[test]
    fn one_packet_tells_an_offset_and_no_drift() {
        let mut clocks = Clocks::default();
        assert_eq!(clocks.ahead(Timestamp(5)), None);
        clocks.compare(1, Timestamp(0), Timestamp(-2_500_000));
        assert_eq!(clocks.ahead(Timestamp(90 * SECOND)), Some(-2_500_000));
    }
}
