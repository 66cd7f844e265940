// SPDX-License-Identifier: GPL-2.0-or-later

//! A verdict as few bytes: what it was judged from. Judging is a function of the
//! case, so everything else is made again when it is unpacked.

use super::Verdict;
use crate::{baseline::Resetter, case::Case, wire::ServerName};

/// Most take between 300 and 500 bytes, and fit a buffer on the stack: written byte by
/// byte into a vector they take twice as long.
const USUAL_LENGTH: usize = 1024;

/// The case, the number of its device, the server's name, and the RST's own reason.
type Packed<C, S> = (C, Option<u32>, Option<S>, Option<S>);

impl Verdict {
    /// This verdict as bytes.
    #[must_use]
    pub(crate) fn pack(&self) -> Vec<u8> {
        let packed: Packed<&Case, &str> = (
            &self.case,
            self.case.resetter.as_ref().map(Resetter::number),
            self.server_name.as_ref().map(|name| name.as_str()),
            self.reason.as_deref(),
        );
        let mut buffer = [0; USUAL_LENGTH];
        match postcard::to_slice(&packed, &mut buffer) {
            Ok(bytes) => bytes.to_vec(),
            // Longer: nothing in a case fails to serialize.
            Err(_) => postcard::to_allocvec(&packed).unwrap_or_default(),
        }
    }

    /// The verdict that these bytes were packed from; `device` knows the devices by
    /// their numbers. `None` if they are no packed verdict.
    #[must_use]
    pub(crate) fn unpack(
        bytes: &[u8],
        device: impl FnOnce(u32) -> Option<Resetter>,
    ) -> Option<Self> {
        let (case, number, name, reason): Packed<Case, &str> = postcard::from_bytes(bytes).ok()?;
        let case = Case {
            resetter: number.and_then(device),
            ..case
        };
        let (weighing, cause, impact) = super::judge(&case);
        Some(Self {
            server_name: name.and_then(|name| ServerName::new(name.as_bytes()).map(Box::new)),
            reason: reason.map(Into::into),
            case,
            weighing,
            cause,
            impact,
        })
    }
}
