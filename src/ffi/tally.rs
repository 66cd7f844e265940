// SPDX-License-Identifier: GPL-2.0-or-later

//! What the statistics count, and which frames are to be counted anew.

#![expect(unsafe_code, reason = "exports functions that take pointers from C")]

use std::ffi::CStr;

use libc::c_char;

use super::{Out, abi::*, entry, found, frame, guard::guard, handle};
use crate::{
    case::Origin,
    cause::{Cause, Impact},
    conversation::Phase,
    engine::{Engine, Outcome},
    wire::FrameNumber,
};

/// Word `index` of those by which `tally` counts.
///
/// # Safety
/// `out_word` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_tally_word(
    tally: rstscope_tally,
    index: u32,
    out_word: *mut *const c_char,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(out) = (unsafe { Out::new(out_word) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| out.set(word(tally, index)?.as_ptr()))
}

fn word(tally: rstscope_tally, index: u32) -> Result<&'static CStr, rstscope_status> {
    Ok(match tally {
        RSTSCOPE_TALLY_ORIGIN => entry(Origin::ALL, index)?.token(),
        RSTSCOPE_TALLY_CAUSE => entry(Cause::ALL, index)?.token(),
        RSTSCOPE_TALLY_PHASE => entry(Phase::ALL, index)?.token(),
        RSTSCOPE_TALLY_IMPACT => entry(Impact::ALL, index)?.token(),
        RSTSCOPE_TALLY_ATTEMPT => entry(Outcome::ALL, index)?.token(),
        _ => return Err(RSTSCOPE_STATUS_INVALID),
    })
}

/// The word by which `tally` counts `frame_number` now.
///
/// # Safety
/// `engine` is NULL or a live engine, `out_word` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_tally(
    engine: *const rstscope_engine,
    frame_number: u32,
    tally: rstscope_tally,
    out_word: *mut *const c_char,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (Some(handle), Some(out)) = (unsafe { (handle(engine), Out::new(out_word)) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    handle.engine.read(|engine| {
        let word = counted(engine, frame(frame_number)?, tally)?;
        out.set(found(word)?.as_ptr())
    })
}

fn counted(
    engine: &Engine,
    frame: FrameNumber,
    tally: rstscope_tally,
) -> Result<Option<&'static CStr>, rstscope_status> {
    let verdict = engine.verdict(frame);
    Ok(match tally {
        RSTSCOPE_TALLY_ORIGIN => verdict.map(|verdict| verdict.origin().token()),
        RSTSCOPE_TALLY_CAUSE => verdict.map(|verdict| verdict.cause().token()),
        RSTSCOPE_TALLY_PHASE => verdict.map(|verdict| verdict.phase().token()),
        RSTSCOPE_TALLY_IMPACT => verdict.map(|verdict| verdict.impact().token()),
        RSTSCOPE_TALLY_ATTEMPT => engine.attempt(frame).map(Outcome::token),
        _ => return Err(RSTSCOPE_STATUS_INVALID),
    })
}

/// How often something that is known of a frame may have changed.
///
/// # Safety
/// `engine` is NULL or a live engine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_change_count(engine: *const rstscope_engine) -> u64 {
    // SAFETY: the caller's promise.
    let Some(handle) = (unsafe { handle(engine) }) else {
        return 0;
    };
    let mut count = 0;
    handle.engine.read(|engine| {
        count = engine.change_count();
        Ok(())
    });
    count
}

/// The frame of change `index`.
///
/// # Safety
/// `engine` is NULL or a live engine, `out_frame` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_change(
    engine: *const rstscope_engine,
    index: u64,
    out_frame: *mut u32,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (Some(handle), Some(out)) = (unsafe { (handle(engine), Out::new(out_frame)) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    handle
        .engine
        .read(|engine| out.set(found(engine.change(index))?.get()))
}
