// SPDX-License-Identifier: GPL-2.0-or-later

//! # The RST is not made as the host's stack makes it
//!
//! ## What is seen
//! The {{sender}} runs Linux without doubt, and this RST, which answers a segment
//! for no connection, has another form than Linux gives it: an answer has IP ID 0, Don't Fragment,
//! window 0, no options, no acknowledgement number.
//!
//! ## Why it matters
//! A kernel has one piece of code for such answers. Another form is another maker's.
//!
//! ## What else explains it
//! A program on the host that writes raw packets; another machine behind the same
//! address that runs another system.
//!
//! ## References
//! `docs/measured.md#rst-forms-linux`, `docs/measured.md#rst-forms-injectors`.

use crate::{
    baseline::Stack,
    case::Case,
    conversation::Shape,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    form: Form,
    id: u16,
    dont_fragment: bool,
    window: u16,
    options: bool,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let header = case.reset.ip;
    let (Some(id), Some(dont_fragment)) = (
        header.and_then(|ip| ip.id()),
        header.and_then(|ip| ip.dont_fragment()),
    ) else {
        return Observed::DoesNotApply;
    };
    if case.stack() != Some(Stack::Linux) {
        return Observed::DoesNotApply;
    }
    let (window, options) = (case.reset.window, case.reset.options.any);
    let (form, fits) = match case.shape() {
        Shape::Passive | Shape::SynAnswer => {
            let fits = id == 0 && dont_fragment && window == 0 && !options;
            (Form::Answer, fits)
        }
        // A socket that had closed its window writes that.
        Shape::Active if case.sender.window > 0 => (Form::Abort, window > 0 && dont_fragment),
        Shape::Active | Shape::Odd => return Observed::DoesNotApply,
    };
    if fits {
        return Observed::Absent;
    }
    Observed::Present(Finding {
        form,
        id,
        dont_fragment,
        window,
        options,
        frame: case.reset.frame,
    })
}

/// What the RST should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The answer of a host that knows no such connection.
    Answer,
    /// The abort of a socket.
    Abort,
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(out, "The {{sender}} runs Linux, which ");
        let mut differences = Vec::new();
        match self.form {
            Form::Answer => {
                say!(out, "answers for an unknown connection with ");
                if self.id != 0 {
                    differences.push(format!("IP ID 0 instead of 0x{:04x}", self.id));
                }
                if self.window != 0 {
                    differences.push(format!("window 0 instead of {}", self.window));
                }
                if self.options {
                    differences.push("no TCP options".to_owned());
                }
            }
            Form::Abort => {
                say!(out, "aborts with ");
                if self.window == 0 {
                    differences.push("its window instead of 0".to_owned());
                }
            }
        }
        if !self.dont_fragment {
            differences.push("Don't Fragment set".to_owned());
        }
        say!(out, "{}.", differences.join(" and "));
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "not made by Linux");
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{case::testing::case, evidence::testing::does_not_apply};

    #[test]
    fn does_not_apply_where_the_stack_is_in_doubt() {
        does_not_apply(observe(&case().id(7)));
    }
}
