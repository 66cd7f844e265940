// SPDX-License-Identifier: GPL-2.0-or-later

//! What is on the wire: values of one segment, no memory of the past.
//!
//! Everything here is total: any bytes give a value or `None`, never an error
//! and never a panic.

#![forbid(unsafe_code)]

mod flags;
mod options;
mod packet;
mod payload;
mod reason;
mod segment;
mod seq;
mod time;

pub use flags::TcpFlags;
pub use options::{Options, Timestamps};
pub use packet::{IpHeader, IpVersion, Link, Packet, Place, dscp};
pub use payload::{Content, MAX_NAME_LENGTH, ServerName, expects_no_body, response_length};
pub use reason::{Reason, write_multipath_reason};
pub use segment::{Header, Segment, Socket};
pub use seq::SeqNumber;
pub use time::{FrameNumber, Timestamp};
