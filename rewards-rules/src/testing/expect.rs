//! What a test can expect, and whether what came is that: numbers by value, the rest by text.

use std::str::FromStr;

use crate::value::Exact;

/// What `expect` can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Base,
    Loyalty,
    Campaign,
    Total,
    Points,
    Tier,
    Reason,
    Error,
    Rules,
    Available,
    Debt,
}

impl Item {
    pub(super) const ALL: [Item; 11] = [
        Item::Base,
        Item::Loyalty,
        Item::Campaign,
        Item::Total,
        Item::Points,
        Item::Tier,
        Item::Reason,
        Item::Error,
        Item::Rules,
        Item::Available,
        Item::Debt,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Item::Base => "base",
            Item::Loyalty => "loyalty",
            Item::Campaign => "campaign",
            Item::Total => "total",
            Item::Points => "points",
            Item::Tier => "tier",
            Item::Reason => "reason",
            Item::Error => "error",
            Item::Rules => "rules",
            Item::Available => "available",
            Item::Debt => "debt",
        }
    }

    pub(super) fn is_number(self) -> bool {
        match self {
            Item::Base | Item::Loyalty | Item::Campaign | Item::Total | Item::Points | Item::Available | Item::Debt => {
                true
            }
            Item::Tier | Item::Reason | Item::Error | Item::Rules => false,
        }
    }

    /// Whether it speaks of an outcome, which a redemption does not have.
    pub(super) fn of_outcome(self) -> bool {
        match self {
            Item::Base | Item::Loyalty | Item::Campaign | Item::Total | Item::Points | Item::Reason | Item::Rules => {
                true
            }
            Item::Tier | Item::Error | Item::Available | Item::Debt => false,
        }
    }

    /// Whether what came is what was written.
    pub(super) fn is_met(self, expected: &str, actual: &str) -> bool {
        if self.is_number() {
            return match (Exact::from_str(expected), Exact::from_str(actual)) {
                (Ok(expected), Ok(actual)) => expected == actual,
                _ => false,
            };
        }
        match self {
            Item::Rules => match (entries(expected), entries(actual)) {
                (Some(expected), Some(actual)) => expected == actual,
                _ => expected == actual,
            },
            _ => expected == actual,
        }
    }
}

/// The entries of a `rules` text: id, value, and whether it is points. `None` if it is not of that form.
fn entries(text: &str) -> Option<Vec<(&str, Exact, bool)>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(';')
        .map(|entry| {
            let (id, value) = entry.split_once('=')?;
            let (number, points) = match value.strip_suffix('p') {
                Some(number) => (number, true),
                None => (value, false),
            };
            Some((id, Exact::from_str(number).ok()?, points))
        })
        .collect()
}
