// SPDX-License-Identifier: GPL-2.0-or-later

//! What findings claim of TTLs, times, numbers and clocks.

use std::collections::BTreeSet;

use crate::{
    capture::{Tcp, hops},
    context::{Check, ip_ids, is_span, number, of_sender, own_ttl, wrong},
};

/// Sentences by their patterns; all that match are checked.
pub(crate) const TABLE: &[(&str, Check)] = &[
    (
        r"^It was captured here, but not on the (?:client|server|sender)'s side, where (?<b>\d+) of (?<n>\d+) other packets",
        |c, m| {
            let (both, all) = (number(m, "b")?, number(m, "n")?);
            wrong(both > all, "more than all").or_else(|| {
                wrong(
                    c.conversation()
                        .filter(|packet| same_reset(packet, c.reset))
                        .count()
                        > 1,
                    "it was captured twice",
                )
            })
        },
    ),
    (
        r"there the (?:client|server|sender) kept sending afterwards \(frame (?<f>\d+)\)",
        |c, m| {
            let later = c.frame(m)?;
            wrong(
                later.rst || !later.beside(c.reset),
                "is none of its packets",
            )
        },
    ),
    (
        r"^(?:The same RST was captured|It left the|It had passed no router here).* \(frame (?<f>\d+)\)\.$",
        |c, m| {
            let twin = c.frame(m)?;
            wrong(!same_reset(twin, c.reset), "is another packet")
                .or_else(|| wrong(twin.hops() > 0 && c.reset.hops() > 0, "both were routed"))
        },
    ),
    (
        r"^TTL (?<ttl>\d+) is the (?:client|server|sender)'s own in this conversation; compare frame (?<f>\d+)",
        |c, m| {
            own_ttl(c, m)
                .or_else(|| wrong(!c.frame(m)?.beside(c.reset), "is of another conversation"))
        },
    ),
    (
        r"^TTL (?<ttl>\d+) is the (?:client|server|sender)'s own in other conversations; compare frame (?<f>\d+)",
        own_ttl,
    ),
    (
        r"^TTL (?<own>\d+) means as many hops as the (?:client|server|sender)'s packets take \(TTL (?<ttl>\d+)\); compare frame (?<f>\d+)",
        |c, m| {
            let hops_differ = hops(c.byte(m, "own")) != hops(c.byte(m, "ttl"));
            of_sender(c, m).or_else(|| wrong(hops_differ, "other hops"))
        },
    ),
    (
        r"^TTL (?<own>\d+), but the (?:client|server|sender)'s packets arrive with (?<ttl>\d+): (?<a>\d+) hops? away, not (?<b>\d+); compare frame (?<f>\d+)(?<other> of another conversation)?",
        |c, m| {
            let (own, ttl) = (c.byte(m, "own"), c.byte(m, "ttl"));
            let counted = (hops(own), hops(ttl)) == (c.byte(m, "a"), c.byte(m, "b"));
            of_sender(c, m)
                .or_else(|| wrong(own != c.reset.ttl, "the RST has another TTL"))
                .or_else(|| wrong(!counted, "other numbers of routers"))
                .or_else(|| {
                    wrong(
                        c.frame(m)?.beside(c.reset) == m.name("other").is_some(),
                        "which conversation?",
                    )
                })
        },
    ),
    (
        r"^TTL (?<own>\d+) means no router was passed, but the (?:client|server|sender)'s packets pass (?<b>\d+) routers? \(TTL (?<ttl>\d+)\); compare frame (?<f>\d+)",
        |c, m| {
            let routers = hops(c.byte(m, "ttl")) == c.byte(m, "b") && hops(c.byte(m, "own")) == 0;
            of_sender(c, m).or_else(|| wrong(!routers, "other numbers of routers"))
        },
    ),
    (
        r"^The (?:client|server|sender)'s packets have TTL (?<ttl>\d+) again later, so no new route explains the RST's (?<own>\d+); see frame (?<f>\d+)",
        |c, m| of_sender(c, m).or_else(|| wrong(c.frame(m)?.frame < c.reset.frame, "is not later")),
    ),
    (
        r"^The (?:client|server|sender)'s first packet had TTL (?<first>\d+); its latest ones have (?<ttl>\d+), like the RST; compare frame (?<f>\d+)",
        |c, m| {
            let first = c.sent().next()?.ttl;
            wrong(
                first != c.byte(m, "first"),
                "its first packet had another TTL",
            )
            .or_else(|| wrong(c.reset.ttl != c.byte(m, "ttl"), "the RST has another TTL"))
        },
    ),
    (
        r"came (?<span>[\d.]+ (µs|ms|s)) after frame (?<f>\d+)",
        |c, m| c.took(m, "span", c.frame(m)?),
    ),
    (
        r"(fastest answer took|never answered in less than|fastest round trip is) (?<span>[\d.]+ (µs|ms|s))",
        |c, m| {
            let trips = c.round_trips();
            let fits = trips
                .iter()
                .any(|trip| is_span(*trip, m.name("span").map_or("", |it| it.as_str())));
            wrong(!fits, "no answer of it took so long")
        },
    ),
    (
        r"^IP ID (?<own>0x[0-9a-f]+) (follows the (?:client|server|sender)'s counter|is far from the (?:client|server|sender)'s counter), (?<id>0x[0-9a-f]+) in frame (?<f>\d+)",
        ip_ids,
    ),
    (
        r"^IP ID (?<own>0x[0-9a-f]+) follows the (?:client|server|sender)'s counter, (?<id>0x[0-9a-f]+) in frame (?<f>\d+) of another conversation",
        ip_ids,
    ),
    (
        r"^IP ID (?<own>0x[0-9a-f]+) follows (?<id>0x[0-9a-f]+) of the RST in frame (?<f>\d+), which claims to be another host",
        |c, m| {
            let other = c.frame(m)?;
            ip_ids(c, m).or_else(|| {
                wrong(
                    !other.rst || other.source.0 == c.reset.source.0,
                    "claims the same host",
                )
            })
        },
    ),
    (
        r"^IPv6 flow label (?<own>0x[0-9a-f]+) is the (?:client|server|sender)'s own in this conversation; compare frame (?<f>\d+)",
        |c, m| {
            let label = number(m, "own");
            let fits =
                c.reset.label == label && c.frame(m)?.label == label && c.frame(m)?.beside(c.reset);
            wrong(!fits, "other labels")
        },
    ),
    (
        r"^IPv6 flow label 0, but the (?:client|server|sender) labels its packets(?: \((?<l>0x[0-9a-f]+)\))?; compare frame (?<f>\d+)",
        |c, m| {
            let label = c.frame(m)?.label;
            wrong(c.reset.label != Some(0) || label == Some(0), "other labels").or_else(|| {
                wrong(
                    m.name("l").is_some() && number(m, "l") != label,
                    "another label",
                )
            })
        },
    ),
    (
        r"^TSval (?<own>\d+) (continues|does not fit) the (?:client|server|sender)'s clock, (?<ts>\d+) in frame (?<f>\d+)",
        |c, m| {
            let value = |packet: &Tcp| packet.stamps.map(|(value, _)| value);
            let fits = value(c.reset) == number(m, "own") && value(c.frame(m)?) == number(m, "ts");
            wrong(!fits, "other timestamps").or_else(|| c.sender_only(m))
        },
    ),
    (
        r"^RST\+ACK in sequence, with the socket's window \((?<w>\d+)\)(?<clock> and running clock)?, as when a kernel aborts its own connection; compare frame (?<f>\d+)",
        |c, m| {
            let fits = c.reset.ack_flag && u32::from(c.reset.window) == number(m, "w")?;
            wrong(!fits, "another window")
                .or_else(|| {
                    wrong(
                        m.name("clock").is_some() != c.reset.stamps.is_some(),
                        "timestamps or none",
                    )
                })
                .or_else(|| c.sender_only(m))
        },
    ),
    (
        r"without the timestamps option that the (?:client|server|sender)'s segments carry(?:; compare frame (?<f>\d+))?\.",
        |c, m| {
            let carries = c.sent().any(|it| it.stamps.is_some());
            let cited = m.name("f").is_none() || c.frame(m)?.stamps.is_some();
            wrong(
                c.reset.stamps.is_some() || !carries || !cited,
                "timestamps or none",
            )
            .or_else(|| c.sender_only(m))
        },
    ),
    (
        r"^It came from MAC (?<mac>[0-9a-f:]+) without passing a router, like the (?:client|server|sender)'s own packets; compare frame (?<f>\d+)",
        |c, m| {
            let mac = m.name("mac").map(|it| it.as_str().to_owned());
            let fits = c.reset.mac == mac && c.frame(m)?.mac == mac && c.reset.hops() == 0;
            wrong(!fits, "another MAC or routers").or_else(|| c.sender_only(m))
        },
    ),
    (
        r"^It came from MAC (?<mac>[0-9a-f:]+)(?: on interface \d+)?, unlike the (?:client|server|sender)'s own packets; compare frame (?<f>\d+)",
        |c, m| {
            let mac = m.name("mac").map(|it| it.as_str().to_owned());
            wrong(c.reset.mac != mac || c.frame(m)?.mac == mac, "the same MAC")
                .or_else(|| c.sender_only(m))
        },
    ),
    (
        r"^The (?:client|server|sender) (?:kept sending: (?<bytes>\d+) new bytes?|carried on) (?<span>[\d.]+ (µs|ms|s)) later \(frame (?<f>\d+)\), as if it knew nothing of this RST",
        |c, m| {
            let later = c.frame(m)?;
            let bytes = number(m, "bytes").unwrap_or(0) as usize;
            wrong(
                later.frame < c.reset.frame || later.payload.len() < bytes,
                "not later, or less data",
            )
            .or_else(|| c.sender_only(m))
            .or_else(|| {
                wrong(
                    !is_span(later.time - c.reset.time, m.name("span")?.as_str()),
                    "another time",
                )
            })
        },
    ),
    (
        r"^A program, not the kernel, wrote the client's SYN, so the kernel has no socket for the SYN-ACK in frame (?<f>\d+)",
        |c, m| {
            let answer = c.frame(m)?;
            let syn = c
                .packets
                .iter()
                .rfind(|it| it.syn && !it.ack_flag && it.against(answer))?;
            wrong(!answer.syn || !answer.ack_flag, "no SYN-ACK")
                .or_else(|| wrong(syn.scales || syn.stamps.is_some(), "a kernel's SYN"))
        },
    ),
    (
        r"^RSTs that look the same claim to be (?<n>\d+) hosts so far",
        |c, m| {
            let hosts: BTreeSet<_> = c
                .packets
                .iter()
                .filter(|it| it.rst)
                .map(|it| it.source.0)
                .collect();
            wrong(hosts.len() < number(m, "n")? as usize, "fewer hosts")
        },
    ),
];

/// Whether both are one RST, captured at two points.
fn same_reset(one: &Tcp, other: &Tcp) -> bool {
    let numbers = |packet: &Tcp| {
        (
            packet.seq,
            packet.ack,
            packet.ack_flag,
            packet.payload.len(),
        )
    };
    one.rst && one.beside(other) && numbers(one) == numbers(other)
}
