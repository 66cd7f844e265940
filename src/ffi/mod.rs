// SPDX-License-Identifier: GPL-2.0-or-later

//! The border: the functions of `wireshark-plugin/rstscope.h`.
//!
//! Each function here checks its pointers, guards against panics, and hands
//! over; meaning, ownership and NULL are documented in the header.

#![expect(unsafe_code, reason = "exports functions that take pointers from C")]

mod abi;
// As bindgen writes it, so that it can be compared.
#[rustfmt::skip]
mod bindings;
mod convert;
mod guard;
mod tally;
mod text;

use std::ptr::NonNull;

use libc::c_char;

pub use abi::*;
use guard::{Answer, Guarded, guard};
pub use tally::{
    rstscope_engine_change, rstscope_engine_change_count, rstscope_engine_tally,
    rstscope_tally_word,
};
use text::Buffer;

use crate::{
    cause::Cause,
    engine::{Engine, Settings},
    verdict::FollowupKind,
    wire::FrameNumber,
};

/// What is behind an engine's handle.
type Handle = Guarded<Engine>;

/// A place of the caller's for an answer; never NULL.
struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// `None` for NULL.
    ///
    /// # Safety
    /// `place` is NULL, or aligned and good for writing as long as this lives.
    unsafe fn new(place: *mut T) -> Option<Self> {
        NonNull::new(place).map(Self)
    }

    /// Writes the answer.
    fn set(self, value: T) -> Answer {
        // SAFETY: promised by whoever called `new`.
        unsafe { self.0.write(value) };
        Ok(())
    }
}

/// The engine behind `engine`; `None` for NULL.
///
/// # Safety
/// `engine` is NULL or from [`rstscope_engine_new`], not freed, and not in use elsewhere.
unsafe fn handle<'a>(engine: *const rstscope_engine) -> Option<&'a Handle> {
    // SAFETY: handles are only ever made of a `Handle`.
    unsafe { engine.cast::<Handle>().as_ref() }
}

/// The engine behind `engine`, to be changed; `None` for NULL.
///
/// # Safety
/// `engine` is NULL or from [`rstscope_engine_new`], not freed, and not in use elsewhere.
unsafe fn handle_mut<'a>(engine: *mut rstscope_engine) -> Option<&'a mut Handle> {
    // SAFETY: handles are only ever made of a `Handle`.
    unsafe { engine.cast::<Handle>().as_mut() }
}

/// `value`, or the status that says that there is none.
fn found<T>(value: Option<T>) -> Result<T, rstscope_status> {
    value.ok_or(RSTSCOPE_STATUS_NOT_FOUND)
}

/// Frame `number`; there is nothing to find under 0.
fn frame(number: u32) -> Result<FrameNumber, rstscope_status> {
    found(FrameNumber::new(number))
}

/// The entry at `index`.
fn nth<T: Copy>(entries: &[T], index: u32) -> Result<T, rstscope_status> {
    let index = usize::try_from(index).ok();
    found(index.and_then(|index| entries.get(index)).copied())
}

/// How many entries there are.
fn count<T>(entries: &[T]) -> u32 {
    u32::try_from(entries.len()).unwrap_or(u32::MAX)
}

/// Writes the defaults of the preferences.
///
/// # Safety
/// `out_settings` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_settings_default(
    out_settings: *mut rstscope_settings,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(out) = (unsafe { Out::new(out_settings) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| out.set(convert::from_settings(&Settings::default())))
}

/// Makes an engine.
///
/// # Safety
/// `settings` is NULL or good for reading, `out_engine` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_new(
    abi_version: u32,
    settings: *const rstscope_settings,
    out_engine: *mut *mut rstscope_engine,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (Some(settings), Some(out)) = (unsafe { (settings.as_ref(), Out::new(out_engine)) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| {
        let handle = Box::new(new_handle(abi_version, settings)?);
        out.set(Box::into_raw(handle).cast())
    })
}

fn new_handle(abi_version: u32, settings: &rstscope_settings) -> Result<Handle, rstscope_status> {
    if abi_version != RSTSCOPE_ABI_VERSION {
        return Err(RSTSCOPE_STATUS_ABI_MISMATCH);
    }
    let settings = convert::to_settings(settings).ok_or(RSTSCOPE_STATUS_INVALID)?;
    Ok(Guarded::new(Engine::new(settings)))
}

/// Ends an engine; NULL does nothing.
///
/// # Safety
/// `engine` is NULL or from [`rstscope_engine_new`], and is never used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_free(engine: *mut rstscope_engine) {
    if engine.is_null() {
        return;
    }
    guard(|| {
        // SAFETY: made by `Box::into_raw` in `rstscope_engine_new`, freed only here.
        drop(unsafe { Box::from_raw(engine.cast::<Handle>()) });
        Ok(())
    });
}

