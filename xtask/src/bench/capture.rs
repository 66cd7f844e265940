// SPDX-License-Identifier: GPL-2.0-or-later

//! Writes a capture of ordinary traffic: the same bytes in every run.
//!
//! Clients fetch from servers: handshake, requests, responses, acknowledgements, and a close in both
//! directions or, in one conversation of five, by a reset of the client. How much they fetch is the mix.
//! Half of the conversations speak HTTP, the others something that Wireshark has no dissector for;
//! every third is IPv6; all carry timestamps, and dozens of them run at a time.

use std::{
    fs::File,
    io::{BufWriter, Write},
    net::{Ipv4Addr, Ipv6Addr},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result};
use etherparse::{
    IpHeaders, Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6Header, PacketBuilder, TcpHeader,
    TcpOptionElement,
};
use pcap_file::pcap::{PcapPacket, PcapWriter};

/// A new conversation begins this often; one lasts for some hundred milliseconds.
const SPACING_US: u64 = 2_000;
/// Path from the capture point to a server and back.
const ROUND_TRIP_US: u64 = 20_000;
/// Path from the capture point, which is close to the clients, to a client and back.
const CLIENT_ROUND_TRIP_US: u64 = 200;
/// Largest payload of a segment: an Ethernet frame less the headers.
const SEGMENT: u32 = 1428;

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;

/// How much each conversation fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    /// One to three responses of up to twelve segments: 32 packets.
    Ordinary,
    /// One response of one segment: 10 packets, a third of them opening and closing.
    Short,
    /// 200 responses of up to twelve segments: 2,000 packets.
    Long,
}

impl Mix {
    fn exchanges(self, random: &mut Random) -> u32 {
        match self {
            Self::Ordinary => 1 + random.below(3),
            Self::Short => 1,
            Self::Long => 200,
        }
    }

    /// Length of a response, in bytes.
    fn response(self, random: &mut Random) -> u32 {
        match self {
            Self::Ordinary | Self::Long => SEGMENT + random.below(11 * SEGMENT),
            Self::Short => 200 + random.below(1_000),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) packets: u64,
    pub(crate) resets: u64,
    pub(crate) conversations: u64,
}

/// Writes `conversations` of them into a pcap file.
pub(crate) fn write(path: &Path, mix: Mix, conversations: u64) -> Result<Written> {
    let mut packets = Vec::new();
    for number in 0..conversations {
        Conversation::new(mix, number).speak(&mut packets)?;
    }
    // A stable sort: what one conversation does at once stays in order.
    packets.sort_by_key(|packet| packet.time_us);
    save(path, &packets).with_context(|| format!("cannot write {}", path.display()))?;
    let resets = packets.iter().filter(|packet| packet.is_reset).count();
    Ok(Written {
        packets: packets.len() as u64,
        resets: resets as u64,
        conversations,
    })
}

struct Packet {
    time_us: u64,
    bytes: Vec<u8>,
    is_reset: bool,
}

fn save(path: &Path, packets: &[Packet]) -> Result<()> {
    /// When the first conversation begins.
    const BEGIN: Duration = Duration::from_secs(1_800_000_000);
    let mut writer = PcapWriter::new(BufWriter::new(File::create(path)?))?;
    for packet in packets {
        let time = BEGIN + Duration::from_micros(packet.time_us);
        let length = u32::try_from(packet.bytes.len())?;
        writer.write_packet(&PcapPacket::new(time, length, &packet.bytes))?;
    }
    Ok(writer.into_writer().flush()?)
}

/// One side of a conversation.
struct Host {
    mac: [u8; 6],
    number: u16,
    port: u16,
    ttl: u8,
    ip_id: u16,
    flow_label: u32,
    seq: u32,
    clock: u32,
}

struct Conversation {
    mix: Mix,
    is_v6: bool,
    speaks_http: bool,
    ends_by_reset: bool,
    now_us: u64,
    random: Random,
    /// Client and server.
    hosts: [Host; 2],
}

const CLIENT: usize = 0;
const SERVER: usize = 1;

impl Conversation {
    fn new(mix: Mix, number: u64) -> Self {
        let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let speaks_http = number.is_multiple_of(2);
        let client_port = 32_768 + random.below(28_000);
        let server_port = if speaks_http { 80 } else { 9_009 };
        let mut host = |mac, number, port, ttl| Host {
            mac: [2, 0, 0, 0, 0, mac],
            number,
            port,
            ttl,
            ip_id: random.half(),
            flow_label: random.below(1 << 20),
            seq: random.word(),
            clock: random.word(),
        };
        let hosts = [
            host(1, low_bits(number % 200), low_bits(client_port.into()), 64),
            host(2, low_bits(number % 37), server_port, 52),
        ];
        Self {
            mix,
            is_v6: number.is_multiple_of(3),
            speaks_http,
            ends_by_reset: number % 5 == 4,
            now_us: number * SPACING_US,
            random,
            hosts,
        }
    }

