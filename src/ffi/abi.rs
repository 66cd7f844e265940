// SPDX-License-Identifier: GPL-2.0-or-later

//! The contract as bindgen reads it from `wireshark-plugin/rstscope.h`, and the
//! pins that keep this side true to it.

pub use super::bindings::*;

/// Compiles only while each function has the signature that the header declares.
macro_rules! pin_signatures {
    ($($function:ident),* $(,)?) => {
        const _: () = {
            $(let _ = [$function, super::$function];)*
        };
    };
}

pin_signatures!(
    rstscope_settings_default,
    rstscope_engine_new,
    rstscope_engine_free,
    rstscope_engine_observe,
    rstscope_engine_holds,
    rstscope_engine_verdict,
    rstscope_engine_finding,
    rstscope_engine_followup,
    rstscope_engine_text,
    rstscope_engine_complaint,
    rstscope_engine_provoke_panic,
    rstscope_cause_count,
    rstscope_cause_get,
    rstscope_followup_count,
    rstscope_followup_get,
    rstscope_tally_word,
    rstscope_engine_tally,
    rstscope_engine_change_count,
    rstscope_engine_change,
);
