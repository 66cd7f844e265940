// SPDX-License-Identifier: GPL-2.0-or-later

//! A case to start from, so that each test shows only what matters to it. It is an RST from a server in mid-stream: without ACK flag, window 0, no
//! options, IPv4 ID 0, TTL 61, and nothing known of its sender's habits.

use std::{net::IpAddr, ops::Deref, time::Duration};

use etherparse::TcpHeaderSlice;

use super::{
    Aftermath, Case, Continuation, EarlierReset, HostHabits, Neighbours, SharedCounter, Trips,
};
use crate::{
    baseline::{Gateway, IpId, ResetTtls, Ttl},
    conversation::{Acceptability, Answer, Bound, Endpoint, Phase, Role, Shape},
    wire::{
        FrameNumber, Header, IpHeader, IpVersion, Link, Packet, Segment, SeqNumber, TcpFlags,
        Timestamp, Timestamps,
    },
};

/// A [`Case`] with methods that change one thing each.
#[derive(Clone)]
pub(crate) struct Builder(pub(super) Case);

impl Deref for Builder {
    type Target = Case;

    fn deref(&self) -> &Case {
        &self.0
    }
}

fn frame(number: u32) -> FrameNumber {
    FrameNumber::new(number).unwrap()
}

fn ipv4(ttl: u8, id: u16) -> IpHeader {
    IpHeader {
        ttl,
        traffic_class: 0,
        version: IpVersion::V4 {
            id,
            dont_fragment: true,
        },
    }
}

/// Parsed, so that what is new in the header needs no line here.
fn reset() -> Header {
    const PORTS_SEQ_ACK: [u8; 12] = [0, 80, 0x9c, 0x40, 0, 0, 0x13, 0x88, 0, 0, 0, 0];
    const OFFSET_FLAGS_WINDOW_SUM_URGENT: [u8; 8] = [0x50, 0x04, 0, 0, 0, 0, 0, 0];
    let tcp = [&PORTS_SEQ_ACK[..], &OFFSET_FLAGS_WINDOW_SUM_URGENT].concat();
    let packet = Packet {
        frame: frame(10),
        time: Timestamp(1_000_000_000),
        source: IpAddr::from([192, 0, 2, 80]),
        destination: IpAddr::from([192, 0, 2, 1]),
        ip: Some(ipv4(61, 0)),
        link: Link::default(),
        link_destination: None,
        tcp: &tcp,
        tcp_reported: 20,
    };
    Segment::of(&packet, &TcpHeaderSlice::from_slice(packet.tcp).unwrap()).header
}

pub(crate) fn case() -> Builder {
    Builder(Case {
        reset: reset(),
        incident: frame(10),
        names_big_ip: false,
        role: Some(Role::Server),
        roles_assumed: false,
        phase: Phase::Data,
        handshake_seen: true,
        sender: Endpoint::default(),
        receiver: Endpoint::default(),
        gateway: None,
        host: None,
        answer: Answer {
            shape: Shape::Passive,
            trigger: None,
            bound: None,
            content: None,
            unheard_probe: None,
        },
        name_repeated: false,
        acceptability: Acceptability::Exact,
        trips: Trips::default(),
        idle: None,
        after_idle: false,
        earlier: None,
        turn: 0,
        in_loop: false,
        resetter: None,
        same_look_hosts: 0,
        series: None,
        signature: None,
        copy: None,
        unsent: None,
        neighbours: Neighbours::default(),
        refused_before: None,
        shared_counter: None,
        aftermath: Aftermath::default(),
        crossing: None,
        clock_stepped_back: false,
        copies: 0,
        was_mixed: false,
        several_interfaces: false,
        history_evicted: false,
        ttl_tolerance: 2,
    })
}

impl Builder {
    pub(crate) fn sender_ttl(mut self, ttls: &[u8]) -> Self {
        for (ttl, number) in ttls.iter().zip(1..) {
            let time = Timestamp(i64::from(number));
            self.0.sender.ttl.learn(*ttl, time, frame(number));
            self.0.sender.last_frame = Some(frame(number));
            self.0.sender.last_ttl = Some(*ttl);
        }
        self
    }

    pub(crate) fn sender_ids(mut self, ids: &[u16]) -> Self {
        for (id, number) in ids.iter().zip(1..) {
            self.0.sender.ip_id.learn(*id, frame(number));
        }
        self
    }

    pub(crate) fn sender_label(mut self, label: u32) -> Self {
        self.0.sender.test_label(label);
        self.0.sender.last_frame = Some(frame(8));
        self
    }

    pub(crate) fn ttl(mut self, ttl: u8) -> Self {
        self.0.reset.ip = Some(ipv4(ttl, 0));
        self
    }

    pub(crate) fn id(mut self, id: u16) -> Self {
        self.0.reset.ip = Some(ipv4(61, id));
        self
    }

    pub(crate) fn ipv6(mut self, flow_label: u32) -> Self {
        self.0.reset.ip = Some(IpHeader {
            ttl: 61,
            traffic_class: 0,
            version: IpVersion::V6 { flow_label },
        });
        self
    }

