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
        ["flood", kind @ ("syn" | "answered"), count] => flood(count.parse()?, kind == "answered"),
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

/// SYNs of as many addresses to one server, each answered with a reset if `answered`.
fn flood(count: u32, answered: bool) -> Result<(), Box<dyn Error>> {
    let before = peak_kib()?;
    let mut engine = Engine::new(Settings::default());
    let server: IpAddr = Ipv6Addr::LOCALHOST.into();
    let mut frame = 0_u32;
    for number in 1..=count {
        let client = IpAddr::V6(Ipv6Addr::from_bits(
            (0x2001_0db8 << 96) | u128::from(number),
        ));
        let mut send = |source, destination, tcp: [u8; 20]| {
            frame += 1;
            if let Some(frame) = FrameNumber::new(frame) {
                engine.observe(&Packet {
                    frame,
                    time: Timestamp(i64::from(number) * 1_000),
                    source,
                    destination,
                    ip: Some(IpHeader {
                        ttl: 52,
                        traffic_class: 0,
                        version: IpVersion::V6 { flow_label: 0 },
                    }),
                    link: Link::default(),
                    tcp: &tcp,
                    tcp_reported: 20,
                });
            }
        };
        send(client, server, header([40_000, 80], number, 0, SYN));
        if answered {
            send(server, client, header([80, 40_000], 0, number + 1, RST_ACK));
        }
    }
    black_box(&engine);
    println!("before_kib {before}");
    println!("peak_kib {}", peak_kib()?);
    Ok(())
}

const SYN: u8 = 2;
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
