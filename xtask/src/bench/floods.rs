// SPDX-License-Identifier: GPL-2.0-or-later

//! `cargo xtask bench --floods`: what tshark takes in time and memory where a capture is full
//! of what the analysis has to remember, beside a tshark without the plugin.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use etherparse::PacketBuilder;
use pcap_file::pcap::{PcapPacket, PcapWriter};

use super::ratio;
use crate::{
    project, say,
    tshark::{Scratch, Tshark},
};

/// One flood, and how many rounds of it there are.
struct Flood {
    name: &'static str,
    rounds: u32,
    write: fn(&mut Capture, u32) -> Result<()>,
}

const FLOODS: [Flood; 6] = [
    Flood {
        name: "2 M SYNs, each refused",
        rounds: 2_000_000,
        write: |to, number| {
            let client = Peer::client(number);
            to.send(&client, &Peer::SERVER, "S", number, 0, b"")?;
            to.send(&Peer::SERVER, &client, "RA", 0, number + 1, b"")
        },
    },
    Flood {
        name: "2 M RSTs in one conversation",
        rounds: 2_000_000,
        write: |to, number| to.send(&Peer::SERVER, &Peer::client(1), "R", number, 0, b""),
    },
    Flood {
        name: "1 M hosts that exchange data",
        rounds: 1_000_000,
        write: |to, number| exchange(to, &Peer::client(number), &Peer::SERVER, number),
    },
    Flood {
        name: "5 M SYNs",
        rounds: 5_000_000,
        write: |to, number| to.send(&Peer::client(number), &Peer::SERVER, "S", number, 0, b""),
    },
    Flood {
        name: "every table full: 0.5 M forged RSTs, of as many servers, that go on",
        rounds: 500_000,
        write: |to, number| {
            let (client, server) = (Peer::client(number), Peer::server(number));
            exchange(to, &client, &server, number)?;
            let forger = Peer { ttl: 254, ..server };
            to.send(&forger, &client, "RA", number + 20, number + 60, b"")?;
            let more = b"and so the server goes on";
            to.send(&server, &client, "A", number + 20, number + 60, more)
        },
    },
    Flood {
        name: "2 M SYNs over 10,000 conversations, which are reset at the end",
        rounds: 2_020_000,
        write: |to, number| match number {
            ..10_000 => exchange(to, &Peer::client(number), &Peer::SERVER, number),
            10_000..2_010_000 => to.send(&Peer::client(number), &Peer::SERVER, "S", number, 0, b""),
            _ => {
                let number = number - 2_010_000;
                let client = Peer::client(number);
                to.send(&Peer::SERVER, &client, "RA", number + 20, number + 60, b"")
            }
        },
    },
];

/// Whole tshark may take this many times the processor time and memory of one without the plugin.
const MOST_TIME: f64 = 1.25;
const MOST_MEMORY: f64 = 1.15;

/// One side of a conversation.
#[derive(Clone, Copy)]
struct Peer {
    address: [u8; 4],
    port: u16,
    ttl: u8,
}

impl Peer {
    const SERVER: Self = Self {
        address: [192, 0, 2, 1],
        port: 80,
        ttl: 52,
    };

    const fn client(number: u32) -> Self {
        let [_, a, b, c] = number.to_be_bytes();
        Self {
            address: [10, a, b, c],
            port: 40_000,
            ttl: 61,
        }
    }

    const fn server(number: u32) -> Self {
        let [_, a, b, c] = number.to_be_bytes();
        Self {
            address: [11, a, b, c],
            ..Self::SERVER
        }
    }
}

/// A handshake, a request with a name of its own, and its response: 20 bytes and 60.
fn exchange(to: &mut Capture, client: &Peer, server: &Peer, number: u32) -> Result<()> {
    let request = format!("GET / HTTP/1.1\r\nHost: {number:014}.example.com\r\n\r\n");
    let next = number + 1 + u32::try_from(request.len())?;
    to.send(client, server, "S", number, 0, b"")?;
    to.send(server, client, "SA", number, number + 1, b"")?;
    to.send(
        client,
        server,
        "A",
        number + 1,
        number + 1,
        request.as_bytes(),
    )?;
    to.send(
        server,
        client,
        "A",
        number + 1,
        next,
        b"HTTP/1.1 200 OK\r\n\r\n",
    )
}

/// A capture that is being written.
struct Capture {
    writer: PcapWriter<BufWriter<File>>,
    sent: u64,
}

