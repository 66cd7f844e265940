// SPDX-License-Identifier: GPL-2.0-or-later

//! An RST at one capture point, compared with what the other points hold.
//!
//! Nothing of it is kept with the verdict: what the other points hold may come an hour
//! later in the file, so that it is looked up whenever somebody asks.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use rustc_hash::FxHashMap;

use super::{Engine, absence::Absence};
use crate::{
    baseline::hops,
    case::{Case, Crossing, Made, PointName},
    conversation::{Conversation, Key, Side},
    evidence::{Kind, shows},
    points::{Common, MOST_POINTS, Overlap, Passage, Point, drop_between, pair},
    wire::FrameNumber,
};

/// What the claimed sender sends after a reset that it knows nothing of is worth as much as
/// where it is seen here (`evidence::sender_continues`, with the clocks' doubt).
const GOES_ON: i16 = 20;
/// A host that answers sooner is beside the capture point: no router and host together are
/// as quick (`case::SHORTEST_PATH`: 30 µs to 400 µs within one machine).
const BESIDE: Duration = Duration::from_micros(200);
/// An RST that the receiver's side never sent, either, is one more packet that a capture
/// would have missed (as `MISSED_BEFORE` of `LOOKED_AT_BEFORE`).
const MIRRORED: i16 = 15;
/// From this on it is said that an RST did not arrive: 1 in 30.
const SURELY_MISSING: i16 = 15;
/// Below it nothing can be said: 1 in 10.
const LEAST_DOUBT: i16 = 10;

/// How many packets there were when two points were compared, and what came out.
type Known = (u64, Rc<Overlap>);

/// What was compared already, and how many packets there were then.
#[derive(Debug, Default)]
pub(super) struct Overlaps {
    known: RefCell<FxHashMap<(Point, Point), Known>>,
    /// How many packets there were when somebody asked last.
    asked: Cell<u64>,
}

/// One part of so many: an overlap is good enough until the capture has grown by it.
const GROWN: u64 = 8;

/// Another point's view of the RST.
struct View<'a> {
    point: Point,
    /// The claimed sender is nearer to it than to here.
    is_before: Option<bool>,
    twin: Option<&'a Passage>,
    /// The claimed sender's packets have passed no router here, and there.
    unrouted: (bool, bool),
    /// The receiver was sent an RST in its name, too, that it never sent.
    mirrored: bool,
    /// Decibans against the story that the capture there merely missed it.
    doubt: i16,
    /// What the claimed sender sent afterwards, and whether it came here.
    goes_on: Option<(FrameNumber, bool)>,
    passed: (u32, u32),
    ahead: Option<i64>,
}

/// The packets of the conversation at a point, those of the RST's claimed sender by `side`.
struct Packets {
    kept: Vec<Passage>,
    side: Side,
}

impl Engine {
    fn at(&self, point: Point) -> Option<&Self> {
        match point.checked_sub(1) {
            None => Some(self),
            Some(place) => self.elsewhere.get(place),
        }
    }

    /// What the other points show of an RST at this one; `None` where they show nothing.
    pub(super) fn crossing(&self, point: Point, case: &Case) -> Option<Crossing> {
        let (key, side) = Key::between(case.reset.source, case.reset.destination);
        let own = self.packets(point, (&key, side))?;
        let index = own
            .kept
            .iter()
            .position(|passage| passage.frame == case.reset.frame)?;
        let theirs: Vec<(Point, Packets)> = (0..=self.elsewhere.len())
            .filter(|other| *other != point)
            .map(|other| {
                let aliases = self.points.names_of((&key, side));
                let known = { aliases }.find_map(|(key, side)| self.packets(other, (&key, side)));
                let kept = known.unwrap_or(Packets {
                    kept: Vec::new(),
                    side,
                });
                (other, kept)
            })
            .collect();
        let views: Vec<View<'_>> = theirs
            .iter()
            .filter_map(|(other, theirs)| {
                self.view((point, &own, index), (*other, theirs), (&key, case))
            })
            .collect();
        let crossing = self.put_together(point, &own, index, &views);
        crossing.tells().then_some(crossing)
    }

    fn packets(&self, point: Point, (key, side): (&Key, Side)) -> Option<Packets> {
        let engine = self.at(point)?;
        let head = engine.conversations.peek(key)?.track().newest;
        let kept = engine.passages.of(head);
        (!kept.is_empty()).then_some(Packets { kept, side })
    }