/// Shows the engine one segment.
///
/// # Safety
/// `engine` is NULL or a live engine, `segment` is NULL or good for reading,
/// and so are the bytes that it points to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_observe(
    engine: *mut rstscope_engine,
    segment: *const rstscope_segment,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (Some(handle), Some(segment)) = (unsafe { (handle_mut(engine), segment.as_ref()) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    handle.write(|engine| {
        // SAFETY: the caller's promise on the bytes.
        let packet = unsafe { convert::to_packet(segment) }?;
        engine.observe(&packet);
        Ok(())
    })
}

/// What there is to ask for on `frame_number`.
///
/// # Safety
/// `engine` is NULL or a live engine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_holds(
    engine: *const rstscope_engine,
    frame_number: u32,
) -> u32 {
    // SAFETY: the caller's promise.
    let Some(handle) = (unsafe { handle(engine) }) else {
        return 0;
    };
    let mut holds = 0;
    let status = handle.read(|engine| {
        let frame = frame(frame_number)?;
        if engine.verdict(frame).is_some() {
            holds |= RSTSCOPE_HOLDS_VERDICT;
        }
        if engine.followup(frame).is_some() {
            holds |= RSTSCOPE_HOLDS_FOLLOWUP;
        }
        Ok(())
    });
    match status {
        RSTSCOPE_STATUS_DISABLED | RSTSCOPE_STATUS_PANIC => RSTSCOPE_HOLDS_COMPLAINT,
        _ => holds,
    }
}

/// The verdict on the RST in `frame_number`.
///
/// # Safety
/// `engine` is NULL or a live engine, `out_verdict` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_verdict(
    engine: *const rstscope_engine,
    frame_number: u32,
    out_verdict: *mut rstscope_verdict,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (Some(handle), Some(out)) = (unsafe { (handle(engine), Out::new(out_verdict)) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    handle.read(|engine| {
        let verdict = found(engine.verdict(frame(frame_number)?))?;
        out.set(convert::from_verdict(
            verdict,
            engine.settings().expert_level,
        ))
    })
}

/// Finding `index` behind the verdict on `frame_number`.
///
/// # Safety
/// `engine` is NULL or a live engine, `out_finding` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_finding(
    engine: *const rstscope_engine,
    frame_number: u32,
    index: u32,
    out_finding: *mut rstscope_finding,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (Some(handle), Some(out)) = (unsafe { (handle(engine), Out::new(out_finding)) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    handle.read(|engine| {
        let verdict = found(engine.verdict(frame(frame_number)?))?;
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let finding = found(verdict.findings().get(index))?;
        out.set(convert::from_finding(finding))
    })
}

/// The note that `frame_number` carries about an earlier RST.
///
/// # Safety
/// `engine` is NULL or a live engine, `out_followup` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_followup(
    engine: *const rstscope_engine,
    frame_number: u32,
    out_followup: *mut rstscope_followup,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (Some(handle), Some(out)) = (unsafe { (handle(engine), Out::new(out_followup)) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    handle.read(|engine| {
        let followup = found(engine.followup(frame(frame_number)?))?;
        out.set(convert::from_followup(&followup))
    })
}

/// Composes a text about `frame_number` into `buffer`.
///
/// # Safety
/// `engine` is NULL or a live engine, `buffer` is NULL or good for writing
/// `capacity` bytes, `out_length` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_text(
    engine: *const rstscope_engine,
    frame_number: u32,
    kind: rstscope_text,
    index: u32,
    buffer: *mut c_char,
    capacity: usize,
    out_length: *mut usize,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (handle, buffer) = unsafe { (handle(engine), Buffer::new(buffer, capacity, out_length)) };
    let (Some(handle), Some(buffer)) = (handle, buffer) else {
        return RSTSCOPE_STATUS_NULL;
    };
    handle.read(|engine| {
        let text = text::compose(engine, frame(frame_number)?, kind, index)?;
        buffer.set(&text)
    })
}

/// Why the engine is disabled.
///
/// # Safety
/// As for [`rstscope_engine_text`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_complaint(
    engine: *const rstscope_engine,
    buffer: *mut c_char,
    capacity: usize,
    out_length: *mut usize,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (handle, buffer) = unsafe { (handle(engine), Buffer::new(buffer, capacity, out_length)) };
    let (Some(handle), Some(buffer)) = (handle, buffer) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| buffer.set(found(handle.complaint())?))
}

/// Panics inside the engine on purpose.
///
/// # Safety
/// `engine` is NULL or a live engine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_provoke_panic(
    engine: *mut rstscope_engine,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(handle) = (unsafe { handle_mut(engine) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    #[expect(clippy::panic, reason = "this is what the function is for")]
    handle.write(|_| panic!("provoked"))
}

/// How many causes there are.
#[unsafe(no_mangle)]
pub extern "C" fn rstscope_cause_count() -> u32 {
    count(Cause::ALL)
}

/// Cause `index` as an expert item.
///
/// # Safety
/// `out_expert` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_cause_get(
    index: u32,
    out_expert: *mut rstscope_expert,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(out) = (unsafe { Out::new(out_expert) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| out.set(convert::from_cause(nth(Cause::ALL, index)?)))
}

/// How many kinds of follow-up notes there are.
#[unsafe(no_mangle)]
pub extern "C" fn rstscope_followup_count() -> u32 {
    count(FollowupKind::ALL)
}

/// Follow-up kind `index` as an expert item.
///
/// # Safety
/// `out_expert` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_followup_get(
    index: u32,
    out_expert: *mut rstscope_expert,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(out) = (unsafe { Out::new(out_expert) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| out.set(convert::from_followup_kind(nth(FollowupKind::ALL, index)?)))
}
