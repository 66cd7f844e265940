// SPDX-License-Identifier: GPL-2.0-or-later

//! Devices that can be told by what they write, forged after their makers' sources and after what
//! others have captured: `docs/measured.md`, "RST forms: devices that can be named".

use std::time::Duration;

use anyhow::Result;

use super::{
    Capture, Declared, SHOT, Scenario, client, foreign,
    injected::{at_request, to_client},
    middlebox,
    payload::{BLOCKED_NAME, MORE, REQUEST, RESPONSE, http_request},
};
use crate::{
    family::Family,
    lab::{Lab, Spot},
    net::Node,
    segment::{Flags, Segment},
    tokens::{Cause, Impact, Kind, Phase},
    wire::{Injection, Reaction, Toward},
};

const PORT: u16 = 80;
/// Of the triplets: no path is so long, whatever the initial TTL was.
const FAR_TTL: u8 = 150;
/// Arrived TTL and window of a triplet differ by so much.
const WINDOW_LOCK: u16 = 1375;
const TRIPLET_STEP: Duration = Duration::from_micros(100);
const TRIPLET_IDENTIFICATION: u16 = 0x3c9a;
/// How long a filter takes.
const AT_ONCE: Duration = Duration::from_micros(200);
const LOW_DELAY: u8 = 0x10;
const CLASS_SELECTOR_6: u8 = 0xc0;
/// OVN's initial TTL less the hop that it counts itself.
const OVN_TTL: u8 = 63;
/// What the client has certainly not sent.
const NEVER_SENT: u32 = 0x3000_0000;
const BLOCK_PAGE: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\nConnection: close\r\n\r\nblocked\n";

const FILTERED: Declared = foreign(Phase::Request, Cause::ContentFilter, Impact::Disruptive);
const FILTERED_LATER: Declared = foreign(Phase::Data, Cause::ContentFilter, Impact::Disruptive);
const AFTER_PAGE: Declared = foreign(Phase::Closing, Cause::ContentFilter, Impact::Disruptive);
const BLOCKED: Declared = foreign(Phase::Data, Cause::PolicyBlock, Impact::Disruptive);
pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "device_repeats",
        purpose: "A censor answers the request with three equal resets, one IP ID for all, from farther away than any path is long.",
        kind: Kind::Synthetic,
        run: device_repeats,
        captures: &[client(&[FILTERED, SHOT, SHOT]).only(Family::V4)],
    },
    Scenario {
        name: "filter_marks_low_delay",
        purpose: "A filter on the path that has lost its states rejects as pf does: its resets ask for low delay.",
        kind: Kind::Synthetic,
        run: |lab| {
            in_mid_stream(lab, Spot::Middlebox, |_, reset| {
                reset.traffic_class = LOW_DELAY;
            })
        },
        captures: &[client(&[BLOCKED]).only(Family::V4)],
    },
    Scenario {
        name: "ovn_resets_mid_stream",
        purpose: "OVN on the client's own host rejects in mid-stream with sequence number 0 and class selector 6; the client ignores it.",
        kind: Kind::Synthetic,
        run: |lab| in_mid_stream(lab, Spot::ClientLink, ovn),
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "device_climbs",
        purpose: "A device on the path resets in mid-stream and acknowledges bytes that the client has never sent.",
        kind: Kind::Synthetic,
        run: |lab| {
            in_mid_stream(lab, Spot::Middlebox, |_, reset| {
                reset.acknowledgment = reset.acknowledgment.wrapping_add(NEVER_SENT);
            })
        },
        captures: &[client(&[BLOCKED])],
    },
    Scenario {
        name: "device_counts_from_receiver",
        purpose: "A censor turns the request round: the client's window and TTL, its IP ID counted up, and a reset without ACK flag.",
        kind: Kind::Synthetic,
        run: device_counts_from_receiver,
        captures: &[client(&[FILTERED_LATER]).only(Family::V4)],
    },
    Scenario {
        name: "device_mirrors_ttl",
        purpose: "A sensor before the server resets as Snort does: TTL 255 less that of the packet it objects to.",
        kind: Kind::Synthetic,
        run: device_mirrors_ttl,
        captures: &[
            middlebox(&[FILTERED_LATER]),
            Capture::new(Node::FarRouter, &[FILTERED_LATER]),
        ],
    },
    Scenario {
        name: "block_page_to_first_request",
        purpose: "The SYN-ACK is the server's; a box answers the first request with a block page and a FIN in its name, and resets.",
        kind: Kind::Synthetic,
        run: |lab| block_page_to_first_request(lab, Spot::Middlebox),
        captures: &[client(&[AFTER_PAGE])],
    },
    Scenario {
        name: "block_page_by_gateway",
        purpose: "As block_page_to_first_request, but the box is the client's gateway.",
        kind: Kind::Synthetic,
        run: |lab| block_page_to_first_request(lab, Spot::ClientLink),
        captures: &[client(&[AFTER_PAGE])],
    },
];