    /// What `there` shows of the RST at `index` here.
    fn view<'a>(
        &self,
        (here, own, index): (Point, &'a Packets, usize),
        (there, theirs): (Point, &'a Packets),
        (key, case): (&Key, &Case),
    ) -> Option<View<'a>> {
        let pairs = pair(&own.kept, &theirs.kept);
        let common = Common::of(&pairs, &theirs.kept);
        let overlap = self.overlap(here, there)?;
        let hosts = overlap.of(key.addresses());
        let others = hosts.map(|hosts| &hosts.common);
        let both = || [Some(&common), others].into_iter().flatten();
        let side = own.side;
        let (passage, twin) = *pairs.get(index)?;
        // The way back has as many routers, as a rule.
        let drop = both()
            .find_map(|common| common.drop(side))
            .or_else(|| Some(-both().find_map(|common| common.drop(side.peer()))?));
        let twin = Twin::of(passage, twin, drop);
        let time = case.reset.time;
        let mut view = View {
            point: there,
            is_before: both().find_map(|common| common.is_nearer_there(side)),
            twin: twin.same(),
            unrouted: both().fold((false, false), |(here, there), common| {
                let more = common.is_unrouted(side);
                (here || more.0, there || more.1)
            }),
            mirrored: false,
            doubt: 0,
            goes_on: None,
            passed: (0, 0),
            ahead: both().find_map(|common| common.ahead(time)),
        };
        if !matches!(twin, Twin::Missing) {
            return Some(view);
        }
        let absence = Absence {
            side,
            pairs: &pairs,
            index,
            theirs: theirs.side,
            common: &common,
            hosts,
            overlap: &overlap,
            port: key.lower_port(),
            time,
        };
        let span = self.at(there)?.passages.span();
        if let (Some(ahead), Some(span)) = (view.ahead, span) {
            view.doubt = absence.doubt(ahead, span, view.unrouted.1);
            if view.is_before == Some(true) {
                let from_there = pair(&theirs.kept, &own.kept);
                view.goes_on = absence.goes_on(&from_there, ahead);
                view.mirrored = absence.is_mirrored(&from_there);
            }
            // A program with raw packets goes on though its host's kernel resets.
            if shows(case, Kind::KernelKnowsNoSocket) {
                view.goes_on = None;
            }
        }
        let counted = hosts.map(|hosts| hosts.common.side(own.side));
        view.passed = counted.map_or((0, 0), |counted| (counted.here, counted.both));
        Some(view)
    }

