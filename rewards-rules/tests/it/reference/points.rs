//! Points of one purchase: earning, dates, caps (semantics §1.4, §3.9).

use chrono::NaiveDate;
use num_traits::{One, Zero};
use rewards_rules::value::Period;

use super::caps::{Limit, Owner, Shown, cut_own, limits};
use super::facts::Facts;
use super::number::{Number, cut_after, number};
use super::outcome::{Grant, Kind, PointsEntry, Unit};
use super::rules::Rules;

/// §3.9: `earn` on the amount in proportion, without the tier's multiplier; multiplied first, divided once.
pub(crate) fn plain_earn(rules: &Rules<'_>, amount: &Number) -> Option<Number> {
    let points = rules.program.points.as_ref()?;
    let (earned, per) = (points.earn_points.as_ref()?, points.earn_per.as_ref()?);
    Some(amount * number(earned.value) / number(per.value))
}

/// §3.9: `earn` times the tier's points multiplier is one component.
pub(crate) fn earn(facts: &Facts<'_>, amount: &Number) -> Option<PointsEntry> {
    let rules = facts.rules;
    let level = facts.tier.as_ref().and_then(|t| rules.levels().iter().find(|l| l.id.value == *t));
    let multiplier = level.and_then(|l| l.points_multiplier.as_ref()).map_or_else(Number::one, |m| number(m.value));
    let exact = plain_earn(rules, amount)? * multiplier;
    Some(entry(rules, Kind::Earn, "earn", exact, facts.local.date()))
}

/// §1.4: points are rounded per component, down; §3.9: dates are local.
pub(crate) fn entry(rules: &Rules<'_>, kind: Kind, id: &str, exact: Number, date: NaiveDate) -> PointsEntry {
    let points = rules.program.points.as_ref();
    let spendable_on = points.and_then(|p| p.activation_delay.as_ref()).map_or(date, |d| d.value.after(date).unwrap());
    let expires_on = points.and_then(|p| p.expires_after.as_ref()).map(|d| d.value.after(spendable_on).unwrap());
    PointsEntry {
        kind,
        id: id.to_owned(),
        grant: Grant { granted: cut_after(&exact, rules.points_decimals), cuts: Vec::new() },
        exact,
        spendable_on: Some(spendable_on),
        expires_on,
    }
}

/// Whose caps `points.caps` are.
pub(crate) fn owner() -> Owner {
    Owner { scope: "program".to_owned(), unit: Unit::Points, budget_period: Period::Lifetime }
}

/// §3.9: points caps cut the last first: campaigns, then earn, which stands before them.
pub(crate) fn points_caps(facts: &Facts<'_>, entries: &mut [PointsEntry]) {
    let Some(caps) = facts.rules.program.points.as_ref().and_then(|p| p.caps.as_ref()) else { return };
    let limits: Vec<Limit> = limits(facts, &owner(), caps, &Number::zero());
    let mut grants: Vec<&mut Grant> = entries.iter_mut().map(|e| &mut e.grant).collect();
    cut_own(&mut grants, &limits, caps, Shown::Fixed(facts.rules.points_decimals));
}
