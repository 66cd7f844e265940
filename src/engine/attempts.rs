// SPDX-License-Identifier: GPL-2.0-or-later

//! Attempts to open a connection, and what became of them: for the statistics.

use std::{ffi::CStr, num::NonZeroUsize};

use lru::LruCache;
use rustc_hash::FxHashMap;

use super::{Verdicts, verdicts::Changes};
use crate::{
    cause::Cause,
    conversation::{Key, Phase, Role},
    verdict::Verdict,
    wire::FrameNumber,
};

/// Attempts that are remembered with their outcome; those beyond are not
/// counted. Four million of them take 48 MiB.
const MOST_ATTEMPTS: usize = 1 << 22;
/// Attempts that wait for their answer; of more than that (a SYN flood) the
/// oldest stay unanswered. 65,536 of them take about 6 MiB.
const MOST_WAITING: NonZeroUsize = NonZeroUsize::new(1 << 16).unwrap();

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

/// All attempts, in order of their SYNs.
#[derive(Debug)]
pub(super) struct Attempts {
    all: Vec<Attempt>,
    waiting: LruCache<Key, usize>,
    /// The RSTs that answered an attempt, with its SYN.
    by_reset: FxHashMap<FrameNumber, FrameNumber>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            waiting: LruCache::new(MOST_WAITING),
            by_reset: FxHashMap::default(),
        }
    }
}

impl Attempts {
    /// A client sends its first SYN.
    pub(super) fn begin(&mut self, key: Key, syn: FrameNumber) {
        if self.all.len() < MOST_ATTEMPTS {
            self.waiting.put(key, self.all.len());
            self.all.push(Attempt {
                syn,
                reset: None,
                accepted: false,
            });
        }
    }

    /// The server's SYN-ACK has come.
    pub(super) fn accept(&mut self, key: &Key, changes: &mut Changes) {
        let attempt = self.waiting.pop(key);
        if let Some(attempt) = attempt.and_then(|at| self.all.get_mut(at)) {
            attempt.accepted = true;
            changes.note(attempt.syn);
        }
    }

    /// An RST that has its verdict. Only the first of a conversation comes in
    /// phase `syn`, so that the attempt has no answer yet.
    pub(super) fn answer(&mut self, key: &Key, reset: &Verdict, changes: &mut Changes) {
        if reset.phase() != Phase::Syn || reset.sender() != Some(Role::Server) {
            return;
        }
        let attempt = self.waiting.peek(key).copied();
        if let Some(attempt) = attempt.and_then(|at| self.all.get_mut(at)) {
            let frame = reset.case().reset.frame;
            attempt.reset = Some(frame);
            self.by_reset.insert(frame, attempt.syn);
            changes.note(attempt.syn);
        }
    }

    /// Where the verdict on an RST has changed since `from`, the outcome of the
    /// attempt that it answered may have, too.
    pub(super) fn follow(&self, changes: &mut Changes, from: u64) {
        for index in from..changes.count() {
            let syn = changes
                .get(index)
                .and_then(|frame| self.by_reset.get(&frame));
            if let Some(syn) = syn {
                changes.note(*syn);
            }
        }
    }

    /// What has become of the attempt that begins in this frame.
    pub(super) fn outcome(&self, frame: FrameNumber, verdicts: &Verdicts) -> Option<Outcome> {
        let found = self.all.binary_search_by_key(&frame, |attempt| attempt.syn);
        let attempt = self.all.get(found.ok()?)?;
        // One that the client must ignore ends nothing.
        let reset = attempt
            .reset
            .and_then(|reset| verdicts.get(&reset))
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