    fn put_together(
        &self,
        point: Point,
        own: &Packets,
        index: usize,
        views: &[View<'_>],
    ) -> Crossing {
        let mut crossing = Crossing::default();
        let twins = views.iter().filter_map(|view| Some((view, view.twin?)));
        for (place, (_, twin)) in crossing.twins.iter_mut().zip(twins.clone()) {
            *place = Some(twin.frame);
        }
        crossing.ended_by = twins
            .clone()
            .filter(|(view, _)| view.is_before == Some(true))
            .find_map(|(view, twin)| {
                let verdict = self.at(view.point)?.verdicts.get(&twin.frame)?;
                verdict.consequence_of()
            });
        crossing.passed_before = twins.clone().any(|(view, _)| view.is_before == Some(true));
        if let Some((frame, is_there)) = self.left_sender(point, own, index, views) {
            crossing.left_sender = Some(frame);
            crossing.sender_is_there = is_there;
        }
        let missing = |before: bool| {
            views
                .iter()
                .filter(move |view| view.twin.is_none() && view.is_before == Some(before))
        };
        let far = missing(true)
            .filter(|view| !crossing.passed_before && view.doubt > 0)
            .filter(|view| view.doubt_in_all() >= LEAST_DOUBT)
            .max_by_key(|view| view.doubt_in_all());
        crossing.made = far.map(|view| Made {
            here: self.name(point, false),
            there: self.name(view.point, true),
            doubt: view.doubt_in_all(),
            passed: view.passed.0,
            both: view.passed.1,
            goes_on: view.goes_on.map(|(frame, _)| frame),
        });
        crossing.undelivered = missing(false)
            .find(|view| view.doubt >= SURELY_MISSING)
            .map(|view| self.name(view.point, false));
        let compared = far
            .or_else(|| twins.clone().map(|(view, _)| view).next())
            .or_else(|| missing(false).next());
        crossing.ahead = compared.and_then(|view| Some(-view.ahead?));
        crossing
    }

    /// The sighting of the RST before any router, where another point has seen it as well,
    /// and whether the claimed sender's other packets are unrouted there, too.
    fn left_sender(
        &self,
        point: Point,
        own: &Packets,
        index: usize,
        views: &[View<'_>],
    ) -> Option<(FrameNumber, bool)> {
        let twin_at = |before: bool| {
            views
                .iter()
                .find(move |view| view.is_before == Some(before) && view.twin.is_some())
        };
        let (at, frame, unrouted) = match twin_at(true) {
            Some(view) => (view.point, view.twin?.frame, view.unrouted.1),
            // Nearer to the sender than here it was not captured, but further away.
            None => {
                let view = twin_at(false)?;
                (point, own.kept.get(index)?.frame, view.unrouted.0)
            }
        };
        let verdict = self.at(at)?.verdicts.get(&frame)?;
        let seen = verdict.case();
        let usual = seen.sender.ttl.usual();
        let is_near = seen.trips.smallest().is_some_and(|trip| trip < BESIDE);
        let is_there = unrouted || is_near || usual.is_some_and(|ttl| hops(ttl) == 0);
        // Its other packets have come from afar: a device on this link answers for it.
        let is_afar = !unrouted && !is_near && usual.is_some_and(|ttl| hops(ttl) != 0);
        let source = seen.reset.link.source.unwrap_or_default();
        let own_link = [source, [0; 6]].contains(&seen.sender.link_source) || source == [0; 6];
        let is_unrouted = hops(seen.own_ip()?.ttl) == 0;
        (is_unrouted && own_link && !is_afar).then_some((frame, is_there))
    }

    fn name(&self, point: Point, is_sender: bool) -> PointName {
        if self.elsewhere.len() < 2 {
            return if is_sender {
                PointName::SendersSide
            } else {
                PointName::ReceiversSide
            };
        }
        let interface = |point| self.at(point).and_then(|engine| engine.interface);
        let is_own = (0..MOST_POINTS)
            .filter(|other| *other != point)
            .all(|other| interface(other) != interface(point));
        match interface(point).filter(|_| is_own) {
            Some(interface) => PointName::Interface(interface),
            None => PointName::Number(point + 1),
        }
    }

    /// What the two points have in common.
    fn overlap(&self, here: Point, there: Point) -> Option<Rc<Overlap>> {
        let packets = self.packet_count();
        let asked_again = self.overlaps.asked.replace(packets) == packets;
        let mut known = self.overlaps.known.borrow_mut();
        if let Some((then, overlap)) = known.get(&(here, there)) {
            let grown = packets.saturating_sub(*then);
            if grown == 0 || (!asked_again && grown <= then / GROWN) {
                return Some(Rc::clone(overlap));
            }
        }
        let mut overlap = Overlap::default();
        let engine = self.at(here)?;
        for (key, conversation) in engine.conversations.iter() {
            self.enter((engine, there), (key, conversation), &mut overlap);
        }
        let overlap = Rc::new(overlap);
        known.insert((here, there), (packets, Rc::clone(&overlap)));
        Some(overlap)
    }

    fn enter(
        &self,
        (here, there): (&Self, Point),
        (key, conversation): (&Key, &Conversation),
        overlap: &mut Overlap,
    ) {
        let aliases = self.points.names_of((key, Side::Lower));
        let Some(theirs) = { aliases }.find_map(|(key, side)| self.packets(there, (&key, side)))
        else {
            return;
        };
        let own = here.passages.of(conversation.track().newest);
        let common = Common::of(&pair(&own, &theirs.kept), &theirs.kept);
        overlap.enter(key.addresses(), key.lower_port(), &common);
    }

    fn packet_count(&self) -> u64 {
        let others = self.elsewhere.iter().map(|engine| engine.passages.count());
        std::iter::once(self.passages.count())
            .chain(others)
            .map(u64::from)
            .sum()
    }
}

impl View<'_> {
    fn doubt_in_all(&self) -> i16 {
        // What came here as well is a finding of its own.
        let unseen = matches!(self.goes_on, Some((_, false)));
        let more = [(unseen, GOES_ON), (self.mirrored, MIRRORED)];
        let more: i16 = more
            .iter()
            .filter_map(|(is, more)| is.then_some(more))
            .sum();
        self.doubt + more
    }
}

/// A packet that may be the same RST.
enum Twin<'a> {
    Same(&'a Passage),
    /// It cannot be told.
    Perhaps,
    Missing,
}

impl<'a> Twin<'a> {
    /// One with the same numbers is the same RST if it has the same IP ID, or if as many
    /// routers lie between as for the sender's other packets. One that has neither is not.
    fn of(passage: &Passage, twin: Option<&'a Passage>, drop: Option<i16>) -> Self {
        let Some(twin) = twin else {
            return Self::Missing;
        };
        let numbered = passage.ip_id != 0 || twin.ip_id != 0;
        let same_id = passage.ip_id == twin.ip_id;
        let same_way = drop.map(|drop| drop == drop_between(passage, twin));
        match same_way {
            Some(true) => Self::Same(twin),
            _ if numbered && same_id => Self::Same(twin),
            None if !numbered => Self::Same(twin),
            Some(false) if numbered => Self::Missing,
            Some(false) | None => Self::Perhaps,
        }
    }

    const fn same(&self) -> Option<&'a Passage> {
        match self {
            Self::Same(twin) => Some(twin),
            Self::Perhaps | Self::Missing => None,
        }
    }
}
