// SPDX-License-Identifier: GPL-2.0-or-later

//! Nothing that an attacker off the path can send accuses a host or clears a forger.
//!
//! He knows addresses and ports, and no numbers: whatever he sends has sequence and
//! acknowledgment numbers far from those of the connection. TTL, flags, payload, number and
//! moment are his to choose. Beside a host, packets in that host's own name do not come from
//! outside: there he can only send to it.

use std::{error::Error, fs, net::IpAddr};

use rstscope::{
    engine::{Engine, Settings},
    replay::{self, Frame, FrameFields, read_frames},
    wire::{FrameNumber, IpHeader, IpVersion, Link, Packet, Timestamp},
};
use rstscope_test_support::cases;
use serde::Deserialize;

#[derive(Deserialize)]
struct Truths {
    vantage: String,
    #[serde(default)]
    reset: Vec<Truth>,
}

#[derive(Deserialize)]
struct Truth {
    frame: u32,
    origin: String,
}

/// Where the attacker's packets stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Before,
    After,
    Both,
}

/// The TTL with which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hops {
    /// The reset's own.
    AsReset,
    /// As the claimed sender's other packets.
    AsSender,
    /// One that nobody else has.
    Strange,
    /// Another each time.
    Any,
}

/// What he sends.
#[derive(Clone, Copy, Debug)]
struct Attack {
    count: u8,
    moment: Moment,
    hops: Hops,
    flags: u8,
    payload: usize,
    /// In whose name: the RST's claimed sender's, else its receiver's.
    as_sender: bool,
    /// He sees the connection after all, and writes its numbers.
    knows: bool,
}

const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;
const FIN: u8 = 0x01;
const PSH: u8 = 0x08;

/// Flags and bytes of payload.
const SHAPES: [(u8, usize); 7] = [
    (SYN, 0),
    (ACK, 0),
    (PSH | ACK, 41),
    (FIN | ACK, 0),
    (RST, 0),
    (RST | ACK, 0),
    (SYN | ACK, 0),
];
/// TTLs with which no router has dealt.
const UNTOUCHED: [u8; 3] = [64, 128, 255];
const COUNTS: [u8; 3] = [1, 6, 20];
/// Each case meets one attack in so many. Optimised, all on all take half a minute; else a
/// quarter of an hour.
const SAMPLED: usize = if cfg!(debug_assertions) { 127 } else { 1 };
const MOMENTS: [Moment; 3] = [Moment::Before, Moment::After, Moment::Both];
const HOPS: [Hops; 4] = [Hops::AsReset, Hops::AsSender, Hops::Strange, Hops::Any];

/// Everything that is tried.
fn attacks(knows: bool) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for count in COUNTS {
        for moment in MOMENTS {
            for hops in HOPS {
                for (flags, payload) in SHAPES {
                    for as_sender in [true, false] {
                        attacks.push(Attack {
                            count,
                            moment,
                            hops,
                            flags,
                            payload,
                            as_sender,
                            knows,
                        });
                    }
                }
            }
        }
    }
    attacks
}

/// Small numbers that look like chance and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 32).unwrap_or_default()
    }
}

/// The numbers of a real segment.
fn numbers(packet: &Packet<'_>) -> Option<(u32, u32)> {
    let read = |at: usize| Some(u32::from_be_bytes(*packet.tcp.get(at..)?.first_chunk()?));
    Some((read(4)?, read(8)?))
}

/// The numbers of what follows a segment with payload or none.
fn next(packet: &Packet<'_>) -> Option<(u32, u32)> {
    let (seq, ack) = numbers(packet)?;
    let [words, flags] = *packet.tcp.get(12..)?.first_chunk()?;
    let header = u32::from(words >> 4) * 4;
    let control = u32::from(flags & (SYN | FIN) != 0);
    let length = packet.tcp_reported.checked_sub(header)? + control;
    Some((seq.wrapping_add(length), ack))
}

/// A number that is at least a quarter of all numbers away from each of these.
fn far_from(dice: &mut Dice, taken: &[u32]) -> u32 {
    loop {
        let number = dice.roll();
        let near = |other: &u32| number.wrapping_sub(*other).cast_signed().unsigned_abs() < 1 << 28;
        if !taken.iter().any(near) {
            return number;
        }
    }
}

/// One blind segment.
struct Blind {
    source: IpAddr,
    destination: IpAddr,
    ip: IpHeader,
    link: Link,
    tcp: Vec<u8>,
}

