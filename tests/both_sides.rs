// SPDX-License-Identifier: GPL-2.0-or-later

//! Captures of both sides in one file: what was made in between is found, and nobody is
//! accused or cleared falsely, whatever the clocks say, whether or not the file keeps the
//! interfaces apart, and where packets are missing.

#![expect(
    clippy::print_stderr,
    reason = "what is measured, and what is not here"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    ops::Add,
    path::Path,
    sync::Mutex,
};

use rstscope::{
    engine::{Engine, Settings},
    replay::{Frame, FrameFields, read_frames},
    wire::{FrameNumber, IpVersion, Packet, Timestamp},
};
use rstscope_test_support::cases::{self, Case};
use serde::Deserialize;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What is wrong with one of the captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// All IP IDs are 0.
    NoIds,
    /// Only headers were kept.
    Short,
    /// So many packets in a thousand are missing, by chance.
    Lost(u64),
    /// It begins after a third of its packets.
    Late,
    /// It holds what one side sends, and not what the other sends.
    OneWay,
}

/// How the captures differ from what they were, and how the file was made.
#[derive(Clone, Copy, Debug)]
struct World {
    /// How far the server's clock runs ahead, ns.
    ahead: i64,
    /// How much faster it runs, in millionths.
    drift: i64,
    /// Whether the file keeps the interfaces apart.
    interfaces: bool,
    flaw: Flaw,
    /// Whose capture has the flaw: the server's or the client's.
    servers: bool,
    /// Which packets are missing by chance.
    seed: u64,
}

const SECOND: i64 = 1_000_000_000;

const FLAWS: &[Flaw] = &[
    Flaw::None,
    Flaw::NoIds,
    Flaw::Short,
    Flaw::Lost(10),
    Flaw::Lost(50),
    Flaw::Late,
    Flaw::OneWay,
];

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
            for (flaw, servers) in FLAWS
                .iter()
                .flat_map(|flaw| [(*flaw, true), (*flaw, false)])
            {
                worlds.push(World {
                    ahead,
                    drift,
                    interfaces,
                    flaw,
                    servers,
                    seed: worlds.len() as u64,
                });
            }
        }
    }
    worlds
}

/// One packet of one side's capture, as the file holds it.
struct Taken<'a> {
    server: bool,
    /// Its number in the capture of its side.
    number: u32,
    packet: Packet<'a>,
}

/// A number that differs from packet to packet and from world to world, the same on every run.
fn chance(name: &str, index: usize, world: World) -> u64 {
    let seed = name.bytes().fold(world.seed + 1, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    let mut mixed = seed.wrapping_mul(1 << 20).wrapping_add(index as u64);
    for _ in 0..3 {
        mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    mixed >> 20
}

/// The packets of one capture in this world, in their order.
fn side<'a>(name: &str, frames: &'a [Frame], server: bool, world: World) -> Vec<Taken<'a>> {
    let packets: Vec<Packet<'_>> = frames.iter().filter_map(Frame::packet).collect();
    let first = packets.first().map_or(0, |packet| packet.time.0);
    let (count, flawed) = (packets.len(), server == world.servers);
    let lower = packets.first().map(|packet| packet.source);
    let is_kept = |index: usize, packet: &Packet<'_>| match world.flaw {
        Flaw::Lost(share) => chance(name, index, world) % 1000 >= share,
        Flaw::Late => index * 3 >= count,
        Flaw::OneWay => Some(packet.source) == lower,
        Flaw::None | Flaw::NoIds | Flaw::Short => true,
    };
    let kept = packets.into_iter().enumerate();
    let kept = kept.filter(|(index, packet)| !flawed || is_kept(*index, packet));
    kept.map(|(_, mut packet)| {
        if server {
            let passed = packet.time.0 - first;
            let time = packet.time.0 + world.ahead + passed / 1_000_000 * world.drift;
            packet.time = Timestamp(time);
        }
        if let Some(IpVersion::V4 { id, .. }) = packet.ip.as_mut().map(|ip| &mut ip.version)
            && world.flaw == Flaw::NoIds
        {
            *id = 0;
        }
        if world.flaw == Flaw::Short && flawed {
            let header = usize::from(packet.tcp.get(12).copied().unwrap_or_default() >> 4) * 4;
            packet.tcp = packet.tcp.get(..header).unwrap_or(packet.tcp);
        }
        packet.link = packet
            .link
            .at_interface(u32::from(server && world.interfaces));
        let number = packet.frame.get();
        Taken {
            server,
            number,
            packet,
        }
    })
    .collect()
}

