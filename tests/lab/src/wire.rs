// SPDX-License-Identifier: GPL-2.0-or-later

//! Wires in user space: a frame that leaves one TAP device enters the other a fixed time later.
//!
//! This gives delays without `tc netem`, frames with complete checksums (a TAP device offloads
//! nothing), and a place where a scenario can cut a direction or inject forged segments.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use tun::{Device, Layer};

use crate::{namespace::Namespace, segment::Segment};

/// How soon a thread notices that its wire has been taken down.
const STOP_POLL: Duration = Duration::from_millis(50);

/// Which way along the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Toward {
    Client,
    Server,
}

/// What a program on a wire does about a segment that crosses it.
#[derive(Debug)]
pub(crate) struct Reaction {
    /// Whether the segment itself goes on.
    pub(crate) pass: bool,
    /// How much longer than others it takes.
    pub(crate) hold: Duration,
    pub(crate) injections: Vec<Injection>,
}

impl Reaction {
    /// Lets the segment go on and does nothing else.
    pub(crate) fn pass() -> Self {
        Self::inject(Vec::new())
    }

    /// Lets the segment go on so much later; others may overtake it.
    pub(crate) fn hold(hold: Duration) -> Self {
        Self {
            hold,
            ..Self::pass()
        }
    }

    /// Lets the segment go on and injects others.
    pub(crate) fn inject(injections: Vec<Injection>) -> Self {
        Self {
            pass: true,
            hold: Duration::ZERO,
            injections,
        }
    }

    /// Swallows the segment and injects others in its stead.
    pub(crate) fn replace(injections: Vec<Injection>) -> Self {
        Self {
            pass: false,
            ..Self::inject(injections)
        }
    }
}

/// A forged segment.
#[derive(Debug)]
pub(crate) struct Injection {
    pub(crate) after: Duration,
    pub(crate) toward: Toward,
    pub(crate) segment: Segment,
    /// Its source on the link, where that is not the node at the sending end.
    pub(crate) link_source: Option<[u8; 6]>,
}

impl Injection {
    /// From the node at the sending end.
    pub(crate) fn new(after: Duration, toward: Toward, segment: Segment) -> Self {
        Self {
            after,
            toward,
            segment,
            link_source: None,
        }
    }
}

/// A program that watches one wire.
pub(crate) type Injector = Box<dyn FnMut(&Segment, Toward) -> Reaction + Send>;

/// One wire to be made.
pub(crate) struct WirePlan<'a> {
    pub(crate) client_end: End<'a>,
    pub(crate) server_end: End<'a>,
    pub(crate) delay: Duration,
}

/// One end of a wire.
pub(crate) struct End<'a> {
    pub(crate) namespace: &'a Namespace,
    pub(crate) device: &'static str,
    pub(crate) mac: [u8; 6],
}

enum Order {
    Frame {
        wire: usize,
        toward: Toward,
        at: Instant,
        bytes: Vec<u8>,
    },
    Cut {
        wire: usize,
        toward: Toward,
    },
    Watch {
        wire: usize,
        injector: Injector,
    },
    Inject {
        wire: usize,
        toward: Toward,
        segment: Segment,
    },
}

/// All wires of one network; dropping it takes them down.
pub(crate) struct Wires {
    orders: Option<Sender<Order>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Wires {
    /// Makes the devices and starts to carry frames.
    pub(crate) fn new(plans: &[WirePlan<'_>]) -> Result<Self> {
        let (orders, queue) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let mut wires = Vec::new();
        let mut threads = Vec::new();
        for (index, plan) in plans.iter().enumerate() {
            let client_end = Arc::new(plan.client_end.open()?);
            let server_end = Arc::new(plan.server_end.open()?);
            for (device, toward) in [(&client_end, Toward::Server), (&server_end, Toward::Client)] {
                let (device, orders, stop) = (device.clone(), orders.clone(), stop.clone());
                threads.push(thread::spawn(move || {
                    read(&device, index, toward, &orders, &stop)
                }));
            }
            wires.push(Wire {
                client_end,
                server_end,
                macs: (plan.client_end.mac, plan.server_end.mac),
                delay: plan.delay,
                cut: Vec::new(),
                injector: None,
            });
        }
        threads.push(thread::spawn(move || carry(wires, &queue)));
        Ok(Self {
            orders: Some(orders),
            stop,
            threads,
        })
    }

    /// Loses everything that travels this way from now on.
    pub(crate) fn cut(&self, wire: usize, toward: Toward) -> Result<()> {
        self.order(Order::Cut { wire, toward })
    }

    /// Puts a program on a wire.
    pub(crate) fn watch(&self, wire: usize, injector: Injector) -> Result<()> {
        self.order(Order::Watch { wire, injector })
    }

    /// Puts one forged segment on a wire, now.
    pub(crate) fn inject(&self, wire: usize, toward: Toward, segment: Segment) -> Result<()> {
        self.order(Order::Inject {
            wire,
            toward,
            segment,
        })
    }

    fn order(&self, order: Order) -> Result<()> {
        let orders = self.orders.as_ref().context("the wires are down")?;
        orders
            .send(order)
            .ok()
            .context("the thread that carries frames has ended")
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.orders = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has already said so, and nothing is left to end.
            drop(thread.join());
        }
    }
}

impl End<'_> {
    fn open(&self) -> Result<Device> {
        let mut configuration = tun::Configuration::default();
        configuration.tun_name(self.device).layer(Layer::L2);
        // Otherwise the crate would configure addresses, which `net` does for both families.
        configuration.platform_config(|platform| {
            platform.ensure_root_privileges(false);
        });
        self.namespace.enter(|| {
            Device::new(&configuration).context("cannot make a TAP device: is /dev/net/tun there?")
        })
    }
}

