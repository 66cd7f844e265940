// SPDX-License-Identifier: GPL-2.0-or-later

//! Texts: copied whole into the caller's buffer.

#![expect(unsafe_code, reason = "writes into the buffer of a C caller")]

use std::ptr::NonNull;

use libc::c_char;

use super::{Out, abi::RSTSCOPE_STATUS_BUFFER_TOO_SMALL, guard::Answer};

/// The caller's buffer, and the place for the length that it should have.
pub(super) struct Buffer {
    start: NonNull<u8>,
    capacity: usize,
    length: Option<Out<usize>>,
}

impl Buffer {
    /// `None` where there is no buffer; the length may be missing.
    ///
    /// # Safety
    /// `start` is NULL or good for writing `capacity` bytes, `length` is NULL
    /// or good for writing, both as long as the buffer lives.
    pub(super) unsafe fn new(
        start: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> Option<Self> {
        Some(Self {
            start: NonNull::new(start.cast())?,
            capacity,
            // SAFETY: as promised for `length`.
            length: unsafe { Out::new(length) },
        })
    }

    /// Copies `text` and its NUL, or nothing if it does not fit.
    pub(super) fn set(self, text: &str) -> Answer {
        // A NUL inside would end the text early; no text of ours has one.
        let text = text.replace('\0', "");
        let needed = text.len() + 1;
        if let Some(length) = self.length {
            length.set(needed)?;
        }
        if needed > self.capacity {
            return Err(RSTSCOPE_STATUS_BUFFER_TOO_SMALL);
        }
        // SAFETY: the buffer has room for `needed` bytes, and is the caller's,
        // so that it cannot overlap with our string.
        unsafe {
            self.start
                .copy_from_nonoverlapping(NonNull::from(text.as_bytes()).cast(), text.len());
            self.start.add(text.len()).write(0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::abi::{RSTSCOPE_STATUS_OK, rstscope_status};

    /// Copies `text` into a buffer of `capacity` filled with '#'.
    fn copy(text: &str, capacity: usize) -> (rstscope_status, Vec<u8>, usize) {
        let mut bytes = vec![b'#'; capacity];
        let mut length = 0;
        // SAFETY: both places outlive the buffer.
        let buffer = unsafe { Buffer::new(bytes.as_mut_ptr().cast(), capacity, &raw mut length) };
        let status = buffer.unwrap().set(text).err();
        (status.unwrap_or(RSTSCOPE_STATUS_OK), bytes, length)
    }

    #[test]
    fn text_that_just_fits_is_copied_with_its_nul() {
        assert_eq!(copy("RST", 4), (RSTSCOPE_STATUS_OK, b"RST\0".to_vec(), 4));
    }

    #[test]
    fn text_that_does_not_fit_leaves_the_buffer_alone() {
        let untouched = (RSTSCOPE_STATUS_BUFFER_TOO_SMALL, b"###".to_vec(), 4);
        assert_eq!(copy("RST", 3), untouched);
        assert_eq!(copy("", 0), (RSTSCOPE_STATUS_BUFFER_TOO_SMALL, vec![], 1));
    }

    #[test]
    fn nul_inside_is_left_out() {
        assert_eq!(copy("R\0ST", 4), (RSTSCOPE_STATUS_OK, b"RST\0".to_vec(), 4));
    }

    #[test]
    fn no_buffer_is_none() {
        let (null, length) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: NULL is allowed for both.
        assert!(unsafe { Buffer::new(null, 7, length) }.is_none());
    }
}
