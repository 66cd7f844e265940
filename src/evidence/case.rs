// SPDX-License-Identifier: GPL-2.0-or-later

//! Everything that was seen up to now about one RST.

use std::{net::IpAddr, time::Duration};

use crate::{
    baseline::{Host, Pattern, Series, Ttl, hops},
    conversation::{Acceptability, Answer, Bound, Endpoint, Phase, Role, Shape, Trigger},
    wire::{FrameNumber, IpHeader, Link, SeqNumber, TcpFlags, Timestamp, Timestamps},
};

/// The RST itself.
#[derive(Clone, Copy, Debug)]
pub struct Reset {
    /// Frame.
    pub frame: FrameNumber,
    /// Capture time.
    pub time: Timestamp,
    /// The address that it claims to come from.
    pub claimed: IpAddr,
    /// The address that it goes to.
    pub receiver: IpAddr,
    /// Sequence number.
    pub seq: SeqNumber,
    /// Acknowledgement number, also without the ACK flag.
    pub ack: SeqNumber,
    /// Flags.
    pub flags: TcpFlags,
    /// Window, unscaled.
    pub window: u16,
    /// It carries TCP options.
    pub any_options: bool,
    /// Timestamps option.
    pub timestamps: Option<Timestamps>,
    /// IP header.
    pub ip: Option<IpHeader>,
    /// Link.
    pub link: Link,
    /// Payload, bytes.
    pub payload_length: u32,
    /// The payload is a text of F5's BIG-IP.
    pub names_big_ip: bool,
    /// Reason of a Multipath TCP reset.
    pub multipath_reason: Option<u8>,
}

/// An RST that came before in the same conversation.
#[derive(Clone, Copy, Debug)]
pub struct EarlierReset {
    /// Its frame.
    pub frame: FrameNumber,
    /// Since then.
    pub age: Duration,
    /// It claims the same sender as the RST in hand.
    pub same_sender: bool,
    /// It, or one of the same sender before it, had the exact sequence number.
    pub exact: bool,
    /// Its sequence number.
    pub seq: SeqNumber,
    /// Its flags.
    pub flags: TcpFlags,
    /// Its window, unscaled.
    pub window: u16,
    /// Its acknowledgement number.
    pub ack: SeqNumber,
    /// Its IP header.
    pub ip: Option<IpHeader>,
}

/// A router takes a fraction of a millisecond (measured: 30 µs with `-i any`).
const FORWARDED_WITHIN: Duration = Duration::from_millis(10);
/// Packets whose number says that they are one may have been captured further
/// apart; a counter needs longer to come round.
const NUMBERED_WITHIN: Duration = Duration::from_secs(1);

impl EarlierReset {
    /// Whether `reset` is this one, some routers on.
    #[must_use]
    pub fn is_forwarded_as(&self, reset: &Reset) -> bool {
        let same = self.same_sender
            && (self.seq, self.ack, self.flags, self.window)
                == (reset.seq, reset.ack, reset.flags, reset.window);
        let Some((before, after)) = self.ip.zip(reset.ip).filter(|_| same) else {
            return false;
        };
        let hops = before.ttl.checked_sub(after.ttl);
        if before.id().is_some_and(|id| id != 0) {
            before.id() == after.id() && hops > Some(0) && self.age <= NUMBERED_WITHIN
        } else {
            hops == Some(1) && self.age <= FORWARDED_WITHIN
        }
    }
}

/// The claimed sender's address over its other conversations.
#[derive(Clone, Copy, Debug)]
pub struct HostHabits {
    /// TTLs of its packets.
    pub ttl: Ttl,
    /// Frame of its last packet.
    pub last_frame: FrameNumber,
    /// Its last IP ID that was not 0, and the frame.
    pub ip_id: Option<(u16, FrameNumber)>,
    /// How it numbers.
    pub ip_id_pattern: Option<Pattern>,
    /// It labels its IPv6 packets.
    pub labels: bool,
}

