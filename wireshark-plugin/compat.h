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

/** What prefs_register_bool_preference() points to: `gboolean` until 4.2, an int. */
#if RSTSCOPE_WIRESHARK_AT_LEAST(4, 3)
#include <stdbool.h>
typedef bool compat_pref_bool;
#else
typedef gboolean compat_pref_bool;
#endif

#endif /* RSTSCOPE_COMPAT_H */
