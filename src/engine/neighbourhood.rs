// SPDX-License-Identifier: GPL-2.0-or-later

//! What other conversations show about an RST: scans, ports that stay silent,
//! names that were answered, the same silence again and again.

use std::{
    collections::VecDeque, hash::BuildHasher, net::IpAddr, num::NonZeroUsize, time::Duration,
};

use lru::LruCache;
use rustc_hash::FxBuildHasher;

use super::Verdicts;
use crate::{
    case::{Accepted, Case, Leg, Neighbours, Origin, SAME_SILENCES, Scan},
    cause::Cause,
    conversation::{Conversation, Key, Phase, Role, Table},
    mutation::limit,
    verdict::Verdict,
    wire::{FrameNumber, Segment, ServerName, Socket, Timestamp},
};

/// Attempts that are kept of a client, and RSTs of a host.
const KEPT: usize = 16;

/// Different targets that came to nothing within [`SCANNED_WITHIN`] make a scan:
/// four to five failed first contacts tell a scanner from a user (Jung et al.,
/// "Fast Portscan Detection Using Sequential Hypothesis Testing", S&P 2004).
const SCANNED: usize = 5;
/// Estimate: people who try addresses by hand take longer for so many.
const SCANNED_WITHIN: Duration = Duration::from_secs(60);

/// Silences that are remembered.
const SILENCES: usize = 64;
/// Silences that count are longer than a slow application's pause.
const SHORTEST_SILENCE: Duration = Duration::from_secs(1);
/// A timer's own accuracy (measured: 5.00 to 5.04 s for a timer of 5 s).
const SAME_WITHIN_PER_CENT: u32 = 2;

/// An attempt that came to nothing.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    time: Timestamp,
    server: Socket,
    frame: FrameNumber,
    /// The server refused it; otherwise its client left it unused.
    refused: bool,
    /// Its SYN was not made by a kernel, as far as it shows.
    raw: bool,
}

/// A silence that an RST ended.
#[derive(Clone, Copy, Debug)]
struct Silence {
    key: Key,
    frame: FrameNumber,
    length: Duration,
}

/// Places for ports that accepted connections, 400 KiB; two of one hash share a place.
const PORTS: usize = 1 << 13;

/// Where what is remembered of a port has its place.
fn place(server: Socket) -> usize {
    // The upper bits of this hash are the better ones.
    let hash = FxBuildHasher.hash_one(server) >> 40;
    usize::try_from(hash).unwrap_or_default() % PORTS
}

/// A proxy passes a failure on as soon as it has handled it (estimate: the time in which an
/// idle program gets its turn, several times over).
const FOLLOWS_WITHIN: Duration = Duration::from_millis(20);

/// A server's port that has accepted connections.
#[derive(Clone, Copy, Debug)]
struct Port {
    server: Socket,
    /// The client of the last.
    client: Socket,
    /// How many; saturates.
    count: u16,
    /// Where the last.
    last: FrameNumber,
}

/// An RST that a client has received.
#[derive(Clone, Copy, Debug)]
struct Received {
    frame: FrameNumber,
    time: Timestamp,
    server: Socket,
}

/// What is remembered across conversations; of too many hosts the longest unused goes
/// first.
#[derive(Debug)]
pub(super) struct Neighbourhood {
    clients: LruCache<IpAddr, VecDeque<Attempt>>,
    silent: LruCache<IpAddr, (u16, FrameNumber)>,
    refusals: LruCache<IpAddr, FrameNumber>,
    answered: LruCache<Socket, (ServerName, FrameNumber)>,
    refused_ports: LruCache<Socket, FrameNumber>,
    /// Ports that accepted a connection: how many, and where the last.
    accepted_ports: Box<[Option<Port>]>,
    /// The last RST that each client has received on a connection of its own.
    received: LruCache<IpAddr, Received>,
    strays: LruCache<IpAddr, VecDeque<(Key, FrameNumber)>>,
    silences: VecDeque<Silence>,
}

impl Neighbourhood {
    /// Nothing yet, and `most` hosts of each kind.
    pub(super) fn new(most: NonZeroUsize) -> Self {
        Self {
            clients: LruCache::new(most),
            silent: LruCache::new(most),
            refusals: LruCache::new(most),
            answered: LruCache::new(most),
            refused_ports: LruCache::new(most),
            accepted_ports: vec![None; PORTS].into(),
            received: LruCache::new(most),
            strays: LruCache::new(most),
            silences: VecDeque::with_capacity(SILENCES),
        }
    }

