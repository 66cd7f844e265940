// SPDX-License-Identifier: GPL-2.0-or-later

//! What is said to be missing.

use std::collections::BTreeSet;

use crate::context::{Check, is_syn_answer, number, wrong};

/// Sentences by their patterns; all that match are checked.
pub(crate) const TABLE: &[(&str, Check)] = &[
    // What is missing.
    (
        r"^Most other conversations of this address arrive with TTL (?<ttl>\d+)",
        |c, m| {
            let others = c.sent_by_host().filter(|it| {
                !it.beside(c.reset) && u32::from(it.ttl) == number(m, "ttl").unwrap_or_default()
            });
            let ports: BTreeSet<_> = others.map(|it| (it.source, it.destination)).collect();
            let here = c.sent().filter(|it| it.hops() != c.reset.hops()).count();
            wrong(ports.len() < 2, "fewer than two")
                .or_else(|| wrong(here > 0, "this one does, too"))
        },
    ),
    (
        r"^No other packet shows which TTL the (?:client|server|sender)'s packets arrive with",
        |c, _| {
            let others = c.sent_by_host().count();
            wrong(
                others > 0,
                &format!("{others} packets of that host are there"),
            )
        },
    ),
    (
        r"^No later packet of the (?:client|server|sender) shows whether its route changed",
        |c, _| {
            let before: BTreeSet<u8> = c
                .sent_by_host()
                .filter(|it| it.frame < c.reset.frame)
                .map(|it| it.ttl)
                .collect();
            let others = c
                .sent_by_host()
                .filter(|it| it.frame > c.reset.frame && before.contains(&it.ttl))
                .count();
            wrong(
                others > 0,
                &format!("{others} packets of that host follow with its TTL"),
            )
        },
    ),
    (r"^The RST's IP ID is 0,", |c, _| {
        wrong(c.reset.id != Some(0), "another ID")
    }),
    (r"^IPv6 packets carry no identification", |c, _| {
        wrong(c.reset.id.is_some(), "it is IPv4")
    }),
    (
        r"^The (?:client|server|sender)'s IPv6 packets carry no flow label",
        |c, _| {
            wrong(
                c.sent().any(|it| it.label.is_some_and(|label| label != 0)),
                "they are labelled",
            )
        },
    ),
    (
        r"^The capture was taken beside the (?<who>client|server)",
        |c, m| {
            let of_client = &m["who"] == "client";
            // Of a second place that comes later in the file nothing is known yet.
            let beside = c.conversation().filter(|it| {
                it.frame < c.reset.frame && !it.rst && c.is_clients(it) == Some(of_client)
            });
            let (routed, unrouted): (Vec<_>, Vec<_>) = beside.partition(|it| it.hops() > 0);
            let links: BTreeSet<_> = routed.iter().chain(&unrouted).map(|it| &it.mac).collect();
            // Of several places in one file it is one.
            let elsewhere = links.len() > 1 && !unrouted.is_empty();
            let routed = routed.len();
            wrong(
                routed > 0 && !elsewhere,
                &format!("{routed} of its packets have passed routers"),
            )
        },
    ),
    (r"^The capture was taken between the two", |c, _| {
        let near = |host| c.trips_to(host).iter().any(|trip| *trip < 0.001);
        let unrouted = c
            .conversation()
            .filter(|it| !it.rst && it.hops() == 0 && near(it.source.0))
            .count();
        wrong(
            unrouted > 0,
            &format!("{unrouted} packets have passed no router, in less than 1 ms"),
        )
    }),
    (
        r"^The capture holds no round trip to the (?:client|server|sender)",
        |c, _| wrong(!c.round_trips().is_empty(), "there are some"),
    ),
    (
        r"^The (?:client|server|sender) is too close to this capture point",
        |c, _| {
            wrong(
                !c.round_trips().iter().any(|trip| *trip < 0.002),
                "no answer took less than 2 ms",
            )
        },
    ),
    (
        r"^Client and server are guessed from the ports: the capture lacks the handshake",
        |c, _| {
            wrong(
                c.conversation()
                    .any(|it| it.syn && it.frame < c.reset.frame),
                "there is a SYN",
            )
        },
    ),
    (
        r"^The (?:client|server|sender) was silent long enough for its IP ID counter to have moved on",
        |c, _| {
            wrong(
                c.said.iter().any(|said| said.contains("'s counter, ")),
                "its counter goes on, another sentence says",
            )
        },
    ),
    (
        r"^The RST looks like any answer for an unknown connection",
        |c, _| wrong(c.reset.ack_flag && !is_syn_answer(c), "it has ACK"),
    ),
];
