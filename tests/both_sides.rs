// SPDX-License-Identifier: GPL-2.0-or-later

//! Captures of both sides in one file: no verdict may be worse than in the capture of its
//! side alone, whatever the clocks say, and whether or not the file keeps the interfaces apart.

use std::error::Error;

use rstscope::{
    engine::{Engine, Settings},
    replay::{Frame, FrameFields, read_frames},
    wire::{FrameNumber, IpVersion, Packet, Timestamp},
};
use rstscope_test_support::cases::{self, Case};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The server's first packet never passed the client, so that nothing tells yet that it was
/// captured elsewhere: the SYN was sent in the client's name by somebody else.
const STARTS_BEFORE_ITS_TWIN: &[&str] =
    &["backscatter_ports-v4-client", "backscatter_ports-v6-client"];

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

/// How the server's capture differs from what it was, and how the file was made.
#[derive(Clone, Copy, Debug)]
struct World {
    /// How far its clock runs ahead, ns.
    ahead: i64,
    /// How much faster it runs, in millionths.
    drift: i64,
    /// Whether the file keeps the interfaces apart.
    interfaces: bool,
    /// Packets in a thousand that each capture lost.
    loss: u64,
    /// IP IDs are 0.
    no_ids: bool,
}

const SECOND: i64 = 1_000_000_000;

/// Every world that is looked at.
fn worlds() -> Vec<World> {
    let clocks = [
        (0, 0),
        (3 * SECOND / 10, 0),
        (-3 * SECOND / 10, 0),
        (-5 * SECOND / 2, 0),
        (3600 * SECOND, 0),
        (SECOND / 1000, 50),
    ];
    let mut worlds = Vec::new();
    for (ahead, drift) in clocks {
        for interfaces in [true, false] {
            for (loss, no_ids) in [(0, false), (0, true), (10, true), (50, false)] {
                worlds.push(World {
                    ahead,
                    drift,
                    interfaces,
                    loss,
                    no_ids,
                });
            }
        }
    }
    worlds
}

/// One packet of one side's capture, as the file holds it.
struct Taken<'a> {
    server: bool,
    packet: Packet<'a>,
}

/// Whether a capture lost its packet number `index`: the same ones on every run.
fn is_lost(index: usize, server: bool, loss: u64) -> bool {
    let mut mixed = index as u64 * 2 + u64::from(server) + 1;
    for _ in 0..3 {
        mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    (mixed >> 20) % 1000 < loss
}

/// The packets of one capture in this world, in their order.
fn side(frames: &[Frame], server: bool, world: World) -> Vec<Taken<'_>> {
    let packets = frames.iter().filter_map(Frame::packet).enumerate();
    let kept = packets.filter(|(index, _)| !is_lost(*index, server, world.loss));
    let first = frames
        .iter()
        .find_map(Frame::packet)
        .map_or(0, |it| it.time.0);
    kept.map(|(_, mut packet)| {
        if server {
            let passed = packet.time.0 - first;
            let time = packet.time.0 + world.ahead + passed / 1_000_000 * world.drift;
            packet.time = Timestamp(time);
        }
        if let Some(IpVersion::V4 { id, .. }) = packet.ip.as_mut().map(|ip| &mut ip.version)
            && world.no_ids
        {
            *id = 0;
        }
        packet.link = packet
            .link
            .at_interface(u32::from(server && world.interfaces));
        Taken { server, packet }
    })
    .collect()
}

/// What is said of one RST, and whether it is of the server's capture.
type Told = (bool, Vec<(String, String)>);

/// What is said of each RST, in the file's order.
fn verdicts(taken: &[Taken<'_>]) -> Outcome<Vec<Told>> {
    let mut engine = Engine::new(Settings::default());
    let mut frames = Vec::new();
    for (number, taken) in (1..).zip(taken) {
        let frame = FrameNumber::new(number).ok_or("no frame")?;
        let packet = Packet {
            frame,
            ..taken.packet
        };
        engine.observe(&packet);
        frames.push((taken.server, frame));
    }
    let told = frames.into_iter().filter_map(|(server, frame)| {
        let fields = FrameFields::of(&engine, frame)?.fields;
        let told: Vec<_> = fields
            .into_iter()
            .filter(|(name, _)| TOLD.contains(name))
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        (!told.is_empty()).then_some((server, told))
    });
    Ok(told.collect())
}

/// What the merged file says otherwise than its parts.
fn faults(name: &str, client: &[Frame], server: &[Frame], world: World) -> Outcome<Vec<String>> {
    let [mut merged, alone] = [(); 2].map(|()| side(client, false, world));
    let alone = [verdicts(&alone)?, verdicts(&side(server, true, world))?];
    merged.extend(side(server, true, world));
    merged.sort_by_key(|taken| taken.packet.time);
    let merged = verdicts(&merged)?;
    let mut faults = Vec::new();
    for (from_server, alone) in [false, true].into_iter().zip(&alone) {
        let merged = merged.iter().filter(|(server, _)| *server == from_server);
        for (index, ((_, merged), (_, alone))) in merged.zip(alone).enumerate() {
            let same = if STARTS_BEFORE_ITS_TWIN.contains(&name) {
                // Nobody is accused who is not accused alone.
                let accuses = |told: &[(String, String)]| {
                    told.iter()
                        .any(|(field, value)| field == "rst.origin" && value == "middlebox")
                };
                !accuses(merged) || accuses(alone)
            } else {
                merged == alone
            };
            if !same {
                let side = if from_server { "server" } else { "client" };
                faults.push(format!(
                    "{name}, {world:?}, RST {index} of the {side}'s capture:\n  alone  {alone:?}\n  merged {merged:?}"
                ));
            }
        }
    }
    Ok(faults)
}

/// The cases of which both sides were captured.
fn pairs() -> Outcome<Vec<(Case, Case)>> {
    let mut pairs = Vec::new();
    let mut clients: Vec<Case> = Vec::new();
    for case in cases::all()? {
        if case.name.ends_with("-client") {
            clients.push(case);
        } else if let Some(name) = case.name.strip_suffix("-server") {
            let client = format!("{name}-client");
            let place = clients.iter().position(|case| case.name == client);
            pairs.extend(place.map(|place| (clients.remove(place), case)));
        }
    }
    Ok(pairs)
}

#[test]
fn no_verdict_is_worse_than_in_its_own_capture() -> Outcome {
    let pairs = pairs()?;
    assert!(pairs.len() > 50, "{}", pairs.len());
    let worlds = worlds();
    let faults = cases::faults_of(&pairs, |(client, server)| {
        let frames = [read_frames(&client.capture)?, read_frames(&server.capture)?];
        let [client_frames, server_frames] = &frames;
        let mut found = Vec::new();
        for world in &worlds {
            found.extend(faults(&client.name, client_frames, server_frames, *world)?);
        }
        Ok(found)
    });
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}
