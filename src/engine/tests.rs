// SPDX-License-Identifier: GPL-2.0-or-later

//! The engine as a whole; single rules are tested where they stand.

use std::net::IpAddr;

use super::*;
use crate::{conversation::Conversation, wire::Timestamp};

#[test]
fn whatever_is_no_tcp_is_passed_over() {
    let mut engine = Engine::new(Settings::default());
    let frame = FrameNumber::new(1).unwrap();
    for tcp in [&[][..], &[0; 19], &[0xff; 20], &[0; 60]] {
        engine.observe(&Packet {
            frame,
            time: Timestamp(0),
            source: IpAddr::from([10, 0, 0, 1]),
            destination: IpAddr::from([10, 0, 0, 2]),
            ip: None,
            link: crate::wire::Link::default(),
            link_destination: None,
            tcp,
            tcp_reported: 60,
        });
    }
    assert!(engine.verdict(frame).is_none());
}

/// What one more conversation, or one more host, costs.
#[test]
fn memory_budget() {
    assert!(
        size_of::<Conversation>() <= 480,
        "{}",
        size_of::<Conversation>()
    );
    assert!(size_of::<crate::baseline::Host>() <= 160);
}

/// A SYN of the client `number`, and the server's refusal: frames 2n − 1 and 2n.
fn refuse(engine: &mut Engine, number: u32) {
    let [_, _, third, fourth] = number.to_be_bytes();
    let client = IpAddr::from([10, 0, third, fourth]);
    let server = IpAddr::from([192, 0, 2, 1]);
    let mut send = |frame, source, destination, tcp: [u8; 20]| {
        engine.observe(&Packet {
            frame: FrameNumber::new(frame).unwrap(),
            time: Timestamp(i64::from(frame) * 1_000_000),
            source,
            destination,
            ip: None,
            link: crate::wire::Link::default(),
            link_destination: None,
            tcp: &tcp,
            tcp_reported: 20,
        });
    };
    let header = |ports: [u8; 4], flags: u8| {
        let mut tcp = [0; 20];
        tcp[..4].copy_from_slice(&ports);
        tcp[12] = 0x50;
        tcp[13] = flags;
        tcp
    };
    send(2 * number - 1, client, server, header([9, 9, 0, 80], 2));
    send(2 * number, server, client, header([0, 80, 9, 9], 20));
}

#[test]
fn what_is_let_go_is_known_as_such() {
    let mut shares = Shares::of(0);
    shares.verdicts.whole = 4;
    shares.verdicts.packed = 4096;
    let mut engine = Engine::with(Settings::default(), shares);
    for number in 1..=2000 {
        refuse(&mut engine, number);
    }
    let frame = |number| FrameNumber::new(number).unwrap();
    let limit = Settings::default().memory_limit;
    assert!(engine.verdict(frame(2)).is_none());
    assert_eq!(
        engine.forgotten(frame(2)),
        Some(Forgotten::Verdict { limit })
    );
    assert_eq!(engine.forgotten(frame(1)), None);
    assert_eq!(engine.forgotten(frame(4000)), None);
    assert!(engine.verdict(frame(4000)).is_some());
    let since = (1..=4000)
        .filter(|number| engine.forgotten(frame(*number)) == Some(Forgotten::Since { limit }));
    assert_eq!(since.count(), 1);
}
