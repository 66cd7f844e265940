// SPDX-License-Identifier: GPL-2.0-or-later

//! THE TABLE of causes, collected from the groups' files.

use super::{
    abort, after_reset, closing, elsewhere, forgotten, interference, opening,
    row::{Row, Rule},
    unknown,
};

macro_rules! causes {
    ($($cause:ident)*) => {
        /// The value of `rst.cause`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each one's title says what it is")]
        pub enum Cause {
            $($cause,)*
        }

        impl Cause {
            /// All of them, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$cause),*];
        }
    };
}

causes! {
    PortClosed
    ConnectionRejected
    RefusedOpenPort
    UnacceptableReset
    RawSocket
    ConnectTimeout
    HalfOpenScan
    ConnectScan
    HealthCheck
    CancelledConnect
    NotAccepted
    Backscatter
    RequestRejected
    RequestLost
    RequestDropped
    TranslationLost
    OwnFilter
    ApplicationAbort
    UnreadData
    DataAfterClose
    AbortAfterFin
    CloseCleanup
    TlsAlert
    NoConnection
    HalfOpenRecovery
    KeepaliveTimeout
    RetransmissionTimeout
    ZeroWindowTimeout
    IdleTimeout
    IdleStateLost
    ContentFilter
    PolicyBlock
    BlindInjection
    Consequence
    ResetLoop
    StrayAnswer
    Unknown
}

/// All rules in the order of asking: the first that knows the case answers, so the
/// more specific stand first, and each may take for granted that those before it
/// have not known the case.
pub(super) const GROUPS: &[&[Rule]] = &[
    after_reset::RULES,
    elsewhere::RULES,
    opening::RULES,
    // Knows every RST of a middlebox that comes as far as here.
    interference::RULES,
    closing::RULES,
    forgotten::RULES,
    abort::RULES,
    // Knows every RST.
    unknown::RULES,
];

/// Each cause's row, at its number; the compiler sees that each has one and only one.
static ROWS: [&Row; Cause::ALL.len()] = rows();

impl Cause {
    /// Its row.
    #[expect(
        clippy::indexing_slicing,
        reason = "ROWS is as long as the enum has variants"
    )]
    pub(super) const fn row(self) -> &'static Row {
        ROWS[self as usize]
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which has to be given a row for each cause"
)]
const fn rows() -> [&'static Row; Cause::ALL.len()] {
    let mut found = [None; Cause::ALL.len()];
    let mut groups = GROUPS;
    while let [rules, other_groups @ ..] = groups {
        let mut rules = *rules;
        while let [rule, others @ ..] = rules {
            if let Rule::Row(row) = rule {
                let place = &mut found[row.cause as usize];
                assert!(place.is_none(), "a cause has two rows");
                *place = Some(row);
            }
            rules = others;
        }
        groups = other_groups;
    }
    let mut rows = [&unknown::ROW; Cause::ALL.len()];
    let mut number = 0;
    while number < found.len() {
        assert!(found[number].is_some(), "a cause has no row");
        if let Some(row) = found[number] {
            rows[number] = row;
        }
        number += 1;
    }
    rows
}
