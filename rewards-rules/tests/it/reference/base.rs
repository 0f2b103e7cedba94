//! Base rules: who takes which part of the amount, and what it grants (semantics §3.3).

use std::collections::BTreeMap;

use num_traits::Zero;
use rewards_rules::input::ErrorCode;
use rewards_rules::syntax::written::{BaseRule, UpTo};
use rewards_rules::value::{Period, RoundingAt};

use super::caps::{Owner, Shown, cut_own, limits};
use super::expression::holds;
use super::facts::Facts;
use super::number::{Number, at_least_zero, fixed, number, round};
use super::outcome::{Component, Grant, Kind, Taken, Unit};

/// A stretch of the eligible amount in order: an eligible line, or what no line covers.
struct Part<'a> {
    line: Option<&'a rewards_rules::input::Line>,
    left: Number,
}

/// What the base rules gave.
pub(crate) struct Base {
    /// A slice (or slab) each, in order.
    pub(crate) slices: Vec<Slice>,
    /// What was taken of limits.
    pub(crate) taken: Vec<Taken>,
}

/// §3.3: one component with the amount it stands for.
pub(crate) struct Slice {
    pub(crate) rule: usize,
    pub(crate) amount: Number,
    pub(crate) rate: Number,
    pub(crate) component: Component,
}

/// §3.5: the exact base: the sum over slices before rounding and before the base rules' caps.
pub(crate) fn exact_base(slices: &[Slice]) -> Number {
    slices.iter().map(|s| &s.component.exact).sum()
}

/// §3.3: the rules top down; each takes what it can of the amount that is left. §10: lines come first, the rest after.
pub(crate) fn base(facts: &Facts<'_>, eligible: &[&rewards_rules::input::Line]) -> Result<Base, ErrorCode> {
    let amount = facts.eligible_amount.clone().unwrap();
    let covered: Number = eligible.iter().map(|l| number(l.amount)).sum();
    let mut parts: Vec<Part<'_>> = eligible.iter().map(|l| Part { line: Some(l), left: number(l.amount) }).collect();
    parts.push(Part { line: None, left: amount - covered });

    let mut base = Base { slices: Vec::new(), taken: Vec::new() };
    let mut taken_of_pools: BTreeMap<String, Number> = BTreeMap::new();
    for (index, rule) in facts.rules.program.base.iter().enumerate() {
        if parts.iter().all(|p| p.left.is_zero()) {
            break;
        }
        if let Some(when) = &rule.when
            && !holds(facts.rules, facts, when)?
        {
            continue;
        }
        let limit = limit_of(facts, rule, &taken_of_pools)?;
        let most = limit.as_ref().map(|(_, left)| left.clone());
        let amount = take_parts(facts, rule, &mut parts, most)?;
        if amount.is_zero() {
            continue;
        }
        if let Some((mut taken, _)) = limit {
            if let Some(UpTo::Pool(pool)) = &rule.up_to {
                *taken_of_pools.entry(pool.value.clone()).or_default() += &amount;
            }
            taken.amount = amount.clone();
            base.taken.push(taken);
        }
        for (slab, rate) in slabs(rule, &amount) {
            base.slices.push(slice(facts, index, rule, slab, rate));
        }
    }
    own_caps(facts, &mut base);
    Ok(base)
}

/// §3.3: the limit that a rule takes from and what is left of it; rules that name one pool share one.
fn limit_of(
    facts: &Facts<'_>,
    rule: &BaseRule,
    taken_of_pools: &BTreeMap<String, Number>,
) -> Result<Option<(Taken, Number)>, ErrorCode> {
    let (scope, spend, per, here) = match &rule.up_to {
        None => return Ok(None),
        Some(UpTo::Spend { spend, per }) => (format!("base.{}", rule.id.value), spend.value, per.value, Number::zero()),
        Some(UpTo::Pool(id)) => {
            let pool = facts.rules.program.pools.iter().find(|p| p.id.value == id.value).unwrap();
            let here = taken_of_pools.get(&id.value).cloned().unwrap_or_default();
            (format!("pool.{}", id.value), pool.spend.value, pool.per.value, here)
        }
    };
    let key = format!("{scope}.spend.{}", per.name());
    let left = at_least_zero(number(spend) - facts.used(&key) - here);
    Ok(Some((Taken { key, period: facts.period(per)?, amount: Number::zero() }, left)))
}

