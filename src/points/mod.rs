// SPDX-License-Identifier: GPL-2.0-or-later

//! Where along the path each packet was captured: a file may hold the client's capture
//! and the server's, or several interfaces of one router.
//!
//! Link addresses that stand in one frame are on one link, and links of one interface
//! and VLAN are parts of one capture. Two of them are two points only when one and the
//! same SYN has been seen on both: two halves of a tap, or the two ways of an asymmetric
//! route, never show a packet twice, and stay one point. Where the file names one
//! interface for both, the TTL must differ, too: what a bridge or a mirror port repeats
//! with other link addresses is the same point still.

#![forbid(unsafe_code)]

mod clock;
mod common;
mod openings;
mod overlap;
mod passages;

use rustc_hash::FxHashMap;

use self::{clock::Clocks, openings::Openings};
pub(crate) use self::{
    common::{Common, Counted, Pair, drop_between, pair},
    overlap::{Hosts, Overlap},
    passages::{Passage, Passages, station},
};
use crate::{
    conversation::{Key, Side},
    wire::Segment,
};

/// A link address at a capture interface; zero stands for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Station {
    interface: u32,
    vlan: u16,
    address: [u8; 6],
}

impl Station {
    /// The station that sent the segment.
    #[must_use]
    pub(crate) fn of_sender(segment: &Segment<'_>) -> Self {
        Self {
            interface: segment.link.interface.unwrap_or_default(),
            vlan: segment.link.vlan.unwrap_or_default(),
            address: segment.link.source.unwrap_or_default(),
        }
    }

    const fn at(self, address: [u8; 6]) -> Self {
        Self { address, ..self }
    }
}

/// Stations that are told apart; a capture with more is one whose links are many.
const MOST_STATIONS: usize = 1 << 12;
/// Client, before the firewall, behind it, server.
pub(crate) const MOST_POINTS: usize = 4;

/// Conversations that are known by other addresses at another point.
const MOST_TRANSLATED: usize = 1 << 14;

/// The number of a link.
pub(crate) type LinkNumber = usize;

/// The number of a capture point. What no SYN has told apart is at point 0.
pub(crate) type Point = usize;

/// What a SYN or SYN-ACK tells of the points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// It was not captured at another point before.
    First,
    /// It was.
    Again,
    /// It was, and shows that its link is a point of its own.
    AtNewPoint,
}

/// All links of a capture, and the points that they belong to.
#[derive(Debug, Default)]
pub(crate) struct Points {
    stations: FxHashMap<Station, usize>,
    /// Of each link the one that it was joined to, itself while it is none's.
    joined: Vec<usize>,
    /// The point of each link that is joined to none.
    points: Vec<Point>,
    /// The interface and VLAN of each link.
    places: Vec<(u32, u16)>,
    openings: Openings,
    /// What a conversation is called on the other side of an address translation.
    translated: FxHashMap<Key, (Key, bool)>,
    /// Points told apart, but for point 0.
    told_apart: usize,
    /// The last two stations that shared a link.
    last: Option<(Station, Option<[u8; 6]>)>,
}

impl Points {
    /// Whether packets of one conversation are captured at several points.
    #[must_use]
    #[inline]
    pub(crate) const fn are_several(&self) -> bool {
        self.told_apart > 0
    }

    /// Learns from a SYN or an RST which stations share a link.
    pub(crate) fn learn(&mut self, sender: Station, receiver: Option<[u8; 6]>) {
        if self.last == Some((sender, receiver)) {
            return;
        }
        self.last = Some((sender, receiver));
        // Where receivers are not shown (Linux cooked, raw IP), an interface is one link.
        let other = sender.at(receiver.unwrap_or_default());
        let known = [sender, other].map(|station| self.link(station));
        match known {
            [Some(one), Some(two)] => self.join(one, two),
            [Some(link), None] => self.enter(other, link),
            [None, Some(link)] => self.enter(sender, link),
            [None, None] => {
                let link = self.joined.len();
                if self.enter(sender, link) {
                    self.joined.push(link);
                    self.points.push(0);
                    self.places.push((sender.interface, sender.vlan));
                    self.enter(other, link)
                } else {
                    false
                }
            }
        };
    }

    fn enter(&mut self, station: Station, link: usize) -> bool {
        let room = self.stations.len() < MOST_STATIONS;
        if room {
            self.stations.insert(station, link);
        }
        room
    }

    /// The link of a station that is known.
    fn link(&self, station: Station) -> Option<usize> {
        Some(self.root(*self.stations.get(&station)?))
    }

    /// What a link was joined to.
    fn root(&self, mut link: usize) -> usize {
        while let Some(further) = self.joined.get(link).filter(|further| **further != link) {
            link = *further;
        }
        link
    }

