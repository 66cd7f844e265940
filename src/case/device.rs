// SPDX-License-Identifier: GPL-2.0-or-later

//! The makers whose resets have a form that is nobody else's.
//!
//! Each row is from the maker's own source, or from a run of it
//! (`docs/measured.md#rst-forms-devices-that-can-be-named`). A form that several
//! share names nobody: netfilter's over IPv4 is Linux' own, bit for bit.

use std::ffi::CStr;

use super::Case;
use crate::{
    baseline::{hops, initial_ttl},
    wire::TcpFlags,
};

/// One maker.
#[derive(Debug)]
pub(crate) struct Maker {
    /// The value of `rst.device`.
    pub(crate) token: &'static CStr,
    /// Whether this RST has its form.
    pub(crate) made: fn(&Case) -> bool,
}

/// The makers that can be named; the first whose form it is counts.
pub(crate) static MAKERS: &[Maker] = &[
    Maker {
        token: c"big_ip",
        made: |case| case.names_big_ip,
    },
    Maker {
        token: c"ovn",
        made: is_of_ovn,
    },
    Maker {
        token: c"pf",
        made: |case| is_of_filter(case, true),
    },
    Maker {
        token: c"ipfw",
        made: |case| is_of_filter(case, false),
    },
    Maker {
        token: c"suricata",
        made: is_of_suricata,
    },
    Maker {
        token: c"snort",
        made: is_of_snort,
    },
    Maker {
        token: c"gfw_type_2",
        made: is_of_gfw_type_2,
    },
    Maker {
        token: c"gfw_type_1",
        made: is_of_gfw_type_1,
    },
];

impl Case {
    /// The maker whose form this RST has, if it is nobody else's.
    #[must_use]
    pub(crate) fn maker(&self) -> Option<&'static Maker> {
        MAKERS.iter().find(|maker| (maker.made)(self))
    }

    /// Whether it is RST and ACK without window, options and payload.
    fn is_bare_rst_ack(&self) -> bool {
        let reset = &self.reset;
        reset.flags.contains(TcpFlags::RST.union(TcpFlags::ACK))
            && reset.window == 0
            && !reset.options.any
            && reset.payload_length == 0
    }

    fn uses_traffic_class(&self, class: u8) -> bool {
        let sides = [&self.sender, &self.receiver];
        sides
            .iter()
            .any(|side| side.has_seq() && side.traffic_class == class)
    }
}

/// OVN's pinctrl writes sequence number 0 whatever the connection stands at, and CS6.
fn is_of_ovn(case: &Case) -> bool {
    const CS6: u8 = 0xc0;
    let Some(ip) = case.reset.ip else {
        return false;
    };
    let marked = ip.traffic_class == CS6 && !case.uses_traffic_class(CS6);
    let in_mid_stream = case.sender.has_seq() && !case.sender.syn_only();
    case.is_bare_rst_ack()
        && case.reset.seq.0 == 0
        && ip.id().is_none_or(|id| id == 0)
        && initial_ttl(ip.ttl) == 64
        && (marked || in_mid_stream)
}

/// pf and ipfw mark their resets for low delay; ipfw leaves Don't Fragment clear.
fn is_of_filter(case: &Case, dont_fragment: bool) -> bool {
    const LOW_DELAY: u8 = 0x10;
    let Some(ip) = case.reset.ip else {
        return false;
    };
    let set = ip.dont_fragment().unwrap_or(true);
    ip.traffic_class == LOW_DELAY
        && !case.uses_traffic_class(LOW_DELAY)
        && case.reset.window == 0
        && !case.reset.options.any
        && set == dont_fragment
}

/// Suricata writes the window of the packet that it objects to, without Don't
/// Fragment; firewalls that do so as well start their packets at 255.
fn is_of_suricata(case: &Case) -> bool {
    let Some(ip) = case.reset.ip else {
        return false;
    };
    let window = case.reset.window;
    case.reset.flags.ack()
        && window != 0
        && case.receiver.has_seq()
        && window == case.receiver.window
        && window != case.sender.window
        && ip.dont_fragment() == Some(false)
        && case.sender.df_set()
        && initial_ttl(ip.ttl) == 64
}

/// Snort writes 255 less the TTL of the packet that it answers, at least 64.
fn is_of_snort(case: &Case) -> bool {
    let (Some(ip), Some(answered)) = (case.reset.ip, case.receiver.last_ttl) else {
        return false;
    };
    case.is_bare_rst_ack()
        && ip.dont_fragment() == Some(false)
        && hops(answered) > 0
        && ip.ttl == u8::MAX - answered
        && case.other_distance().is_some()
}

/// Three RST+ACK with one IP ID, from a TTL that no path leaves, with a window.
fn is_of_gfw_type_2(case: &Case) -> bool {
    let strange = case
        .host
        .is_some_and(|host| host.reset_ttls.strange_to(&host.ttl) >= 3);
    case.reset.flags.ack()
        && case.reset.window != 0
        && !case.reset.options.any
        && case
            .other_distance()
            .is_some_and(|compared| !compared.same_initial)
        && strange
}

/// A bare RST with a window and without Don't Fragment.
fn is_of_gfw_type_1(case: &Case) -> bool {
    !case.reset.flags.ack()
        && case.reset.window != 0
        && case.reset.ip.and_then(|ip| ip.dont_fragment()) == Some(false)
        && case.sender.df_set()
        && case.other_distance().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::testing::{Builder, case};

    fn named(case: &Builder) -> Option<&'static str> {
        case.maker().map(|maker| maker.token.to_str().unwrap())
    }

    #[test]
    fn linux_and_netfilter_share_a_form_and_are_not_named() {
        assert_eq!(named(&case()), None);
        assert_eq!(named(&case().abort()), None);
    }

    #[test]
    fn filters_are_told_apart_by_dont_fragment() {
        assert_eq!(named(&case().class(0x10)), Some("pf"));
        assert_eq!(named(&case().df(false).class(0x10)), Some("ipfw"));
        assert_eq!(named(&case().class(0x10).sender_class(0x10)), None);
        assert_eq!(named(&case().class(0x10).window(1)), None);
    }

    #[test]
    fn tokens_are_unique() {
        let mut tokens: Vec<_> = MAKERS.iter().map(|maker| maker.token).collect();
        tokens.sort_unstable();
        tokens.dedup();
        assert_eq!(tokens.len(), MAKERS.len());
    }
}
