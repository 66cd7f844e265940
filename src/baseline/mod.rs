// SPDX-License-Identifier: GPL-2.0-or-later

//! What a sender usually does: one habit per file, and [`Host`], the habits of
//! one address over all its conversations.
//!
//! Nothing here is ever learned from an RST: it is what RSTs are compared with.

#![forbid(unsafe_code)]

mod host;
mod ip_id;
mod resetter;
mod series;
mod ttl;

pub use host::{Host, Hosts};
pub(crate) use ip_id::COUNTER_STEP;
pub use ip_id::{IpId, Pattern};
pub use resetter::{Entry, HeaderForm, Numbers, Resetter, Resetters};
pub use series::{ProbeSeries, Series};
pub(crate) use ttl::SMALLEST_SURE_INITIAL;
pub use ttl::{Ttl, hops, initial_ttl};
