// SPDX-License-Identifier: GPL-2.0-or-later

//! What the user may set. [`PREFERENCES`] has one row for each; Wireshark's
//! registration, the border and the documentation are made from it.

use std::{ffi::CStr, time::Duration};

use super::memory::USUAL_MIB;
use crate::verdict::ExpertLevel;

/// What the user has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The summary goes into the Info column (preference `rst.info_column`).
    pub(crate) info_column: bool,
    /// Silence that counts as idle (`rst.idle_threshold`).
    pub(crate) idle_threshold: Duration,
    /// TTL drop, in hops, that a route change explains (`rst.ttl_tolerance`).
    pub(crate) ttl_tolerance: u8,
    /// Which impacts raise expert items (`rst.expert_level`).
    pub(crate) expert_level: ExpertLevel,
    /// The engine's memory in all, MiB (`rst.memory_limit`).
    pub(crate) memory_limit: u32,
}

/// A preference: what it is called, what it means, and what it sets.
#[derive(Debug)]
pub struct Preference {
    /// Name below "rst.", never renamed.
    pub name: &'static CStr,
    /// Label.
    pub title: &'static CStr,
    /// What the user must know to choose.
    pub description: &'static CStr,
    /// Its type and default, and where its value goes.
    pub kind: Preferred,
}

/// Type and default of a preference, and where its value goes.
#[derive(Debug)]
pub enum Preferred {
    /// Yes or no.
    Boolean(bool, fn(&mut Settings, bool)),
    /// Any number.
    Number(u32, fn(&mut Settings, u32)),
    /// One of several, the first if the user says nothing.
    Choice(&'static [Choice]),
}

/// One of several that a preference offers.
#[derive(Debug)]
pub struct Choice {
    /// As it is set.
    pub word: &'static CStr,
    /// As it is shown.
    pub(crate) title: &'static CStr,
    set: fn(&mut Settings),
}

/// All preferences of the public contract.
pub static PREFERENCES: &[Preference] = &[
    Preference {
        name: c"info_column",
        title: c"Append the summary to the Info column",
        description: c"Switch this off if the packet list gets too wide; the summary stays in the details and in the field rst.summary.",
        kind: Preferred::Boolean(true, |settings, value| settings.info_column = value),
    },
    Preference {
        name: c"idle_threshold",
        title: c"Idle threshold (seconds)",
        description: c"Silence that counts as idle. Lower it if a device on the path is known to forget connections sooner; raise it if the application pauses longer by design.",
        kind: Preferred::Number(30, |settings, seconds| {
            settings.idle_threshold = Duration::from_secs(seconds.into());
        }),
    },
    Preference {
        name: c"ttl_tolerance",
        title: c"TTL tolerance (hops)",
        description: c"TTL drop that a route change still explains. Raise it if routes to the hosts of the capture are known to vary more.",
        kind: Preferred::Number(2, |settings, hops| {
            // No two TTLs are further apart.
            settings.ttl_tolerance = u8::try_from(hops).unwrap_or(u8::MAX);
        }),
    },
    Preference {
        name: c"memory_limit",
        title: c"Memory limit (MiB)",
        description: c"What the analysis may take in all. Raise it for captures with more connections and resets than fit; what had to be forgotten is said.",
        kind: Preferred::Number(USUAL_MIB, |settings, mib| settings.memory_limit = mib),
    },
    Preference {
        name: c"expert_level",
        title: c"Expert items for",
        description: c"Which resets raise expert items. Restrict it if benign resets flood the expert information; the fields rst.… stay complete.",
        kind: Preferred::Choice(&[
            Choice {
                word: c"all",
                title: c"All resets",
                set: |settings| settings.expert_level = ExpertLevel::All,
            },
            Choice {
                word: c"noteworthy",
                title: c"Noteworthy and disruptive resets",
                set: |settings| settings.expert_level = ExpertLevel::Noteworthy,
            },
            Choice {
                word: c"disruptive",
                title: c"Disruptive resets only",
                set: |settings| settings.expert_level = ExpertLevel::Disruptive,
            },
        ]),
    },
];

impl Preferred {
    /// What is set while the user says nothing, as the number that stands for it.
    #[must_use]
    pub(crate) fn default_value(&self) -> u32 {
        match self {
            Self::Boolean(default, _) => (*default).into(),
            Self::Number(default, _) => *default,
            Self::Choice(_) => 0,
        }
    }