    /// A client repeats its SYN, because nobody has answered.
    pub(super) fn unanswered(&mut self, verdicts: &mut Verdicts, syn: &Segment<'_>) {
        let server = syn.destination;
        let silent = (server.port, syn.frame);
        self.silent.put(server.address, silent);
        let refusal = self.refusals.get(&server.address);
        if let Some(frame) = refusal {
            verdicts.amend(*frame, |case| case.neighbours.silent_port = Some(silent));
        }
    }

    /// A server answers a SYN after all.
    pub(super) fn accepted(&mut self, verdicts: &mut Verdicts, syn_ack: &Segment<'_>) {
        let (server, frame) = (syn_ack.source, syn_ack.frame);
        if !self.refused_ports.is_empty()
            && let Some(refusal) = self.refused_ports.pop(&server)
        {
            verdicts.amend(refusal, |case| case.neighbours.port_accepted = Some(frame));
        }
        if let Some(entry) = self.accepted_ports.get_mut(place(server)) {
            let before = entry.filter(|port| port.server == server);
            *entry = Some(Port {
                server,
                client: syn_ack.destination,
                count: before.map_or(0, |port| port.count).saturating_add(1),
                last: frame,
            });
        }
        if self.silent.is_empty() {
            return;
        }
        let silent = self.silent.peek(&server.address);
        if silent.is_some_and(|(port, _)| *port == server.port) {
            self.silent.pop(&server.address);
        }
    }

    /// A server answers a client that asked for this name.
    pub(super) fn answered(&mut self, server: Socket, name: ServerName, frame: FrameNumber) {
        self.answered.put(server, (name, frame));
    }

    /// What is known of the RST's neighbours before it is judged.
    pub(super) fn of(
        &self,
        reset: &Segment<'_>,
        server: Socket,
        name: Option<&ServerName>,
        table: &Table,
    ) -> Neighbours {
        let silent_port = self.silent.peek(&reset.source.address).copied();
        let other_name = self
            .answered
            .peek(&server)
            .filter(|(answered, _)| name.is_some_and(|name| name != answered))
            .map(|(_, frame)| *frame);
        let accepted = self.accepted_ports.get(place(server)).copied().flatten();
        let accepted_before = accepted.filter(|port| port.server == server).map(|port| {
            let (key, _) = Key::between(port.client, server);
            let last = table.peek(&key).map(Conversation::phase);
            Accepted {
                count: port.count,
                last: port.last,
                is_open: last.is_some_and(|phase| {
                    !matches!(phase, Phase::Closing | Phase::Closed | Phase::Reset)
                }),
            }
        });
        let back_leg = self
            .received
            .peek(&reset.source.address)
            .filter(|received| server == reset.source && received.server != reset.source)
            .filter(|received| reset.time.since(received.time) <= limit!(FOLLOWS_WITHIN))
            .map(|received| Leg {
                frame: received.frame,
                server: received.server,
                apart: reset.time.since(received.time),
            });
        Neighbours {
            silent_port,
            other_name,
            accepted_before,
            back_leg,
            ..Neighbours::default()
        }
    }

    /// Enters an RST that has its verdict, and tells those that it belongs with.
    pub(super) fn enter(&mut self, verdicts: &mut Verdicts, reset: &Segment<'_>, key: Key) {
        let Some(verdict) = verdicts.get(&reset.frame) else {
            return;
        };
        let case = verdict.case();
        let refuses = case.phase == Phase::Syn && case.role == Some(Role::Server);
        if refuses {
            self.refused_ports.put(reset.source, reset.frame);
        }
        let fails = matches!(
            case.phase,
            Phase::Syn | Phase::Handshake | Phase::Established | Phase::Request | Phase::Data
        );
        if case.role == Some(Role::Server) && fails {
            let received = Received {
                frame: reset.frame,
                time: reset.time,
                server: reset.source,
            };
            self.received.put(reset.destination.address, received);
        }
        let attempt = attempt(&verdict, reset);
        let silence = silence(case, verdict.cause()).map(|length| Silence {
            key,
            frame: reset.frame,
            length,
        });
        let stray = verdict.cause() == Cause::StrayAnswer && !case.sender.has_seq();
        if verdict.cause() == Cause::PortClosed {
            self.refusals.put(reset.source.address, reset.frame);
        }
        if let Some((client, attempt)) = attempt {
            self.enter_attempt(verdicts, client, attempt);
        }
        if let Some(silence) = silence {
            self.enter_silence(verdicts, silence);
        }
        if stray {
            self.enter_stray(verdicts, reset, key);
        }
    }

