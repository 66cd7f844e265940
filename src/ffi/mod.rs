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
mod registry;
mod rows;
mod statistics;
mod text;

use std::{cell::RefCell, ptr::NonNull, rc::Rc, slice};

use libc::c_char;

pub use abi::*;
use guard::{Answer, Guarded, guard};
pub use registry::{
    rstscope_expert_count, rstscope_expert_get, rstscope_field_count, rstscope_field_get,
    rstscope_preference_choice, rstscope_preference_count, rstscope_preference_get,
};
use rows::Shown;
pub use rows::{rstscope_engine_item, rstscope_engine_row};
pub use statistics::{
    rstscope_statistics_count, rstscope_statistics_free, rstscope_statistics_new,
    rstscope_statistics_row,
};
use text::Buffer;

use crate::{
    engine::{Engine, Settings},
    wire::{FrameNumber, Packet, numbering::Numbering},
};

/// What is behind an engine's handle.
struct Handle {
    engine: Guarded<Engine>,
    /// What Wireshark calls the frames that the engine has seen.
    numbering: Rc<Numbering>,
    /// What the last segment looked like.
    last_look: Look,
    /// Of the item that was asked for last.
    shown: RefCell<Shown>,
}

impl Handle {
    /// The frame that Wireshark calls so; there is nothing to find under 0.
    fn frame(&self, number: u32) -> Result<FrameNumber, rstscope_status> {
        found(self.numbering.frame(frame(number)?))
    }
}

/// When a segment came, and its TCP header without checksum: two that look alike in two
/// frames of one number are one, dissected twice.
#[derive(Default, PartialEq, Eq)]
struct Look {
    time: i64,
    header: [u8; 16],
}

impl Look {
    fn of(packet: &Packet<'_>) -> Self {
        Self {
            time: packet.time.0,
            header: packet.tcp.first_chunk().copied().unwrap_or_default(),
        }
    }
}

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
fn entry<T>(entries: &[T], index: u32) -> Result<&T, rstscope_status> {
    let index = usize::try_from(index).ok();
    found(index.and_then(|index| entries.get(index)))
}

/// A length or an index, which the contract holds in 32 bits.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Makes an engine.
///
/// # Safety
/// `values` is NULL or good for reading `value_count` numbers, `out_engine` is
/// NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_new(
    abi_version: u32,
    values: *const u32,
    value_count: u32,
    out_engine: *mut *mut rstscope_engine,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (Some(values), Some(out)) =
        (unsafe { (numbers(values, value_count), Out::new(out_engine)) })
    else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| {
        let handle = Box::new(new_handle(abi_version, values)?);
        out.set(Box::into_raw(handle).cast())
    })
}

/// The `count` numbers at `start`; `None` for NULL.
///
/// # Safety
/// `start` is NULL or good for reading so many numbers as long as they are used.
unsafe fn numbers<'a>(start: *const u32, count: u32) -> Option<&'a [u32]> {
    let count = usize::try_from(count).ok()?;
    // SAFETY: not NULL, and good for so many numbers as promised.
    (!start.is_null()).then(|| unsafe { slice::from_raw_parts(start, count) })
}

fn new_handle(abi_version: u32, values: &[u32]) -> Result<Handle, rstscope_status> {
    if abi_version != RSTSCOPE_ABI_VERSION {
        return Err(RSTSCOPE_STATUS_ABI_MISMATCH);
    }
    let settings = Settings::of(values).ok_or(RSTSCOPE_STATUS_INVALID)?;
    Ok(Handle {
        engine: Guarded::new(Engine::new(settings)),
        numbering: Rc::default(),
        last_look: Look::default(),
        shown: RefCell::default(),
    })
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

/// A frame is dissected for the first time.
///
/// # Safety
/// `engine` is NULL or a live engine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_begin_frame(
    engine: *mut rstscope_engine,
    frame_number: u32,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(handle) = (unsafe { handle_mut(engine) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| {
        let numbering = found(Rc::get_mut(&mut handle.numbering))?;
        found(numbering.begin(frame(frame_number)?)).map(|_| ())
    })
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
    handle.shown.get_mut().forget();
    let (numbering, last_look) = (&mut handle.numbering, &mut handle.last_look);
    handle.engine.write(|engine| {
        // SAFETY: the caller's promise on the bytes.
        let mut packet = unsafe { convert::to_packet(segment) }?;
        // Shared only while a text is composed.
        let numbering = found(Rc::get_mut(numbering))?;
        packet.frame = found(numbering.current(packet.frame))?;
        let look = Look::of(&packet);
        if numbering.has_just_rejected() && look == *last_look {
            numbering.is_as_before();
            return Ok(());
        }
        *last_look = look;
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
    let status = handle.engine.read(|engine| {
        let frame = handle.frame(frame_number)?;
        if engine.newest_note() < Some(frame) {
            return Ok(());
        }
        if engine.holds_verdict(frame) {
            holds |= RSTSCOPE_HOLDS_VERDICT;
        }
        if engine.followup(frame).is_some() {
            holds |= RSTSCOPE_HOLDS_FOLLOWUP;
        }
        if engine.forgotten(frame).is_some() {
            holds |= RSTSCOPE_HOLDS_FORGOTTEN;
        }
        Ok(())
    });
    match status {
        RSTSCOPE_STATUS_DISABLED | RSTSCOPE_STATUS_PANIC => RSTSCOPE_HOLDS_COMPLAINT,
        _ => holds,
    }
}

/// Why the engine is disabled.
///
/// # Safety
/// `engine` is NULL or a live engine, `buffer` is NULL or good for writing
/// `capacity` bytes, `out_length` is NULL or good for writing.
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
    guard(|| buffer.set(found(handle.engine.complaint())?))
}

/// Panics inside the engine on purpose; what is installed does not export it.
///
/// # Safety
/// `engine` is NULL or a live engine.
#[cfg(feature = "replay")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_provoke_panic(
    engine: *mut rstscope_engine,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(handle) = (unsafe { handle_mut(engine) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    #[expect(clippy::panic, reason = "this is what the function is for")]
    handle.engine.write(|_| panic!("provoked"))
}