fn device_repeats(lab: &mut Lab) -> Result<()> {
    at_request(lab, |request| {
        let reset = Segment {
            ttl: FAR_TTL,
            window: WINDOW_LOCK + u16::from(FAR_TTL) - 1,
            identification: TRIPLET_IDENTIFICATION,
            ..request.forged_answer()
        };
        (0..3)
            .map(|shot| to_client(TRIPLET_STEP * shot, reset.clone()))
            .collect()
    })?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(&http_request(BLOCKED_NAME))?;
    connection.client.expect_reset()?;
    // The server's ACK of the request comes later and is not part of this case.
    lab.wait_for_nth(Node::Client, 3, "the third shot", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures_now()
}

/// A device there rejects the client's next segment with payload.
fn in_mid_stream(lab: &mut Lab, spot: Spot, change: fn(&Segment, &mut Segment)) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    lab.inject(
        spot,
        Box::new(move |segment, _| {
            if segment.payload.is_empty() {
                return Reaction::pass();
            }
            let mut reset = segment.forged_answer();
            change(segment, &mut reset);
            Reaction::replace(vec![Injection::new(AT_ONCE, Toward::Client, reset)])
        }),
    )?;
    connection.client.send(MORE)?;
    lab.wait_for(Node::Client, "the device's reset", |segment| {
        segment.flags.rst
    })?;
    lab.end_captures_now()
}

/// As OVN's controller makes it: it takes every packet for a SYN.
fn ovn(answered: &Segment, reset: &mut Segment) {
    reset.acknowledgment = answered.sequence.wrapping_add(1);
    reset.sequence = 0;
    reset.ttl = OVN_TTL;
    reset.traffic_class = CLASS_SELECTOR_6;
}

fn device_counts_from_receiver(lab: &mut Lab) -> Result<()> {
    at_request(lab, |request| {
        let reset = Segment {
            flags: Flags {
                rst: true,
                ..Flags::default()
            },
            ttl: request.ttl,
            window: request.window,
            identification: request.identification.wrapping_add(1),
            dont_fragment: false,
            ..request.forged_answer()
        };
        vec![to_client(Duration::ZERO, reset)]
    })?;
    blocked_later(lab)
}

fn device_mirrors_ttl(lab: &mut Lab) -> Result<()> {
    lab.inject(
        Spot::BesideServer,
        Box::new(|segment, _| {
            if !segment.payload.starts_with(&http_request(BLOCKED_NAME)) {
                return Reaction::pass();
            }
            let reset = Segment {
                ttl: u8::MAX - segment.ttl,
                dont_fragment: false,
                ..segment.forged_answer()
            };
            Reaction::replace(vec![Injection::new(AT_ONCE, Toward::Client, reset)])
        }),
    )?;
    blocked_later(lab)
}

/// The client's second request is for the blocked name; nothing after the reset is of interest.
fn blocked_later(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    lab.settle()?;
    connection.client.send(&http_request(BLOCKED_NAME))?;
    connection.client.expect_reset()?;
    lab.end_captures_now()
}

fn block_page_to_first_request(lab: &mut Lab, spot: Spot) -> Result<()> {
    let mut is_blocked = false;
    lab.inject(
        spot,
        Box::new(move |segment, toward| {
            if toward == Toward::Client {
                return Reaction::pass();
            }
            if segment.payload.starts_with(&http_request(BLOCKED_NAME)) {
                is_blocked = true;
                return Reaction::replace(page_fin_reset(segment));
            }
            // What the client says to the page is for nobody else.
            if is_blocked {
                Reaction::replace(Vec::new())
            } else {
                Reaction::pass()
            }
        }),
    )?;
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.client.send(&http_request(BLOCKED_NAME))?;
    lab.wait_for(Node::Client, "the box's reset", |segment| segment.flags.rst)?;
    lab.end_captures_now()
}

fn page_fin_reset(request: &Segment) -> Vec<Injection> {
    let page = Segment {
        flags: Flags {
            ack: true,
            psh: true,
            ..Flags::default()
        },
        window: 509,
        payload: BLOCK_PAGE.to_vec(),
        ..request.forged_answer()
    };
    let fin = Segment {
        flags: Flags {
            ack: true,
            fin: true,
            ..Flags::default()
        },
        sequence: page.next_sequence(),
        payload: Vec::new(),
        ..page.clone()
    };
    let reset = Segment {
        sequence: fin.next_sequence(),
        ..request.forged_answer()
    };
    let step = Duration::from_millis(1);
    vec![
        to_client(Duration::ZERO, page),
        to_client(step, fin),
        to_client(step * 2, reset),
    ]
}
