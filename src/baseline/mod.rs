// SPDX-License-Identifier: GPL-2.0-or-later

//! What a sender usually does: one habit per file, and [`Host`], the habits of
//! one address over all its conversations.
//!
//! Nothing here is ever learned from an RST: it is what RSTs are compared with.

#![forbid(unsafe_code)]

mod gateway;
mod host;
mod ip_id;
mod resetter;
mod series;
mod stack;
mod ttl;

pub(crate) use gateway::{Gateway, Gateways, is_stranger, is_unrouted};
pub use host::{Host, Hosts, ResetTtls, Shown};
pub(crate) use ip_id::COUNTER_STEP;
pub(crate) use ip_id::{IpId, Pattern};
pub(crate) use resetter::{Entry, HeaderForm, Numbers, Resetter, Resetters};
pub(crate) use series::{ProbeSeries, Series};
pub(crate) use stack::{Stack, SynLayout};
pub(crate) use ttl::SMALLEST_SURE_INITIAL;
pub(crate) use ttl::{Ttl, hops, initial_ttl};
