// SPDX-License-Identifier: GPL-2.0-or-later

//! What the engine costs: instructions and time a segment, and memory.
//!
//! `cargo xtask bench` runs it, under callgrind and alone; each run measures one thing.
#![expect(
    clippy::print_stdout,
    reason = "a command line tool: what it prints is its result"
)]

use std::{
    env,
    error::Error,
    fs,
    hint::black_box,
    net::{IpAddr, Ipv6Addr},
    path::Path,
    time::Instant,
};

use etherparse::SlicedPacket;
use pcap_file::pcap::PcapReader;
use rstscope::{
    baseline::Host,
    conversation::Conversation,
    engine::{Engine, Settings},
    replay::{Frame, read_frames},
    verdict::Verdict,
    wire::{FrameNumber, IpHeader, IpVersion, Link, Packet, Timestamp},
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        // The same reading of the file for all three, so that it can be subtracted.
        ["read", capture] => replay(capture.as_ref(), |_| ()),
        ["engine", capture] => replay(capture.as_ref(), engine),
        ["parse", capture] => {
            let frames = bytes(capture.as_ref())?;
            rate(frames.len(), || parse(&frames));
            Ok(())
        }
        ["bytes", capture] => {
            println!("frames {}", bytes(capture.as_ref())?.len());
            Ok(())
        }
        ["sizes"] => {
            println!("conversation {}", size_of::<Conversation>());
            println!("host {}", size_of::<Host>());
            println!("verdict {}", size_of::<Verdict>());
            Ok(())
        }
        ["flood", kind, count] => {
            let kind = FLOODS.iter().find(|(name, _)| *name == kind);
            let (_, segments) = kind.ok_or("no such flood")?;
            flood(count.parse()?, *segments)
        }
        // `cargo bench` without more: nothing to compare with, so nothing to do.
        _ => {
            println!("run by `cargo xtask bench`");
            Ok(())
        }
    }
}

fn replay(capture: &Path, work: fn(&[Packet<'_>])) -> Result<(), Box<dyn Error>> {
    let frames = read_frames(capture)?;
    let packets: Vec<Packet<'_>> = frames.iter().filter_map(Frame::packet).collect();
    rate(packets.len(), || work(&packets));
    Ok(())
}

fn engine(packets: &[Packet<'_>]) {
    let mut engine = Engine::new(Settings::default());
    for packet in packets {
        engine.observe(black_box(packet));
    }
    black_box(&engine);
}

fn bytes(capture: &Path) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut reader = PcapReader::new(fs::File::open(capture)?)?;
    let mut frames = Vec::new();
    while let Some(packet) = reader.next_packet() {
        frames.push(packet?.data.into_owned());
    }
    Ok(frames)
}

/// What etherparse alone does with a frame: Ethernet, IP and TCP headers.
fn parse(frames: &[Vec<u8>]) {
    for frame in frames {
        let _ = black_box(SlicedPacket::from_ethernet(black_box(frame)));
    }
}

fn rate(count: usize, work: impl FnOnce()) {
    let started = Instant::now();
    work();
    println!("segments {count}");
    println!("nanoseconds {}", started.elapsed().as_nanos());
}

/// One segment of a flood.
struct Sent {
    from_client: bool,
    flags: u8,
    seq: u32,
    ack: u32,
    payload: &'static [u8],
}

/// The segments of conversation `number`.
type Segments = fn(number: u32) -> Vec<Sent>;

/// What is sent, again and again, each time by another client.
const FLOODS: [(&str, Segments); 4] = [
    // Nobody answers.
    ("syn", |number| vec![client(SYN, number, 0, b"")]),
    // A reset answers each.
    ("answered", |number| {
        vec![
            client(SYN, number, 0, b""),
            server(RST_ACK, 0, number + 1, b""),
        ]
    }),
    // Requests are answered; nothing fails.
    ("served", |number| exchange(number)),
    // Requests are answered, and the connection reset.
    ("reset", |number| {
        let mut sent = exchange(number);
        sent.push(server(RST_ACK, number + 4, number + 20, b""));
        sent
    }),
];

const fn client(flags: u8, seq: u32, ack: u32, payload: &'static [u8]) -> Sent {
    Sent {
        from_client: true,
        flags,
        seq,
        ack,
        payload,
    }
}

const fn server(flags: u8, seq: u32, ack: u32, payload: &'static [u8]) -> Sent {
    Sent {
        from_client: false,
        flags,
        seq,
        ack,
        payload,
    }
}

fn exchange(number: u32) -> Vec<Sent> {
    vec![
        client(SYN, number, 0, b""),
        server(SYN | ACK, number, number + 1, b""),
        client(ACK, number + 1, number + 1, b"GET / HTTP/1.1\r\n\r\n"),
        server(ACK, number + 1, number + 19, b"HTTP/1.1 200 OK\r\n\r\n"),
    ]
}

/// Many conversations, each of another client with one server.
fn flood(count: u32, segments: Segments) -> Result<(), Box<dyn Error>> {
    let before = peak_kib()?;
    let mut engine = Engine::new(Settings::default());
    let here: IpAddr = Ipv6Addr::LOCALHOST.into();
    let mut frame = 0_u32;
    let started = Instant::now();
    for number in 1..=count {
        let there = IpAddr::V6(Ipv6Addr::from_bits(
            (0x2001_0db8 << 96) | u128::from(number),
        ));
        for sent in segments(number) {
            frame += 1;
            let (source, destination) = if sent.from_client {
                (there, here)
            } else {
                (here, there)
            };
            let ports = if sent.from_client {
                [40_000, 80]
            } else {
                [80, 40_000]
            };
            let mut tcp = header(ports, sent.seq, sent.ack, sent.flags).to_vec();
            tcp.extend_from_slice(sent.payload);
            engine.observe(&Packet {
                frame: FrameNumber::new(frame).ok_or("frames begin with 1")?,
                time: Timestamp(i64::from(frame) * 1_000),
                source,
                destination,
                ip: Some(IpHeader {
                    ttl: 52,
                    traffic_class: 0,
                    version: IpVersion::V6 { flow_label: 0 },
                }),
                link: Link::default(),
                link_destination: None,
                tcp: &tcp,
                tcp_reported: u32::try_from(tcp.len())?,
            });
        }
    }
    black_box(&engine);
    println!("segments {frame}");
    println!("nanoseconds {}", started.elapsed().as_nanos());
    println!("before_kib {before}");
    println!("peak_kib {}", peak_kib()?);
    Ok(())
}

const SYN: u8 = 2;
const ACK: u8 = 16;
const RST_ACK: u8 = 20;

fn header([source, destination]: [u16; 2], seq: u32, ack: u32, flags: u8) -> [u8; 20] {
    let [s1, s2] = source.to_be_bytes();
    let [d1, d2] = destination.to_be_bytes();
    let [q1, q2, q3, q4] = seq.to_be_bytes();
    let [a1, a2, a3, a4] = ack.to_be_bytes();
    [
        s1, s2, d1, d2, q1, q2, q3, q4, a1, a2, a3, a4, 0x50, flags, 4, 0, 0, 0, 0, 0,
    ]
}

/// The most memory that this process has had (proc(5), `VmHWM`).
fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmHWM in /proc/self/status")?.parse()?)
}
