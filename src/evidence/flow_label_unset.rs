// SPDX-License-Identifier: GPL-2.0-or-later

//! # The flow label is 0 where the host labels
//!
//! ## What is seen
//! The claimed sender's IPv6 packets carry a flow label, the RST carries 0.
//!
//! ## Why it matters
//! A host that labels its flows labels its RSTs as well; packet filters that
//! reject in a host's name do not.
//!
//! ## What else explains it
//! A packet filter on the host itself.
//!
//! ## References
//! RFC 6437 §3; measured: Linux TCP never sends 0 (auto_flowlabels), nf_reject
//! always does.

use crate::{
    case::Case,
    evidence::{Observed, Words},
    wire::FrameNumber,
    words::say,
};

/// Where the host labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Absent where only other conversations show it.
    label: Option<u32>,
    frame: FrameNumber,
}

pub(crate) fn observe(case: &Case) -> Observed<Finding> {
    let Some(label) = case.reset.ip.and_then(|ip| ip.flow_label()) else {
        return Observed::DoesNotApply;
    };
    let sender = &case.sender;
    let here = sender
        .last_frame
        .filter(|_| sender.labelled() && !sender.unlabelled())
        .map(|frame| (Some(sender.flow_label), frame));
    let elsewhere = || {
        let host = case.host.filter(|host| host.labels)?;
        (!sender.unlabelled()).then_some((None, host.last_frame))
    };
    let Some((used, frame)) = here.or_else(elsewhere) else {
        return Observed::NotObservable(if sender.labelled() {
            "some of the {sender}'s IPv6 packets carry a flow label, and some do not"
        } else {
            "the {sender}'s IPv6 packets carry no flow label"
        });
    };
    if label != 0 {
        return Observed::Absent;
    }
    Observed::Present(Finding { label: used, frame })
}

impl Words for Finding {
    fn write_text(&self, out: &mut String) {
        say!(
            out,
            "IPv6 flow label 0, but the {{sender}} labels its packets"
        );
        match self.label {
            Some(label) => say!(out, " (0x{label:05x}); compare frame {}.", self.frame),
            None => say!(
                out,
                "; compare frame {} of another conversation.",
                self.frame
            ),
        }
    }

    fn write_brief(&self, out: &mut String) {
        say!(out, "flow label 0");
    }

    fn frame(&self) -> Option<FrameNumber> {
        Some(self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::testing::case,
        evidence::testing::{absent, does_not_apply, not_observable, present, text},
    };

    #[test]
    fn present_when_the_sender_labels() {
        let finding = present(observe(&case().sender_label(0xa_bcde).ipv6(0)));
        assert_eq!(
            text(&finding),
            "IPv6 flow label 0, but the server labels its packets (0xabcde); compare frame 8."
        );
        let finding = present(observe(&case().host_labels().ipv6(0)));
        assert_eq!(
            text(&finding),
            "IPv6 flow label 0, but the server labels its packets; compare frame 1 of another conversation."
        );
    }

    #[test]
    fn absent_with_any_label() {
        absent(observe(&case().sender_label(0xa_bcde).ipv6(1)));
    }

    #[test]
    fn not_observable_where_the_sender_does_not_label() {
        not_observable(observe(&case().ipv6(0)));
        does_not_apply(observe(&case().id(7)));
    }
}