impl HostHabits {
    /// The habits of this host; `None` before its first packet.
    #[must_use]
    pub fn of(host: &Host) -> Option<Self> {
        Some(Self {
            ttl: host.ttl,
            last_frame: host.last_frame?,
            ip_id: host.ip_id.last(),
            ip_id_pattern: host.ip_id.pattern(),
            labels: host.labels,
        })
    }
}

/// Round trips that the RST can be compared with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trips {
    /// Smallest between capture point and claimed sender, in this conversation.
    pub conversation: Option<Duration>,
    /// The same over all conversations of that host.
    pub host: Option<Duration>,
    /// One of the handshake, or several, are among them.
    pub certain: bool,
}

impl Trips {
    /// The smallest known: the fastest that the claimed sender ever was.
    #[must_use]
    pub fn smallest(&self) -> Option<Duration> {
        match (self.conversation, self.host) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

/// A later segment of the RST's claimed sender.
#[derive(Clone, Copy, Debug)]
pub struct Continuation {
    /// Its frame.
    pub frame: FrameNumber,
    /// From the RST to it.
    pub after: Duration,
    /// New payload in it, bytes.
    pub payload: u32,
    /// It goes on behind the payload of the RST.
    pub behind_payload: bool,
    /// It goes beyond the sequence number of the RST: what was sent before the
    /// RST and overtaken by it could not.
    pub beyond_reset: bool,
}

impl Continuation {
    /// Whether it can show what an earlier one could not: it goes beyond the RST
    /// for the first time, or it is later by another step of patience.
    #[must_use]
    pub fn tells_more_than(&self, before: &Self) -> bool {
        let steps = |after: Duration| (after.as_millis() >= 5, after.as_millis() >= 100);
        let shown = |it: &Self| (it.beyond_reset, it.behind_payload, steps(it.after));
        shown(self) != shown(before)
    }
}

/// What came after the RST.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aftermath {
    /// The claimed sender went on.
    pub continued: Option<Continuation>,
    /// The receiver went on.
    pub ignored: Option<FrameNumber>,
    /// The receiver gave up.
    pub obeyed: Option<FrameNumber>,
    /// The claimed sender's packets came with the TTL from before the RST again.
    pub ttl_returned: Option<FrameNumber>,
}

/// An RST of another host with the number before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedCounter {
    /// Its IPv4 identification.
    pub id: u16,
    /// Its frame.
    pub frame: FrameNumber,
}

/// Attempts of one client that came to nothing, within a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Different ports, of all hosts.
    pub ports: u8,
    /// Different hosts.
    pub hosts: u8,
}

/// What other conversations show about an RST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Company {
    /// It answers, or ends, one of many attempts of one client.
    pub scan: Option<Scan>,
    /// A port of the same server that answers SYNs neither with SYN-ACK nor with
    /// RST, and the frame of a repeated SYN to it.
    pub silent_port: Option<(u16, FrameNumber)>,
    /// Where the same server was asked by another name, and answered.
    pub other_name: Option<FrameNumber>,
    /// Conversations that ended by an RST after the same silence, this one
    /// included, and the last frame before this one; 0 where there are no others.
    pub same_idle: u8,
    /// Conversations of other hosts whose stray segments the claimed sender has
    /// answered, this one included.
    pub unsolicited: u8,
}

/// Where the capture was taken, as far as it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vantage {
    /// Beside the RST's claimed sender.
    AtSender,
    /// Beside the RST's receiver.
    AtReceiver,
    /// Somewhere between the two.
    Between,
}

/// Within a machine, or on its own link, an answer takes less than this
/// (measured: 20 µs to 400 µs).
const BESIDE: Duration = Duration::from_millis(1);

/// The claimed sender's TTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtlBaseline {
    /// TTL to expect.
    pub ttl: u8,
    /// A packet that came with it.
    pub frame: FrameNumber,
    /// Learned in this conversation, not in others of the host.
    pub same_conversation: bool,
}