    fn enter_attempt(&mut self, verdicts: &mut Verdicts, client: IpAddr, attempt: Attempt) {
        let attempts = self.clients.get_or_insert_mut(client, VecDeque::new);
        let recent = |kept: &Attempt| attempt.time.since(kept.time) <= limit!(SCANNED_WITHIN);
        attempts.retain(recent);
        if attempts.len() == KEPT {
            attempts.pop_front();
        }
        attempts.push_back(attempt);
        let Some((scan, frames)) = scan(attempts) else {
            return;
        };
        verdicts.join(frames.iter().copied());
        // Once it is known as a scan, each new one joins alone.
        let alone = |frame: &FrameNumber| {
            let verdict = verdicts.get(frame);
            verdict.is_none_or(|verdict| verdict.case().neighbours.scan.is_none())
        };
        let frames: Vec<FrameNumber> = frames.into_iter().filter(alone).collect();
        for frame in frames {
            verdicts.amend(frame, |case| case.neighbours.scan = Some(scan));
        }
    }

    fn enter_silence(&mut self, verdicts: &mut Verdicts, silence: Silence) {
        let margin = silence.length * limit!(SAME_WITHIN_PER_CENT) / 100;
        let same = |other: &&Silence| {
            other.key != silence.key && other.length.abs_diff(silence.length) <= margin
        };
        let mut frames: Vec<(Key, FrameNumber)> = self
            .silences
            .iter()
            .filter(same)
            .map(|other| (other.key, other.frame))
            .collect();
        if self.silences.len() == SILENCES {
            self.silences.pop_front();
        }
        self.silences.push_back(silence);
        frames.push((silence.key, silence.frame));
        let mut keys: Vec<Key> = Vec::new();
        for (key, _) in &frames {
            if !keys.contains(key) {
                keys.push(*key);
            }
        }
        let count = u8::try_from(keys.len()).unwrap_or(u8::MAX);
        if count < limit!(SAME_SILENCES of "case::neighbours") {
            return;
        }
        verdicts.join(frames.iter().map(|(_, frame)| *frame));
        for (_, frame) in frames {
            let joined = verdicts.get(&frame).is_some_and(|verdict| {
                verdict.case().neighbours.same_idle >= limit!(SAME_SILENCES of "case::neighbours")
            });
            if !joined {
                verdicts.amend(frame, |case| case.neighbours.same_idle = count);
            }
        }
    }

    fn enter_stray(&mut self, verdicts: &mut Verdicts, reset: &Segment<'_>, key: Key) {
        let strays = self
            .strays
            .get_or_insert_mut(reset.source.address, VecDeque::new);
        if strays.iter().any(|(other, _)| *other == key) {
            return;
        }
        if strays.len() == KEPT {
            strays.pop_front();
        }
        strays.push_back((key, reset.frame));
        let count = u8::try_from(strays.len()).unwrap_or(u8::MAX);
        verdicts.join(strays.iter().map(|(_, frame)| *frame));
        for (_, frame) in strays.iter() {
            verdicts.amend(*frame, |case| case.neighbours.unsolicited = count);
        }
    }
}

/// The client, and its attempt that this RST ends; none where a device on the path
/// ends it, whose rule may hit many clients alike.
fn attempt(verdict: &Verdict, reset: &Segment<'_>) -> Option<(IpAddr, Attempt)> {
    let refused = match verdict.cause() {
        Cause::PortClosed if verdict.origin() != Origin::Middlebox => true,
        Cause::HalfOpenScan | Cause::ConnectScan => false,
        _ => return None,
    };
    let (client, server) = if refused {
        (reset.destination, reset.source)
    } else {
        (reset.source, reset.destination)
    };
    let case = verdict.case();
    let client_end = if refused {
        &case.receiver
    } else {
        &case.sender
    };
    let attempt = Attempt {
        time: reset.time,
        server,
        frame: reset.frame,
        refused,
        raw: client_end.is_raw_syn(),
    };
    Some((client.address, attempt))
}

