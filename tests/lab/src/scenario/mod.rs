// SPDX-License-Identifier: GPL-2.0-or-later

//! All scenarios. Each group of them is a file: scripts, and a table with one row a script.

mod abort;
mod alone;
mod annotated;
mod both_sides;
mod bridge;
mod counted;
mod demo;
mod devices;
mod documented;
mod encapsulated;
mod expiry;
mod half_open;
mod idle;
mod injected;
mod makers;
mod members;
mod middlebox;
mod midway;
mod mirrored;
mod mixed;
mod names;
mod nat;
mod offload;
mod ordinary;
mod ovn;
mod own_host;
mod partial;
mod payload;
mod poisoned;
mod ports;
mod probe;
mod proxied;
mod quick;
mod refused;
mod rerouted;
mod reused;
mod route;
mod scan;
mod stacks;
mod stall;
mod stray;
mod telling;
mod tools;
mod ttl;
mod within;

use anyhow::Result;

use crate::{
    edit::Edit,
    family::Family,
    lab::Lab,
    net::Node,
    tokens::{Cause, Impact, Kind, Origin, Phase},
    wrap::Wrap,
};

/// The groups, in the order in which they run.
const GROUPS: &[&[Scenario]] = &[
    // First, because these take longest.
    idle::TABLE,
    nat::TABLE,
    expiry::TABLE,
    mixed::TABLE,
    demo::TABLE,
    refused::TABLE,
    abort::TABLE,
    half_open::TABLE,
    middlebox::TABLE,
    devices::TABLE,
    midway::TABLE,
    injected::TABLE,
    documented::TABLE,
    offload::TABLE,
    encapsulated::TABLE,
    ordinary::TABLE,
    probe::TABLE,
    scan::TABLE,
    ports::TABLE,
    stray::TABLE,
    telling::TABLE,
    stall::TABLE,
    names::TABLE,
    annotated::TABLE,
    partial::TABLE,
    bridge::TABLE,
    route::TABLE,
    ttl::TABLE,
    counted::TABLE,
    rerouted::TABLE,
    members::TABLE,
    own_host::TABLE,
    reused::TABLE,
    mirrored::TABLE,
    both_sides::TABLE,
    poisoned::TABLE,
    makers::TABLE,
    proxied::TABLE,
    quick::TABLE,
    within::TABLE,
    stacks::TABLE,
    alone::TABLE,
    ovn::TABLE,
    tools::TABLE,
];

/// One scenario: a script, and what its captures must hold.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// One sentence: what the capture shows.
    pub(crate) purpose: &'static str,
    pub(crate) kind: Kind,
    pub(crate) run: fn(&mut Lab) -> Result<()>,
    pub(crate) captures: &'static [Capture],
}

/// One capture that a scenario leaves behind.
pub(crate) struct Capture {
    pub(crate) vantage: Node,
    /// All resets in it, in order.
    pub(crate) resets: &'static [Declared],
    /// On all devices at once, as `tcpdump -i any`: what a router forwards is in it twice.
    pub(crate) on_all_devices: bool,
    /// On the loopback device only.
    pub(crate) on_loopback: bool,
    /// The only IP version that it is taken on; both, if none.
    pub(crate) only: Option<Family>,
    /// Its folder, where that is not made of scenario, IP version and vantage.
    pub(crate) folder: Option<&'static str>,
    /// What the lab writes around the recorded segments.
    pub(crate) wrap: Option<Wrap>,
    /// The place of a second capture in the same file.
    pub(crate) merged_with: Option<Node>,
    /// What the lab changes in the order and times of what was recorded.
    pub(crate) edits: &'static [Edit],
    /// Whether it may be larger than the others.
    pub(crate) large: bool,
    /// What else a reader has to know about where it comes from.
    pub(crate) note: Option<&'static str>,
}

impl Capture {
    const fn new(vantage: Node, resets: &'static [Declared]) -> Self {
        Self {
            vantage,
            resets,
            on_all_devices: false,
            on_loopback: false,
            only: None,
            folder: None,
            wrap: None,
            merged_with: None,
            edits: &[],
            large: false,
            note: None,
        }
    }