    fn speak(mut self, packets: &mut Vec<Packet>) -> Result<()> {
        let out = &mut *packets;
        self.send(out, CLIENT, SYN, &[])?;
        self.wait(ROUND_TRIP_US);
        self.send(out, SERVER, SYN | ACK, &[])?;
        self.wait(CLIENT_ROUND_TRIP_US);
        self.send(out, CLIENT, ACK, &[])?;
        for _ in 0..self.mix.exchanges(&mut self.random) {
            self.exchange(out)?;
        }
        if self.ends_by_reset {
            return self.send(out, CLIENT, RST | ACK, &[]);
        }
        self.send(out, CLIENT, FIN | ACK, &[])?;
        self.wait(ROUND_TRIP_US);
        self.send(out, SERVER, FIN | ACK, &[])?;
        self.wait(CLIENT_ROUND_TRIP_US);
        self.send(out, CLIENT, ACK, &[])
    }

    /// One request, and its response, every second segment of it acknowledged.
    fn exchange(&mut self, out: &mut Vec<Packet>) -> Result<()> {
        let page = self.random.below(100_000);
        let request = if self.speaks_http {
            format!("GET /page/{page} HTTP/1.1\r\nHost: www.example.com\r\nAccept: */*\r\n\r\n")
        } else {
            format!("{page:0120}")
        };
        self.send(out, CLIENT, PSH | ACK, request.as_bytes())?;
        self.wait(ROUND_TRIP_US);
        self.send(out, SERVER, ACK, &[])?;
        self.wait(1_000);
        let length = self.mix.response(&mut self.random);
        let mut response = String::new();
        if self.speaks_http {
            response = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
            );
        }
        let mut response = response.into_bytes();
        response.extend((0..length).map(|_| self.random.byte()));
        let segments = response.chunks(SEGMENT as usize);
        let last = segments.len() - 1;
        for (index, payload) in segments.enumerate() {
            let push = if index == last { PSH } else { 0 };
            self.send(out, SERVER, push | ACK, payload)?;
            self.wait(12);
            if index % 2 == 1 || index == last {
                self.send(out, CLIENT, ACK, &[])?;
            }
        }
        self.wait(CLIENT_ROUND_TRIP_US);
        Ok(())
    }

    fn wait(&mut self, us: u64) {
        self.now_us += us;
    }

    fn send(
        &mut self,
        out: &mut Vec<Packet>,
        side: usize,
        flags: u8,
        payload: &[u8],
    ) -> Result<()> {
        let clock = low_word(self.now_us / 1_000);
        let [client, server] = &mut self.hosts;
        let (from, to) = match side {
            CLIENT => (client, server),
            _ => (server, client),
        };
        let bytes = frame(from, to, self.is_v6, tcp(from, to, flags, clock)?, payload)?;
        from.ip_id = from.ip_id.wrapping_add(1);
        let numbers = low_word(payload.len() as u64) + u32::from(flags & (SYN | FIN) != 0);
        from.seq = from.seq.wrapping_add(numbers);
        out.push(Packet {
            time_us: self.now_us,
            bytes,
            is_reset: flags & RST != 0,
        });
        Ok(())
    }
}

