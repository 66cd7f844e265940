// SPDX-License-Identifier: GPL-2.0-or-later

//! rstscope explains every TCP RST in a capture: when in the conversation it
//! came, who really sent it, why, and whether it matters.
//!
//! ```text
//! frame ─► segment.c ─► rstscope_segment ─► ffi ─► Engine ─► conversation (what happened between two endpoints)
//!                         (C ABI)                     │   └► baseline     (what each host usually does)
//!                                                     └─ on RST ─► case ─► evidence/*   (what is seen)      ─┐
//!                                                                     ├──► hypothesis/* (what explains it)   ├─► verdict ─► stored by frame
//!                                                                     └──► cause/*      (why, and so what)  ─┘
//! tree.c ◄─ rows of the field table ◄────── ffi ◄───────────────────────────────────────────────────── looked up by frame
//! ```
//!
//! Left to right once per frame, in capture order; right to left as often as
//! Wireshark asks, in any order. ARCHITECTURE.md has the map and the invariants.

pub mod baseline;
pub mod case;
pub mod cause;
pub mod conversation;
pub mod engine;
pub mod evidence;
pub mod ffi;
pub mod hypothesis;
pub mod mutation;
mod points;
pub mod verdict;
pub mod wire;
pub mod words;

#[cfg(feature = "replay")]
pub mod replay;

/// Unit tests run without Wireshark, whose symbols the C half needs.
#[cfg(all(feature = "plugin", not(test)))]
mod plugin;
