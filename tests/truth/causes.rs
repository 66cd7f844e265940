// SPDX-License-Identifier: GPL-2.0-or-later

//! What causes claim: which frames are what, and what happened how often.

use std::collections::BTreeSet;

use crate::{
    capture::Tcp,
    context::{Check, is_span, number, socket, wrong},
};

/// Sentences by their patterns; all that match are checked.
pub(crate) const TABLE: &[(&str, Check)] = &[
    // Causes: what frames are said to be.
    (r"(?:The|the) RST in frame (?<f>\d+)", |c, m| {
        wrong(!c.frame(m)?.rst, "no RST")
    }),
    (r"SYN in frame (?<f>\d+)", |c, m| {
        wrong(!c.frame(m)?.syn || c.frame(m)?.ack_flag, "no SYN")
    }),
    (
        r"SYN-ACK \(frame (?<f>\d+)\)|SYN-ACK arrived \(frame (?<g>\d+)\)|SYN-ACK in frame (?<h>\d+)",
        |c, m| wrong(!c.frame(m)?.syn || !c.frame(m)?.ack_flag, "no SYN-ACK"),
    ),
    (r"FIN in frame (?<f>\d+)", |c, m| {
        wrong(!c.frame(m)?.fin, "no FIN")
    }),
    (
        r"\b(?:data|HTTP request|TLS ClientHello) in frame (?<f>\d+)|last data \(frame (?<g>\d+)\)",
        |c, m| wrong(c.frame(m)?.payload.is_empty(), "no payload"),
    ),
    (
        r"socket lives on: it continued (?<span>[\d.]+ (µs|ms|s)) after this RST \(frame (?<f>\d+)\)",
        |c, m| {
            let later = c.frame(m)?;
            let (is_later, span) = (later.frame > c.reset.frame, m.name("span")?.as_str());
            wrong(!is_later || later.rst, "does not go on")
                .or_else(|| c.sender_only(m))
                .or_else(|| wrong(!is_span(later.time - c.reset.time, span), "another time"))
        },
    ),
    (
        r"answers the SYN in frame (?<f>\d+) but acknowledges (?<n>\d+) bytes? too (?<few>few|many)",
        |c, m| {
            let syn = c.frame(m)?;
            let off = c
                .reset
                .ack
                .wrapping_sub(syn.seq.wrapping_add(1))
                .cast_signed();
            let fits = off.unsigned_abs() == number(m, "n")? && (off < 0) == (&m["few"] == "few");
            wrong(!syn.syn || !fits, "other numbers")
        },
    ),
    (
        r"^Frame (?<f>\d+) came from (?<from>\S+) with the numbers of the connection to (?<to>\S+):",
        |c, m| {
            let answered = c.frame(m)?;
            let asks =
                |it: &&Tcp| it.source == c.reset.source && Some(it.destination) == socket(m, "to");
            wrong(
                Some(answered.source) != socket(m, "from"),
                "came from elsewhere",
            )
            .or_else(|| wrong(!answered.against(c.reset), "is not answered"))
            .or_else(|| wrong(!c.packets.iter().any(|it| asks(&it)), "no such connection"))
        },
    ),
    (
        r"^It left from (?<from>\S+) with the numbers of (?<to>\S+)'s connection:",
        |c, m| {
            let numbers = |it: &&Tcp| {
                it.destination == c.reset.destination && Some(it.source) == socket(m, "to")
            };
            let sent = c.packets.iter().filter(numbers).map(Tcp::end);
            wrong(
                Some(c.reset.source) != socket(m, "from"),
                "left from elsewhere",
            )
            .or_else(|| wrong(sent.max() != Some(c.reset.seq), "other numbers"))
        },
    ),
    (
        r"^The client's RST in frame (?<f>\d+) went to (?<to>\S+), which is this server",
        |c, m| {
            let before = c.frame(m)?;
            wrong(
                Some(before.destination) != socket(m, "to"),
                "went elsewhere",
            )
            .or_else(|| wrong(before.source != c.reset.destination, "is another client's"))
        },
    ),
    (r"This is turn (?<n>\d+)\.$", |c, m| {
        let turns = c.packets.iter().filter(|it| {
            it.rst && it.beside(c.reset) && it.seq == c.reset.seq && it.frame <= c.reset.frame
        });
        wrong(
            turns.count() < number(m, "n")? as usize,
            "fewer RSTs of that number",
        )
    }),
    (
        r"refused the SYN-ACK .* takes it in frame (?<f>\d+): a program there speaks",
        |c, m| c.sender_only(m),
    ),
    (
        r"^Just before, by (?<span>[\d.]+ (µs|ms|s)), .* connection to (?<to>\S+) was reset in frame (?<f>\d+):",
        |c, m| {
            let back = c.frame(m)?;
            c.took(m, "span", back)
                .or_else(|| {
                    wrong(
                        !back.rst || Some(back.source) != socket(m, "to"),
                        "no such RST",
                    )
                })
                .or_else(|| wrong(back.destination.0 != c.reset.source.0, "is another host's"))
        },
    ),
    (
        r"no answer to the .*'s (?<n>\d+) SYNs? \(the last in frame (?<f>\d+)\); .* gave up (?<span>[\d.]+ (µs|ms|s)) later",
        |c, m| {
            let before = |it: &&Tcp| it.frame < c.reset.frame;
            let sent = c.sent().filter(before).filter(|it| it.syn).count();
            wrong(sent != number(m, "n")? as usize, "other SYNs")
                .or_else(|| wrong(c.asked().next().is_some(), "there is an answer"))
                .or_else(|| c.took(m, "span", c.frame(m)?))
        },
    ),
    (r"^The port accepts again in frame (?<f>\d+)\.$", |c, m| {
        let accepts = c.frame(m)?;
        let is_later = accepts.frame > c.reset.frame && accepts.syn && accepts.ack_flag;
        wrong(
            !is_later || accepts.source != c.reset.source,
            "does not accept",
        )
    }),
    (
        r"^The same port had accepted (?<n>\d+) connections? before, the last in frame (?<f>\d+)\.$",
        |c, m| {
            let is_own = |it: &&Tcp| {
                it.source == c.reset.source && it.syn && it.ack_flag && it.frame < c.reset.frame
            };
            let before: Vec<&Tcp> = c.packets.iter().filter(is_own).collect();
            let last = before.last().map(|it| it.frame);
            let fewer = before.len() < number(m, "n")? as usize;
            wrong(fewer || last != Some(c.frame(m)?.frame), "others")
        },
    ),
    (r"HTTP request in frame (?<f>\d+)", |c, m| {
        wrong(!c.frame(m)?.payload.is_ascii(), "no HTTP")
    }),
    (r"TLS ClientHello in frame (?<f>\d+)", |c, m| {
        let hello = c.frame(m)?;
        // It may go on in a second segment.
        let begins = c.packets.iter().any(|it| {
            it.beside(hello) && it.frame <= hello.frame && it.payload.first() == Some(&22)
        });
        wrong(!begins, "no TLS handshake")
    }),
    (r"\bACK in frame (?<f>\d+)", |c, m| {
        wrong(
            !c.frame(m)?.payload.is_empty() || c.frame(m)?.rst,
            "no bare ACK",
        )
    }),
    (
        r"\(SYN in frame (?<f>\d+)\) after (?<span>[\d.]+ (µs|ms|s))",
        |c, m| c.took(m, "span", c.frame(m)?),
    ),
    (
        r"in frame (?<f>\d+) after (?<span>[\d.]+ (µs|ms|s))",
        |c, m| c.took(m, "span", c.frame(m)?),
    ),
    (
        r"(?<span>[\d.]+ (µs|ms|s)) after the [A-Za-z -]+ in frame (?<f>\d+)",
        |c, m| c.took(m, "span", c.frame(m)?),
    ),
    (
        r"^A device on the path reset the running connection in the (client|server)'s name\.$",
        |c, _| wrong(!c.reset.rst, "no RST"),
    ),
    (r"reset it without sending a byte", |c, _| {
        wrong(
            c.sent()
                .any(|it| it.frame < c.reset.frame && !it.payload.is_empty()),
            "there are bytes",
        )
    }),
    (
        r"wrote the client's SYN \(no timestamps, no window scale\)",
        |c, _| {
            let syn = c
                .sent()
                .filter(|it| it.syn && it.frame < c.reset.frame)
                .last()?;
            wrong(syn.scales || syn.stamps.is_some(), "a kernel's SYN")
        },
    ),
    (
        r"is part of a scan: the client tried (?<p>\d+) ports? on (?<n>\d+) hosts?",
        |c, m| {
            let client = if c.is_clients(c.reset) == Some(true) {
                c.reset.source.0
            } else {
                c.reset.destination.0
            };
            let tried = c
                .packets
                .iter()
                .filter(|it| it.syn && !it.ack_flag && it.source.0 == client);
            let (hosts, ports): (BTreeSet<_>, BTreeSet<_>) = tried.map(|it| it.destination).unzip();
            wrong(
                ports.len() < number(m, "p")? as usize || hosts.len() < number(m, "n")? as usize,
                "fewer",
            )
        },
    ),
    (
        r"after (?<n>\d+) bytes? of request, without a byte of response",
        |c, m| {
            let sum: usize = c.asked().map(|it| it.payload.len()).sum();
            wrong(sum != number(m, "n")? as usize, &format!("{sum} bytes")).or_else(|| {
                wrong(
                    c.sent()
                        .any(|it| it.frame < c.reset.frame && !it.payload.is_empty()),
                    "a response",
                )
            })
        },
    ),
    (r"It answers for (?<n>\d+) hosts alike", |c, m| {
        let hosts: BTreeSet<_> = c
            .packets
            .iter()
            .filter(|it| it.rst)
            .map(|it| it.source.0)
            .collect();
        wrong(hosts.len() < number(m, "n")? as usize, "fewer hosts")
    }),
    (r"(?<span>[\d.]+ (µs|ms|s)) of silence", |c, m| {
        let before: Vec<&Tcp> = c
            .conversation()
            .filter(|it| it.frame <= c.reset.frame)
            .collect();
        let fits = before
            .windows(2)
            .any(|pair| matches!(pair, [one, next] if is_span(next.time - one.time, &m["span"])));
        wrong(!fits, "no such silence")
    }),
    (r"^This is the packet of frame (?<f>\d+) again", |c, m| {
        wrong(c.frame(m)?.seq != c.reset.seq, "another packet")
    }),
    (
        r"^It follows the other side's RST in frame (?<f>\d+) after (?<span>[\d.]+ (µs|ms|s))",
        |c, m| {
            wrong(!c.frame(m)?.against(c.reset), "of the same side")
                .or_else(|| c.took(m, "span", c.frame(m)?))
        },
    ),
    (r"^A program wrote the client's SYN", |c, _| {
        let syn = c
            .sent()
            .filter(|it| it.syn && it.frame < c.reset.frame)
            .last()?;
        wrong(syn.scales || syn.stamps.is_some(), "a kernel's SYN")
    }),
    (
        r"^Some of the (?:client|server|sender)'s IPv6 packets carry a flow label, and some do not",
        |c, _| {
            let zero = |is| c.sent().any(|it| (it.label == Some(0)) == is);
            wrong(!zero(true) || !zero(false), "all do, or none")
        },
    ),
    (r"repeats the RST in frame (?<f>\d+)", |c, m| {
        wrong(!c.frame(m)?.beside(c.reset), "of another side")
    }),
    (
        r"(?:had already reset the connection|closed its side \(FIN) in frame (?<f>\d+)",
        |c, m| wrong(!c.frame(m)?.rst && !c.frame(m)?.fin, "neither RST nor FIN"),
    ),
    (
        r"Its sequence number is (?<n>\d+) bytes away from the one the (?:client|server) expects",
        |c, m| {
            let last = c
                .conversation()
                .filter(|it| it.against(c.reset) && it.ack_flag && it.frame < c.reset.frame)
                .last()?;
            let sent = c
                .sent()
                .filter(|it| it.frame < c.reset.frame)
                .last()
                .map_or(last.ack, Tcp::end);
            let away = |next: u32| c.reset.seq.wrapping_sub(next).cast_signed().unsigned_abs();
            let fits = [away(last.ack), away(sent)].contains(&number(m, "n")?);
            wrong(!fits, "another distance")
        },
    ),
    (
        r"^The (?<who>client|server)'s application aborted the connection",
        |c, m| {
            let of_client = &m["who"] == "client";
            wrong(
                c.is_clients(c.reset).is_some_and(|is| is != of_client),
                "of the other side",
            )
        },
    ),
    (r"reset before the server sent a byte", |c, _| {
        let sent = c
            .sent()
            .any(|it| it.frame < c.reset.frame && !it.payload.is_empty());
        wrong(sent, "it sent some")
    }),
    (
        r"the server answered with an ACK \(frame (?<f>\d+)\)",
        |c, m| {
            wrong(
                c.frame(m)?.syn || !c.frame(m)?.against(c.reset),
                "no ACK of the server",
            )
        },
    ),
    (r"had sent the same data (?<n>\d+) times", |c, m| {
        let sent: Vec<&Tcp> = c
            .conversation()
            .filter(|it| it.frame < c.reset.frame && !it.payload.is_empty())
            .collect();
        let again = |one: &&Tcp| {
            sent.iter()
                .filter(|it| it.beside(one) && it.seq == one.seq)
                .count()
        };
        let most = sent.iter().map(again).max()?;
        wrong(most < number(m, "n")? as usize, &format!("{most} times"))
    }),
    (r"had sent (?<n>\d+) keep-alive probes?", |c, m| {
        let probes = c
            .sent()
            .filter(|it| it.frame < c.reset.frame && it.payload.len() <= 1)
            .count();
        wrong(probes < number(m, "n")? as usize, "fewer")
    }),
    (r"had closed its window", |c, _| {
        wrong(
            !c.conversation()
                .any(|it| it.frame < c.reset.frame && it.window == 0 && !it.rst),
            "no window of 0",
        )
    }),
    (
        r"connections that it never opened in this capture: (?<n>\d+) conversations so far",
        |c, m| {
            let hosts: BTreeSet<_> = c
                .packets
                .iter()
                .filter(|it| it.rst && it.source.0 == c.reset.source.0)
                .map(|it| (it.source, it.destination))
                .collect();
            wrong(
                hosts.len() < number(m, "n")? as usize,
                "fewer conversations",
            )
        },
    ),
    (
        r"^A fatal TLS alert had already ended the connection",
        |c, _| {
            wrong(
                !c.conversation()
                    .any(|it| it.frame < c.reset.frame && it.payload.first() == Some(&21)),
                "no alert",
            )
        },
    ),
    (
        r"^IP ID (?<own>0x[0-9a-f]+) follows the (?:client|server|receiver)'s last one \(frame (?<f>\d+)\)",
        |c, m| {
            let after = c.frame(m)?.id?.wrapping_add(1);
            wrong(
                c.reset.id != Some(after) || !c.frame(m)?.against(c.reset),
                "another ID",
            )
        },
    ),
    (
        r"^IP ID (?<own>0x[0-9a-f]+) is copied from the packet it answers \(frame (?<f>\d+)\)",
        |c, m| {
            wrong(
                c.reset.id != c.frame(m)?.id || !c.frame(m)?.against(c.reset),
                "another ID",
            )
        },
    ),
    (
        r"^The capture holds nothing of this conversation before the RST",
        |c, _| {
            let before = c
                .conversation()
                .filter(|it| it.frame < c.reset.frame)
                .count();
            wrong(before > 0, &format!("{before} packets of it"))
        },
    ),
    (
        r"^The capture holds no other segment of the (?:client|server|sender)",
        |c, _| {
            wrong(
                c.sent().any(|it| it.frame < c.reset.frame && !it.syn),
                "there is one",
            )
        },
    ),
];