/// Who sent each RST of a capture, by frame.
type Truth = BTreeMap<u32, String>;

/// The captures of both sides of one conversation, or of several.
struct Both {
    name: String,
    sides: [Vec<Frame>; 2],
    truth: [Truth; 2],
}

/// How often what was the case met what was said.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    confirmed: usize,
    undecided: usize,
    accused: usize,
    found: usize,
    missed: usize,
    cleared: usize,
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            confirmed: self.confirmed + other.confirmed,
            undecided: self.undecided + other.undecided,
            accused: self.accused + other.accused,
            found: self.found + other.found,
            missed: self.missed + other.missed,
            cleared: self.cleared + other.cleared,
        }
    }
}

impl Tally {
    fn count(&mut self, truth: &str, said: &str) {
        *match (truth, said) {
            ("endpoint", "endpoint") => &mut self.confirmed,
            ("endpoint", "middlebox") => &mut self.accused,
            ("endpoint", _) => &mut self.undecided,
            ("middlebox", "middlebox") => &mut self.found,
            ("middlebox", "endpoint") => &mut self.cleared,
            _ => &mut self.missed,
        } += 1;
    }
}

/// Fields that tell why.
const ARGUMENT: &[&str] = &[
    "rst.made_between",
    "rst.evidence",
    "rst.evidence.weight",
    "rst.hypothesis",
    "rst.hypothesis.sum",
    "rst.evidence.sum",
];

