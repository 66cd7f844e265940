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
    rstscope_preference_count,
    rstscope_preference_get,
    rstscope_preference_choice,
    rstscope_engine_new,
    rstscope_engine_free,
    rstscope_engine_begin_frame,
    rstscope_engine_observe,
    rstscope_engine_holds,
    rstscope_engine_item,
    rstscope_engine_row,
    rstscope_engine_complaint,
    rstscope_field_count,
    rstscope_field_get,
    rstscope_expert_count,
    rstscope_expert_get,
    rstscope_statistics_new,
    rstscope_statistics_free,
    rstscope_statistics_count,
    rstscope_statistics_row,
);

#[cfg(feature = "replay")]
pin_signatures!(rstscope_engine_provoke_panic);
