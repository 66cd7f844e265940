// SPDX-License-Identifier: GPL-2.0-or-later

//! Attempts to open a connection, and what became of them: for the statistics.

use std::{collections::VecDeque, ffi::CStr, num::NonZeroUsize};

use super::{VerdictRef, verdicts::Changes};
use crate::{
    cause::Cause,
    conversation::{Phase, Role},
    verdict::Verdict,
    wire::FrameNumber,
};

/// What became of an attempt to open a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server's SYN-ACK came first, or the RST before it did not work.
    Accepted,
    /// An RST came, from the server as far as one can tell.
    Refused,
    /// An RST came from a device on the path.
    Rejected,
    /// Neither came.
    Unanswered,
}

impl Outcome {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[
        Self::Accepted,
        Self::Refused,
        Self::Rejected,
        Self::Unanswered,
    ];

    /// The word that the statistics count it under.
    #[must_use]
    pub(crate) const fn token(self) -> &'static CStr {
        match self {
            Self::Accepted => c"accepted",
            Self::Refused => c"refused",
            Self::Rejected => c"rejected by a middlebox",
            Self::Unanswered => c"unanswered",
        }
    }
}

/// One attempt: the life of a conversation that the capture shows from its SYN on.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    syn: FrameNumber,
    /// The first RST in the server's name before a SYN-ACK.
    reset: Option<FrameNumber>,
    accepted: bool,
}

/// The newest attempts, in order of their SYNs.
#[derive(Debug)]
pub(super) struct Attempts {
    kept: VecDeque<Attempt>,
    /// The RSTs that answered an attempt, each with its SYN.
    answers: VecDeque<(FrameNumber, FrameNumber)>,
    most: usize,
}

impl Attempts {
    /// None yet, and `most` that are remembered.
    pub(super) fn new(most: NonZeroUsize) -> Self {
        Self {
            kept: VecDeque::new(),
            answers: VecDeque::new(),
            most: most.get(),
        }
    }

    fn get(&self, syn: FrameNumber) -> Option<&Attempt> {
        let found = self.kept.binary_search_by_key(&syn, |attempt| attempt.syn);
        self.kept.get(found.ok()?)
    }

    fn get_mut(&mut self, syn: FrameNumber) -> Option<&mut Attempt> {
        let found = self.kept.binary_search_by_key(&syn, |attempt| attempt.syn);
        self.kept.get_mut(found.ok()?)
    }

    /// A client sends its first SYN.
    pub(super) fn begin(&mut self, syn: FrameNumber) {
        if self.kept.len() == self.most {
            self.kept.pop_front();
        }
        self.kept.push_back(Attempt {
            syn,
            reset: None,
            accepted: false,
        });
    }

    /// The attempt that has just begun was counted at another capture point.
    pub(super) fn leave_out(&mut self, syn: FrameNumber) {
        if self.kept.back().is_some_and(|newest| newest.syn == syn) {
            self.kept.pop_back();
        }
    }

    /// The server's SYN-ACK has come to the SYN in this frame.
    pub(super) fn accept(&mut self, syn: FrameNumber, changes: &mut Changes) {
        if let Some(attempt) = self.get_mut(syn) {
            attempt.accepted = true;
            changes.note(attempt.syn);
        }
    }

    /// An RST that has its verdict, in a conversation that began with this SYN. Only the first of a conversation comes in
    /// phase `syn`, so that the attempt has no answer yet.
    pub(super) fn answer(&mut self, syn: FrameNumber, reset: &Verdict, changes: &mut Changes) {
        if reset.phase() != Phase::Syn || reset.sender() != Some(Role::Server) {
            return;
        }
        let frame = reset.case().reset.frame;
        if let Some(attempt) = self.get_mut(syn) {
            attempt.reset = Some(frame);
            if self.answers.len() == self.most {
                self.answers.pop_front();
            }
            self.answers.push_back((frame, syn));
            changes.note(syn);
        }
    }

    /// Where the verdict on an RST has changed since `from`, the outcome of the
    /// attempt that it answered may have, too.
    pub(super) fn follow(&self, changes: &mut Changes, from: u64) {
        for index in from..changes.count() {
            let answer = changes.get(index).and_then(|frame| {
                let found = self
                    .answers
                    .binary_search_by_key(&frame, |(reset, _)| *reset);
                self.answers.get(found.ok()?)
            });
            if let Some((_, syn)) = answer {
                changes.note(*syn);
            }
        }
    }

    /// What has become of the attempt that begins in this frame, by the verdict on the RST
    /// that answered it.
    pub(super) fn outcome<'a>(
        &self,
        frame: FrameNumber,
        verdict: impl FnOnce(FrameNumber) -> Option<VerdictRef<'a>>,
    ) -> Option<Outcome> {
        let attempt = self.get(frame)?;
        // One that the client must ignore ends nothing.
        let reset = attempt
            .reset
            .and_then(verdict)
            .filter(|reset| reset.cause() != Cause::UnacceptableReset);
        Some(match reset {
            Some(reset) if !(attempt.accepted && reset.effective() == Some(false)) => {
                if reset.cause() == Cause::ConnectionRejected {
                    Outcome::Rejected
                } else {
                    Outcome::Refused
                }
            }
            _ if attempt.accepted => Outcome::Accepted,
            _ => Outcome::Unanswered,
        })
    }
}
