// SPDX-License-Identifier: GPL-2.0-or-later

//! Devices that reset connections in several hosts' names.
//!
//! Only RSTs that are suspicious on their own are entered, and those that go on
//! with the IP ID counter of these: a host's genuine RST looks like any other of
//! its kind, and must not make a device of it.

use std::{
    cell::Cell,
    collections::{HashSet, VecDeque},
    net::IpAddr,
    rc::Rc,
};

use crate::{
    mutation::limit,
    wire::{FrameNumber, Segment, TcpFlags},
};

/// What the RSTs of one device have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeaderForm {
    source: Option<[u8; 6]>,
    ttl: Option<u8>,
    flags: TcpFlags,
    dont_fragment: Option<bool>,
    labelled: Option<bool>,
    id_is_zero: Option<bool>,
    window_is_zero: bool,
}

impl HeaderForm {
    /// The look of this RST.
    #[must_use]
    pub(crate) fn of(reset: &Segment<'_>) -> Self {
        let ip = reset.ip;
        Self {
            source: reset.link.source,
            ttl: ip.map(|ip| ip.ttl),
            flags: reset.flags,
            dont_fragment: ip.and_then(|ip| ip.dont_fragment()),
            labelled: ip.and_then(|ip| ip.flow_label()).map(|label| label != 0),
            id_is_zero: ip.and_then(|ip| ip.id()).map(|id| id == 0),
            window_is_zero: reset.window == 0,
        }
    }
}

/// One device, by what its RSTs look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resetter {
    number: u32,
    first: FrameNumber,
    hosts: Rc<Cell<u32>>,
}

impl Resetter {
    /// `rst.resetter`: counted from 1, in the order of their first RSTs.
    #[must_use]
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// The frame of its first RST.
    #[must_use]
    pub(crate) const fn first(&self) -> FrameNumber {
        self.first
    }

    /// `rst.resetter.hosts`: hosts that it has claimed to be, up to now.
    #[must_use]
    pub(crate) fn hosts(&self) -> u32 {
        self.hosts.get()
    }
}

#[derive(Debug)]
struct Profile {
    look: HeaderForm,
    resetter: Resetter,
    claimed: HashSet<IpAddr>,
    first: Vec<FrameNumber>,
}

/// Devices that are told apart; later ones are not entered.
const MOST_PROFILES: usize = 256;
/// Hosts that are counted for a device.
const MOST_HOSTS: usize = 4096;
/// Hosts that are counted for all devices together, about 3 MiB of them.
const MOST_CLAIMED: usize = 1 << 16;
/// RSTs that are judged anew when the second host shows.
const MOST_FIRST: usize = 64;

/// All devices.
#[derive(Debug, Default)]
pub(crate) struct Resetters {
    profiles: Vec<Profile>,
    /// Hosts that all of them have claimed to be.
    claimed: usize,
}

/// What entering an RST has shown.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The device.
    pub(crate) resetter: Resetter,
    /// Its RSTs before, if this one claims its second host.
    pub(crate) now_several: Vec<FrameNumber>,
}

impl Resetters {
    /// Whether a device of this look has been entered.
    #[must_use]
    pub(crate) fn knows(&self, look: HeaderForm) -> bool {
        self.profiles.iter().any(|profile| profile.look == look)
    }

    /// Enters an RST that claims `host`.
    pub(crate) fn enter(
        &mut self,
        look: HeaderForm,
        host: IpAddr,
        frame: FrameNumber,
    ) -> Option<Entry> {
        let place = self
            .profiles
            .iter()
            .position(|profile| profile.look == look);
        let profile = match place {
            Some(place) => self.profiles.get_mut(place)?,
            None if self.profiles.len() < MOST_PROFILES => {
                let number = u32::try_from(self.profiles.len() + 1).ok()?;
                self.profiles.push(Profile {
                    look,
                    resetter: Resetter {
                        number,
                        first: frame,
                        hosts: Rc::default(),
                    },
                    claimed: HashSet::new(),
                    first: Vec::new(),
                });
                self.profiles.last_mut()?
            }
            None => return None,
        };
        let room = profile.claimed.len() < MOST_HOSTS && self.claimed < MOST_CLAIMED;
        let is_new = room && profile.claimed.insert(host);
        if is_new {
            self.claimed += 1;
            let hosts = &profile.resetter.hosts;
            hosts.set(hosts.get().saturating_add(1));
        }
        let now_several = if is_new && profile.resetter.hosts() == 2 {
            std::mem::take(&mut profile.first)
        } else {
            Vec::new()
        };
        if profile.resetter.hosts() == 1 && profile.first.len() < MOST_FIRST {
            profile.first.push(frame);
        }
        Some(Entry {
            resetter: profile.resetter.clone(),
            now_several,
        })
    }
}

/// RSTs whose numbers are kept.
const MOST_NUMBERS: usize = 8;
/// Steps that count as one counter; fewer than for a sender that is known to
/// count, because any two hosts are compared.
const FARTHEST: u16 = 16;

/// The IPv4 identifications of the last RSTs, whoever they claim.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    last: VecDeque<(IpAddr, u8, u16, FrameNumber)>,
}

impl Numbers {
    /// The RST of another host, with the same TTL, that this one's number
    /// follows; keeps this one's.
    pub(crate) fn follow(&mut self, reset: &Segment<'_>) -> Option<(u16, FrameNumber)> {
        let ip = reset.ip?;
        let id = ip.id().filter(|id| *id != 0)?;
        let host = reset.source.address;
        let before = self.last.iter().rev().find(|(other, ttl, last, _)| {
            *other != host
                && *ttl == ip.ttl
                && (1..=limit!(FARTHEST)).contains(&id.wrapping_sub(*last))
        });
        let found = before.map(|(_, _, last, frame)| (*last, *frame));
        self.last.push_back((host, ip.ttl, id, reset.frame));
        if self.last.len() > MOST_NUMBERS {
            self.last.pop_front();
        }
        found
    }
}