/// The packets of one conversation and its RST.
struct Target<'a> {
    reset: Packet<'a>,
    /// Of the claimed sender, before the RST.
    sender: Option<Packet<'a>>,
    /// Of its receiver.
    receiver: Option<Packet<'a>>,
    /// Sequence and acknowledgment number that each side would write next.
    standing: [Option<(u32, u32)>; 2],
    /// It was captured at this host.
    vantage: String,
    /// Numbers that the conversation uses, both ways.
    taken: Vec<u32>,
}

fn is_reset(packet: &Packet<'_>) -> bool {
    packet.tcp.get(13).is_some_and(|flags| flags & RST != 0)
}

impl<'a> Target<'a> {
    fn of(packets: &[Packet<'a>], frame: u32, vantage: &str) -> Option<Self> {
        let reset = *packets.iter().find(|it| it.frame.get() == frame)?;
        let ports = |it: &Packet<'_>| it.tcp.first_chunk::<4>().copied();
        let flipped = |it: &Packet<'_>| ports(it).map(|[a, b, c, d]| [c, d, a, b]);
        let from = |it: &&Packet<'a>| it.source == reset.source && ports(it) == ports(&reset);
        let to = |it: &&Packet<'a>| it.source == reset.destination && flipped(it) == ports(&reset);
        let all = packets.iter().filter(|it| from(it) || to(it));
        let taken = all.filter_map(numbers).flat_map(|(seq, ack)| [seq, ack]);
        let before = || packets.iter().take_while(|it| it.frame != reset.frame);
        let last = |sent: &mut dyn Iterator<Item = &Packet<'_>>| sent.filter_map(next).last();
        Some(Self {
            reset,
            sender: packets
                .iter()
                .filter(from)
                .find(|it| !is_reset(it))
                .copied(),
            receiver: packets.iter().filter(to).find(|it| !is_reset(it)).copied(),
            standing: [
                last(&mut before().filter(from)),
                last(&mut before().filter(to)),
            ],
            vantage: vantage.to_owned(),
            taken: taken.collect(),
        })
    }

    /// His packets; none where he cannot be off the path.
    fn blind(&self, attack: &Attack, dice: &mut Dice) -> Vec<Blind> {
        (0..attack.count)
            .filter_map(|_| self.one(attack, dice))
            .collect()
    }

    fn one(&self, attack: &Attack, dice: &mut Dice) -> Option<Blind> {
        let model = match attack.as_sender {
            true => self.sender.unwrap_or(self.reset),
            false => self.receiver?,
        };
        let ttl_of = |packet: &Packet<'_>| packet.ip.map(|ip| ip.ttl);
        let own = ttl_of(&model)?;
        if UNTOUCHED.contains(&own) || self.is_from_here(&model) {
            return None;
        }
        let ttl = match attack.hops {
            Hops::AsReset => ttl_of(&self.reset)?,
            Hops::AsSender => own,
            Hops::Strange => own.wrapping_add(37).max(3),
            Hops::Any => u8::try_from(dice.roll() % 250).unwrap_or_default() + 3,
        };
        let ip = model.ip?;
        let id = u16::try_from(dice.roll() & 0xffff).unwrap_or_default();
        Some(Blind {
            source: model.source,
            destination: model.destination,
            ip: IpHeader {
                // It has passed a router.
                ttl: ttl.min(254),
                traffic_class: 0,
                version: match ip.version {
                    IpVersion::V4 { .. } => IpVersion::V4 {
                        id,
                        dont_fragment: true,
                    },
                    IpVersion::V6 { .. } => IpVersion::V6 {
                        flow_label: dice.roll() & 0xf_ffff,
                    },
                },
            },
            link: model.link,
            tcp: self.tcp(&model, attack, dice)?,
        })
    }

    /// Whether it comes from the host at which the capture was taken; the lab's clients have
    /// the higher ports.
    fn is_from_here(&self, packet: &Packet<'_>) -> bool {
        let of_client = packet.tcp.get(..2) > packet.tcp.get(2..4);
        self.vantage == if of_client { "client" } else { "server" }
    }

    fn tcp(&self, model: &Packet<'_>, attack: &Attack, dice: &mut Dice) -> Option<Vec<u8>> {
        let mut tcp = model.tcp.get(..4)?.to_vec();
        let far = far_from(dice, &self.taken);
        let (seq, ack) = match (attack.knows, attack.flags & ACK) {
            (true, _) => (*self.standing.get(usize::from(!attack.as_sender))?)?,
            (false, 0) => (far, 0),
            (false, _) => (far, far_from(dice, &self.taken)),
        };
        tcp.extend(seq.to_be_bytes());
        tcp.extend(ack.to_be_bytes());
        tcp.extend([5 << 4, attack.flags, 2, 0, 0, 0, 0, 0]);
        tcp.extend(std::iter::repeat_n(b'x', attack.payload));
        Some(tcp)
    }
}

/// What is said of the RST where he has sent these.
fn judge(packets: &[Packet<'_>], reset: FrameNumber, attack: Moment, blind: &[Blind]) -> String {
    let mut engine = Engine::new(Settings::default());
    let mut number = 0;
    let mut place = None;
    let mut last = packets.first().map_or(Timestamp(0), |packet| packet.time);
    let mut observe = |packet: Packet<'_>| {
        number += 1;
        if let Some(frame) = FrameNumber::new(number) {
            engine.observe(&Packet { frame, ..packet });
        }
        FrameNumber::new(number)
    };
    let shoot = |from: Timestamp, to: Timestamp, observe: &mut dyn FnMut(Packet<'_>)| {
        let steps = i64::try_from(blind.len()).unwrap_or_default() + 1;
        for (step, blind) in (1..).zip(blind) {
            observe(Packet {
                frame: reset,
                time: Timestamp(from.0 + (to.0 - from.0) * step / steps),
                source: blind.source,
                destination: blind.destination,
                ip: Some(blind.ip),
                link: blind.link,
                link_destination: None,
                tcp: &blind.tcp,
                tcp_reported: u32::try_from(blind.tcp.len()).unwrap_or_default(),
            });
        }
    };
    for (index, packet) in packets.iter().enumerate() {
        let is_target = packet.frame == reset;
        if is_target && attack != Moment::After {
            shoot(last, packet.time, &mut |packet| {
                observe(packet);
            });
        }
        let frame = observe(*packet);
        if is_target {
            place = frame;
        }
        if is_target && attack != Moment::Before {
            let next = packets
                .get(index + 1)
                .map_or(packet.time.0, |next| next.time.0);
            let next = Timestamp(
                next.max(packet.time.0 + 40_000_000)
                    .min(packet.time.0 + 200_000_000),
            );
            shoot(packet.time, next, &mut |packet| {
                observe(packet);
            });
        }
        last = packet.time;
    }
    let fields = place.and_then(|frame| FrameFields::of(&engine, frame));
    let fields = fields.map(|fields| fields.fields).unwrap_or_default();
    let mut origin = fields.iter().filter(|(name, _)| *name == "rst.origin");
    origin
        .next()
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

/// What goes wrong in one case.
fn faults(case: &cases::Case, attacks: &[Attack]) -> Result<Vec<String>, Box<dyn Error>> {
    let frames = match read_frames(&case.capture) {
        Ok(frames) => frames,
        // Wi-Fi: only Wireshark reads it.
        Err(replay::Error::LinkType(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let description = fs::read_to_string(case.capture.with_file_name("case.toml"))?;
    let truths: Truths = toml::from_str(&description)?;
    let packets: Vec<Packet<'_>> = frames.iter().filter_map(Frame::packet).collect();
    let mut faults = Vec::new();
    for truth in &truths.reset {
        let Some(target) = Target::of(&packets, truth.frame, &truths.vantage) else {
            continue;
        };
        if target.reset.source.is_loopback() {
            continue;
        }
        let before = judge(&packets, target.reset.frame, Moment::Before, &[]);
        for attack in attacks {
            let mut dice = Dice(u64::from(truth.frame).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
            let blind = target.blind(attack, &mut dice);
            let after = judge(&packets, target.reset.frame, attack.moment, &blind);
            let is_fault = matches!(
                (truth.origin.as_str(), before.as_str(), after.as_str()),
                ("endpoint", "endpoint" | "unclear", "middlebox")
                    | ("middlebox", "middlebox", "endpoint")
            );
            if is_fault {
                faults.push(format!(
                    "{} frame {}: {before} became {after} by {attack:?}",
                    case.name, truth.frame
                ));
            }
        }
    }
    Ok(faults)
}

/// The cases in which attacks succeed.
fn faults_of_all(knows: bool) -> Result<String, Box<dyn Error>> {
    let cases = cases::all()?;
    let numbered: Vec<_> = cases.iter().enumerate().collect();
    let attacks = attacks(knows);
    Ok(cases::faults_of(&numbered, |(place, case)| {
        let mine = attacks.iter().skip(place % SAMPLED).step_by(SAMPLED);
        faults(case, &mine.copied().collect::<Vec<_>>())
    }))
}

#[test]
fn nothing_off_the_path_accuses_or_clears() -> Result<(), Box<dyn Error>> {
    let faults = faults_of_all(false)?;
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

/// Or else this test would see nothing.
#[test]
fn who_knows_the_numbers_does() -> Result<(), Box<dyn Error>> {
    let faults = faults_of_all(true)?;
    assert!(faults.contains("became middlebox") && faults.contains("became endpoint"));
    Ok(())
}
