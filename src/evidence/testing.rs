// SPDX-License-Identifier: GPL-2.0-or-later

//! What tests of evidence expect of an answer.

use super::{Observed, Words};
use crate::words::name_sides;

#[track_caller]
pub(crate) fn present<F: std::fmt::Debug>(observed: Observed<F>) -> F {
    match observed {
        Observed::Present(finding) => finding,
        other => panic!("expected present, found {other:?}"),
    }
}

#[track_caller]
pub(crate) fn absent<F: std::fmt::Debug>(observed: Observed<F>) {
    assert!(matches!(observed, Observed::Absent), "{observed:?}");
}

#[track_caller]
pub(crate) fn not_observable<F: std::fmt::Debug>(observed: Observed<F>) {
    assert!(
        matches!(observed, Observed::NotObservable(_)),
        "{observed:?}"
    );
}

pub(crate) fn text(finding: &dyn Words) -> String {
    let mut out = String::new();
    finding.write_text(&mut out);
    name_sides(&out, "server", "client")
}

#[track_caller]
pub(crate) fn does_not_apply<F: std::fmt::Debug>(observed: Observed<F>) {
    assert!(matches!(observed, Observed::DoesNotApply), "{observed:?}");
}
