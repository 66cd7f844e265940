// SPDX-License-Identifier: GPL-2.0-or-later

//! What the other capture points of the file show of an RST.

use super::Case;
use crate::{conversation::Phase, points::MOST_POINTS, wire::FrameNumber, words::say};

/// A capture point as people know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PointName {
    /// Of two points the one that is nearer to the claimed sender.
    SendersSide,
    /// Of two points the one that is nearer to the receiver.
    ReceiversSide,
    /// Of several the one with this interface of the file.
    Interface(u32),
    /// Of several at one interface the so-and-so-many-th that the file shows.
    Number(usize),
}

/// It was captured at one point, and not at the one that it must have passed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// Where it was captured.
    pub(crate) here: PointName,
    /// Where it was not.
    pub(crate) there: PointName,
    /// Decibans against the story that the capture there missed it.
    pub(crate) doubt: i16,
    /// Packets of these two hosts, from the sender's side, that were captured here.
    pub(crate) passed: u32,
    /// Those of them that were captured there as well.
    pub(crate) both: u32,
    /// What the claimed sender sent afterwards by the two clocks, as captured there.
    pub(crate) goes_on: Option<FrameNumber>,
}

/// What the other capture points show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Crossing {
    /// The same RST at other points.
    pub(crate) twins: [Option<FrameNumber>; MOST_POINTS - 1],
    /// It came into being between two points.
    pub(crate) made: Option<Made>,
    /// It was captured before it had passed a router: that sighting.
    pub(crate) left_sender: Option<FrameNumber>,
    /// There other packets of the claimed sender have passed no router either.
    pub(crate) sender_is_there: bool,
    /// It was captured at another point that is nearer to the claimed sender.
    pub(crate) passed_before: bool,
    /// A point that it should have passed next, and did not.
    pub(crate) undelivered: Option<PointName>,
    /// The RST that had ended the connection for its sender before it sent this one, as its
    /// own side's capture shows.
    pub(crate) ended_by: Option<FrameNumber>,
    /// How far the clock here runs ahead of the one that it is compared with, ns.
    pub(crate) ahead: Option<i64>,
}

impl Crossing {
    /// Whether it says anything.
    #[must_use]
    pub(crate) fn tells(&self) -> bool {
        self.twins.iter().any(Option::is_some) || self.made.is_some() || self.undelivered.is_some()
    }
}

impl Case {
    /// Between which two capture points it was made.
    #[must_use]
    pub(crate) fn made(&self) -> Option<Made> {
        self.crossing.and_then(|crossing| crossing.made)
    }

    /// The RST that had ended the connection for its sender, where this point did not see it.
    #[must_use]
    pub(crate) fn ended_elsewhere(&self) -> Option<FrameNumber> {
        let ended_by = self.crossing?.ended_by;
        ended_by.filter(|_| self.phase != Phase::Reset)
    }

    /// Whether a point that it should have passed did not see it.
    #[must_use]
    pub(crate) const fn is_undelivered(&self) -> bool {
        matches!(
            self.crossing,
            Some(Crossing {
                undelivered: Some(_),
                ..
            })
        )
    }

    /// Writes the name of a point.
    pub(crate) fn write_point(&self, point: PointName, out: &mut String) {
        match point {
            PointName::SendersSide => say!(out, "{} side", self.sender_word()),
            PointName::ReceiversSide => say!(out, "{} side", self.receiver_word()),
            PointName::Interface(number) => say!(out, "interface {number}"),
            PointName::Number(number) => say!(out, "capture point {number}"),
        }
    }
}

#[cfg(test)]
impl super::testing::Builder {
    pub(crate) fn made_between(mut self, doubt: i16, goes_on: Option<u32>) -> Self {
        let made = Made {
            here: PointName::ReceiversSide,
            there: PointName::SendersSide,
            doubt,
            passed: 40,
            both: 38,
            goes_on: goes_on.and_then(FrameNumber::new),
        };
        self.0.crossing = Some(Crossing {
            made: Some(made),
            ..Crossing::default()
        });
        self
    }

    pub(crate) fn left_sender(mut self, at: u32, twin: u32) -> Self {
        self.0.crossing = Some(Crossing {
            twins: [FrameNumber::new(twin), None, None],
            left_sender: FrameNumber::new(at),
            sender_is_there: true,
            ..Crossing::default()
        });
        self
    }
}
