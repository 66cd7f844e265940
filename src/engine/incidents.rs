// SPDX-License-Identifier: GPL-2.0-or-later

//! Which RSTs have one reason: each is of the incident that the first of them began.
//!
//! An incident is named by the frame of its first RST. Where two turn out to be one, the
//! later one is led to the earlier one; nothing else changes, however many RSTs it has.

use rustc_hash::FxHashMap;

use crate::wire::FrameNumber;

/// Incidents that were joined to earlier ones: 1 MiB of them. Further ones stay apart.
const MOST_JOINED: usize = 1 << 16;

/// What was joined to what.
#[derive(Debug, Default)]
pub(super) struct Incidents {
    /// The earlier incident of one that is none of its own any more.
    joined: FxHashMap<FrameNumber, FrameNumber>,
}

impl Incidents {
    /// What became of this incident.
    #[must_use]
    pub(super) fn root(&self, mut incident: FrameNumber) -> FrameNumber {
        // It always leads to an earlier one.
        while let Some(earlier) = self.joined.get(&incident) {
            incident = *earlier;
        }
        incident
    }

    /// These are one.
    pub(super) fn join(&mut self, incidents: &[FrameNumber]) {
        let roots: Vec<FrameNumber> = incidents.iter().map(|one| self.root(*one)).collect();
        let Some(first) = roots.iter().min().copied() else {
            return;
        };
        for root in roots {
            if root != first && self.joined.len() < MOST_JOINED {
                self.joined.insert(root, first);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_ones_lead_to_the_first() {
        let frame = |number| FrameNumber::new(number).unwrap();
        let mut incidents = Incidents::default();
        incidents.join(&[frame(5), frame(9)]);
        incidents.join(&[frame(7), frame(8)]);
        assert_eq!(incidents.root(frame(9)), frame(5));
        assert_eq!(incidents.root(frame(8)), frame(7));
        incidents.join(&[frame(8), frame(9), frame(3)]);
        for number in [3, 5, 7, 8, 9] {
            assert_eq!(incidents.root(frame(number)), frame(3));
        }
        assert_eq!(incidents.root(frame(4)), frame(4));
    }
}