/// Those of the attempts that are one scan with the last: of raw SYNs from the second
/// target on, because no kernel opens so; many ports of one host; many hosts that
/// would have accepted. Many hosts that refuse alike are none: one device may refuse
/// for all of them.
fn scan(attempts: &VecDeque<Attempt>) -> Option<(Scan, Vec<FrameNumber>)> {
    let last = attempts.back()?;
    let raw: Vec<&Attempt> = attempts.iter().filter(|attempt| attempt.raw).collect();
    if last.raw && raw.iter().any(|attempt| !attempt.refused) && targets(&raw) >= 2 {
        return Some(one_scan(&raw));
    }
    let host = last.server.address;
    let of_host: Vec<&Attempt> = attempts
        .iter()
        .filter(|attempt| attempt.server.address == host)
        .collect();
    if targets(&of_host) >= limit!(SCANNED) {
        return Some(one_scan(&of_host));
    }
    let unused: Vec<&Attempt> = attempts.iter().filter(|attempt| !attempt.refused).collect();
    let hosts = distinct(unused.iter().map(|attempt| attempt.server.address));
    (!last.refused && hosts >= limit!(SCANNED)).then(|| one_scan(&unused))
}

fn targets(attempts: &[&Attempt]) -> usize {
    distinct(attempts.iter().map(|attempt| attempt.server))
}

fn one_scan(attempts: &[&Attempt]) -> (Scan, Vec<FrameNumber>) {
    let count = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let scan = Scan {
        ports: count(distinct(attempts.iter().map(|attempt| attempt.server.port))),
        hosts: count(distinct(
            attempts.iter().map(|attempt| attempt.server.address),
        )),
    };
    (scan, attempts.iter().map(|attempt| attempt.frame).collect())
}

fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> usize {
    let mut seen: Vec<T> = Vec::with_capacity(KEPT);
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen.len()
}

/// The silence that this RST ends, if others may end after the same one.
fn silence(case: &Case, cause: Cause) -> Option<Duration> {
    let open = matches!(
        case.phase,
        Phase::Established | Phase::Request | Phase::Data
    );
    let other = matches!(
        cause,
        Cause::TlsAlert
            | Cause::KeepaliveTimeout
            | Cause::RetransmissionTimeout
            | Cause::ZeroWindowTimeout
            | Cause::ConnectScan
            | Cause::HealthCheck
    );
    case.idle
        .filter(|idle| open && !other && *idle >= limit!(SHORTEST_SILENCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(targets: &[(u8, u16)], refused: bool, raw: bool) -> VecDeque<Attempt> {
        let attempt = |(&(host, port), number): (&(u8, u16), u32)| Attempt {
            time: Timestamp(0),
            server: Socket {
                address: IpAddr::from([10, 0, 0, host]),
                port,
            },
            frame: FrameNumber::new(number).unwrap(),
            refused,
            raw,
        };
        targets.iter().zip(1..).map(attempt).collect()
    }

    const PORTS: [(u8, u16); 5] = [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)];
    const HOSTS: [(u8, u16); 5] = [(1, 80), (2, 80), (3, 80), (4, 80), (5, 80)];

    #[test]
    fn five_ports_of_one_host_are_a_scan() {
        let (found, frames) = scan(&attempts(&PORTS, true, false)).unwrap();
        assert_eq!((found.ports, found.hosts), (5, 1));
        assert_eq!(frames.len(), 5);
        assert!(scan(&attempts(&PORTS[..4], true, false)).is_none());
        // The same port five times is somebody who tries again.
        assert!(scan(&attempts(&[(1, 80); 5], true, false)).is_none());
    }

    #[test]
    fn many_hosts_are_a_scan_unless_they_refuse() {
        let (found, _) = scan(&attempts(&HOSTS, false, false)).unwrap();
        assert_eq!((found.ports, found.hosts), (1, 5));
        assert!(scan(&attempts(&HOSTS[..4], false, false)).is_none());
        // One device may refuse for all of them.
        assert!(scan(&attempts(&HOSTS, true, false)).is_none());
    }

    #[test]
    fn raw_syns_are_a_scan_from_the_second_target_on() {
        assert!(scan(&attempts(&PORTS[..1], false, true)).is_none());
        assert!(scan(&attempts(&PORTS[..2], false, true)).is_some());
        // Refused alone it may be a small stack that means it.
        assert!(scan(&attempts(&PORTS[..2], true, true)).is_none());
    }

    #[test]
    fn what_a_user_does_beside_a_scan_is_none_of_it() {
        let mut all = attempts(&PORTS[..3], false, true);
        let mut own = attempts(&[(9, 80)], true, false);
        all.append(&mut own);
        assert!(scan(&all).is_none());
    }
}
