// SPDX-License-Identifier: GPL-2.0-or-later

//! The panic boundary: nothing unwinds into C, and what panicked once is not
//! asked again.

use std::{
    any::Any,
    cell::OnceCell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::abi::{
    RSTSCOPE_STATUS_DISABLED, RSTSCOPE_STATUS_OK, RSTSCOPE_STATUS_PANIC, rstscope_status,
};

#[cfg(panic = "abort")]
compile_error!("the border catches panics, which needs panic = \"unwind\"");

/// What a guarded call comes to; the error is the status that says why not.
pub(super) type Answer = Result<(), rstscope_status>;

/// A value that is switched off by the first panic inside it.
///
/// After a panic the value may be half changed. Nothing looks at it again
/// until it is dropped, which is why `AssertUnwindSafe` is right here.
pub(super) struct Guarded<T> {
    value: T,
    complaint: OnceCell<String>,
}

impl<T> Guarded<T> {
    /// `value`, switched on.
    pub(super) const fn new(value: T) -> Self {
        Self {
            value,
            complaint: OnceCell::new(),
        }
    }

    /// Why the value is switched off.
    pub(super) fn complaint(&self) -> Option<&str> {
        self.complaint.get().map(String::as_str)
    }

    /// Looks at the value.
    pub(super) fn read(&self, work: impl FnOnce(&T) -> Answer) -> rstscope_status {
        guarded(&self.complaint, || work(&self.value))
    }

    /// Changes the value.
    pub(super) fn write(&mut self, work: impl FnOnce(&mut T) -> Answer) -> rstscope_status {
        guarded(&self.complaint, || work(&mut self.value))
    }
}

/// Runs what belongs to no value that could be switched off.
pub(super) fn guard(work: impl FnOnce() -> Answer) -> rstscope_status {
    guarded(&OnceCell::new(), work)
}

fn guarded(complaint: &OnceCell<String>, work: impl FnOnce() -> Answer) -> rstscope_status {
    if complaint.get().is_some() {
        return RSTSCOPE_STATUS_DISABLED;
    }
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => RSTSCOPE_STATUS_OK,
        Ok(Err(status)) => status,
        Err(payload) => {
            complaint.get_or_init(|| message(payload.as_ref()));
            RSTSCOPE_STATUS_PANIC
        }
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let reason = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given");
    format!("TCP Reset Analysis is off for this file, please report this bug: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::abi::RSTSCOPE_STATUS_NOT_FOUND;

    #[test]
    fn answers_pass_through() {
        let mut guarded = Guarded::new(7);
        assert_eq!(guarded.read(|_| Ok(())), RSTSCOPE_STATUS_OK);
        let refused = guarded.write(|value| {
            *value += 1;
            Err(RSTSCOPE_STATUS_NOT_FOUND)
        });
        assert_eq!(refused, RSTSCOPE_STATUS_NOT_FOUND);
        assert_eq!(guarded.value, 8);
        assert_eq!(guarded.complaint(), None);
    }

    #[test]
    fn panic_while_reading_switches_off() {
        let mut guarded = Guarded::new(7);
        assert_eq!(guarded.read(|n| panic!("at {n}")), RSTSCOPE_STATUS_PANIC);
        assert!(guarded.complaint().unwrap().ends_with(": at 7"));
        assert_eq!(guarded.read(|_| Ok(())), RSTSCOPE_STATUS_DISABLED);
        assert_eq!(guarded.write(|_| Ok(())), RSTSCOPE_STATUS_DISABLED);
    }

    #[test]
    fn panic_without_a_text_is_reported_as_such() {
        let mut guarded = Guarded::new(());
        let status = guarded.write(|()| std::panic::panic_any(7_u8));
        assert_eq!(status, RSTSCOPE_STATUS_PANIC);
        assert!(guarded.complaint().unwrap().ends_with("no reason given"));
    }
}