/// What is said of each RST of a merged file: side, number in its capture, origin.
fn verdicts(taken: &[Taken<'_>]) -> Outcome<Vec<(bool, u32, String, String)>> {
    let mut engine = Engine::new(Settings::default());
    let mut frames = Vec::new();
    for (number, taken) in (1..).zip(taken) {
        let frame = FrameNumber::new(number).ok_or("no frame")?;
        let packet = Packet {
            frame,
            ..taken.packet
        };
        engine.observe(&packet);
        frames.push((taken, frame));
    }
    let said = frames.into_iter().filter_map(|(taken, frame)| {
        let fields = FrameFields::of(&engine, frame)?.fields;
        let origin = fields.iter().find(|(name, _)| *name == "rst.origin")?;
        let why = fields.iter().filter(|(name, _)| ARGUMENT.contains(name));
        let why: Vec<_> = why.map(|(_, value)| value.as_str()).collect();
        Some((taken.server, taken.number, origin.1.clone(), why.join(" ")))
    });
    Ok(said.collect())
}

/// Adds what is said of a merged file to the tally; the answer is what is wrong.
fn judge(both: &Both, world: World, tally: &mut Tally) -> Outcome<Vec<String>> {
    let [client, server] = &both.sides;
    let mut merged = side(&both.name, client, false, world);
    merged.extend(side(&both.name, server, true, world));
    merged.sort_by_key(|taken| taken.packet.time);
    let mut faults = Vec::new();
    for (is_server, number, said, why) in verdicts(&merged)? {
        let [client, server] = &both.truth;
        let truth = if is_server { server } else { client };
        let Some(truth) = truth.get(&number) else {
            continue;
        };
        tally.count(truth, &said);
        let is_wrong = said != "unclear" && said != *truth;
        if is_wrong || (world.flaw.is_whole() && said != *truth) {
            let side = if is_server { "server" } else { "client" };
            faults.push(format!(
                "{}.{side} frame {number}: {truth}, {said} is said; {world:?}: {why}",
                both.name
            ));
        }
    }
    Ok(faults)
}

#[derive(Deserialize)]
struct Description {
    #[serde(default)]
    reset: Vec<Label>,
}

#[derive(Deserialize)]
struct Label {
    frame: u32,
    origin: String,
}

fn truth(case: &Case) -> Outcome<Truth> {
    let description = case.capture.with_file_name("case.toml");
    let description: Description = toml::from_str(&fs::read_to_string(description)?)?;
    let labels = description.reset.into_iter();
    Ok(labels.map(|label| (label.frame, label.origin)).collect())
}

/// The project's cases of which both sides were captured.
fn cases() -> Outcome<Vec<Both>> {
    let mut both = Vec::new();
    let mut clients: Vec<Case> = Vec::new();
    for case in cases::all()? {
        if case.name.ends_with("-client") {
            clients.push(case);
        } else if let Some(name) = case.name.strip_suffix("-server") {
            let name = name.to_owned();
            let place = clients
                .iter()
                .position(|case| case.name == format!("{name}-client"));
            if let Some(client) = place.map(|place| clients.remove(place)) {
                both.push(Both {
                    name,
                    sides: [read_frames(&client.capture)?, read_frames(&case.capture)?],
                    truth: [truth(&client)?, truth(&case)?],
                });
            }
        }
    }
    Ok(both)
}

/// The captures of both sides in a folder with `labels.tsv`; empty where it is not there.
fn labelled(folder: &Path) -> Outcome<Vec<Both>> {
    let Ok(labels) = fs::read_to_string(folder.join("labels.tsv")) else {
        return Ok(Vec::new());
    };
    let mut truths: BTreeMap<String, Truth> = BTreeMap::new();
    for line in labels.lines().skip(1) {
        if let [file, frame, origin, ..] = line.split('\t').collect::<Vec<_>>().as_slice() {
            let truth = truths.entry((*file).to_owned()).or_default();
            truth.insert(frame.parse()?, (*origin).to_owned());
        }
    }
    let mut names = BTreeSet::new();
    for file in folder.read_dir()? {
        let file = file?.file_name().to_string_lossy().into_owned();
        names.extend(file.strip_suffix(".client.pcap").map(str::to_owned));
    }
    let mut both = Vec::new();
    for name in names {
        let files = ["client", "server"].map(|side| format!("{name}.{side}.pcap"));
        if !files.iter().all(|file| folder.join(file).exists()) {
            continue;
        }
        let [client, server] = files.map(|file| {
            let truth = truths.remove(&file).unwrap_or_default();
            read_frames(&folder.join(file)).map(|frames| (frames, truth))
        });
        let ((client, its), (server, theirs)) = (client?, server?);
        both.push(Both {
            name,
            sides: [client, server],
            truth: [its, theirs],
        });
    }
    Ok(both)
}

impl Flaw {
    /// Whether both captures hold everything that passed.
    const fn is_whole(self) -> bool {
        matches!(self, Self::None | Self::NoIds | Self::Short)
    }

    /// Of how many genuine RSTs one may be taken for another's. In captures of ten packets
    /// one that is missing by chance looks like one that was never sent; and before the
    /// first packet that both hold, nothing tells that there are two points.
    const fn wrong(self) -> usize {
        match self {
            Self::None | Self::NoIds | Self::Short => usize::MAX,
            Self::Lost(_) | Self::OneWay => 500,
            Self::Late => 150,
        }
    }
}

/// The most that may be left undecided of what was not made in between: 1 in 50.
const UNDECIDED: usize = 50;

fn check(set: &str, all: &[Both]) -> Outcome {
    let worlds = worlds();
    let tallies = Mutex::new(Vec::new());
    let mut faults = cases::faults_of(&worlds, |world| {
        let mut tally = Tally::default();
        let mut faults = Vec::new();
        for both in all {
            faults.extend(judge(both, *world, &mut tally)?);
        }
        tallies
            .lock()
            .map_err(|_| "a thread panicked")?
            .push((world.flaw, tally));
        let genuine = tally.confirmed + tally.undecided;
        let is_right = tally.accused + tally.cleared + tally.missed == 0
            && tally.undecided * UNDECIDED <= genuine;
        Ok(if is_right || !world.flaw.is_whole() {
            Vec::new()
        } else {
            faults
        })
    });
    let tallies = tallies.into_inner().map_err(|_| "a thread panicked")?;
    for flaw in FLAWS {
        let of_flaw = tallies.iter().filter(|(of, _)| of == flaw);
        let sum = of_flaw.fold(Tally::default(), |sum, (_, tally)| sum + *tally);
        eprintln!("{set}, {flaw:?}: {sum:?}");
        let genuine = sum.confirmed + sum.undecided + sum.accused;
        if sum.accused > genuine / flaw.wrong() {
            faults.push_str(&format!("{set}, {flaw:?}: {} accused\n", sum.accused));
        }
    }
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

#[test]
fn what_was_made_in_between_is_found() -> Outcome {
    let both = cases()?;
    assert!(both.len() > 50, "{}", both.len());
    check("cases", &both)
}

#[test]
fn what_was_made_in_between_is_found_in_other_captures() -> Outcome {
    let folder = rstscope_test_support::root()
        .join("..")
        .join("shared/captures/lab");
    let both = labelled(&folder)?;
    if both.is_empty() {
        eprintln!("{} is not here", folder.display());
        return Ok(());
    }
    check("lab", &both)
}
