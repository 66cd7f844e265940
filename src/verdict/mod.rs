// SPDX-License-Identifier: GPL-2.0-or-later

//! From a case to an answer: origin, cause, impact, and the words for them.

#![forbid(unsafe_code)]

mod explain;
pub mod fields;
mod followup;
mod forgotten;
mod labels;
mod matters;
mod packed;
mod places;
mod report;
mod weigh;

pub use followup::{Followup, FollowupKind};
pub use forgotten::Forgotten;
pub(crate) use labels::{RunMember, signature};
pub(crate) use weigh::{Considered, PRIOR, Weighed, Weighing, weigh};

use std::{ffi::CStr, time::Duration};

use crate::{
    baseline::{Pattern, Resetter, Stack, hops},
    case::{Case, Origin, Signature},
    cause::{Cause, Impact, Severity},
    conversation::{Acceptability, Phase, Role, SegmentKind, Trigger},
    evidence::Evidence,
    wire::{FrameNumber, Reason, ServerName, write_multipath_reason},
    words::name_sides,
};

/// Which impacts raise expert items (preference `rst.expert_level`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ExpertLevel {
    /// All.
    #[default]
    All,
    /// Noteworthy and disruptive ones.
    Noteworthy,
    /// Disruptive ones only.
    Disruptive,
}

/// Percent from which on an RST by a middlebox is called forged by the contract.
const FORGED: u8 = 90;

/// Everything that is said about one RST. Each method is a field of the public
/// contract; `None` where the field is absent.
#[derive(Clone, Debug)]
pub struct Verdict {
    case: Case,
    server_name: Option<Box<ServerName>>,
    reason: Option<Box<str>>,
    weighing: Weighing,
    cause: Cause,
    impact: Impact,
}

impl Verdict {
    /// Judges a case; `server_name` is what the client asked for in its trigger,
    /// `payload` what the RST carries.
    #[must_use]
    pub(crate) fn of(case: Case, server_name: Option<ServerName>, payload: &[u8]) -> Self {
        let (weighing, cause, impact) = judge(&case);
        Self {
            server_name: server_name.map(Box::new),
            reason: reason(&case, payload),
            case,
            weighing,
            cause,
            impact,
        }
    }

    /// Judges anew if `change` makes a difference to the case, and tells whether it
    /// did.
    pub(crate) fn amend(&mut self, change: impl FnOnce(&mut Case)) -> bool {
        let mut case = self.case.clone();
        change(&mut case);
        let differs = case != self.case;
        if differs {
            (self.weighing, self.cause, self.impact) = judge(&case);
            self.case = case;
        }
        differs
    }

    /// Whether it is among the RSTs of a device, which may have claimed one host only.
    #[must_use]
    pub(crate) const fn is_of_device(&self) -> bool {
        self.case.resetter.is_some()
    }

    /// Whether it does not fit its claimed host, or cannot come from it.
    #[must_use]
    pub(crate) fn is_suspicious(&self) -> bool {
        self.origin() == Origin::Middlebox || self.shows(|evidence| evidence.suspicious)
    }

    /// Whether its claimed sender has gone on.
    #[must_use]
    pub(crate) fn sender_goes_on(&self) -> bool {
        self.shows(|evidence| evidence.goes_on)
    }

    fn shows(&self, what: impl Fn(&Evidence) -> bool) -> bool {
        self.findings().iter().any(|found| what(found.evidence()))
    }

    /// What it was judged from.
    #[must_use]
    pub const fn case(&self) -> &Case {
        &self.case
    }

    /// `rst.phase`.
    #[must_use]
    pub(crate) const fn phase(&self) -> Phase {
        self.case.phase
    }

