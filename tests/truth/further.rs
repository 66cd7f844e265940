// SPDX-License-Identifier: GPL-2.0-or-later

//! What causes say in further lines: each belongs to a first line, or to packets.

use std::collections::BTreeSet;

use regex::Captures;

use crate::context::{Check, Context, Outcome, number, wrong};

/// Sentences by their patterns; all that match are checked.
pub(crate) const TABLE: &[(&str, Check)] = &[
    (
        r"^(?<n>\d+) bytes? of the (?:client|server)'s data (?:was|were) unacknowledged",
        |c, m| {
            let from = c.reset.ack;
            let last = c.asked().filter(|it| !it.rst).map(|it| it.end());
            let furthest = last.max_by_key(|end| end.wrapping_sub(from).cast_signed())?;
            let sent: usize = c.asked().map(|it| it.payload.len()).sum();
            let told = number(m, "n")?;
            wrong(
                sent < told as usize
                    || (c.reset.ack_flag && furthest.wrapping_sub(from).cast_signed() <= 0),
                "all was acknowledged",
            )
        },
    ),
    (
        r"^(?<n>\d+) bytes? of the response (?:was|were) not sent",
        |c, _| {
            let mut sent = c.sent();
            wrong(
                !sent.any(|it| it.payload.starts_with(b"HTTP/")),
                "no response",
            )
        },
    ),
    (
        r"^A device on the path that rejects the packet looks the same",
        |c, _| beside(c, "like a host without this connection"),
    ),
    (
        r"^A filter that objects to that data looks the same",
        |c, _| beside(c, "reset the running connection"),
    ),
    (
        r"^Somebody spoofed its address in SYNs elsewhere, or scans it with ACKs",
        |c, _| beside(c, "never opened in this capture"),
    ),
    (
        r"^The host's own filter, NAT or conntrack sent the RST",
        |c, _| beside(c, "socket lives on"),
    ),
    (r"^The listener was closed, its backlog was full", |c, _| {
        beside(c, "before the server sent a byte")
    }),
    (
        r"^This capture cannot show whether the host or a device in front of it answered",
        |c, _| beside(c, "The connection was refused"),
    ),
    (
        r"^It repeats the attempt of frame (?<f>\d+): the client sends its SYN again",
        |c, m| {
            let earlier = c.frame(m)?;
            wrong(
                !earlier.rst && !earlier.syn || earlier.frame >= c.reset.frame,
                "no earlier attempt",
            )
        },
    ),
    (
        r"^The same host silently drops SYNs to port (?<p>\d+) \(frame (?<f>\d+)\)",
        silent_port,
    ),
    (
        r"^The same server answered when asked for another name \(frame (?<f>\d+)\)",
        |c, m| {
            let answer = c.frame(m)?;
            let server = if c.is_clients(c.reset) == Some(true) {
                c.reset.destination
            } else {
                c.reset.source
            };
            wrong(
                answer.rst || answer.source != server || answer.frame >= c.reset.frame,
                "no answer of that server",
            )
        },
    ),
    (
        r"^(?<n>\d+) conversations ended after the same silence",
        |c, m| {
            let ended: BTreeSet<_> = c
                .packets
                .iter()
                .filter(|it| it.rst)
                .map(|it| {
                    let (one, other) = (it.source, it.destination);
                    (one.min(other), one.max(other))
                })
                .collect();
            wrong(
                ended.len() < number(m, "n")? as usize,
                "fewer ended with an RST",
            )
        },
    ),
    (
        r"^This holds only if the host itself sent the RST",
        |c, _| {
            let confident = c.said.iter().any(|it| it.contains("A device on the path"));
            wrong(confident, "a device is named as the sender")
        },
    ),
];

/// It follows a line that says this.
fn beside(c: &Context<'_>, line: &str) -> Outcome {
    let is_said = c.said.iter().any(|said| said.contains(line));
    wrong(!is_said, "its first line is missing")
}

fn silent_port(c: &Context<'_>, m: &Captures<'_>) -> Outcome {
    let syn = c.frame(m)?;
    let answered = c
        .packets
        .iter()
        .any(|it| it.against(syn) && it.frame < c.reset.frame);
    wrong(
        !syn.syn || u32::from(syn.destination.1) != number(m, "p")? || answered,
        "no SYN without an answer",
    )
}