    pub(crate) fn without_ip(mut self) -> Self {
        self.0.reset.ip = None;
        self
    }

    pub(crate) fn phase(mut self, phase: Phase) -> Self {
        self.0.phase = phase;
        self
    }

    pub(crate) fn round_trip(mut self, round_trip: Duration) -> Self {
        self.0.trips.conversation = Some(round_trip);
        self.0.trips.certain = true;
        self
    }

    pub(crate) fn bound(mut self, latency: Duration) -> Self {
        self.0.answer.bound = Some(Bound {
            frame: frame(9),
            latency,
        });
        self
    }

    pub(crate) fn continued(mut self, after: Duration, payload: u32, beyond_reset: bool) -> Self {
        self.0.aftermath.continued = Some(Continuation {
            frame: frame(12),
            after,
            payload,
            behind_payload: true,
            beyond_reset,
            acknowledges_more: false,
            acknowledges_later: false,
            plausible: true,
            ttl: Some(61),
            link_source: None,
            timestamps: None,
            segments: 1,
        });
        self
    }

    /// RST+ACK as Linux aborts: window 64, TSval 1000 after frame 8 with 990.
    pub(crate) fn abort(mut self) -> Self {
        let reset = &mut self.0.reset;
        reset.flags = TcpFlags::RST.union(TcpFlags::ACK);
        reset.window = 64;
        reset.options.any = true;
        reset.options.timestamps = Some(Timestamps {
            value: 1000,
            echo: 0,
        });
        self.0.answer.shape = Shape::Active;
        let sender = &mut self.0.sender;
        sender.test_sent(SeqNumber(5000), 64, 990);
        sender.last_frame = Some(frame(8));
        self
    }

    pub(crate) fn window(mut self, window: u16) -> Self {
        self.0.reset.window = window;
        self
    }

    pub(crate) fn without_timestamps(mut self) -> Self {
        self.0.reset.options.timestamps = None;
        self
    }

    pub(crate) fn timestamp_ahead(mut self, ticks: u32) -> Self {
        self.0.reset.options.timestamps = Some(Timestamps {
            value: self.0.sender.timestamp.wrapping_add(ticks),
            echo: 0,
        });
        self
    }

    pub(crate) fn receiver_ids(mut self, ids: &[u16]) -> Self {
        for (id, number) in ids.iter().zip(1..) {
            self.0.receiver.ip_id.learn(*id, frame(number));
        }
        self
    }

    pub(crate) fn receiver_window(mut self, window: u16) -> Self {
        let receiver = &mut self.0.receiver;
        receiver.test_sent(SeqNumber(0), window, 0);
        receiver.last_frame = Some(frame(9));
        self
    }

    pub(crate) fn receiver_class(mut self, class: u8) -> Self {
        self.0.receiver.traffic_class = class;
        self.0.receiver.last_frame = Some(frame(9));
        self
    }

    pub(crate) fn sender_class(mut self, class: u8) -> Self {
        self.0.sender.test_sent(SeqNumber(5000), 64, 0);
        self.0.sender.traffic_class = class;
        self
    }

    pub(crate) fn class(mut self, class: u8) -> Self {
        if let Some(ip) = &mut self.0.reset.ip {
            ip.traffic_class = class;
        }
        self
    }

    pub(crate) fn sender_df(mut self, habits: &[bool]) -> Self {
        for dont_fragment in habits {
            self.0.sender.test_df(*dont_fragment);
        }
        self.0.sender.last_frame = Some(frame(8));
        self
    }

    pub(crate) fn df(mut self, dont_fragment: bool) -> Self {
        self.0.reset.ip = Some(IpHeader {
            ttl: 61,
            traffic_class: 0,
            version: IpVersion::V4 {
                id: 0,
                dont_fragment,
            },
        });
        self
    }

    pub(crate) fn sender_link(mut self, source: [u8; 6], vlan: u16) -> Self {
        self.0.sender.link_source = source;
        self.0.sender.place = vlan_only(vlan).place();
        self
    }

    pub(crate) fn ip_headers(mut self, of_sender: &[u8], of_reset: u8) -> Self {
        for count in of_sender {
            self.0.sender.learn_ip_headers(*count);
        }
        self.0.reset.link.ip_headers = of_reset;
        self
    }

    pub(crate) fn link(mut self, source: [u8; 6], vlan: u16) -> Self {
        self.0.reset.link = Link {
            source: Some(source),
            vlan: (vlan != 0).then_some(vlan),
            ..Link::default()
        };
        self
    }

    pub(crate) fn interface(mut self, interface: u32) -> Self {
        self.0.reset.link.interface = Some(interface);
        self
    }

    pub(crate) fn shape(mut self, shape: Shape) -> Self {
        self.0.answer.shape = shape;
        self
    }

    pub(crate) fn seq(mut self, seq: u32) -> Self {
        self.0.reset.seq = SeqNumber(seq);
        self
    }

    pub(crate) fn ack_number(mut self, ack: u32) -> Self {
        self.0.reset.ack = SeqNumber(ack);
        self
    }

    pub(crate) fn payload(mut self, length: u32, names_big_ip: bool) -> Self {
        self.0.reset.payload_length = length;
        self.0.names_big_ip = names_big_ip;
        self
    }