    /// `rst.signature`, of the run of RSTs that this one belongs to.
    #[must_use]
    pub(crate) fn signature(&self) -> Option<&'static CStr> {
        self.case.signature.map(Signature::token)
    }

    /// `rst.conn_state`.
    #[must_use]
    pub(crate) fn conn_state(&self) -> Option<&'static CStr> {
        labels::conn_state(&self.case)
    }

    /// `rst.handshake_seen`.
    #[must_use]
    pub(crate) const fn handshake_seen(&self) -> bool {
        self.case.handshake_seen
    }

    /// `rst.idle_time`.
    #[must_use]
    pub(crate) const fn idle_time(&self) -> Option<Duration> {
        self.case.idle
    }

    /// `rst.after_idle`.
    #[must_use]
    pub(crate) fn after_idle(&self) -> Option<bool> {
        self.case.idle.map(|_| self.case.after_idle)
    }

    /// `rst.sender`; `None` is the token "unknown".
    #[must_use]
    pub(crate) const fn sender(&self) -> Option<Role> {
        self.case.role
    }

    /// `rst.origin`.
    #[must_use]
    pub(crate) const fn origin(&self) -> Origin {
        self.weighing.origin
    }

    /// `rst.confidence`, percent.
    #[must_use]
    pub(crate) const fn confidence(&self) -> u8 {
        self.weighing.confidence
    }

    /// `rst.ttl`.
    #[must_use]
    pub(crate) fn ttl(&self) -> Option<u8> {
        self.case.own_ip().map(|ip| ip.ttl)
    }

    /// `rst.hops`.
    #[must_use]
    pub(crate) fn hops(&self) -> Option<u8> {
        self.ttl().map(hops)
    }

    /// `rst.ttl.expected`.
    #[must_use]
    pub(crate) fn ttl_expected(&self) -> Option<u8> {
        self.case.ttl_baseline().map(|baseline| baseline.ttl)
    }

    /// `rst.hops.expected`.
    #[must_use]
    pub(crate) fn hops_expected(&self) -> Option<u8> {
        self.ttl_expected().map(hops)
    }

    /// `rst.ttl.delta`.
    #[must_use]
    pub(crate) fn ttl_delta(&self) -> Option<i16> {
        Some(i16::from(self.ttl()?) - i16::from(self.ttl_expected()?))
    }

    /// `rst.ip_id`.
    #[must_use]
    pub(crate) fn ip_id(&self) -> Option<u16> {
        self.case.own_ip().and_then(|ip| ip.id())
    }

    /// `rst.ip_id.pattern`.
    #[must_use]
    pub(crate) fn ip_id_pattern(&self) -> Option<Pattern> {
        self.case
            .sender
            .ip_id
            .pattern()
            .or(self.case.host?.ip_id_pattern)
    }

    /// `rst.ip_id.delta`.
    #[must_use]
    pub(crate) fn ip_id_delta(&self) -> Option<i32> {
        let habit = &self.case.sender.ip_id;
        if habit.pattern() != Some(Pattern::Counter) {
            return None;
        }
        let (last, _) = habit.last()?;
        Some(self.ip_id()?.wrapping_sub(last).cast_signed().into())
    }

    /// `rst.baseline_frame`.
    #[must_use]
    pub(crate) fn baseline_frame(&self) -> Option<FrameNumber> {
        self.case.ttl_baseline().map(|baseline| baseline.frame)
    }

    /// `rst.resetter` and `rst.resetter.hosts`, where there are several hosts.
    #[must_use]
    pub(crate) fn resetter(&self) -> Option<&Resetter> {
        self.case
            .resetter
            .as_ref()
            .filter(|resetter| resetter.hosts() >= 2)
    }

    /// `rst.cause`.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// A filter reacts to the request, whichever side it resets.
    fn reacted_to(&self) -> Option<Trigger> {
        let content = self.case.answer.content;
        content
            .filter(|_| self.cause == Cause::ContentFilter)
            .or(self.case.trigger())
    }

    /// `rst.trigger`.
    #[must_use]
    pub(crate) fn trigger(&self) -> Option<SegmentKind> {
        self.reacted_to().map(|trigger| trigger.kind)
    }

    /// `rst.trigger_frame`.
    #[must_use]
    pub(crate) fn trigger_frame(&self) -> Option<FrameNumber> {
        self.reacted_to().map(|trigger| trigger.frame)
    }

    /// `rst.latency`.
    #[must_use]
    pub(crate) fn latency(&self) -> Option<Duration> {
        self.reacted_to().map(|trigger| trigger.latency)
    }

    /// `rst.rtt`.
    #[must_use]
    pub(crate) fn rtt(&self) -> Option<Duration> {
        self.case.trips.smallest()
    }

    /// `rst.unacked_bytes`.
    #[must_use]
    pub(crate) fn unacked_bytes(&self) -> Option<u32> {
        self.case.unacked_bytes()
    }

    /// `rst.consequence_of`.
    #[must_use]
    pub(crate) fn consequence_of(&self) -> Option<FrameNumber> {
        let earlier = self.case.earlier?;
        (self.cause == Cause::Consequence).then_some(earlier.frame)
    }

    /// `rst.impact`.
    #[must_use]
    pub(crate) const fn impact(&self) -> Impact {
        self.impact
    }

    /// `rst.effective`.
    #[must_use]
    pub(crate) const fn effective(&self) -> Option<bool> {
        let aftermath = &self.case.aftermath;
        if aftermath.ignored.is_some() {
            Some(false)
        } else if aftermath.obeyed.is_some() {
            Some(true)
        } else if self.case.is_undelivered() {
            Some(false)
        } else {
            None
        }
    }

    /// `rst.acceptability`.
    #[must_use]
    pub(crate) const fn acceptability(&self) -> Acceptability {
        self.case.acceptability
    }

    /// Findings, strongest first.
    #[must_use]
    pub(crate) const fn findings(&self) -> &[Weighed] {
        &self.weighing.findings
    }

    /// Stories that were considered: the guilty one first, then the decisive ones.
    #[must_use]
    pub(crate) const fn stories(&self) -> &[Considered] {
        &self.weighing.stories
    }

    /// `rst.evidence.sum`: decibans for a middlebox against the best story of both
    /// sides.
    #[must_use]
    pub(crate) const fn sum(&self) -> i16 {
        self.weighing.sum
    }

    /// `rst.sender.stack`.
    #[must_use]
    pub(crate) fn sender_stack(&self) -> Option<Stack> {
        self.case.stack()
    }

    /// `rst.device`: the maker whose form it has, or who names itself in it.
    #[must_use]
    pub(crate) fn device(&self) -> Option<&'static CStr> {
        let named = self
            .findings()
            .iter()
            .find_map(|found| found.evidence().device);
        named.or_else(|| Some(self.case.maker()?.token))
    }

    /// `rst.device.hops`: how many routers lie between here and whoever made the RST
    /// of a middlebox, where its TTL tells.
    #[must_use]
    pub(crate) fn device_hops(&self) -> Option<u8> {
        let untold = self.shows(|evidence| evidence.ttl_tells_nothing);
        let told = self.origin() == Origin::Middlebox && !untold;
        self.hops().filter(|_| told)
    }

    /// Writes `rst.hypothesis.text`; nothing past the last.
    pub(crate) fn write_story(&self, index: usize, out: &mut String) {
        if let Some(story) = self.stories().get(index) {
            explain::story(story, out);
        }
    }

    /// Severity of the expert item; `None` where the user wants none.
    #[must_use]
    pub(crate) fn severity(&self, level: ExpertLevel) -> Option<Severity> {
        let wanted = match level {
            ExpertLevel::All => true,
            ExpertLevel::Noteworthy => self.impact >= Impact::Noteworthy,
            ExpertLevel::Disruptive => self.impact >= Impact::Disruptive,
        };
        let forged = self.origin() == Origin::Middlebox && self.confidence() >= FORGED;
        let usual = self.impact.severity();
        wanted.then(|| {
            if forged || self.effective() == Some(false) {
                usual.max(Severity::Warn)
            } else {
                usual
            }
        })
    }

    /// Writes `rst.summary`.
    pub(crate) fn write_summary(&self, out: &mut String) {
        explain::summary(self, out);
    }

    /// Writes `rst.when`.
    pub(crate) fn write_when(&self, out: &mut String) {
        explain::when(self, out);
    }

    /// Writes `rst.who`.
    pub(crate) fn write_who(&self, out: &mut String) {
        explain::who(self, out);
    }

    /// Writes `rst.why`.
    pub(crate) fn write_why(&self, out: &mut String) {
        explain::why(self, out);
    }

    /// Writes `rst.evidences`.
    pub(crate) fn write_evidences(&self, out: &mut String) {
        explain::evidences(self, out);
    }

    /// Writes `rst.cause.text`, one of several lines; nothing past the last.
    pub(crate) fn write_cause(&self, index: usize, out: &mut String) {
        let mut lines = String::new();
        self.cause.write_text(&self.case, self.origin(), &mut lines);
        self.write_reason_elsewhere(&mut lines);
        out.push_str(lines.lines().nth(index).unwrap_or_default());
    }

    /// Writes `rst.trigger.name`; nothing where it is absent.
    pub(crate) fn write_trigger_name(&self, out: &mut String) {
        let asks = self.trigger().is_some_and(SegmentKind::asks_for_a_name);
        if let Some(name) = self.server_name.as_ref().filter(|_| asks) {
            out.push_str(name.as_str());
        }
    }

    /// Writes `rst.vendor_reason`: the text in the RST, or the meaning of a known
    /// device's code; nothing where it is absent.
    pub(crate) fn write_vendor_reason(&self, out: &mut String) {
        if let Some(text) = &self.reason {
            out.push_str(text);
        }
        for found in self.findings() {
            let before = out.len();
            found.finding.write_reason(out);
            if before > 0 && out.len() > before {
                out.insert_str(before, "; ");
            }
        }
    }

    /// Writes `rst.next_step`; nothing where it is absent.
    pub(crate) fn write_next_step(&self, out: &mut String) {
        if self.origin() == Origin::Middlebox && self.case.made().is_some() {
            self.write_next_step_between(out);
            return;
        }
        self.cause.write_next_step(self.impact, out);
    }

    /// Writes `rst.evidence.text` of a finding; nothing past the last.
    pub(crate) fn write_evidence(&self, index: usize, out: &mut String) {
        if let Some(found) = self.findings().get(index) {
            let mut text = String::new();
            found.finding.write_text(&mut text);
            let (sender, receiver) = (self.case.sender_word(), self.case.receiver_word());
            out.push_str(&name_sides(&text, sender, receiver));
        }
    }

    /// Writes `rst.missing`, one of several sentences; nothing past the last.
    pub(crate) fn write_missing(&self, index: usize, out: &mut String) {
        explain::missing(self, index, out);
    }
}

/// What an RST says of itself: its payload, and Multipath TCP's reason.
fn reason(case: &Case, payload: &[u8]) -> Option<Box<str>> {
    let mut out = String::new();
    if let Some(reason) = Reason::of(payload) {
        reason.write(&mut out);
    }
    if let Some(reason) = case.reset.options.multipath_reason {
        write_multipath_reason(reason, &mut out);
    }
    (!out.is_empty()).then(|| out.into())
}

fn judge(case: &Case) -> (Weighing, Cause, Impact) {
    let weighing = weigh(case);
    let cause = Cause::of(case, weighing.origin);
    let impact = Impact::of(cause, case, weighing.origin);
    (weighing, cause, impact)
}
