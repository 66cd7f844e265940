// SPDX-License-Identifier: GPL-2.0-or-later

//! The symbols that Wireshark looks for in a plugin.
//!
//! They are here and not in C because the symbols of a C archive do not become
//! exports of a Rust cdylib.

#![expect(unsafe_code, reason = "exports the entry symbols and calls the C half")]

use libc::c_int;

// The plugin's own version, and that of the Wireshark that the C half was compiled for.
include!(concat!(env!("OUT_DIR"), "/wireshark.rs"));

unsafe extern "C" {
    /// Registers everything; in `packet-rstscope.c`.
    fn rstscope_plugin_register();
}

/// The plugin's version: an array, because Wireshark takes its address for the text.
#[unsafe(no_mangle)]
static plugin_version: [u8; VERSION.len()] = match VERSION.first_chunk() {
    Some(version) => *version,
    None => unreachable!(),
};

/// Major version of the Wireshark that this is compiled for.
#[unsafe(no_mangle)]
static plugin_want_major: c_int = WIRESHARK_MAJOR;

/// Minor version of the Wireshark that this is compiled for.
#[unsafe(no_mangle)]
static plugin_want_minor: c_int = WIRESHARK_MINOR;

/// `WS_PLUGIN_DESC_DISSECTOR`, the same in every version that reads it.
const DISSECTOR: u32 = 1;

/// What kind of plugin this is; Wireshark before 4.4 does not ask.
#[unsafe(no_mangle)]
extern "C" fn plugin_describe() -> u32 {
    DISSECTOR
}

/// Called once when Wireshark has loaded the plugin.
#[unsafe(no_mangle)]
extern "C" fn plugin_register() {
    // SAFETY: Wireshark calls this where plugins may register, on its only thread.
    unsafe { rstscope_plugin_register() }
}
