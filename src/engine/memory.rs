// SPDX-License-Identifier: GPL-2.0-or-later

//! How the engine's memory is split: one total that the user sets (`rst.memory_limit`),
//! over everything that grows with the capture. What an entry takes, its place in a table
//! included, is an estimate; `docs/performance.md#floods` has the measured peaks. What has
//! a size of its own (gateways, devices, series, silences, and the tables of ports,
//! translations and SYNs) takes 8 MiB at most, whatever the total.

use std::num::NonZeroUsize;

use super::verdicts::Room;

/// The total while the user says nothing, MiB.
pub(super) const USUAL_MIB: u32 = 256;
/// With less than this there is nothing to compare an RST with, MiB.
const LEAST_MIB: u32 = 16;
/// More than any machine has, MiB: the shares stay numbers that can be counted with.
const MOST_MIB: u32 = 1 << 20;

/// Conversations: 656 bytes each, the tables' own included.
const CONVERSATIONS: usize = 196_608;
/// Hosts: 240 bytes each.
const HOSTS: usize = 65_536;
/// Verdicts that are kept whole: 1.5 KiB each.
const WHOLE: usize = 4096;
/// Old verdicts that are unpacked at a time: 1.5 KiB each.
const UNPACKED: usize = 1024;
/// Packed verdicts, bytes.
const PACKED: usize = 40 << 20;
/// Attempts to connect that are remembered with their outcome: 20 bytes each.
const ATTEMPTS: usize = 1 << 20;
/// Notes on later frames: 12 bytes each.
const NOTES: usize = 1 << 20;
/// Conversations whose server name, and others whose response, is remembered: 384 and
/// 96 bytes each.
const REQUESTS: usize = 16_384;
/// Packets that can be compared with those of other capture points: 32 bytes each.
const PASSAGES: usize = 1 << 18;
/// Requests that are put together at a time: 4.1 KiB each.
const PARTIAL: usize = 1024;
/// Hosts of each kind that the neighbourhood remembers, and that RSTs wait for: 2.5 KiB
/// each over all kinds.
const NEIGHBOURS: usize = 4096;

/// How many entries each memory may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    pub(super) conversations: NonZeroUsize,
    pub(super) hosts: NonZeroUsize,
    pub(super) verdicts: Room,
    pub(super) attempts: NonZeroUsize,
    pub(super) notes: NonZeroUsize,
    pub(super) requests: NonZeroUsize,
    pub(super) partial: NonZeroUsize,
    pub(super) passages: NonZeroUsize,
    pub(super) neighbours: NonZeroUsize,
}

impl Shares {
    /// The shares in a total of so many MiB.
    #[must_use]
    pub(super) fn of(mib: u32) -> Self {
        let mib = u64::from(mib.clamp(LEAST_MIB, MOST_MIB));
        let share = |usual: usize| {
            let usual = u64::try_from(usual).unwrap_or(u64::MAX);
            let entries = usual.saturating_mul(mib) / u64::from(USUAL_MIB);
            let entries = usize::try_from(entries).unwrap_or(usize::MAX);
            NonZeroUsize::new(entries).unwrap_or(NonZeroUsize::MIN)
        };
        Self {
            conversations: share(CONVERSATIONS),
            hosts: share(HOSTS),
            verdicts: Room {
                whole: share(WHOLE).get(),
                unpacked: share(UNPACKED),
                packed: share(PACKED).get(),
            },
            attempts: share(ATTEMPTS),
            notes: share(NOTES),
            requests: share(REQUESTS),
            partial: share(PARTIAL),
            passages: share(PASSAGES),
            neighbours: share(NEIGHBOURS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By what the constants say an entry takes.
    #[test]
    fn usual_shares_stay_below_the_total() {
        let bytes = CONVERSATIONS * 656
            + HOSTS * 240
            + (WHOLE + UNPACKED) * 1536
            + PACKED
            + ATTEMPTS * 20
            + NOTES * 12
            + REQUESTS * (384 + 96)
            + PARTIAL * 4200
            + PASSAGES * 32
            + NEIGHBOURS * 2560
            + (8 << 20);
        let total = usize::try_from(USUAL_MIB).unwrap() << 20;
        assert!(bytes <= total, "{} MiB", bytes >> 20);
    }

    #[test]
    fn shares_grow_with_the_total() {
        let usual = Shares::of(USUAL_MIB);
        assert_eq!(usual.conversations.get(), CONVERSATIONS);
        assert_eq!(Shares::of(512).hosts.get(), 2 * HOSTS);
        let least = Shares::of(0);
        assert_eq!(least.conversations.get(), CONVERSATIONS / 16);
        assert_eq!(Shares::of(u32::MAX).hosts, Shares::of(MOST_MIB).hosts);
    }
}
