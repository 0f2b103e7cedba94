//! Caps: what is left of each, and how it cuts (semantics §3.8).

use num_traits::Zero;
use rewards_rules::input::ErrorCode;
use rewards_rules::syntax::written::{Caps, CutOrder, OnExceed};
use rewards_rules::value::Period;

use super::facts::Facts;
use super::number::{Number, at_least_zero, cut_after, number, plain};
use super::number::{fixed, ten_to};
use super::outcome::{Cut, Deltas, Grant, Unit};

/// A cap with what is left of it.
pub(crate) struct Limit {
    pub(crate) name: String,
    pub(crate) left: Number,
}

/// Whose caps they are: `base.food`, `campaign.spring`, `tier.gold`, `program`, and in which unit.
pub(crate) struct Owner {
    pub(crate) scope: String,
    pub(crate) unit: Unit,
    /// `campaign` for campaigns, else `lifetime`.
    pub(crate) budget_period: Period,
}

impl Owner {
    fn what(&self) -> &'static str {
        if self.unit == Unit::Points { "points" } else { "amount" }
    }

    /// §4.3: the counter of a `per_member` cap.
    fn member_key(&self, period: Period) -> String {
        format!("{}.{}.{}", self.scope, self.what(), period.name())
    }

    fn budget_key(&self) -> String {
        format!("{}.budget.{}", self.scope, self.budget_period.name())
    }
}

/// §3.8: the limits of one block in order: `per_transaction`, `max_percent` of the amount (rounded down),
/// `per_member` in list order, `budget`; what is left is max(0, cap - used).
pub(crate) fn limits(facts: &Facts<'_>, owner: &Owner, caps: &Caps, amount: &Number) -> Vec<Limit> {
    let mut limits = Vec::new();
    if let Some(cap) = &caps.per_transaction {
        // §10 on 3.8: the points caps of the program name theirs `program.points.per_transaction`.
        let program_points = owner.scope == "program" && owner.unit == Unit::Points;
        let scope = if program_points { "program.points" } else { &owner.scope };
        limits.push(Limit { name: format!("{scope}.per_transaction"), left: number(cap.value) });
    }
    if let Some(percent) = &caps.max_percent {
        let left = cut_after(&(amount * number(percent.value)), facts.rules.decimals);
        limits.push(Limit { name: format!("{}.max_percent", owner.scope), left });
    }
    for cap in &caps.per_member {
        let name = owner.member_key(cap.per.value);
        let most = number(cap.amount.as_ref().or(cap.points.as_ref()).unwrap().value);
        let left = at_least_zero(most - facts.used(&name));
        limits.push(Limit { name, left });
    }
    if let Some(budget) = &caps.budget {
        let name = owner.budget_key();
        let left = at_least_zero(number(budget.value) - facts.used(&name));
        limits.push(Limit { name, left });
    }
    limits
}

/// §3.11: the `amount`, `points` and `budget` counters of a block count what was finally granted.
pub(crate) fn count(
    facts: &Facts<'_>,
    owner: &Owner,
    caps: &Caps,
    granted: &Number,
    deltas: &mut Deltas,
) -> Result<(), ErrorCode> {
    for cap in &caps.per_member {
        let period = facts.period(cap.per.value)?;
        deltas.insert((owner.member_key(cap.per.value), period), (owner.unit, granted.clone()));
    }
    if caps.budget.is_some() {
        let period = facts.period(owner.budget_period)?;
        deltas.insert((owner.budget_key(), period), (owner.unit, granted.clone()));
    }
    Ok(())
}

/// How amounts in cuts are shown.
#[derive(Clone, Copy)]
pub(crate) enum Shown {
    /// With this many decimals.
    Fixed(u32),
    /// As plain decimals.
    Plain,
}

impl Shown {
    fn text(self, value: &Number) -> String {
        match self {
            Shown::Fixed(decimals) => fixed(value, decimals),
            Shown::Plain => plain(value),
        }
    }
}