    const fn on_all_devices(self) -> Self {
        Self {
            on_all_devices: true,
            ..self
        }
    }

    const fn on_loopback(self) -> Self {
        Self {
            on_loopback: true,
            ..self
        }
    }

    /// Takes it on one IP version only.
    const fn only(self, family: Family) -> Self {
        Self {
            only: Some(family),
            ..self
        }
    }

    const fn folder(self, name: &'static str) -> Self {
        Self {
            folder: Some(name),
            ..self
        }
    }

    const fn wrapped(self, wrap: Wrap) -> Self {
        Self {
            wrap: Some(wrap),
            ..self
        }
    }

    /// Adds what was captured at another node, as another interface.
    const fn merged_with(self, second: Node) -> Self {
        Self {
            merged_with: Some(second),
            ..self
        }
    }

    /// Whether its file tells its interfaces apart.
    pub(crate) fn has_interfaces(&self) -> bool {
        let is_other = |edit: &Edit| matches!(edit, Edit::OtherInterface(_));
        self.merged_with.is_some() || self.edits.iter().any(is_other)
    }

    const fn edited(self, edits: &'static [Edit]) -> Self {
        Self { edits, ..self }
    }

    const fn large(self) -> Self {
        Self {
            large: true,
            ..self
        }
    }

    const fn note(self, text: &'static str) -> Self {
        Self {
            note: Some(text),
            ..self
        }
    }
}

/// What a scenario says about a reset before it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declared {
    pub(crate) origin: Origin,
    /// Whether anything in the capture can show the origin.
    pub(crate) decidable: bool,
    pub(crate) phase: Phase,
    pub(crate) cause: Cause,
    /// What the capture shows instead, where it cannot show the cause.
    pub(crate) looks_like: Option<Cause>,
    pub(crate) impact: Impact,
    /// What happened, where the scenario tells more than one story.
    pub(crate) story: Option<&'static str>,
}

/// Every scenario there is.
pub(crate) fn all() -> impl Iterator<Item = &'static Scenario> {
    GROUPS.iter().copied().flatten()
}

/// A capture on the client's device.
const fn client(resets: &'static [Declared]) -> Capture {
    Capture::new(Node::Client, resets)
}

/// A capture on the server's device.
const fn server(resets: &'static [Declared]) -> Capture {
    Capture::new(Node::Server, resets)
}

/// A capture at the middlebox, on the device that leads to the client.
const fn middlebox(resets: &'static [Declared]) -> Capture {
    Capture::new(Node::Middlebox, resets)
}

/// A reset that its claimed sender really sent.
const fn genuine(phase: Phase, cause: Cause, impact: Impact) -> Declared {
    Declared {
        origin: Origin::Endpoint,
        decidable: true,
        phase,
        cause,
        looks_like: None,
        impact,
        story: None,
    }
}

/// A reset that something in between sent in an endpoint's name.
const fn foreign(phase: Phase, cause: Cause, impact: Impact) -> Declared {
    Declared {
        origin: Origin::Middlebox,
        decidable: true,
        phase,
        cause,
        looks_like: None,
        impact,
        story: None,
    }
}

/// The same reset, in a capture that holds nothing to tell its maker by.
const fn undecidable(declared: Declared) -> Declared {
    Declared {
        decidable: false,
        ..declared
    }
}

/// The same reset, in a capture that shows another cause than the true one.
const fn looking_like(declared: Declared, shown: Cause) -> Declared {
    Declared {
        looks_like: Some(shown),
        ..declared
    }
}

/// The same reset, with what happened in words.
const fn told(story: &'static str, declared: Declared) -> Declared {
    Declared {
        story: Some(story),
        ..declared
    }
}

/// What follows from an earlier reset.
const CONSEQUENCE: Declared = genuine(Phase::Reset, Cause::Consequence, Impact::Benign);

/// A further shot at a connection that the first has ended.
const SHOT: Declared = foreign(Phase::Reset, Cause::Consequence, Impact::Noteworthy);
