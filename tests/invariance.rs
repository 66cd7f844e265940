// SPDX-License-Identifier: GPL-2.0-or-later

//! Every case once more in another world: what does not bear on who sent a reset may not
//! change the answer.
//!
//! Addresses may be any, and a capture may begin at any time: every field stays.
//! Where TTLs are some hops lower, or everything takes longer, some yardsticks are lost
//! (a TTL of 255 says that no router was passed, a second that a SYN is repeated), so that a
//! verdict may become `unclear` or leave it.
//! It may not change sides.

use std::{error::Error, net::IpAddr, path::Path};

use rstscope::{
    engine::{Engine, Settings},
    replay::{self, FrameFields, read_frames},
    wire::Packet,
};
use rstscope_test_support::cases;

/// What a verdict is compared by.
const TOLD: &[&str] = &[
    "rst.phase",
    "rst.origin",
    "rst.confidence",
    "rst.cause",
    "rst.impact",
    "rst.evidence",
    "rst.evidence.sum",
    "rst.hypothesis",
];

/// Every reset of a capture, as known after all of it, with each packet changed.
fn verdicts(
    capture: &Path,
    change: impl Fn(&mut Packet<'_>),
) -> Result<Vec<FrameFields>, Box<dyn Error>> {
    let mut engine = Engine::new(Settings::default());
    let frames = match read_frames(capture) {
        // `reader = "wireshark"` in its case.toml: Wi-Fi.
        Err(replay::Error::LinkType(_)) => Vec::new(),
        frames => frames?,
    };
    for frame in &frames {
        if let Some(mut packet) = frame.packet() {
            change(&mut packet);
            engine.observe(&packet);
        }
    }
    Ok(frames
        .iter()
        .filter_map(|frame| FrameFields::of(&engine, frame.number))
        .filter(|fields| !value(fields, "rst.origin").is_empty())
        .collect())
}

/// All values of a field.
fn value(fields: &FrameFields, name: &str) -> String {
    let values = fields.fields.iter().filter(|(field, _)| *field == name);
    let values: Vec<_> = values.map(|(_, value)| value.as_str()).collect();
    values.join(",")
}

/// What differs between every case as it is and as it would be.
fn differences(
    change: impl Fn(&mut Packet<'_>) + Sync,
    differs: impl Fn(&FrameFields, &FrameFields) -> Option<String> + Sync,
) -> Result<String, Box<dyn Error>> {
    let cases = cases::all()?;
    Ok(cases::faults_of(&cases, |case| {
        let before = verdicts(&case.capture, |_| ())?;
        let after = verdicts(&case.capture, &change)?;
        if before.len() != after.len() {
            return Err(format!("{}: {} and {}", case.name, before.len(), after.len()).into());
        }
        let pairs = before.iter().zip(&after);
        let faults = pairs.filter_map(|(before, after)| {
            let fault = differs(before, after)?;
            Some(format!("{} frame {}: {fault}", case.name, before.frame))
        });
        Ok(faults.collect())
    }))
}

/// Any of the fields that is another one.
fn any_field(before: &FrameFields, after: &FrameFields) -> Option<String> {
    let (field, old, new) = TOLD
        .iter()
        .map(|field| (field, value(before, field), value(after, field)))
        .find(|(_, old, new)| old != new)?;
    Some(format!("{field} {old} became {new}"))
}

/// The other side.
fn side(before: &FrameFields, after: &FrameFields) -> Option<String> {
    let (old, new) = (value(before, "rst.origin"), value(after, "rst.origin"));
    let decided = |origin: &String| matches!(origin.as_str(), "endpoint" | "middlebox");
    (old != new && decided(&old) && decided(&new)).then(|| format!("{old} became {new}"))
}

/// Another address of the same network's size and scope.
fn renumbered(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => match address.octets() {
            [10, net, rest @ ..] => [10, net ^ 0x2a, rest[0], rest[1]].into(),
            octets => octets.into(),
        },
        IpAddr::V6(address) => {
            let mut segments = address.segments();
            if segments[0] != 0 && segments[0] != 0xfe80 {
                segments[2] ^= 0x2a;
            }
            segments.into()
        }
    }
}

#[test]
fn other_addresses_change_nothing() -> Result<(), Box<dyn Error>> {
    let change = |packet: &mut Packet<'_>| {
        packet.source = renumbered(packet.source);
        packet.destination = renumbered(packet.destination);
    };
    let faults = differences(change, any_field)?;
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

#[test]
fn another_day_changes_nothing() -> Result<(), Box<dyn Error>> {
    // A thousand days, and not whole seconds.
    let change = |packet: &mut Packet<'_>| packet.time.0 += 86_400_000_123_456_789;
    let faults = differences(change, any_field)?;
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

#[test]
fn no_verdict_changes_sides_three_routers_farther_away() -> Result<(), Box<dyn Error>> {
    let change = |packet: &mut Packet<'_>| {
        if let Some(ip) = &mut packet.ip {
            ip.ttl = ip.ttl.saturating_sub(3).max(1);
        }
    };
    let faults = differences(change, side)?;
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

#[test]
fn no_verdict_changes_sides_where_all_takes_a_quarter_longer() -> Result<(), Box<dyn Error>> {
    let change = |packet: &mut Packet<'_>| packet.time.0 += packet.time.0 / 4;
    let faults = differences(change, side)?;
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

#[test]
fn the_comparison_sees_another_world() -> Result<(), Box<dyn Error>> {
    let change = |packet: &mut Packet<'_>| {
        if let Some(ip) = &mut packet.ip {
            ip.ttl = 64;
        }
    };
    assert!(!differences(change, any_field)?.is_empty());
    assert!(!differences(change, side)?.is_empty());
    Ok(())
}
