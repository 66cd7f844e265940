// SPDX-License-Identifier: GPL-2.0-or-later

//! What findings claim of the form of RSTs, and of several of them.

use std::collections::BTreeSet;

use crate::context::{Check, number, wrong};

/// Sentences by their patterns; all that match are checked.
pub(crate) const TABLE: &[(&str, Check)] = &[
    (
        r"^Its sequence number is (?<n>\d+) beyond that of the RST in frame (?<f>\d+)",
        |c, m| {
            let other = c.frame(m)?;
            wrong(
                !other.rst || Some(c.reset.seq.wrapping_sub(other.seq)) != number(m, "n"),
                "another distance",
            )
        },
    ),
    (
        r"also sends for (?<n>\d+) other hosts?: a gateway",
        |c, m| {
            let others: BTreeSet<_> = c
                .packets
                .iter()
                .filter(|it| it.mac == c.reset.mac && it.source.0 != c.reset.source.0)
                .map(|it| it.source.0)
                .collect();
            wrong(others.len() < number(m, "n")? as usize, "fewer hosts")
        },
    ),
    (r"^It carries (?<n>\d+) bytes? of payload", |c, m| {
        wrong(
            u32::try_from(c.reset.payload.len()).ok() != number(m, "n"),
            "another length",
        )
    }),
    (
        r"^Don't Fragment is not set, but the (?:client|server|sender) sets it on all its packets; compare frame (?<f>\d+)",
        |c, m| {
            let all = c
                .sent()
                .take_while(|it| it.frame < c.reset.frame)
                .all(|it| it.dont_fragment == Some(true));
            wrong(c.reset.dont_fragment != Some(false) || !all, "not on all")
                .or_else(|| c.sender_only(m))
        },
    ),
    (
        r"^The (?:client|server|receiver) expects another sequence number and carries on in frame (?<f>\d+)",
        |c, m| {
            let later = c.frame(m)?;
            wrong(
                !later.against(c.reset) || later.rst || later.frame < c.reset.frame,
                "does not go on",
            )
        },
    ),
    (
        r"^TTL (?<own>\d+) would mean (?<n>\d+) hops from the nearest initial TTL",
        |c, m| wrong(u32::from(c.reset.hops()) != number(m, "n")?, "other hops"),
    ),
    (r"^TTL (?<own>\d+) means no router was passed", |c, m| {
        wrong(
            c.reset.ttl != c.byte(m, "own") || c.reset.hops() != 0,
            "routers",
        )
    }),
    (
        r"^Its window is (?<w>\d+) higher(?: and its TTL (?<t>\d+) higher)? than in the RST in frame (?<f>\d+)",
        |c, m| {
            let other = c.frame(m)?;
            let by = u32::from(c.reset.window.wrapping_sub(other.window));
            let ttl =
                number(m, "t").is_none_or(|by| u32::from(c.reset.ttl) == u32::from(other.ttl) + by);
            wrong(
                !other.rst || Some(by) != number(m, "w") || !ttl,
                "other differences",
            )
        },
    ),
    (r"aborts with its window instead of (?<w>\d+)", |c, m| {
        wrong(
            Some(u32::from(c.reset.window)) != number(m, "w"),
            "another window",
        )
    }),
    (
        r"^The acknowledgment field holds (?<n>\d+) without the ACK flag",
        |c, m| {
            wrong(
                c.reset.ack_flag || Some(c.reset.ack) != number(m, "n"),
                "another number",
            )
        },
    ),
    (r"to the same machine and crossed no network", |c, _| {
        wrong(c.reset.source.0 != c.reset.destination.0, "two machines")
    }),
    (
        r"^TTL (?<own>\d+) is derived from that of the packet it answers, (?<ttl>\d+), in frame (?<f>\d+)",
        |c, m| {
            let other = c.frame(m)?;
            wrong(
                !other.against(c.reset)
                    || other.ttl != c.byte(m, "ttl")
                    || c.reset.ttl != c.byte(m, "own"),
                "another TTL",
            )
        },
    ),
    (
        r"^RSTs in the (?:client|server|sender)'s name came with (?<n>\d+) TTLs that its own packets never have",
        |c, m| {
            let own: BTreeSet<u8> = c.sent_by_host().map(|it| it.ttl).collect();
            let resets = c
                .packets
                .iter()
                .filter(|it| it.rst && it.source.0 == c.reset.source.0);
            let strange: BTreeSet<u8> = resets
                .map(|it| it.ttl)
                .filter(|ttl| !own.contains(ttl))
                .collect();
            wrong(strange.len() < number(m, "n")? as usize, "fewer TTLs")
        },
    ),
    (r"^Its sequence number is 0, nowhere near", |c, _| {
        wrong(c.reset.seq != 0, "another number")
    }),
    (
        r"after an RST in the other side's name \(frame (?<f>\d+)\)",
        |c, m| {
            wrong(
                !c.frame(m)?.rst || !c.frame(m)?.against(c.reset),
                "no RST of the other side",
            )
        },
    ),
    (r"^Window (?<w>\d+) is", |c, m| {
        wrong(
            Some(u32::from(c.reset.window)) != number(m, "w"),
            "another window",
        )
    }),
    (r"^ToS (?<own>0x[0-9a-f]+): neither side uses it", |c, m| {
        let tos = number(m, "own")?;
        let used = c
            .conversation()
            .any(|it| !it.rst && u32::from(it.tos) == tos);
        wrong(
            u32::from(c.reset.tos) != tos || used,
            "another ToS, or used",
        )
    }),
    (
        r"^DSCP (?<own>\d+) (is copied from the packet it answers|in answer to)",
        |c, m| {
            wrong(
                Some(u32::from(c.reset.tos >> 2)) != number(m, "own"),
                "another DSCP",
            )
        },
    ),
    (
        r"^It is the RST of frame (?<f>\d+) again, with the same IP ID",
        |c, m| {
            wrong(
                c.frame(m)?.id != c.reset.id || !c.frame(m)?.rst,
                "another ID",
            )
        },
    ),
    (
        r"^It answers a SYN with sequence number (?<n>\d+)",
        |c, m| wrong(Some(c.reset.seq) != number(m, "n"), "another number"),
    ),
    (r"^It acknowledges a number (?<n>\d+) bytes away", |c, _| {
        wrong(!c.reset.ack_flag, "acknowledges nothing")
    }),
    (
        r"which answers for an unknown connection with IP ID 0 instead of (?<own>0x[0-9a-f]+) and Don't Fragment set",
        |c, m| wrong(c.reset.id.map(u32::from) != number(m, "own"), "another ID"),
    ),
    (
        r"^Its payload says a BIG-IP load balancer made it",
        |c, _| wrong(!c.reset.payload.starts_with(b"BIG-IP"), "another text"),
    ),
    (
        r"^The (?:client|server|receiver) never acknowledged this sequence number",
        |c, _| {
            let used = c
                .conversation()
                .take_while(|it| it.frame < c.reset.frame)
                .any(|it| it.against(c.reset) && it.ack_flag && it.ack == c.reset.seq);
            wrong(used, "its receiver has acknowledged it")
        },
    ),
];
