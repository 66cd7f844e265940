// SPDX-License-Identifier: GPL-2.0-or-later

//! A verdict as the fields of the public contract, printed as tshark does.

use crate::{
    engine::Engine,
    verdict::fields::{self, Subject},
    wire::FrameNumber,
};

/// When a frame's fields are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// Right after the frame, as in one pass.
    One,
    /// After the whole capture, as with `-2`.
    Two,
}

/// The fields of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameFields {
    /// Frame number.
    pub frame: u32,
    /// Name and value; repeated fields repeated, strongest evidence first.
    pub fields: Vec<(&'static str, String)>,
}

impl FrameFields {
    /// The fields of this frame; `None` where it has none.
    #[must_use]
    pub fn of(engine: &Engine, frame: FrameNumber) -> Option<Self> {
        let verdict = engine.verdict(frame);
        let verdict = verdict.as_deref().map(Subject::Verdict);
        let followup = engine.followup(frame).map(Subject::Followup);
        let fields: Vec<_> = verdict
            .into_iter()
            .chain(followup)
            .flat_map(fields::rows)
            .filter_map(|row| {
                let field = fields::all().get(row.field)?;
                Some((field.filter.to_str().ok()?, field.print(&row.value)))
            })
            .collect();
        (!fields.is_empty()).then(|| Self {
            frame: frame.get(),
            fields,
        })
    }
}
