// SPDX-License-Identifier: GPL-2.0-or-later

//! What a label expects of a verdict, and why.

use std::fmt;

use anyhow::{Context as _, Result};
use regex::{Regex, RegexBuilder};

use crate::{reader::Verdict, words::PhaseRule};

/// What a label asks of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Origin,
    Phase,
    Cause,
    Impact,
    Says,
}

impl Column {
    pub(crate) const ALL: [Self; 5] = [
        Self::Origin,
        Self::Phase,
        Self::Cause,
        Self::Impact,
        Self::Says,
    ];

    /// Its name in the tables and in the lists.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Phase => "phase",
            Self::Cause => "cause",
            Self::Impact => "impact",
            Self::Says => "says",
        }
    }
}

/// Accepted tokens as a label writes them: `a|b`, or `!a|b` for none of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) tokens: Vec<String>,
    pub(crate) none_of_these: bool,
}

impl Accepted {
    /// `None` where the label does not ask.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (none_of_these, tokens) = match text.strip_prefix('!') {
            Some(tokens) => (true, tokens),
            None => (false, text),
        };
        (!tokens.is_empty()).then(|| Self {
            tokens: tokens.split('|').map(str::to_owned).collect(),
            none_of_these,
        })
    }

    /// One of `tokens`.
    pub(crate) fn any<T: ToString>(tokens: impl IntoIterator<Item = T>) -> Self {
        Self {
            tokens: tokens.into_iter().map(|token| token.to_string()).collect(),
            none_of_these: false,
        }
    }

    pub(crate) fn accepts(&self, said: &str) -> bool {
        self.tokens.iter().any(|token| token == said) != self.none_of_these
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.none_of_these { "not " } else { "" };
        write!(out, "{not}{}", self.tokens.join(" or "))
    }
}

/// Who really sent the RST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    Endpoint,
    Middlebox,
}

impl Truth {
    pub(crate) const fn token(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Middlebox => "middlebox",
        }
    }

    /// Of accepted origins: what must not be accused is an endpoint's; `None` where either may be.
    fn of(origin: &Accepted) -> Option<Self> {
        let accepts = |truth: Self| origin.accepts(truth.token());
        match (accepts(Self::Endpoint), accepts(Self::Middlebox)) {
            (true, false) => Some(Self::Endpoint),
            (false, true) => Some(Self::Middlebox),
            _ => None,
        }
    }
}

/// What a label expects; `None` where it does not ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    pub(crate) truth: Option<Truth>,
    pub(crate) origin: Option<Accepted>,
    pub(crate) phase: Option<PhaseRule>,
    pub(crate) cause: Option<Accepted>,
    pub(crate) impact: Option<Accepted>,
    pub(crate) says: Option<Regex>,
}

impl Expected {
    /// Sets the origin from accepted tokens; `unclear` alone asks nothing.
    pub(crate) fn with_origin(mut self, tokens: &str) -> Self {
        self.origin = Accepted::parse(tokens).filter(|_| tokens != "unclear");
        self.truth = self.origin.as_ref().and_then(Truth::of);
        self
    }

    /// Sets the expression that must be found in what is said, case ignored.
    pub(crate) fn with_says(mut self, expression: &str) -> Result<Self> {
        if !expression.is_empty() {
            let regex = RegexBuilder::new(expression).case_insensitive(true).build();
            self.says = Some(regex.with_context(|| format!("says `{expression}`"))?);
        }
        Ok(self)
    }

    /// Whether `verdict` is right in `column`; `None` where the label does not ask.
    pub(crate) fn check(&self, column: Column, verdict: &Verdict) -> Option<bool> {
        let token = |expected: &Option<Accepted>, field: &str| {
            let expected = expected.as_ref()?;
            Some(expected.accepts(verdict.first(field)))
        };
        match column {
            Column::Origin => token(&self.origin, "rst.origin"),
            Column::Cause => token(&self.cause, "rst.cause"),
            Column::Impact => token(&self.impact, "rst.impact"),
            Column::Phase => Some(match self.phase? {
                PhaseRule::OneOf(tokens) => tokens.contains(&verdict.first("rst.phase")),
                PhaseRule::AfterIdle => verdict.is_set("rst.after_idle"),
            }),
            Column::Says => Some(self.says.as_ref()?.is_match(&verdict.words())),
        }
    }

    /// Whether the label asks for this column at all.
    pub(crate) fn asks(&self, column: Column) -> bool {
        match column {
            Column::Origin => self.origin.is_some(),
            Column::Phase => self.phase.is_some(),
            Column::Cause => self.cause.is_some(),
            Column::Impact => self.impact.is_some(),
            Column::Says => self.says.is_some(),
        }
    }

    /// What is expected in `column`, for people; empty where the label does not ask.
    pub(crate) fn shown(&self, column: Column) -> String {
        let tokens = |expected: &Option<Accepted>| {
            expected
                .as_ref()
                .map(Accepted::to_string)
                .unwrap_or_default()
        };
        match column {
            Column::Origin => tokens(&self.origin),
            Column::Cause => tokens(&self.cause),
            Column::Impact => tokens(&self.impact),
            Column::Phase => match self.phase {
                Some(PhaseRule::OneOf(tokens)) => tokens.join(" or "),
                Some(PhaseRule::AfterIdle) => "after silence".to_owned(),
                None => String::new(),
            },
            Column::Says => self.says.as_ref().map(Regex::to_string).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(fields: &[(&str, &str)]) -> Verdict {
        Verdict::new(
            fields
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        )
    }

    #[test]
    fn tokens_are_accepted_or_excluded() {
        let either = Accepted::parse("endpoint|unclear").unwrap();
        assert!(either.accepts("endpoint") && either.accepts("unclear"));
        assert!(!either.accepts("middlebox"));
        let not = Accepted::parse("!unknown").unwrap();
        assert!(not.accepts("own_filter") && !not.accepts("unknown"));
        assert_eq!(Accepted::parse(""), None);
    }

    #[test]
    fn truth_is_what_may_be_said_of_the_two() {
        let truth = |origin| Expected::default().with_origin(origin).truth;
        assert_eq!(truth("endpoint|unclear"), Some(Truth::Endpoint));
        assert_eq!(truth("middlebox|unclear"), Some(Truth::Middlebox));
        assert_eq!(truth("!middlebox"), Some(Truth::Endpoint));
        assert_eq!(truth("unclear"), None);
        assert_eq!(truth(""), None);
        assert_eq!(truth("!unknown"), None);
        let either = Expected::default().with_origin("!unknown");
        assert!(either.asks(Column::Origin));
    }

    #[test]
    fn words_are_looked_for_in_every_text_whatever_their_case() {
        let expected = Expected::default().with_says("8 (hops|routers)").unwrap();
        let said = verdict(&[("rst.summary", "x"), ("rst.evidence.text", "came 8 Hops")]);
        assert_eq!(expected.check(Column::Says, &said), Some(true));
        let silent = verdict(&[("rst.evidence", "8 hops")]);
        assert_eq!(expected.check(Column::Says, &silent), Some(false));
        assert_eq!(expected.check(Column::Cause, &silent), None);
        assert!(Expected::default().with_says("(").is_err());
    }
}
