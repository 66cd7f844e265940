// SPDX-License-Identifier: GPL-2.0-or-later

//! What a frame shows: its items, and the rows of the field table below each.

#![expect(unsafe_code, reason = "exports functions that take pointers from C")]

use libc::c_char;

use super::{
    Out,
    abi::*,
    entry, found, handle, narrow,
    registry::{cause_expert, followup_expert, forgotten_expert, severity},
    text::Buffer,
};
use crate::{
    engine::Engine,
    verdict::fields::{self, Row, Subject, Value},
    wire::{FrameNumber, numbering::read_with},
};

/// The rows of one item, so that they are made once and not for each row.
#[derive(Default)]
pub(super) struct Shown {
    item: Option<(FrameNumber, u32)>,
    rows: Vec<Row>,
}

impl Shown {
    /// Something else may be known from now on.
    pub(super) fn forget(&mut self) {
        self.item = None;
    }

    fn rows(
        &mut self,
        engine: &Engine,
        frame: FrameNumber,
        item: u32,
    ) -> Result<&[Row], rstscope_status> {
        if self.item != Some((frame, item)) {
            self.item = None;
            self.rows = with_subject(engine, frame, item, |subject| Ok(fields::rows(subject)))?;
            self.item = Some((frame, item));
        }
        Ok(&self.rows)
    }
}

/// Shows what item `index` of a frame is about.
fn with_subject<T>(
    engine: &Engine,
    frame: FrameNumber,
    index: u32,
    look: impl FnOnce(Subject<'_>) -> Result<T, rstscope_status>,
) -> Result<T, rstscope_status> {
    let verdict = engine.verdict(frame);
    let verdict = verdict.as_deref().map(Subject::Verdict);
    let followup = engine.followup(frame).map(Subject::Followup);
    let forgotten = engine.forgotten(frame).map(Subject::Forgotten);
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    let mut subjects = verdict.into_iter().chain(followup).chain(forgotten);
    look(found(subjects.nth(index))?)
}

/// Item `index` of `frame_number`.
///
/// # Safety
/// `engine` is NULL or a live engine, `out_item` is NULL or good for writing,
/// `buffer` is NULL or good for writing `capacity` bytes, `out_length` is NULL
/// or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_item(
    engine: *const rstscope_engine,
    frame_number: u32,
    index: u32,
    out_item: *mut rstscope_item,
    buffer: *mut c_char,
    capacity: usize,
    out_length: *mut usize,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (handle, out) = unsafe { (handle(engine), Out::new(out_item)) };
    // SAFETY: the caller's promise.
    let buffer = unsafe { Buffer::new(buffer, capacity, out_length) };
    let (Some(handle), Some(out), Some(buffer)) = (handle, out, buffer) else {
        return RSTSCOPE_STATUS_NULL;
    };
    let compose = |engine: &Engine, subject: Subject<'_>| {
        let mut text = String::new();
        let item = match subject {
            Subject::Verdict(verdict) => {
                verdict.write_summary(&mut text);
                let settings = engine.settings();
                rstscope_item {
                    expert: cause_expert(verdict.cause()),
                    severity: severity(verdict.severity(settings.expert_level)),
                    in_info_column: settings.info_column.into(),
                    reserved: [0; 2],
                }
            }
            Subject::Followup(followup) => {
                followup.write_text(&mut text);
                rstscope_item {
                    expert: followup_expert(followup.kind),
                    severity: severity(Some(followup.kind.severity())),
                    in_info_column: engine.settings().info_column.into(),
                    reserved: [0; 2],
                }
            }
            Subject::Forgotten(forgotten) => {
                forgotten.write_text(&mut text);
                rstscope_item {
                    expert: forgotten_expert(),
                    severity: severity(forgotten.severity()),
                    in_info_column: 0,
                    reserved: [0; 2],
                }
            }
        };
        buffer.set(&text)?;
        out.set(item)
    };
    handle.engine.read(|engine| {
        let frame = handle.frame(frame_number)?;
        read_with(&handle.numbering, || {
            with_subject(engine, frame, index, |subject| compose(engine, subject))
        })
    })
}

/// Row `index` below item `item` of `frame_number`.
///
/// # Safety
/// `engine` is NULL or a live engine, `out_row` is NULL or good for writing,
/// `buffer` is NULL or good for writing `capacity` bytes, `out_length` is NULL
/// or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_engine_row(
    engine: *const rstscope_engine,
    frame_number: u32,
    item: u32,
    index: u32,
    out_row: *mut rstscope_row,
    buffer: *mut c_char,
    capacity: usize,
    out_length: *mut usize,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let (handle, out) = unsafe { (handle(engine), Out::new(out_row)) };
    // SAFETY: the caller's promise.
    let buffer = unsafe { Buffer::new(buffer, capacity, out_length) };
    let (Some(handle), Some(out), Some(buffer)) = (handle, out, buffer) else {
        return RSTSCOPE_STATUS_NULL;
    };
    handle.engine.read(|engine| {
        let mut shown = handle.shown.borrow_mut();
        let frame = handle.frame(frame_number)?;
        let rows = read_with(&handle.numbering, || shown.rows(engine, frame, item))?;
        let row = entry(rows, index)?;
        let (text, number) = match &row.value {
            Value::Text(text) => (text.as_ref(), 0),
            Value::Number(number) => ("", *number),
        };
        buffer.set(text)?;
        out.set(rstscope_row {
            number,
            field: narrow(row.field),
            level: narrow(row.depth),
        })
    })
}
