//! What a posted purchase or a redemption would have fed to the counters of other rules.
//!
//! Rules that come to count something anew have to count what was granted before. What a purchase granted, and what its
//! refunds took, is in its record; which counters of these rules that feeds, by how much and in which period, follows
//! from it, so a store can fill a counter from its purchases, and keep it exact while purchases go on under rules that
//! do not have it. How much of its amount came under a rule is in its outcome. The same holds of redemptions, whose records say how many points left and on what they counted.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use super::post::Refunded;
use super::record::{PartRecord, PurchaseRecord, RedemptionRecord, RefundedRecord, kind_named};
use super::redeem::RedemptionState;
use super::refund::Share;
use crate::check::program::Reward;
use crate::evaluate::{Calendar, EvaluationError, Rule, fed_by, minor_units, window_period};
use crate::graph::{Counter, CounterSlot, Graph};
use crate::input::ErrorCode;
use crate::outcome::{Basis, ComponentKind, Outcome};
use crate::rule_set::{RuleSet, UsageKey};
use crate::value::{Exact, Period};

/// Keys of windows of levels begin so; the kind of window follows.
const WINDOWS: &str = "windows.";

/// What a member spent by local month: purchases, net of what their refunds took of them, and what was brought along.
#[derive(Debug, Clone, Default)]
pub struct SpentByMonth(BTreeMap<NaiveDate, Exact>);

impl SpentByMonth {
    /// Takes up a purchase as it is now, in place of how it was `before`. `rules` are any of its program. Error `overflow`.
    pub fn take(
        &mut self,
        rules: &RuleSet,
        before: Option<&PurchaseRecord>,
        now: &PurchaseRecord,
    ) -> Result<(), EvaluationError> {
        let mut by = left_of(rules, now)?;
        if let Some(before) = before {
            by = by.checked_sub(left_of(rules, before)?).map_err(overflow)?;
        }
        self.add(now.date, by)
    }

    /// Takes up what a member brought along, with the local date of its opening. Error `overflow`.
    pub fn bring(&mut self, on: NaiveDate, spending: Exact) -> Result<(), EvaluationError> {
        self.add(on, spending)
    }

    fn add(&mut self, on: NaiveDate, by: Exact) -> Result<(), EvaluationError> {
        let month = on.with_day(1).unwrap_or(on);
        let sum = self.0.get(&month).copied().unwrap_or(Exact::ZERO).checked_add(by).map_err(overflow)?;
        // Whether a month of which nothing is left is there must not depend on the way to it.
        if sum.is_zero() {
            self.0.remove(&month);
        } else {
            self.0.insert(month, sum);
        }
        Ok(())
    }

    /// First day of each month with what was spent in it, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (NaiveDate, Exact)> + '_ {
        self.0.iter().map(|(month, spent)| (*month, *spent))
    }
}

fn overflow(_: crate::value::Overflow) -> EvaluationError {
    EvaluationError::new(ErrorCode::Overflow, "spending does not fit into a number")
}

/// What of a purchase counts as spending, less its refunds.
fn left_of(rules: &RuleSet, purchase: &PurchaseRecord) -> Result<Exact, EvaluationError> {
    let decimals = rules.graph().program.currency.decimals();
    let whole = Exact::from_units(purchase.eligible, decimals);
    let RefundedRecord { amount, by_lines, plain } = purchase.refunded;
    if amount == 0 {
        return Ok(whole);
    }
    let share = Share::of_amounts(purchase.amount, purchase.eligible, Refunded { amount, by_lines, plain })?;
    whole.checked_sub(share.cut(purchase.eligible, decimals)?).map_err(overflow)
}

/// The kind of window that a key names.
pub(super) fn windows_named(key: &str) -> Option<Period> {
    kind_named(key.strip_prefix(WINDOWS)?)
}

/// What of a purchase came under its rules, as its outcome says: the amount on which each component of money was computed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken(Vec<(ComponentKind, String, Option<Exact>)>);

impl Taken {
    /// By the outcome of a purchase.
    pub fn of(outcome: &Outcome) -> Taken {
        let basis = |basis| match basis {
            Basis::Money(amount) => amount.exact(),
            Basis::Exact(exact) => exact,
        };
        let parts = outcome.components.iter();
        Taken(parts.map(|part| (part.kind, part.id.to_string(), part.basis.map(basis))).collect())
    }

    /// By the JSON of such an outcome; `None` if it cannot be read.
    pub fn from_json(outcome: &str) -> Option<Taken> {
        #[derive(Deserialize)]
        struct Stored {
            components: Vec<Part>,
        }
        #[derive(Deserialize)]
        struct Part {
            kind: String,
            id: String,
            basis: Option<String>,
        }
        let Stored { components } = serde_json::from_str(outcome).ok()?;
        let part = |Part { kind, id, basis }: Part| {
            let kinds = [ComponentKind::Base, ComponentKind::Loyalty, ComponentKind::Campaign];
            let kind = kinds.into_iter().find(|known| known.as_str() == kind)?;
            let basis = basis.map(|text| text.parse()).transpose().ok()?;
            Some((kind, id, basis))
        };
        components.into_iter().map(part).collect::<Option<_>>().map(Taken)
    }

