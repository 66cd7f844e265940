// SPDX-License-Identifier: GPL-2.0-or-later

//! What C registers: the rows of the engine's tables.

#![expect(unsafe_code, reason = "exports functions that take pointers from C")]

use std::{
    ffi::{CStr, CString},
    ptr,
    sync::LazyLock,
};

use super::{Out, abi::*, entry, found, guard::guard, narrow};
use crate::{
    cause::{Cause, Severity},
    engine::{PREFERENCES, Preference, Preferred},
    verdict::{
        FollowupKind, Forgotten,
        fields::{self, Field, FieldType, Format},
    },
};

/// How many preferences there are.
#[unsafe(no_mangle)]
pub extern "C" fn rstscope_preference_count() -> u32 {
    narrow(PREFERENCES.len())
}

/// Preference `index`.
///
/// # Safety
/// `out_preference` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_preference_get(
    index: u32,
    out_preference: *mut rstscope_preference,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(out) = (unsafe { Out::new(out_preference) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| out.set(preference(entry(PREFERENCES, index)?)))
}

fn preference(row: &Preference) -> rstscope_preference {
    rstscope_preference {
        name: row.name.as_ptr(),
        title: row.title.as_ptr(),
        description: row.description.as_ptr(),
        default_value: row.kind.default_value(),
        type_: match row.kind {
            Preferred::Boolean(..) => RSTSCOPE_PREFERENCE_BOOLEAN,
            Preferred::Number(..) => RSTSCOPE_PREFERENCE_NUMBER,
            Preferred::Choice(_) => RSTSCOPE_PREFERENCE_CHOICE,
        },
        reserved: [0; 3],
    }
}

/// Choice `choice` of preference `index`.
///
/// # Safety
/// `out_choice` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_preference_choice(
    index: u32,
    choice: u32,
    out_choice: *mut rstscope_choice,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(out) = (unsafe { Out::new(out_choice) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| {
        let Preferred::Choice(choices) = entry(PREFERENCES, index)?.kind else {
            return Err(RSTSCOPE_STATUS_NOT_FOUND);
        };
        let choice = entry(choices, choice)?;
        out.set(rstscope_choice {
            word: choice.word.as_ptr(),
            title: choice.title.as_ptr(),
        })
    })
}

/// How many fields there are.
#[unsafe(no_mangle)]
pub extern "C" fn rstscope_field_count() -> u32 {
    narrow(fields::all().len())
}

/// Field `index`.
///
/// # Safety
/// `out_field` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_field_get(
    index: u32,
    out_field: *mut rstscope_field,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(out) = (unsafe { Out::new(out_field) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| out.set(field(entry(fields::all(), index)?)))
}

fn field(row: &Field) -> rstscope_field {
    let mut marks = [ptr::null(); MOST_MARKS];
    for (place, mark) in marks.iter_mut().zip(row.marks) {
        *place = mark.as_ptr();
    }
    rstscope_field {
        name: row.name.as_ptr(),
        filter: row.filter.as_ptr(),
        blurb: row.about.as_ptr(),
        unit: match row.format {
            Format::Unit(unit) => unit.as_ptr(),
            Format::Decimal | Format::Hexadecimal => ptr::null(),
        },
        marks,
        type_: field_type(row.kind()),
        format: match row.format {
            Format::Hexadecimal => RSTSCOPE_FORMAT_HEXADECIMAL,
            Format::Decimal | Format::Unit(_) => RSTSCOPE_FORMAT_DECIMAL,
        },
        is_parent: (!row.below.is_empty()).into(),
        in_label: row.in_label.into(),
        reserved: [0; 4],
    }
}

const MOST_MARKS: usize = RSTSCOPE_MOST_MARKS as usize;

const fn field_type(kind: FieldType) -> rstscope_type {
    match kind {
        FieldType::String => RSTSCOPE_TYPE_STRING,
        FieldType::Boolean => RSTSCOPE_TYPE_BOOLEAN,
        FieldType::Uint8 => RSTSCOPE_TYPE_UINT8,
        FieldType::Uint16 => RSTSCOPE_TYPE_UINT16,
        FieldType::Uint32 => RSTSCOPE_TYPE_UINT32,
        FieldType::Int16 => RSTSCOPE_TYPE_INT16,
        FieldType::Int32 => RSTSCOPE_TYPE_INT32,
        FieldType::FrameNumber => RSTSCOPE_TYPE_FRAMENUM,
        FieldType::RelativeTime => RSTSCOPE_TYPE_RELATIVE_TIME,
    }
}

