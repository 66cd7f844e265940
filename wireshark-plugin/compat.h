/* compat.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * What differs between the versions of Wireshark that we compile against.
 * Included first by every C file; nothing else asks for the version.
 */
#ifndef RSTSCOPE_COMPAT_H
#define RSTSCOPE_COMPAT_H

/* Newer plugin headers insist on it. */
#ifndef WS_BUILD_DLL
#define WS_BUILD_DLL
#endif

#include <ws_version.h>

#include <epan/packet.h>
#include <wiretap/wtap.h>

#define RSTSCOPE_WIRESHARK_AT_LEAST(major, minor)                                                  \
    (WIRESHARK_VERSION_MAJOR > (major) ||                                                          \
     (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

#if !RSTSCOPE_WIRESHARK_AT_LEAST(4, 0)
#error "rstscope needs Wireshark 4.0 or later"
#endif

/* build.rs asks pkg-config for the version, and the plugin says that it is for this one. */
#if WIRESHARK_VERSION_MAJOR != RSTSCOPE_WIRESHARK_MAJOR ||                                         \
    WIRESHARK_VERSION_MINOR != RSTSCOPE_WIRESHARK_MINOR
#error "pkg-config and ws_version.h tell different versions of Wireshark"
#endif

/** What prefs_register_bool_preference() points to: `gboolean` until 4.2, an int. */
#if RSTSCOPE_WIRESHARK_AT_LEAST(4, 3)
#include <stdbool.h>
typedef bool compat_pref_bool;
#else
typedef gboolean compat_pref_bool;
#endif

#endif /* RSTSCOPE_COMPAT_H */