/// §3.3: takes parts in order, with `lines` only the lines for which it is true, at most `most`.
fn take_parts(
    facts: &Facts<'_>,
    rule: &BaseRule,
    parts: &mut [Part<'_>],
    most: Option<Number>,
) -> Result<Number, ErrorCode> {
    let mut taken = Number::zero();
    for part in parts {
        if part.left.is_zero() {
            continue;
        }
        let wanted = match (&rule.lines, part.line) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(lines), Some(line)) => holds(facts.rules, &facts.of_line(line), lines)?,
        };
        if wanted {
            let amount = match &most {
                None => part.left.clone(),
                Some(most) => part.left.clone().min(most - &taken),
            };
            part.left -= &amount;
            taken += amount;
        }
    }
    Ok(taken)
}

/// §3.3: slabs give marginal rates by the part that the rule takes, starting at 0; the last is open.
fn slabs(rule: &BaseRule, taken: &Number) -> Vec<(Number, Number)> {
    let Some(slabs) = &rule.slabs else {
        return vec![(taken.clone(), number(rule.rate.as_ref().unwrap().value))];
    };
    let mut from = Number::zero();
    let mut parts = Vec::new();
    for slab in &slabs.value {
        let to = slab.up_to.as_ref().map_or(taken.clone(), |to| number(to.value)).min(taken.clone());
        if to > from {
            parts.push((&to - &from, number(slab.rate.value)));
            from = to;
        }
    }
    parts
}

/// §1.2: a component is computed exactly, then rounded once; with `at: total` it stays exact for now.
fn slice(facts: &Facts<'_>, index: usize, rule: &BaseRule, amount: Number, rate: Number) -> Slice {
    let rules = facts.rules;
    let exact = &amount * &rate;
    let value = match rules.at {
        RoundingAt::Component => round(&exact, rules.decimals, rules.mode),
        RoundingAt::Total => exact.clone(),
    };
    let component = Component {
        kind: Kind::Base,
        id: rule.id.value.clone(),
        basis: Some(fixed(&amount, rules.decimals)),
        rate: Some(rate.clone()),
        exact,
        rounded: value.clone(),
        grant: Grant { granted: value, cuts: Vec::new() },
    };
    Slice { rule: index, amount, rate, component }
}

/// Whose caps a base rule's are.
pub(crate) fn owner(rule: &BaseRule) -> Owner {
    Owner { scope: format!("base.{}", rule.id.value), unit: Unit::Money, budget_period: Period::Lifetime }
}

/// How a rule's own caps show amounts: under `at: total` they hold exact values.
pub(crate) fn shown(facts: &Facts<'_>) -> Shown {
    match facts.rules.at {
        RoundingAt::Component => Shown::Fixed(facts.rules.decimals),
        RoundingAt::Total => Shown::Plain,
    }
}

/// §3.3: a rule's own caps hold for the sum of its slices, cut from the last.
fn own_caps(facts: &Facts<'_>, base: &mut Base) {
    let amount = facts.eligible_amount.clone().unwrap();
    for (index, rule) in facts.rules.program.base.iter().enumerate() {
        let Some(caps) = &rule.caps else { continue };
        let limits = limits(facts, &owner(rule), caps, &amount);
        let mut grants: Vec<&mut Grant> =
            base.slices.iter_mut().filter(|s| s.rule == index).map(|s| &mut s.component.grant).collect();
        cut_own(&mut grants, &limits, caps, shown(facts));
    }
}
