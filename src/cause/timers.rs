// SPDX-License-Identifier: GPL-2.0-or-later

//! Idle timeouts of known devices: candidates for a silence that ended with an
//! RST. Only those with a source; that a silence is as long proves nothing.

use std::time::Duration;

use crate::{
    case::{Case, SAME_SILENCES},
    mutation::limit,
    words::say,
};

/// A default that some devices share.
struct Timer {
    seconds: u64,
    whose: &'static str,
}

/// Defaults and their documentation (`docs/measured.md#known-timers`).
const TIMERS: [Timer; 9] = [
    Timer {
        seconds: 60,
        whose: "the default of AWS Classic Load Balancers",
    },
    Timer {
        seconds: 240,
        whose: "the default of Azure Load Balancer and of IBM's VPC gateway",
    },
    Timer {
        seconds: 300,
        whose: "SonicWall's default for an access rule",
    },
    Timer {
        seconds: 350,
        whose: "the default of AWS NLB, NAT gateway and Network Firewall",
    },
    Timer {
        seconds: 600,
        whose: "the connection tracking of GCP's VPC firewall",
    },
    Timer {
        seconds: 1200,
        whose: "the default of GCP Cloud NAT and Huawei USG",
    },
    Timer {
        seconds: 1800,
        whose: "the default of Juniper SRX",
    },
    Timer {
        seconds: 3600,
        whose: "the default of FortiGate and Check Point",
    },
    Timer {
        seconds: 7200,
        whose: "Linux's time to the first keep-alive probe",
    },
];

/// How near a silence must be: 2 %, or a second where that is more.
fn is_near(idle: Duration, seconds: u64) -> bool {
    let timer = Duration::from_secs(seconds);
    idle.abs_diff(timer) <= (timer / 50).max(Duration::from_secs(1))
}

/// Names the timeouts that the silence is as long as, and says whether others
/// ended after the same one.
pub(super) fn write_candidates(case: &Case, out: &mut String) {
    if let Some(idle) = case.idle {
        write_near(idle, out);
    }
    if case.neighbours.same_idle >= limit!(SAME_SILENCES of "case::neighbours") {
        say!(
            out,
            "\n{} conversations ended after the same silence: a timer, not chance.",
            case.neighbours.same_idle,
        );
    }
}

fn write_near(idle: Duration, out: &mut String) {
    let mut near = TIMERS.iter().filter(|timer| is_near(idle, timer.seconds));
    if let Some(timer) = near.next() {
        say!(out, "\n{} s is {}.", timer.seconds, timer.whose);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(idle: Duration) -> String {
        let mut out = String::new();
        write_near(idle, &mut out);
        out
    }

    #[test]
    fn within_two_percent_or_a_second() {
        let expected = "\n350 s is the default of AWS NLB, NAT gateway and Network Firewall.";
        assert_eq!(named(Duration::from_secs(350)), expected);
        assert_eq!(named(Duration::from_secs(357)), expected);
        assert_eq!(named(Duration::from_millis(357_001)), "");
        assert_eq!(named(Duration::from_millis(58_799)), "");
        assert!(!named(Duration::from_millis(58_800)).is_empty());
    }

    #[test]
    fn no_two_can_be_meant_at_once() {
        for pair in TIMERS.windows(2) {
            assert!(!is_near(
                Duration::from_secs(pair[0].seconds),
                pair[1].seconds
            ));
        }
    }
}