    /// An RST in frame 7, a millisecond before, `stride` bytes lower.
    pub(crate) fn earlier(mut self, stride: i32, same_sender: bool) -> Self {
        let reset = &self.0.reset;
        self.0.earlier = Some(EarlierReset {
            frame: frame(7),
            age: Duration::from_millis(1),
            same_sender,
            exact: true,
            blind: false,
            seq: reset.seq.offset(stride.wrapping_neg().cast_unsigned()),
            flags: reset.flags,
            window: reset.window,
            ack: reset.ack,
            ip: reset.ip,
        });
        self
    }

    /// The same with another TTL and window.
    pub(crate) fn earlier_look(self, ttl: u8, window: u16) -> Self {
        let mut case = self.earlier(0, true);
        if let Some(earlier) = &mut case.0.earlier {
            if let Some(ip) = &mut earlier.ip {
                ip.ttl = ttl;
            }
            earlier.window = window;
        }
        case
    }

    pub(crate) fn between(mut self, claimed: &str, receiver: &str) -> Self {
        self.0.reset.source.address = claimed.parse().unwrap();
        self.0.reset.destination.address = receiver.parse().unwrap();
        self.0.receiver.ttl.learn(64, Timestamp(0), frame(1));
        self
    }

    pub(crate) fn behind_gateway(mut self) -> Self {
        self.0.gateway = Some(Gateway::default());
        self.0.reset.link.source = Some([2, 0, 0, 0, 0, 1]);
        self
    }

    pub(crate) fn captured_twice(mut self, packets: u8) -> Self {
        self.0.copies = packets;
        self
    }

    pub(crate) fn host_resets(self, ttls: &[u8]) -> Self {
        let mut case = self.host_ids(&[]);
        if let Some(host) = &mut case.0.host {
            host.ttl = case.0.sender.ttl;
            ttls.iter().for_each(|ttl| host.reset_ttls.learn(*ttl));
        }
        case
    }

    pub(crate) fn receiver_ttl(mut self, ttl: u8) -> Self {
        self.0.receiver.last_ttl = Some(ttl);
        self.0.receiver.ttl.learn(ttl, Timestamp(0), frame(1));
        self
    }

    pub(crate) fn same_look_hosts(mut self, hosts: u32) -> Self {
        self.0.same_look_hosts = hosts;
        self
    }

    pub(crate) fn acceptability(mut self, acceptability: Acceptability) -> Self {
        self.0.acceptability = acceptability;
        self
    }

    pub(crate) fn ignored(mut self) -> Self {
        self.0.aftermath.ignored = Some(frame(13));
        self
    }

    pub(crate) fn host_ids(mut self, ids: &[u16]) -> Self {
        let mut habit = IpId::default();
        for (id, number) in ids.iter().zip(1..) {
            habit.learn(*id, frame(number));
        }
        self.0.host = Some(HostHabits {
            ttl: Ttl::default(),
            beginnings: Ttl::default(),
            syn_family: None,
            reset_ttls: ResetTtls::default(),
            last_frame: frame(1),
            ip_id: habit.last(),
            ip_id_pattern: habit.pattern(),
            labels: false,
        });
        self
    }

    pub(crate) fn shared_counter(mut self, id: u16) -> Self {
        self.0.shared_counter = Some(SharedCounter {
            id,
            frame: frame(3),
        });
        self
    }

    pub(crate) fn earlier_age(mut self, age: Duration) -> Self {
        if let Some(earlier) = &mut self.0.earlier {
            earlier.age = age;
        }
        self
    }

    pub(crate) fn ttl_returned(mut self) -> Self {
        self.0.aftermath.later_ttls.returned = Some(frame(14));
        self
    }

    pub(crate) fn begun_as_reset(mut self) -> Self {
        self.0.aftermath.later_ttls.begun_as_reset = 1;
        self
    }

    pub(crate) fn sender_window(mut self, window: u16) -> Self {
        self.0.sender.test_sent(SeqNumber(5000), window, 0);
        self
    }

    pub(crate) fn host_labels(self) -> Self {
        let mut case = self.host_ids(&[]);
        if let Some(host) = &mut case.0.host {
            host.labels = true;
        }
        case
    }

    pub(crate) fn silent_for(mut self, silence: Duration) -> Self {
        let silence = i64::try_from(silence.as_nanos()).unwrap();
        self.0.sender.last_time = Timestamp(self.0.reset.time.0 - silence);
        self
    }

    /// The client (who receives the RST here) has opened the connection.
    pub(crate) fn client_sent(mut self, data_segments: u8) -> Self {
        self.0.receiver.test_opened(data_segments);
        self
    }

    pub(crate) fn sender_syn(mut self) -> Self {
        self.0.sender.test_opened(0);
        self
    }

    pub(crate) fn seq_ahead(mut self, bytes: i32) -> Self {
        self.0.reset.seq = self.0.sender.snd_nxt.offset(bytes.cast_unsigned());
        self
    }
}

fn vlan_only(vlan: u16) -> Link {
    Link {
        vlan: Some(vlan),
        ..Link::default()
    }
}
