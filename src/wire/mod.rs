// SPDX-License-Identifier: GPL-2.0-or-later

//! What is on the wire: values of one segment, no memory of the past.
//!
//! Everything here is total: any bytes give a value or `None`, never an error
//! and never a panic.

#![forbid(unsafe_code)]

mod flags;
pub(crate) mod numbering;
mod options;
mod packet;
mod payload;
mod reason;
mod segment;
mod seq;
mod time;

pub(crate) use flags::TcpFlags;
pub(crate) use options::{Options, Timestamps};
pub use packet::{IpHeader, IpVersion, Link, Packet, Place, dscp};
pub(crate) use payload::{Content, ServerName, expects_no_body, response_length};
pub(crate) use reason::{Reason, write_multipath_reason};
pub(crate) use segment::{Header, Segment, Socket};
pub(crate) use seq::SeqNumber;
pub use time::{FrameNumber, Timestamp};