/// §3.8: takes from a grant, and records it if it took something.
fn take(grant: &mut Grant, limit: &Limit, amount: Number, shown: Shown) {
    if amount.is_zero() {
        return;
    }
    grant.cuts.push(Cut { cap: limit.name.clone(), left: shown.text(&limit.left), cut: shown.text(&amount) });
    grant.granted -= amount;
}

fn sum(grants: &[&mut Grant]) -> Number {
    grants.iter().map(|g| &g.granted).sum()
}

/// §3.3 and §3.8: a rule's own caps hold for the sum of its grants, cut from the last; with `on_exceed: skip` a
/// grant that would be cut is zero.
pub(crate) fn cut_own(grants: &mut [&mut Grant], limits: &[Limit], caps: &Caps, shown: Shown) {
    for limit in limits {
        if sum(grants) <= limit.left {
            continue;
        }
        match on_exceed(caps) {
            OnExceed::Cut => cut_last_first(grants, limit, shown),
            OnExceed::Skip => {
                for grant in grants.iter_mut() {
                    take(grant, limit, grant.granted.clone(), shown);
                }
            }
        }
    }
}

/// §3.8: a tier's or the program's block. `grants` stand in component order, the last is cut first.
pub(crate) fn cut_wide(grants: &mut [&mut Grant], limits: &[Limit], caps: &Caps, decimals: u32) {
    let shown = Shown::Fixed(decimals);
    for limit in limits {
        if sum(grants) <= limit.left {
            continue;
        }
        let order = caps.cut.as_ref().map_or(CutOrder::LastFirst, |c| c.value);
        match (on_exceed(caps), order) {
            (OnExceed::Skip, _) => drop_whole(grants, limit, shown),
            (OnExceed::Cut, CutOrder::LastFirst) => cut_last_first(grants, limit, shown),
            (OnExceed::Cut, CutOrder::Proportional) => {
                let total = sum(grants);
                let due: Vec<Number> = grants.iter().map(|g| &g.granted * &limit.left / &total).collect();
                let shares = share_out(&due, &limit.left, decimals);
                for (grant, share) in grants.iter_mut().zip(shares) {
                    let cut = &grant.granted - share;
                    take(grant, limit, cut, shown);
                }
            }
        }
    }
}

fn on_exceed(caps: &Caps) -> OnExceed {
    caps.on_exceed.as_ref().map_or(OnExceed::Cut, |o| o.value)
}

fn cut_last_first(grants: &mut [&mut Grant], limit: &Limit, shown: Shown) {
    let mut excess = sum(grants) - &limit.left;
    for grant in grants.iter_mut().rev() {
        let cut = excess.clone().min(grant.granted.clone());
        excess -= &cut;
        take(grant, limit, cut, shown);
    }
}

/// §3.8: each component that would be cut is dropped whole, in cut order, until the sum fits.
fn drop_whole(grants: &mut [&mut Grant], limit: &Limit, shown: Shown) {
    for at in (0..grants.len()).rev() {
        if sum(grants) <= limit.left {
            return;
        }
        let all = grants[at].granted.clone();
        take(grants[at], limit, all, shown);
    }
}

/// §1.3: shares `total` out in whole minor units by largest remainder; a tie goes to who stands first.
pub(crate) fn share_out(due: &[Number], total: &Number, decimals: u32) -> Vec<Number> {
    let unit = Number::new(1.into(), ten_to(decimals));
    let mut shares: Vec<Number> = due.iter().map(|d| cut_after(d, decimals)).collect();
    let mut by_remainder: Vec<usize> = (0..due.len()).collect();
    by_remainder.sort_by(|&a, &b| (&due[b] - &shares[b]).cmp(&(&due[a] - &shares[a])));
    let mut left = total - shares.iter().sum::<Number>();
    for at in by_remainder {
        if left < unit {
            break;
        }
        shares[at] += &unit;
        left -= &unit;
    }
    shares
}
