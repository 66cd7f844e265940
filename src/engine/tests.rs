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
        size_of::<Conversation>() <= 456,
        "{}",
        size_of::<Conversation>()
    );
    assert!(size_of::<crate::baseline::Host>() <= 160);
}
