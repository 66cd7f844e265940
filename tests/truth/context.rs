// SPDX-License-Identifier: GPL-2.0-or-later

//! One RST and its capture, as the checks ask for them.

use std::net::{IpAddr, SocketAddr};

use regex::Captures;

use crate::capture::Tcp;

/// One RST and the capture that it is in.
pub(crate) struct Context<'a> {
    pub(crate) packets: &'a [Tcp],
    /// The RST itself, or, of a copy, what it is a copy of.
    pub(crate) reset: &'a Tcp,
    /// Every sentence on it.
    pub(crate) said: &'a [String],
}

/// What is wrong, in words; nothing if it holds.
pub(crate) type Outcome = Option<String>;
pub(crate) type Check = fn(&Context<'_>, &Captures<'_>) -> Outcome;

pub(crate) fn is_syn_answer(c: &Context<'_>) -> bool {
    c.conversation().any(|it| it.against(c.reset) && it.syn)
}

pub(crate) fn wrong(is: bool, what: &str) -> Outcome {
    is.then(|| what.to_owned())
}

/// A decimal or hexadecimal number.
pub(crate) fn number(m: &Captures<'_>, name: &str) -> Option<u32> {
    let text = m.name(name)?.as_str();
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A socket as 192.0.2.1:80 or [2001:db8::1]:80.
pub(crate) fn socket(m: &Captures<'_>, name: &str) -> Option<(IpAddr, u16)> {
    let socket: SocketAddr = m.name(name)?.as_str().parse().ok()?;
    Some((socket.ip(), socket.port()))
}

/// Whether so many seconds are written so, rounded.
pub(crate) fn is_span(seconds: f64, text: &str) -> bool {
    let Some((value, unit)) = text.split_once(' ') else {
        return false;
    };
    let unit = match unit {
        "µs" => 1e-6,
        "ms" => 1e-3,
        _ => 1.0,
    };
    let decimals = value.split_once('.').map_or(0, |(_, rest)| rest.len());
    let step = (0..decimals).fold(unit, |step, _| step / 10.0);
    let Ok(value) = value.parse::<f64>() else {
        return false;
    };
    // Files keep microseconds, and a float a little less.
    (seconds.max(0.0) - value * unit).abs() <= step / 2.0 + 2e-6
}

/// The frame is a packet of the claimed host with the TTL that is told.
pub(crate) fn of_sender(c: &Context<'_>, m: &Captures<'_>) -> Outcome {
    let packet = c.frame(m)?;
    let is_hosts = packet.source.0 == c.reset.source.0 && !packet.rst;
    wrong(!is_hosts, "is not of that host")
        .or_else(|| wrong(packet.ttl != c.byte(m, "ttl"), "has another TTL"))
}

pub(crate) fn own_ttl(c: &Context<'_>, m: &Captures<'_>) -> Outcome {
    of_sender(c, m).or_else(|| wrong(c.reset.ttl != c.byte(m, "ttl"), "the RST has another TTL"))
}

pub(crate) fn ip_ids(c: &Context<'_>, m: &Captures<'_>) -> Outcome {
    let id = |packet: &Tcp| packet.id.map(u32::from);
    wrong(
        id(c.reset) != number(m, "own") || id(c.frame(m)?) != number(m, "id"),
        "other IDs",
    )
}

impl<'a> Context<'a> {
    /// The frame that a sentence names; one that is not there is a fault of its own.
    pub(crate) fn frame(&self, m: &Captures<'_>) -> Option<&'a Tcp> {
        let frame = ["f", "g", "h"].iter().find_map(|name| number(m, name))?;
        self.packets.iter().find(|it| it.frame == frame)
    }

    pub(crate) fn byte(&self, m: &Captures<'_>, name: &str) -> u8 {
        number(m, name)
            .and_then(|it| u8::try_from(it).ok())
            .unwrap_or_default()
    }

    pub(crate) fn conversation(&self) -> impl Iterator<Item = &'a Tcp> {
        let reset = self.reset;
        self.packets
            .iter()
            .filter(move |it| it.beside(reset) || it.against(reset))
    }

    /// What its claimed sender sent in this conversation, but for RSTs.
    pub(crate) fn sent(&self) -> impl Iterator<Item = &'a Tcp> {
        let reset = self.reset;
        self.conversation()
            .filter(move |it| it.beside(reset) && !it.rst)
    }

    /// What its receiver sent before.
    pub(crate) fn asked(&self) -> impl Iterator<Item = &'a Tcp> {
        let reset = self.reset;
        self.conversation()
            .filter(move |it| it.against(reset) && it.frame < reset.frame)
    }

    /// What its claimed sender sent in all conversations, but for RSTs.
    pub(crate) fn sent_by_host(&self) -> impl Iterator<Item = &'a Tcp> {
        let host = self.reset.source.0;
        self.packets
            .iter()
            .filter(move |it| it.source.0 == host && !it.rst)
    }

    /// Whether it is of the side that sent the conversation's SYN; the lab's clients have
    /// the higher ports.
    pub(crate) fn is_clients(&self, packet: &Tcp) -> Option<bool> {
        let (own, other) = (packet.source.1, packet.destination.1);
        (own != other).then_some(own > other)
    }

    /// The frame is of the claimed sender in this conversation.
    pub(crate) fn sender_only(&self, m: &Captures<'_>) -> Outcome {
        wrong(
            !self.frame(m)?.beside(self.reset),
            "is not of the claimed sender",
        )
    }

    pub(crate) fn took(&self, m: &Captures<'_>, name: &str, from: &Tcp) -> Outcome {
        let took = self.reset.time - from.time;
        wrong(
            !is_span(took, m.name(name)?.as_str()),
            &format!("it took {took:.6} s"),
        )
    }

    /// From what the host acknowledges to its acknowledgement, in seconds.
    pub(crate) fn round_trips(&self) -> Vec<f64> {
        self.trips_to(self.reset.source.0)
    }

    pub(crate) fn trips_to(&self, host: IpAddr) -> Vec<f64> {
        let mut trips = Vec::new();
        let sent = self
            .packets
            .iter()
            .filter(|it| it.source.0 == host && !it.rst);
        for answer in sent.filter(|it| it.ack_flag) {
            let asked = self.packets.iter().filter(|it| {
                it.against(answer)
                    && it.frame < answer.frame
                    && it.end() == answer.ack
                    && it.end() != it.seq
            });
            trips.extend(asked.map(|it| answer.time - it.time));
        }
        trips
    }
}