/// Everything that was seen up to now about one RST.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The RST.
    pub reset: Reset,
    /// The side that it claims; `None` where neither handshake nor ports tell.
    pub role: Option<Role>,
    /// The roles are a guess from the ports.
    pub roles_assumed: bool,
    /// Where the conversation stood.
    pub phase: Phase,
    /// The SYN or the SYN-ACK was seen.
    pub handshake_seen: bool,
    /// The claimed sender, before the RST.
    pub sender: Endpoint,
    /// The receiver, before the RST.
    pub receiver: Endpoint,
    /// The claimed sender's address elsewhere.
    pub host: Option<HostHabits>,
    /// What the RST answers.
    pub answer: Answer,
    /// The client had asked for the same server's name before its last request.
    pub name_repeated: bool,
    /// Whether the receiver must accept it.
    pub acceptability: Acceptability,
    /// Round trips.
    pub trips: Trips,
    /// Silence before it, or before the segment that it answers.
    pub idle: Option<Duration>,
    /// That silence counts as idle by the user's threshold.
    pub after_idle: bool,
    /// The last RST before it in this conversation.
    pub earlier: Option<EarlierReset>,
    /// Hosts that suspicious RSTs of the same look have claimed to be, this one
    /// included; 0 where this one is not suspicious.
    pub same_look_hosts: u32,
    /// The periodic series of probes that it ends one of.
    pub series: Option<Series>,
    /// Bytes of its HTTP response that the server has not sent.
    pub unsent: Option<u32>,
    /// The IP header that it was captured with, where it is the RST before once
    /// more: then everything else is that one's.
    pub copy: Option<IpHeader>,
    /// What other conversations show.
    pub company: Company,
    /// The RST that had refused the same attempt before (the SYN was repeated).
    pub refused_before: Option<FrameNumber>,
    /// A recent RST that claims another host and that this one's IP ID follows.
    pub shared_counter: Option<SharedCounter>,
    /// What came after it.
    pub aftermath: Aftermath,
    /// Conversations had to be forgotten for want of memory before this RST.
    pub history_evicted: bool,
    /// TTL drop that a route change explains, hops.
    pub ttl_tolerance: u8,
}

/// Conversations that make the same silence a rule: two may be chance.
pub const SAME_SILENCES: u8 = 3;

impl Case {
    /// This case as that of a packet that was captured before, as `original`: one
    /// packet has one sender, however often it is captured.
    #[must_use]
    pub fn as_copy_of(&self, original: &Self) -> Self {
        Self {
            reset: Reset {
                frame: self.reset.frame,
                time: self.reset.time,
                ..original.reset
            },
            phase: self.phase,
            earlier: self.earlier,
            copy: self.reset.ip,
            ..*original
        }
    }

    /// The IP header of this very frame.
    #[must_use]
    pub fn own_ip(&self) -> Option<IpHeader> {
        self.copy.or(self.reset.ip)
    }

    /// Whether it ends a silence that counts: by the user's threshold, or because
    /// several conversations ended after the same one.
    #[must_use]
    pub const fn ends_silence(&self) -> bool {
        self.after_idle || self.company.same_idle >= SAME_SILENCES
    }

    /// Whether the client gives up on a request that the server has not answered.
    #[must_use]
    pub fn waits_for_answer(&self) -> bool {
        let asked = self.sender.last_data_frame;
        let unanswered = asked > self.receiver.last_data_frame;
        self.role == Some(Role::Client) && unanswered
    }