    /// The amount of which each base rule and campaign took something, in minor units. A campaign whose grant is not a rate
    /// of an amount counts the amount that counted on its `up_to`, or all that is eligible.
    fn amounts(
        &self,
        bought: &RuleSet,
        purchase: &PurchaseRecord,
    ) -> Result<BTreeMap<(ComponentKind, &str), i64>, EvaluationError> {
        let graph = bought.graph();
        let mut amounts = BTreeMap::new();
        for (kind, id, basis) in &self.0 {
            let of_campaign = graph.program.campaigns.iter().find(|campaign| campaign.id == *id);
            let is_share = match kind {
                ComponentKind::Base => true,
                ComponentKind::Loyalty => continue,
                ComponentKind::Campaign => of_campaign.is_some_and(|c| matches!(c.reward, Reward::Rate { .. })),
            };
            let units = match basis.filter(|_| is_share) {
                Some(basis) => minor_units(graph, basis, "basis")?,
                None => limited(purchase, id).unwrap_or(purchase.eligible),
            };
            let sum: &mut i64 = amounts.entry((*kind, id.as_str())).or_insert(0);
            *sum = sum.saturating_add(units);
        }
        Ok(amounts)
    }
}

/// What counted on the `up_to` of a campaign, if it had one.
fn limited(purchase: &PurchaseRecord, campaign: &str) -> Option<i64> {
    let prefix = format!("campaign.{campaign}.spend.");
    let is_its = |key: &str| key.strip_prefix(&prefix).is_some_and(|period| !period.contains('.'));
    purchase.spends.iter().find(|spend| is_its(&spend.key)).map(|spend| spend.amount)
}

/// What one counter gets in one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fed {
    /// `SCOPE.ID.WHAT.PERIOD`.
    pub key: String,
    /// Key of the period that the purchase or the redemption falls into.
    pub period: String,
    /// Whether it is one counter for all members.
    pub shared: bool,
    /// In minor units, units of points, or a number; above 0.
    pub units: i64,
}

impl RuleSet {
    /// Whether a counter of these rules follows from what purchases brought, so that [`RuleSet::fed`] tells it: all but
    /// those of which [`RuleSet::is_fed_by_redemptions`] holds.
    pub fn is_fed(&self, key: &str) -> bool {
        self.graph().evaluated().any(|(_, counter)| counter.key.as_str() == key)
    }

    /// Whether a counter of these rules follows from redemptions, so that [`RuleSet::fed_by_redemption`] tells it.
    pub fn is_fed_by_redemptions(&self, key: &str) -> bool {
        let graph = self.graph();
        graph.slots().skip(graph.evaluated_counters).any(|(_, counter)| counter.key.as_str() == key)
    }

    /// The key of the windows by which the levels of these rules count spending, where that does not follow from what
    /// `other` rules of the program keep: years do from months, and the whole from both. A host has them filled with
    /// [`MemberRecord::keep_windows`](super::record::MemberRecord::keep_windows) before these rules follow the others, or
    /// the others these.
    pub fn windows_missing(&self, other: &RuleSet) -> Option<String> {
        let kind = |rules: &RuleSet| window_period(&rules.graph().program);
        let wanted = kind(self)?;
        let is_coarser = kind(other).is_none_or(|kept| kept > wanted);
        is_coarser.then(|| format!("{WINDOWS}{}", wanted.name()))
    }

    /// Whether a key that was asked for is one of windows, and not of a counter.
    pub fn is_windows(key: &str) -> bool {
        windows_named(key).is_some()
    }

    /// What a purchase that was posted under other rules of the program, `bought`, counts for the counters of these, as far
    /// as [`RuleSet::is_fed`] goes: what it granted less what its refunds took back so far, as if these rules had counted it
    /// from the start. On an `up_to` it counts all that came under the rules of those ids, also beyond the limit. Periods
    /// that ended before the local date `since` are left out, and those that need a fact of the member which the purchase
    /// did not have. Errors `overflow`, and those of an amount where the outcome has one that cannot be.
    pub fn fed(
        &self,
        bought: &RuleSet,
        purchase: &PurchaseRecord,
        taken: &Taken,
        since: NaiveDate,
    ) -> Result<Vec<Fed>, EvaluationError> {
        let graph = self.graph();
        let PurchaseRecord { date, billing_day, joined_on, .. } = *purchase;
        let on = Calendar { date, billing_day, joined_on };
        let units = units_of(graph, bought, purchase, taken)?.into_iter();
        Ok(units.filter_map(|(slot, units)| fed(graph.counter(slot)?, on, since, units)).collect())
    }

