// SPDX-License-Identifier: GPL-2.0-or-later

//! What two capture points have in common over all conversations of two hosts, and of all.

use std::{cell::OnceCell, collections::BTreeMap, net::IpAddr};

use super::{Common, Counted};
use crate::conversation::Side;

/// Pairs of hosts that are told apart.
const MOST_PAIRS: usize = 1 << 14;

/// Two hosts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hosts {
    /// Over all their conversations that passed both points.
    pub(crate) common: Common,
    /// The server's ports among those, up to two.
    ports: [Option<u16>; 2],
}

impl Hosts {
    /// Whether a conversation with this port passed both points.
    #[must_use]
    pub(crate) fn know(&self, port: u16) -> bool {
        self.ports.contains(&Some(port))
    }

    /// Whether conversations with several ports passed both points.
    #[must_use]
    pub(crate) const fn know_several(&self) -> bool {
        matches!(self.ports, [Some(_), Some(_)])
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Overlap {
    hosts: BTreeMap<[IpAddr; 2], Hosts>,
    /// Summed up when it is asked for: all hosts have been entered then.
    passed: OnceCell<Counted>,
}

impl Overlap {
    /// Takes in a conversation of two hosts, the lower address first.
    pub(crate) fn enter(&mut self, hosts: [IpAddr; 2], port: u16, common: &Common) {
        if common.all().both == 0 {
            return;
        }
        if self.hosts.len() >= MOST_PAIRS && !self.hosts.contains_key(&hosts) {
            return;
        }
        let known = self.hosts.entry(hosts).or_default();
        known.common.add(common);
        if !known.know(port)
            && let Some(free) = known.ports.iter_mut().find(|known| known.is_none())
        {
            *free = Some(port);
        }
    }

    /// What is known of two hosts, the lower address first.
    #[must_use]
    pub(crate) fn of(&self, hosts: [IpAddr; 2]) -> Option<&Hosts> {
        self.hosts.get(&hosts)
    }

    /// Packets that passed there before they were captured here, over all hosts.
    #[must_use]
    pub(crate) fn passed(&self) -> Counted {
        *self.passed.get_or_init(|| self.sum_up())
    }

    fn sum_up(&self) -> Counted {
        let mut all = Counted::default();
        for hosts in self.hosts.values() {
            for side in [Side::Lower, Side::Upper] {
                if hosts.common.is_nearer_there(side) == Some(true) {
                    let counted = hosts.common.side(side);
                    all.here += counted.here;
                    all.both += counted.both;
                }
            }
        }
        all
    }
}
