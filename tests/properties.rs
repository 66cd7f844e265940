// SPDX-License-Identifier: GPL-2.0-or-later

//! What must hold for any traffic at all: no panic, one verdict for every RST,
//! and the same verdict wherever the sequence numbers and the clock start.

use std::net::IpAddr;

use proptest::prelude::*;
use rstscope::{
    engine::{Engine, Settings},
    replay::FrameFields,
    wire::{FrameNumber, IpHeader, IpVersion, Link, Packet, Timestamp},
};

/// One segment, in numbers small enough that segments often fit each other.
#[derive(Clone, Debug)]
struct Step {
    from_client: bool,
    flags: u8,
    seq: u8,
    ack: u8,
    payload: u8,
    window: u16,
    pause_us: u32,
    ttl: u8,
    id: u16,
    timestamps: Option<u32>,
}

fn step() -> impl Strategy<Value = Step> {
    (
        any::<bool>(),
        // Mostly what occurs; now and then anything.
        prop_oneof![
            4 => prop::sample::select(vec![0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14]),
            1 => any::<u8>(),
        ],
        0..6_u8,
        0..6_u8,
        0..3_u8,
        prop::sample::select(vec![0, 63, 64, 65_535]),
        prop::sample::select(vec![10, 7_000, 48_000, 400_000, 40_000_000]),
        prop::sample::select(vec![61, 62, 64, 254, 255]),
        0..4_u16,
        prop::option::of(1..5_u32),
    )
        .prop_map(
            |(from_client, flags, seq, ack, payload, window, pause_us, ttl, id, timestamps)| Step {
                from_client,
                flags,
                seq,
                ack,
                payload,
                window,
                pause_us,
                ttl,
                id,
                timestamps,
            },
        )
}

/// Where everything starts.
#[derive(Clone, Copy, Default)]
struct Origin {
    client_seq: u32,
    server_seq: u32,
    time_ns: i64,
}

/// Written by hand, because etherparse writes no flags that make no sense.
fn tcp_bytes(step: &Step, origin: Origin) -> Vec<u8> {
    let (ports, own, peer) = if step.from_client {
        ([40_000_u16, 80], origin.client_seq, origin.server_seq)
    } else {
        ([80, 40_000], origin.server_seq, origin.client_seq)
    };
    let has_ack = step.flags & 0x10 != 0;
    let ack = if has_ack {
        peer.wrapping_add(step.ack.into())
    } else {
        0
    };
    let mut bytes = Vec::new();
    bytes.extend(ports.map(u16::to_be_bytes).concat());
    bytes.extend(own.wrapping_add(step.seq.into()).to_be_bytes());
    bytes.extend(ack.to_be_bytes());
    let words = if step.timestamps.is_some() { 8 } else { 5 };
    bytes.extend([words << 4, step.flags & 0x3f]);
    bytes.extend(step.window.to_be_bytes());
    bytes.extend([0; 4]);
    if let Some(value) = step.timestamps {
        bytes.extend([1, 1, 8, 10]);
        bytes.extend(value.to_be_bytes());
        bytes.extend([0; 4]);
    }
    bytes.extend(std::iter::repeat_n(b'x', step.payload.into()));
    bytes
}

/// The fields of all frames after the whole capture.
fn judge(steps: &[Step], origin: Origin) -> Vec<FrameFields> {
    let mut engine = Engine::new(Settings::default());
    let (client, server) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
    let mut time = origin.time_ns;
    let frames: Vec<FrameNumber> = (1..=steps.len())
        .filter_map(|number| FrameNumber::new(u32::try_from(number).ok()?))
        .collect();
    for (step, frame) in steps.iter().zip(&frames) {
        time += i64::from(step.pause_us) * 1000;
        let bytes = tcp_bytes(step, origin);
        let (source, destination) = if step.from_client {
            (client, server)
        } else {
            (server, client)
        };
        engine.observe(&Packet {
            frame: *frame,
            time: Timestamp(time),
            source,
            destination,
            ip: Some(IpHeader {
                ttl: step.ttl,
                traffic_class: 0,
                version: IpVersion::V4 {
                    id: step.id,
                    dont_fragment: true,
                },
            }),
            link: Link::default(),
            link_destination: None,
            tcp: &bytes,
            tcp_reported: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        });
    }
    frames
        .into_iter()
        .filter_map(|frame| FrameFields::of(&engine, frame))
        .collect()
}

/// Texts of evidence may name an absolute number, and the report names the time.
fn without_texts(mut frames: Vec<FrameFields>) -> Vec<FrameFields> {
    for frame in &mut frames {
        frame
            .fields
            .retain(|(name, _)| !["rst.evidence.text", "rst.report"].contains(name));
    }
    frames
}

fn is_judged(fields: &FrameFields) -> bool {
    fields.fields.iter().any(|(name, _)| *name == "rst.origin")
}

proptest! {
    #[test]
    fn every_reset_is_judged_and_nothing_else(steps in prop::collection::vec(step(), 1..24)) {
        let judged: Vec<u32> = judge(&steps, Origin::default())
            .iter()
            .filter(|fields| is_judged(fields))
            .map(|fields| fields.frame)
            .collect();
        let resets: Vec<u32> = (1..)
            .zip(&steps)
            .filter(|(_, step)| step.flags & 0x04 != 0)
            .map(|(frame, _)| frame)
            .collect();
        prop_assert_eq!(judged, resets);
    }

    #[test]
    fn sequence_numbers_and_clock_may_start_anywhere(
        steps in prop::collection::vec(step(), 1..24),
        client_seq in any::<u32>(),
        server_seq in any::<u32>(),
        time_ns in 0..4_000_000_000_000_000_000_i64,
    ) {
        // 0 is the number of a host without a connection, so nothing starts near it.
        let away = |seq: u32| seq.clamp(1000, u32::MAX - 1000);
        let here = judge(&steps, Origin { client_seq: 1000, server_seq: 1000, time_ns: 0 });
        let (client_seq, server_seq) = (away(client_seq), away(server_seq));
        let there = judge(&steps, Origin { client_seq, server_seq, time_ns });
        prop_assert_eq!(without_texts(here), without_texts(there));
    }

    #[test]
    fn the_same_capture_says_the_same(steps in prop::collection::vec(step(), 1..24)) {
        let origin = Origin { client_seq: u32::MAX - 2, server_seq: 7, time_ns: 0 };
        prop_assert_eq!(judge(&steps, origin), judge(&steps, origin));
    }

    #[test]
    fn any_bytes_are_taken(packets in prop::collection::vec(
        (prop::collection::vec(any::<u8>(), 0..80), any::<u32>(), any::<i64>()), 1..16)
    ) {
        let mut engine = Engine::new(Settings::default());
        for ((bytes, reported, time), number) in packets.iter().zip(1..) {
            let Some(frame) = FrameNumber::new(number) else { continue };
            engine.observe(&Packet {
                frame,
                time: Timestamp(*time),
                source: IpAddr::from([10, 0, 0, 1]),
                destination: IpAddr::from([10, 0, 0, 1]),
                ip: None,
                link: Link::default(),
                link_destination: None,
                tcp: bytes,
                tcp_reported: *reported,
            });
            // Every text is composed as well.
            let _ = FrameFields::of(&engine, frame);
        }
    }
}