    /// Two links turn out to be one.
    fn join(&mut self, one: usize, two: usize) -> bool {
        if one == two {
            return false;
        }
        let (into, from) = (one.min(two), one.max(two));
        let point = |link| self.points.get(link).copied().unwrap_or_default();
        let shared = match (point(into), point(from)) {
            (0, other) | (other, 0) => other,
            (one, two) => one.min(two),
        };
        if let Some(place) = self.joined.get_mut(from) {
            *place = into;
        }
        if let Some(place) = self.points.get_mut(into) {
            *place = shared;
        }
        true
    }

    /// Where the station's packets are captured.
    #[must_use]
    pub(crate) fn point(&self, sender: Station) -> Point {
        let known = self
            .link(sender)
            .or_else(|| self.link(sender.at(Default::default())));
        known
            .and_then(|link| self.points.get(link).copied())
            .unwrap_or_default()
    }

    /// Takes a SYN or SYN-ACK into account.
    pub(crate) fn open(&mut self, segment: &Segment<'_>) -> Opened {
        let Some(link) = self.link(Station::of_sender(segment)) else {
            return Opened::First;
        };
        let Some(before) = self.openings.enter(segment, link) else {
            return Opened::First;
        };
        self.note_translation(Key::of(segment), before.key);
        let ttl = segment.ip.map(|ip| ip.ttl).unwrap_or_default();
        let first = self.root(before.link);
        let tells = first != link
            && self.points.get(first) == self.points.get(link)
            && (self.places.get(first) != self.places.get(link) || before.ttl != ttl);
        if tells && self.tell_apart(link) {
            Opened::AtNewPoint
        } else if self.points.get(first) == self.points.get(link) {
            Opened::First
        } else {
            Opened::Again
        }
    }

    /// One and the same SYN was seen with these names, the sender's side with each.
    fn note_translation(&mut self, (one, side): (Key, Side), (other, others_side): (Key, Side)) {
        if one == other || self.translated.len() >= MOST_TRANSLATED {
            return;
        }
        let turned = side != others_side;
        self.translated.insert(one, (other, turned));
        self.translated.insert(other, (one, turned));
    }

    /// The names of a conversation at all points, its own first, with the side that `side`
    /// is in each.
    pub(crate) fn names_of(&self, (key, side): (&Key, Side)) -> impl Iterator<Item = (Key, Side)> {
        let other = self.translated.get(key).map(|(other, turned)| {
            let side = if *turned { side.peer() } else { side };
            (*other, side)
        });
        std::iter::once((*key, side)).chain(other)
    }

    /// What comes from this station is captured at another point than before: at that of a
    /// link that is known, or at a new one. The link, and whether it is a new point; `None`
    /// where there is no room for one.
    pub(crate) fn set_apart(
        &mut self,
        station: Station,
        known: Option<LinkNumber>,
    ) -> Option<(LinkNumber, bool)> {
        if let Some(link) = self.link(station) {
            let is_point = self.points.get(link).is_some_and(|point| *point > 0);
            return (is_point || self.tell_apart(link)).then_some((link, !is_point));
        }
        let known = known.or_else(|| self.only_link_apart(station));
        if let Some(link) = known.map(|link| self.root(link)) {
            return self.enter(station, link).then_some((link, false));
        }
        let link = self.joined.len();
        if self.told_apart + 1 >= MOST_POINTS || !self.enter(station, link) {
            return None;
        }
        self.joined.push(link);
        self.points.push(0);
        self.places.push((station.interface, station.vlan));
        self.tell_apart(link).then_some((link, true))
    }

    /// The link of the only other point, if that is where the station is.
    fn only_link_apart(&self, station: Station) -> Option<LinkNumber> {
        let place = (station.interface, station.vlan);
        let mut apart = self.points.iter().zip(&self.places).enumerate();
        let found = apart.find(|(_, (point, at))| **point > 0 && **at == place);
        found.filter(|_| self.told_apart == 1).map(|(link, _)| link)
    }

    /// Whether the two stations cannot be on one link; `other` is shortened. Of an RST, which
    /// may be anybody's, only another interface or VLAN counts.
    pub(crate) fn are_on_two_links(&self, station: Station, other: u32, is_reset: bool) -> bool {
        let place = |station: &Station| (station.interface, station.vlan);
        let known = self
            .stations
            .keys()
            .find(|known| known.shortened() == other);
        let Some(known) = known else {
            return !is_reset;
        };
        let same_link = self.link(*known) == self.link(station);
        place(known) != place(&station) || !(is_reset || same_link)
    }

    /// Makes a link a point of its own, while there is room for one more.
    fn tell_apart(&mut self, link: usize) -> bool {
        let Some(place) = self.points.get_mut(link) else {
            return false;
        };
        if self.told_apart + 1 >= MOST_POINTS {
            return false;
        }
        self.told_apart += 1;
        *place = self.told_apart;
        true
    }
}

#[cfg(test)]
mod tests;
