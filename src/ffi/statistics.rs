// SPDX-License-Identifier: GPL-2.0-or-later

//! The statistics at the border.

#![expect(unsafe_code, reason = "exports functions that take pointers from C")]

use std::ffi::CStr;

use libc::c_char;

use super::{Out, abi::*, found, guard::guard, handle};
use crate::engine::Statistics;

/// Makes a count.
#[unsafe(no_mangle)]
pub extern "C" fn rstscope_statistics_new() -> *mut rstscope_statistics {
    Box::into_raw(Box::<Statistics>::default()).cast()
}

/// Ends a count; NULL does nothing.
///
/// # Safety
/// `statistics` is NULL or from [`rstscope_statistics_new`], and is never used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_statistics_free(statistics: *mut rstscope_statistics) {
    if !statistics.is_null() {
        // SAFETY: made by `Box::into_raw` in `rstscope_statistics_new`, freed only here.
        drop(unsafe { Box::from_raw(statistics.cast::<Statistics>()) });
    }
}

/// Counts a frame, and anew what has changed of those before.
///
/// # Safety
/// `statistics` and `engine` are NULL or live, `sender` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_statistics_count(
    statistics: *mut rstscope_statistics,
    engine: *const rstscope_engine,
    frame_number: u32,
    sender: *const c_char,
) -> rstscope_status {
    // SAFETY: the caller's promise; counts are only ever made of `Statistics`.
    let (statistics, handle) =
        unsafe { (statistics.cast::<Statistics>().as_mut(), handle(engine)) };
    let (Some(statistics), Some(handle), false) = (statistics, handle, sender.is_null()) else {
        return RSTSCOPE_STATUS_NULL;
    };
    // SAFETY: not NULL, and a string as promised.
    let sender = unsafe { CStr::from_ptr(sender) };
    handle.engine.read(|engine| {
        statistics.count(engine, handle.frame(frame_number)?, sender);
        Ok(())
    })
}

/// Row `index` of those that the last count has changed.
///
/// # Safety
/// `statistics` is NULL or live, `out_entry` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_statistics_row(
    statistics: *const rstscope_statistics,
    index: u32,
    out_entry: *mut rstscope_statistics_entry,
) -> rstscope_status {
    // SAFETY: the caller's promise; counts are only ever made of `Statistics`.
    let (statistics, out) = unsafe {
        (
            statistics.cast::<Statistics>().as_ref(),
            Out::new(out_entry),
        )
    };
    let (Some(statistics), Some(out)) = (statistics, out) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| {
        let index = usize::try_from(index).ok();
        let row = found(index.and_then(|index| statistics.changed_row(index)))?;
        out.set(rstscope_statistics_entry {
            name: row.name.as_ptr(),
            number: row.number,
            is_group: row.is_group.into(),
            reserved: [0; 3],
        })
    })
}