    fn set_default(&self, settings: &mut Settings) {
        // Every default is allowed, as a test holds.
        let _ = self.set(settings, self.default_value());
    }

    /// Sets it to the boolean (0 or 1), number, or index of a choice that `value`
    /// stands for; `None` where it stands for none.
    fn set(&self, settings: &mut Settings, value: u32) -> Option<()> {
        match self {
            Self::Boolean(_, set) if value <= 1 => set(settings, value == 1),
            Self::Boolean(..) => return None,
            Self::Number(_, set) => set(settings, value),
            Self::Choice(choices) => {
                let choice = choices.get(usize::try_from(value).ok()?)?;
                (choice.set)(settings);
            }
        }
        Some(())
    }
}

impl Settings {
    /// Settings with one value for each row of [`PREFERENCES`], as
    /// [`Preferred::default_value`] writes it; `None` where one is not allowed
    /// or the numbers differ.
    #[must_use]
    pub(crate) fn of(values: &[u32]) -> Option<Self> {
        if values.len() != PREFERENCES.len() {
            return None;
        }
        let mut settings = Self::unset();
        for (preference, value) in PREFERENCES.iter().zip(values) {
            preference.kind.set(&mut settings, *value)?;
        }
        Some(settings)
    }

    /// Nothing set, not even by default.
    const fn unset() -> Self {
        Self {
            info_column: false,
            idle_threshold: Duration::ZERO,
            ttl_tolerance: 0,
            expert_level: ExpertLevel::All,
            memory_limit: 0,
        }
    }
}

impl Default for Settings {
    /// The defaults of [`PREFERENCES`].
    fn default() -> Self {
        let mut settings = Self::unset();
        for preference in PREFERENCES {
            preference.kind.set_default(&mut settings);
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Vec<u32> {
        let kinds = PREFERENCES.iter().map(|preference| &preference.kind);
        kinds.map(Preferred::default_value).collect()
    }

    fn with(name: &CStr, value: u32) -> Option<Settings> {
        let mut values = defaults();
        let row = PREFERENCES.iter().position(|row| row.name == name);
        values[row.unwrap()] = value;
        Settings::of(&values)
    }

    #[test]
    fn default_values_are_the_defaults() {
        assert_eq!(Settings::of(&defaults()), Some(Settings::default()));
        assert_eq!(Settings::default().idle_threshold, Duration::from_secs(30));
    }

    #[test]
    fn each_value_sets_what_its_row_names() {
        let changed = |name, value| with(name, value).unwrap();
        assert!(!changed(c"info_column", 0).info_column);
        let silence = changed(c"idle_threshold", 7).idle_threshold;
        assert_eq!(silence, Duration::from_secs(7));
        assert_eq!(changed(c"ttl_tolerance", 3).ttl_tolerance, 3);
        assert_eq!(changed(c"ttl_tolerance", 256).ttl_tolerance, 255);
        let level = changed(c"expert_level", 2).expert_level;
        assert_eq!(level, ExpertLevel::Disruptive);
    }

    #[test]
    fn values_that_stand_for_nothing_are_refused() {
        assert_eq!(with(c"info_column", 2), None);
        assert_eq!(with(c"expert_level", 3), None);
        assert_eq!(Settings::of(&defaults()[1..]), None);
        assert_eq!(Settings::of(&[defaults(), vec![0]].concat()), None);
    }

    #[test]
    fn names_are_unique() {
        for (index, row) in PREFERENCES.iter().enumerate() {
            let later = &PREFERENCES[index + 1..];
            assert!(later.iter().all(|other| other.name != row.name));
        }
    }
}