    /// Its shape.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.answer.shape
    }

    /// The segment that it answers.
    #[must_use]
    pub const fn trigger(&self) -> Option<Trigger> {
        self.answer.trigger
    }

    /// The earliest segment that it can answer.
    #[must_use]
    pub const fn bound(&self) -> Option<Bound> {
        self.answer.bound
    }

    /// TTL of the RST.
    #[must_use]
    pub fn ttl(&self) -> Option<u8> {
        self.reset.ip.map(|ip| ip.ttl)
    }

    /// The TTL to expect: of this conversation, else of the host's others.
    #[must_use]
    pub fn ttl_baseline(&self) -> Option<TtlBaseline> {
        // A scanner's program writes a TTL of its own into its SYN.
        let raw = self.role == Some(Role::Client) && self.sender.is_raw_syn();
        if raw {
            return None;
        }
        let here = || Some((self.sender.ttl.expected()?, self.sender.last_frame?, true));
        let elsewhere = || {
            let host = self.host?;
            Some((host.ttl.expected()?, host.last_frame, false))
        };
        let (ttl, frame, same_conversation) = here().or_else(elsewhere)?;
        Some(TtlBaseline {
            ttl,
            frame,
            same_conversation,
        })
    }

    /// Whether the claimed sender has used this TTL before, here or elsewhere.
    #[must_use]
    pub fn has_used_ttl(&self, ttl: u8) -> bool {
        self.sender.ttl.has_seen(ttl) || self.host.is_some_and(|host| host.ttl.has_seen(ttl))
    }

    /// How much higher than expected the TTL of the RST is.
    #[must_use]
    pub fn ttl_delta(&self) -> Option<i16> {
        let expected = self.ttl_baseline()?.ttl;
        Some(i16::from(self.ttl()?) - i16::from(expected))
    }

    /// Hops of the RST and of the sender's own packets.
    #[must_use]
    pub fn hops_compared(&self) -> Option<(u8, u8)> {
        Some((hops(self.ttl()?), hops(self.ttl_baseline()?.ttl)))
    }

    /// Payload of the receiver that the claimed sender had not acknowledged,
    /// the RST's own acknowledgement included; `None` where the capture does
    /// not hold both numbers.
    #[must_use]
    pub fn unacked_bytes(&self) -> Option<u32> {
        if !self.receiver.has_seq() {
            return None;
        }
        let told = self.sender.has_acked().then_some(self.sender.acked);
        let now = self.reset.flags.ack().then_some(self.reset.ack);
        let acked = match (told, now) {
            (Some(told), Some(now)) if told.is_after(now) => told,
            (told, now) => now.or(told)?,
        };
        let outstanding = self.receiver.snd_nxt.distance(acked);
        // A SYN or FIN takes a number, but no byte.
        let controls = i32::from(self.receiver.fin() && !self.receiver.fin_acked());
        Some(
            u32::try_from(outstanding.saturating_sub(controls))
                .unwrap_or(0)
                .min(self.receiver.payload),
        )
    }

    /// Where the capture was taken: beside a side that answers at once with
    /// packets that have passed no router.
    #[must_use]
    pub fn vantage(&self) -> Option<Vantage> {
        let beside = |side: &Endpoint| {
            let unrouted = hops(side.ttl.expected()?) == 0;
            Some(unrouted && side.rtt().is_none_or(|rtt| rtt < BESIDE))
        };
        match (beside(&self.sender), beside(&self.receiver)) {
            // On one link with both it is beside both, and says nothing.
            (Some(true), Some(true)) => None,
            (Some(true), _) => Some(Vantage::AtSender),
            (_, Some(true)) => Some(Vantage::AtReceiver),
            (Some(false), Some(false)) => Some(Vantage::Between),
            _ => None,
        }
    }

    /// Whether the sequence number is one that nobody who sees the connection
    /// would choose: not the expected one, and none that the claimed sender has
    /// used. One that it has used is merely late.
    #[must_use]
    pub fn is_guess(&self) -> bool {
        let unexpected = matches!(
            self.acceptability,
            Acceptability::InWindow | Acceptability::OutOfWindow
        );
        let sender = &self.sender;
        let used = sender.has_seq()
            && sender.syn()
            && !sender.isn.is_after(self.reset.seq)
            && !self.reset.seq.is_after(sender.snd_nxt);
        unexpected && !used
    }

    /// The claimed sender in words.
    #[must_use]
    pub fn sender_word(&self) -> &'static str {
        self.role.map_or("sender", Role::word)
    }

    /// The receiver in words.
    #[must_use]
    pub fn receiver_word(&self) -> &'static str {
        self.role.map_or("receiver", |role| role.peer().word())
    }
}