struct Wire {
    client_end: Arc<Device>,
    server_end: Arc<Device>,
    macs: ([u8; 6], [u8; 6]),
    delay: Duration,
    cut: Vec<Toward>,
    injector: Option<Injector>,
}

impl Wire {
    /// Queues what comes out of one arriving frame.
    fn accept(
        &mut self,
        toward: Toward,
        at: Instant,
        bytes: Vec<u8>,
        mut queue: impl FnMut(Instant, Toward, Vec<u8>),
    ) {
        let reaction = match (&mut self.injector, Segment::parse(&bytes)) {
            (Some(injector), Some(segment)) => injector(&segment, toward),
            _ => Reaction::pass(),
        };
        if reaction.pass && !self.cut.contains(&toward) {
            queue(at + self.delay + reaction.hold, toward, bytes);
        }
        for injection in reaction.injections {
            let Injection {
                after,
                toward,
                segment,
                link_source,
            } = injection;
            if let Some(frame) = self.forge(toward, &segment, link_source) {
                queue(at + after, toward, frame);
            }
        }
    }

    /// A forged frame, from the node at the sending end or from another on that link.
    fn forge(
        &self,
        toward: Toward,
        segment: &Segment,
        link_source: Option<[u8; 6]>,
    ) -> Option<Vec<u8>> {
        let (source, destination) = match toward {
            Toward::Client => (self.macs.1, self.macs.0),
            Toward::Server => (self.macs.0, self.macs.1),
        };
        segment
            .to_frame(link_source.unwrap_or(source), destination)
            .ok()
    }

    fn deliver(&self, toward: Toward, bytes: &[u8]) {
        let device = match toward {
            Toward::Client => &self.client_end,
            Toward::Server => &self.server_end,
        };
        // Fails only while the device is down: a frame on a wire without a receiver is lost.
        drop(device.send(bytes));
    }
}

/// Reads one end of a wire until it is taken down.
fn read(device: &Device, wire: usize, toward: Toward, orders: &Sender<Order>, stop: &AtomicBool) {
    let mut buffer = [0; 2048];
    while !stop.load(Ordering::Relaxed) {
        match device.recv_timeout(&mut buffer, STOP_POLL) {
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                let order = Order::Frame {
                    wire,
                    toward,
                    at: Instant::now(),
                    bytes,
                };
                if orders.send(order).is_err() {
                    return;
                }
            }
            // A device that is not up yet reads as an I/O error.
            Err(error) if error.kind() == ErrorKind::TimedOut => {}
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// A frame on its way; ordered by time, then as it was sent.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    at: Instant,
    count: u64,
    wire: usize,
    toward: Toward,
    bytes: Vec<u8>,
}

/// Carries frames from end to end, each at its time, until no order can come any more.
fn carry(mut wires: Vec<Wire>, orders: &Receiver<Order>) {
    let mut due = BinaryHeap::<Reverse<Arrival>>::new();
    let mut count = 0_u64;
    loop {
        let now = Instant::now();
        while due.peek().is_some_and(|Reverse(next)| next.at <= now) {
            if let Some(Reverse(arrival)) = due.pop()
                && let Some(wire) = wires.get(arrival.wire)
            {
                wire.deliver(arrival.toward, &arrival.bytes);
            }
        }
        let wait = due.peek().map_or(STOP_POLL, |Reverse(next)| next.at - now);
        match orders.recv_timeout(wait) {
            Ok(Order::Frame {
                wire: index,
                toward,
                at,
                bytes,
            }) => {
                if let Some(wire) = wires.get_mut(index) {
                    wire.accept(toward, at, bytes, |at, toward, bytes| {
                        count += 1;
                        due.push(Reverse(Arrival {
                            at,
                            count,
                            wire: index,
                            toward,
                            bytes,
                        }));
                    });
                }
            }
            Ok(Order::Cut { wire, toward }) => {
                if let Some(wire) = wires.get_mut(wire) {
                    wire.cut.push(toward);
                }
            }
            Ok(Order::Inject {
                wire,
                toward,
                segment,
            }) => {
                if let Some(wire) = wires.get(wire)
                    && let Some(bytes) = wire.forge(toward, &segment, None)
                {
                    wire.deliver(toward, &bytes);
                }
            }
            Ok(Order::Watch { wire, injector }) => {
                if let Some(wire) = wires.get_mut(wire) {
                    wire.injector = Some(injector);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