/// The options of Linux, in its order.
fn options(from: &Host, to: &Host, flags: u8, clock: u32) -> Vec<TcpOptionElement> {
    use TcpOptionElement::{
        MaximumSegmentSize, Noop, SelectiveAcknowledgementPermitted, Timestamp, WindowScale,
    };
    let echo = match flags & (SYN | ACK) {
        SYN => 0,
        _ => to.clock.wrapping_add(clock),
    };
    let timestamp = Timestamp(from.clock.wrapping_add(clock), echo);
    if flags & SYN == 0 {
        return vec![Noop, Noop, timestamp];
    }
    let largest = MaximumSegmentSize(1440);
    let scale = [Noop, WindowScale(7)];
    let mut options = vec![largest, SelectiveAcknowledgementPermitted, timestamp];
    options.extend(scale);
    options
}

fn tcp(from: &Host, to: &Host, flags: u8, clock: u32) -> Result<TcpHeader> {
    let mut header = TcpHeader::new(from.port, to.port, from.seq, 502);
    header.fin = flags & FIN != 0;
    header.syn = flags & SYN != 0;
    header.rst = flags & RST != 0;
    header.psh = flags & PSH != 0;
    header.ack = flags & ACK != 0;
    if header.ack {
        header.acknowledgment_number = to.seq;
    }
    header.set_options(&options(from, to, flags, clock))?;
    Ok(header)
}

fn frame(from: &Host, to: &Host, is_v6: bool, tcp: TcpHeader, payload: &[u8]) -> Result<Vec<u8>> {
    let ip = if is_v6 {
        let header = Ipv6Header {
            flow_label: from.flow_label.try_into()?,
            hop_limit: from.ttl,
            source: from.v6().octets(),
            destination: to.v6().octets(),
            ..Ipv6Header::default()
        };
        IpHeaders::Ipv6(header, Ipv6Extensions::default())
    } else {
        let header = Ipv4Header {
            identification: from.ip_id,
            time_to_live: from.ttl,
            source: from.v4().octets(),
            destination: to.v4().octets(),
            ..Ipv4Header::default()
        };
        IpHeaders::Ipv4(header, Ipv4Extensions::default())
    };
    let packet = PacketBuilder::ethernet2(from.mac, to.mac)
        .ip(ip)
        .tcp_header(tcp);
    let mut frame = Vec::with_capacity(packet.size(payload.len()));
    packet.write(&mut frame, payload)?;
    Ok(frame)
}

impl Host {
    const fn v4(&self) -> Ipv4Addr {
        let [high, low] = self.number.to_be_bytes();
        let [.., side] = self.mac;
        Ipv4Addr::new(10, side, high, low)
    }

    /// 2001:db8::/32 is for documentation (RFC 3849).
    fn v6(&self) -> Ipv6Addr {
        let [.., side] = self.mac;
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, side.into(), self.number)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
const fn low_bits(value: u64) -> u16 {
    value as u16
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
const fn low_word(value: u64) -> u32 {
    value as u32
}

/// Numbers without a visible pattern, the same in every run: xorshift64*, Vigna 2016.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        low_word(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32)
    }

    fn half(&mut self) -> u16 {
        low_bits(self.word().into())
    }

    fn byte(&mut self) -> u8 {
        let [byte, ..] = self.word().to_le_bytes();
        byte
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.word() % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(conversations: u64) -> Vec<Packet> {
        let mut packets = Vec::new();
        for number in 0..conversations {
            Conversation::new(Mix::Ordinary, number)
                .speak(&mut packets)
                .unwrap();
        }
        packets
    }

    #[test]
    fn resets_are_few_and_runs_are_equal() {
        let packets = all(400);
        let resets = packets.iter().filter(|packet| packet.is_reset).count();
        assert!(packets.len() > 6_000 && resets > 0);
        assert!(resets * 100 <= packets.len());
        let again = all(400);
        assert_eq!(packets.len(), again.len());
        assert!(packets.iter().zip(&again).all(|(a, b)| a.bytes == b.bytes));
    }

    #[test]
    fn frames_fit_ethernet() {
        assert!(all(60).iter().all(|packet| packet.bytes.len() <= 1514));
    }
}