    /// What a redemption that was made through an option of the program, on a local date, counts for the counters of these
    /// rules beside those on which it counted itself: its points, while they have not come back. Periods that ended before
    /// the local date `since` are left out, and those that need a fact of the member.
    pub fn fed_by_redemption(
        &self,
        option: &str,
        date: NaiveDate,
        redemption: &RedemptionRecord,
        since: NaiveDate,
    ) -> Vec<Fed> {
        let graph = self.graph();
        let counts = matches!(redemption.state, RedemptionState::Pending | RedemptionState::Completed);
        let position = graph.program.redemption.iter().position(|known| counts && known.id == option);
        let caps = position.and_then(|at| graph.redemption.get(at)).into_iter().flatten();
        let on = Calendar { date, billing_day: None, joined_on: None };
        caps.filter_map(|cap| graph.counter(cap.slot))
            .filter(|counter| !redemption.counters.iter().any(|own| own.key == counter.key.as_str()))
            .filter_map(|counter| fed(counter, on, since, redemption.points))
            .collect()
    }

    /// Every budget that evaluations under these rules can change, with its period on a local date.
    pub fn budget_keys(&self, date: NaiveDate) -> Vec<UsageKey> {
        let on = Calendar { date, billing_day: None, joined_on: None };
        let shared = self.graph().evaluated().filter(|(_, counter)| counter.shared);
        let key = |(_, counter): (CounterSlot, &Counter)| {
            let period = on.key(counter.period)?.to_string();
            Some(UsageKey { key: counter.key.to_string(), period, shared: true })
        };
        shared.filter_map(key).collect()
    }
}

/// What a counter gets in the period of a day; `None` where that is over before the day `since`, or not known.
fn fed(counter: &Counter, on: Calendar, since: NaiveDate, units: i64) -> Option<Fed> {
    let period = on.key(counter.period)?;
    // The period of `since`, or a later one.
    let from = Calendar { date: since.max(on.date), ..on };
    let is_running = from.key(counter.period) == Some(period);
    is_running.then(|| Fed { key: counter.key.to_string(), period: period.to_string(), shared: counter.shared, units })
}

/// What each counter gets in all; only those that get something.
fn units_of(
    graph: &Graph,
    bought: &RuleSet,
    purchase: &PurchaseRecord,
    taken: &Taken,
) -> Result<Vec<(CounterSlot, i64)>, EvaluationError> {
    let mut deltas: Vec<(CounterSlot, i64)> = Vec::new();
    let mut add = |slot: CounterSlot, by: i64| match deltas.iter_mut().find(|(known, _)| *known == slot) {
        Some((_, units)) => *units = units.saturating_add(by),
        None => deltas.push((slot, by)),
    };
    let level = |id: &String| graph.level_index(Some(id)).ok();
    let tier = purchase.tier.as_ref().and_then(level);
    for part in &purchase.parts {
        let rule = rule_of(graph, part);
        for cap in fed_by(graph, rule, tier) {
            add(cap.slot, part.granted.saturating_sub(part.reversed));
        }
        if let Rule::Campaign(i) = rule
            && let Some(uses) = graph.campaigns.get(i as usize).and_then(|c| c.caps.uses)
            && !part.use_returned
        {
            add(uses.slot, 1);
        }
    }
    // A purchase of which nothing counts has a reason, and is not counted.
    if purchase.eligible > 0 {
        let RefundedRecord { amount, by_lines, plain } = purchase.refunded;
        let share = Share::of_amounts(purchase.amount, purchase.eligible, Refunded { amount, by_lines, plain })?;
        let left = |units: i64| -> Result<i64, EvaluationError> {
            let back = if amount == 0 { 0 } else { share.rounded(units, bought.graph().program.rounding)? };
            Ok(units.saturating_sub(back))
        };
        for slot in &graph.spent {
            add(*slot, left(purchase.eligible)?);
        }
        for ((kind, id), units) in taken.amounts(bought, purchase)? {
            let up_to = match graph.rule_of(kind, id) {
                Some(Rule::Base(i)) => graph.base.get(i as usize).and_then(|rule| rule.up_to),
                Some(Rule::Campaign(i)) => graph.campaigns.get(i as usize).and_then(|campaign| campaign.up_to),
                _ => None,
            };
            if let Some(limit) = up_to {
                add(limit.slot, left(units)?);
            }
        }
        for slot in &graph.visits {
            add(*slot, 1);
        }
    }
    deltas.retain(|(_, units)| *units > 0);
    Ok(deltas)
}

/// The rule of a component here. What these rules do not have counts for the wider blocks alone, as a level's bonus or
/// plain earning does.
fn rule_of(graph: &Graph, part: &PartRecord) -> Rule {
    let kind = match part.kind.as_str() {
        "base" => Some(ComponentKind::Base),
        "campaign" => Some(ComponentKind::Campaign),
        _ => None,
    };
    let known = kind.and_then(|kind| graph.rule_of(kind, &part.id)).filter(|rule| match rule {
        Rule::Campaign(i) => {
            graph.program.campaigns.get(*i as usize).is_some_and(|campaign| campaign.is_points() == part.points)
        }
        _ => !part.points,
    });
    known.unwrap_or(if part.points { Rule::Earn } else { Rule::Loyalty(0) })
}