impl Capture {
    fn send(
        &mut self,
        from: &Peer,
        to: &Peer,
        flags: &str,
        seq: u32,
        ack: u32,
        payload: &[u8],
    ) -> Result<()> {
        let mut packet = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ipv4(from.address, to.address, from.ttl)
            .tcp(from.port, to.port, seq, 502);
        for flag in flags.chars() {
            packet = match flag {
                'S' => packet.syn(),
                'R' => packet.rst(),
                _ => packet.ack(ack),
            };
        }
        let mut bytes = Vec::with_capacity(packet.size(payload.len()));
        packet.write(&mut bytes, payload)?;
        self.sent += 1;
        let time = Duration::from_secs(1_800_000_000) + Duration::from_micros(self.sent * 50);
        let length = u32::try_from(bytes.len())?;
        self.writer
            .write_packet(&PcapPacket::new(time, length, &bytes))?;
        Ok(())
    }
}

fn write(path: &Path, flood: &Flood) -> Result<u64> {
    let writer = PcapWriter::new(BufWriter::new(File::create(path)?))?;
    let mut capture = Capture { writer, sent: 0 };
    for number in 0..flood.rounds {
        (flood.write)(&mut capture, number)?;
    }
    capture.writer.into_writer().flush()?;
    Ok(capture.sent)
}

/// What one run took.
struct Taken {
    milliseconds: u64,
    kib: u64,
}

/// Measures and prints all of them; the answer names what is over its limit.
pub(super) fn print(with: &Tshark, without: &Tshark) -> Result<Vec<String>> {
    let scratch = Scratch::new()?;
    let path: PathBuf = scratch.0.join("flood.pcap");
    let mut rows = Vec::new();
    let mut over = Vec::new();
    for flood in &FLOODS {
        say::step(format_args!("flood: {}", flood.name));
        let packets = write(&path, flood)?;
        let (plain, ours) = (read(without, &path)?, read(with, &path)?);
        let time = ratio(ours.milliseconds, plain.milliseconds);
        let memory = ratio(ours.kib, plain.kib);
        if time > MOST_TIME || memory > MOST_MEMORY {
            over.push(flood.name.to_owned());
        }
        rows.push(vec![
            flood.name.to_owned(),
            packets.to_string(),
            format!("{} s", seconds(plain.milliseconds)),
            format!("{} s", seconds(ours.milliseconds)),
            format!("{time:.2}"),
            format!("{} MiB", plain.kib / 1024),
            format!(
                "{:+} MiB",
                (ours.kib / 1024).cast_signed() - (plain.kib / 1024).cast_signed()
            ),
            format!("{memory:.2}"),
        ]);
    }
    say::line(format_args!(
        "\ntshark -q -z io,stat,0: processor time (at most {MOST_TIME} times) and peak memory (at most \
         {MOST_MEMORY} times)."
    ));
    let header = [
        "", "packets", "without", "with", "ratio", "without", "more", "ratio",
    ];
    say::line(say::table(&header, rows));
    Ok(over)
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{}", milliseconds / 1000, milliseconds % 1000 / 100)
}

/// Reads the capture under `time` (Debian package of that name).
fn read(tshark: &Tshark, capture: &Path) -> Result<Taken> {
    let mut command = tshark.command();
    command.args(["-q", "-z", "io,stat,0", "-r"]).arg(capture);
    let mut time = Command::new("time");
    time.args(["-f", "taken %U %S %M"]);
    let mut timed = project::wrapped(time, &command);
    let shown = project::shown(&timed);
    let output = timed
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {shown}: apt-get install time"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("`{shown}` failed ({}): {}", output.status, said.trim());
    }
    taken(&said).with_context(|| format!("`{shown}` took nothing: {}", said.trim()))
}

/// The numbers in `taken 1.23 0.45 67890`: seconds of the user's and the system's, and KiB.
fn taken(said: &str) -> Option<Taken> {
    let line = said.lines().find_map(|line| line.strip_prefix("taken "))?;
    let mut words = line.split(' ');
    let mut milliseconds = || {
        let (seconds, hundredths) = words.next()?.split_once('.')?;
        Some(seconds.parse::<u64>().ok()? * 1000 + hundredths.parse::<u64>().ok()? * 10)
    };
    let milliseconds = milliseconds()? + milliseconds()?;
    let kib = words.next()?.parse().ok()?;
    Some(Taken { milliseconds, kib })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_time_says_is_added_up() {
        let taken = taken("a warning\ntaken 1.23 0.45 67890\n").unwrap();
        assert_eq!((taken.milliseconds, taken.kib), (1680, 67_890));
        assert!(super::taken("nothing").is_none());
    }
}
