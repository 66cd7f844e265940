// SPDX-License-Identifier: GPL-2.0-or-later

//! A verdict as the fields of the public contract, printed as tshark does.

use std::{ffi::CStr, time::Duration};

use crate::{baseline::Resetter, engine::Engine, verdict::Verdict, wire::FrameNumber};

/// When a frame's fields are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// Right after the frame, as in one pass.
    One,
    /// After the whole capture, as with `-2`.
    Two,
}

/// The fields of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameFields {
    /// Frame number.
    pub frame: u32,
    /// Name and value; repeated fields repeated, strongest evidence first.
    pub fields: Vec<(&'static str, String)>,
}

impl FrameFields {
    /// The fields of this frame; `None` where it has none.
    #[must_use]
    pub fn of(engine: &Engine, frame: FrameNumber) -> Option<Self> {
        let mut list = List::default();
        if let Some(verdict) = engine.verdict(frame) {
            list.verdict(verdict);
        }
        if let Some(followup) = engine.followup(frame) {
            list.text("rst.followup", |out| followup.write_text(out));
            list.frame("rst.followup.frame", Some(followup.reset));
        }
        (!list.0.is_empty()).then(|| Self {
            frame: frame.get(),
            fields: list.0,
        })
    }
}

#[derive(Default)]
struct List(Vec<(&'static str, String)>);

impl List {
    fn verdict(&mut self, verdict: &Verdict) {
        self.text("rst.summary", |out| verdict.write_summary(out));
        self.when(verdict);
        self.who(verdict);
        self.why(verdict);
        self.token("rst.impact", Some(verdict.impact().token()));
        self.boolean("rst.effective", verdict.effective());
        self.token("rst.acceptability", Some(verdict.acceptability().token()));
        for (index, found) in verdict.findings().iter().enumerate() {
            let row = found.evidence();
            self.token("rst.evidence", Some(row.token));
            self.text("rst.evidence.text", |out| {
                verdict.write_evidence(index, out);
            });
            self.token("rst.evidence.points_to", Some(row.points_to().token()));
            self.number("rst.evidence.weight", Some(found.weight));
            self.frame("rst.evidence.frame", found.finding.frame());
        }
    }

    fn when(&mut self, verdict: &Verdict) {
        self.token("rst.phase", Some(verdict.phase().token()));
        self.boolean("rst.handshake_seen", Some(verdict.handshake_seen()));
        self.span("rst.idle_time", verdict.idle_time());
        self.boolean("rst.after_idle", verdict.after_idle());
        self.token("rst.signature", verdict.signature());
        self.token("rst.conn_state", verdict.conn_state());
    }

    fn who(&mut self, verdict: &Verdict) {
        let sender = verdict.sender().map_or(c"unknown", |role| role.token());
        self.token("rst.sender", Some(sender));
        self.token("rst.origin", Some(verdict.origin().token()));
        self.number("rst.confidence", Some(verdict.confidence()));
        self.number("rst.ttl", verdict.ttl());
        self.number("rst.ttl.expected", verdict.ttl_expected());
        self.number("rst.ttl.delta", verdict.ttl_delta());
        self.number("rst.hops", verdict.hops());
        self.number("rst.hops.expected", verdict.hops_expected());
        // As Wireshark shows ip.id.
        self.number("rst.ip_id", verdict.ip_id().map(|id| format!("0x{id:04x}")));
        let pattern = verdict.ip_id_pattern().map(|pattern| pattern.token());
        self.token("rst.ip_id.pattern", pattern);
        self.number("rst.ip_id.delta", verdict.ip_id_delta());
        self.frame("rst.baseline_frame", verdict.baseline_frame());
        let resetter = verdict.resetter();
        self.number("rst.resetter", resetter.map(Resetter::number));
        self.number("rst.resetter.hosts", resetter.map(Resetter::hosts));
    }

    fn why(&mut self, verdict: &Verdict) {
        self.token("rst.cause", Some(verdict.cause().token()));
        self.text("rst.cause.text", |out| verdict.write_cause(out));
        let trigger = verdict.trigger().map(|trigger| trigger.token());
        self.token("rst.trigger", trigger);
        self.text("rst.trigger.name", |out| verdict.write_trigger_name(out));
        self.frame("rst.trigger_frame", verdict.trigger_frame());
        self.span("rst.latency", verdict.latency());
        self.span("rst.rtt", verdict.rtt());
        self.number("rst.unacked_bytes", verdict.unacked_bytes());
        self.text("rst.vendor_reason", |out| verdict.write_vendor_reason(out));
        self.frame("rst.consequence_of", verdict.consequence_of());
        self.text("rst.next_step", |out| verdict.write_next_step(out));
    }

    fn text(&mut self, name: &'static str, write: impl FnOnce(&mut String)) {
        let mut text = String::new();
        write(&mut text);
        if !text.is_empty() {
            self.0.push((name, text));
        }
    }

    fn token(&mut self, name: &'static str, token: Option<&CStr>) {
        self.number(name, token.map(CStr::to_string_lossy));
    }

    fn number(&mut self, name: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.0.push((name, value.to_string()));
        }
    }

    fn frame(&mut self, name: &'static str, frame: Option<FrameNumber>) {
        self.number(name, frame);
    }

    fn boolean(&mut self, name: &'static str, value: Option<bool>) {
        self.number(name, value.map(u8::from));
    }

    fn span(&mut self, name: &'static str, span: Option<Duration>) {
        let printed = span.map(|span| format!("{}.{:09}", span.as_secs(), span.subsec_nanos()));
        self.number(name, printed);
    }
}