/// How many expert items there are.
#[unsafe(no_mangle)]
pub extern "C" fn rstscope_expert_count() -> u32 {
    narrow(experts().count())
}

/// Expert item `index`: first the causes, then the kinds of notes, then what was forgotten.
///
/// # Safety
/// `out_expert` is NULL or good for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rstscope_expert_get(
    index: u32,
    out_expert: *mut rstscope_expert,
) -> rstscope_status {
    // SAFETY: the caller's promise.
    let Some(out) = (unsafe { Out::new(out_expert) }) else {
        return RSTSCOPE_STATUS_NULL;
    };
    guard(|| {
        out.set(found(
            experts().nth(usize::try_from(index).unwrap_or(usize::MAX)),
        )?)
    })
}

fn experts() -> impl Iterator<Item = rstscope_expert> {
    /// With a subject: in the Expert dialog nothing else says what is meant.
    static SUMMARIES: LazyLock<Vec<CString>> = LazyLock::new(|| {
        let titles = Cause::ALL.iter().map(|cause| cause.title().to_bytes());
        let summaries = titles.map(|title| CString::new([b"RST: ", title].concat()));
        summaries.map(Result::unwrap_or_default).collect()
    });
    let summaries = SUMMARIES.iter().map(CString::as_c_str);
    let causes = Cause::ALL
        .iter()
        .zip(summaries)
        .map(|(cause, summary)| expert(cause.expert_name(), summary, cause.usual_severity()));
    let followups = FollowupKind::ALL
        .iter()
        .map(|kind| expert(kind.name(), kind.summary(), kind.severity()));
    let forgotten = expert(Forgotten::NAME, Forgotten::SUMMARY, Severity::Comment);
    causes.chain(followups).chain([forgotten])
}

/// Index of the expert item of a cause.
pub(super) fn cause_expert(cause: Cause) -> u32 {
    cause.index()
}

/// Index of the expert item of a kind of note.
pub(super) fn followup_expert(kind: FollowupKind) -> u32 {
    let place = FollowupKind::ALL.iter().position(|other| *other == kind);
    narrow(Cause::ALL.len() + place.unwrap_or_default())
}

/// Index of the expert item of what was forgotten.
pub(super) fn forgotten_expert() -> u32 {
    narrow(Cause::ALL.len() + FollowupKind::ALL.len())
}

fn expert(
    name: &'static CStr,
    summary: &'static CStr,
    usual_severity: Severity,
) -> rstscope_expert {
    rstscope_expert {
        name: name.as_ptr(),
        summary: summary.as_ptr(),
        severity: severity(Some(usual_severity)),
        reserved: [0; 7],
    }
}

/// A severity for C.
pub(super) const fn severity(severity: Option<Severity>) -> u8 {
    match severity {
        None => RSTSCOPE_SEVERITY_NONE,
        Some(Severity::Comment) => RSTSCOPE_SEVERITY_COMMENT,
        Some(Severity::Chat) => RSTSCOPE_SEVERITY_CHAT,
        Some(Severity::Note) => RSTSCOPE_SEVERITY_NOTE,
        Some(Severity::Warn) => RSTSCOPE_SEVERITY_WARN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(rows: &[Field]) -> usize {
        rows.iter()
            .map(|row| 1 + levels(row.below))
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn table_keeps_to_the_bounds_of_the_contract() {
        let most = usize::try_from(RSTSCOPE_MOST_LEVELS).unwrap();
        assert!(levels(fields::TABLE) <= most);
        for row in fields::all() {
            assert!(row.marks.len() <= MOST_MARKS, "{:?}", row.filter);
        }
    }

    #[test]
    fn expert_items_are_found_again() {
        // SAFETY: names are literals.
        let name = |index| unsafe { CStr::from_ptr(experts().nth(index).unwrap().name) };
        for cause in Cause::ALL {
            let index = usize::try_from(cause_expert(*cause)).unwrap();
            assert_eq!(name(index), cause.expert_name());
        }
        for kind in FollowupKind::ALL {
            let index = usize::try_from(followup_expert(*kind)).unwrap();
            assert_eq!(name(index), kind.name());
        }
    }
}
