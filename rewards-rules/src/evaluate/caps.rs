//! Caps: a rule's own (semantics §3.3, §3.6) and the wider ones of tier and program (§3.8).
//!
//! One piece of code cuts both, on minor units or on exact values.

use super::{CapName, CapScope, Claim, EvaluationError, Measure, PartCut, Used, Work};
use crate::graph::{CounterSlot, Graph, SlotCap, SlotCaps};
use crate::syntax::written::CutOrder;
use crate::value::{Exact, RoundingMode};

/// What caps can be counted in: whole units or exact values.
pub(super) trait Countable: Copy + Ord {
    fn from_units(units: i64, decimals: u8) -> Self;
    fn plus(self, other: Self) -> Option<Self>;
    fn minus(self, other: Self) -> Option<Self>;
    fn measure(self) -> Measure;
}

impl Countable for i64 {
    fn from_units(units: i64, _: u8) -> i64 {
        units
    }
    fn plus(self, other: i64) -> Option<i64> {
        self.checked_add(other)
    }
    fn minus(self, other: i64) -> Option<i64> {
        self.checked_sub(other)
    }
    fn measure(self) -> Measure {
        Measure::Units(self)
    }
}

impl Countable for Exact {
    fn from_units(units: i64, decimals: u8) -> Exact {
        Exact::from_units(units, decimals)
    }
    fn plus(self, other: Exact) -> Option<Exact> {
        self.checked_add(other).ok()
    }
    fn minus(self, other: Exact) -> Option<Exact> {
        self.checked_sub(other).ok()
    }
    fn measure(self) -> Measure {
        Measure::Exact(self)
    }
}

/// One block of caps and what it looks at.
pub(super) struct Block<'a, U: ?Sized> {
    pub(super) graph: &'a Graph,
    pub(super) used: &'a U,
    pub(super) caps: &'a SlotCaps,
    pub(super) scope: CapScope,
    /// The eligible amount in minor units, for `max_percent`.
    pub(super) eligible: i64,
    /// Whether it stands in a rule: `skip` then drops the whole grant.
    pub(super) own: bool,
    /// Number of the first value, for the cuts that are recorded.
    pub(super) first: u32,
}

impl<U: Used + ?Sized> Block<'_, U> {
    /// Applies the caps in their order, each on the result of the one before.
    #[inline]
    pub(super) fn apply<Q: Countable>(&self, values: &mut [Q], cuts: &mut Vec<PartCut>) -> Result<(), EvaluationError> {
        let currency = self.graph.program.currency.decimals();
        if let Some(limit) = self.caps.per_transaction {
            self.cap(values, Q::from_units(limit, currency), CapName::PerTransaction(self.scope), cuts)?;
        }
        if let Some(percent) = self.caps.max_percent {
            let limit = Exact::from_units(self.eligible, currency)
                .checked_mul(percent)
                .and_then(|l| l.to_units(u32::from(currency), RoundingMode::Down))
                .map_err(|_| EvaluationError::overflow(self.graph, None))?;
            self.cap(values, Q::from_units(limit, currency), CapName::MaxPercent(self.scope), cuts)?;
        }
        for counter in &self.caps.counters {
            let left = counter.limit.saturating_sub(self.used.used(counter.slot)).max(0);
            self.cap(values, Q::from_units(left, currency), CapName::Counter(counter.slot), cuts)?;
        }
        Ok(())
    }

    /// The budget among these caps: it stands last (§3.8).
    pub(super) fn budget(&self) -> Option<CounterSlot> {
        let slot = self.caps.counters.last()?.slot;
        self.graph.counter(slot).filter(|counter| counter.shared).map(|_| slot)
    }

    /// Whether no cap is below this sum, so that none cuts anything.
    #[inline]
    fn admits(&self, sum: i64) -> bool {
        let left = |counter: &SlotCap| counter.limit.saturating_sub(self.used.used(counter.slot)).max(0);
        self.caps.max_percent.is_none()
            && self.caps.per_transaction.is_none_or(|limit| sum <= limit)
            && self.caps.counters.iter().all(|counter| sum <= left(counter))
    }

    #[inline]
    fn cap<Q: Countable>(
        &self,
        values: &mut [Q],
        left: Q,
        name: CapName,
        cuts: &mut Vec<PartCut>,
    ) -> Result<(), EvaluationError> {
        let sum = match values {
            // A rule's own caps mostly see one value.
            [value] => *value,
            _ => values
                .iter()
                .try_fold(Q::from_units(0, 0), |sum, value| sum.plus(*value))
                .ok_or_else(|| EvaluationError::overflow(self.graph, None))?,
        };
        if sum <= left {
            return Ok(());
        }
        self.cut(values, sum, left, name, cuts)
    }

    /// Cuts values down whose sum is above what is left.
    fn cut<Q: Countable>(
        &self,
        values: &mut [Q],
        mut sum: Q,
        left: Q,
        name: CapName,
        cuts: &mut Vec<PartCut>,
    ) -> Result<(), EvaluationError> {
        let overflow = || EvaluationError::overflow(self.graph, None);
        let zero = Q::from_units(0, 0);
        let mut record = |at: usize, cut: Q| {
            if cut > zero {
                let part = self.first.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
                cuts.push(PartCut { part, cap: name, left: left.measure(), cut: cut.measure() });
            }
        };
        if self.caps.skip {
            for (at, value) in values.iter_mut().enumerate().rev() {
                if !self.own && sum <= left {
                    break;
                }
                sum = sum.minus(*value).ok_or_else(overflow)?;
                record(at, *value);
                *value = zero;
            }
            return Ok(());
        }
        if self.caps.cut == CutOrder::Proportional && !self.own {
            let shares = proportional(values, left, sum).ok_or_else(overflow)?;
            for (at, (value, share)) in values.iter_mut().zip(shares).enumerate() {
                record(at, value.minus(share).ok_or_else(overflow)?);
                *value = share;
            }
            return Ok(());
        }
        let mut excess = sum.minus(left).ok_or_else(overflow)?;
        for (at, value) in values.iter_mut().enumerate().rev() {
            let cut = excess.min(*value);
            record(at, cut);
            *value = value.minus(cut).ok_or_else(overflow)?;
            excess = excess.minus(cut).ok_or_else(overflow)?;
            if excess <= zero {
                break;
            }
        }
        Ok(())
    }
}

/// `left` shared out over values in proportion, by largest remainder; a tie: who stands first (semantics §3.8).
/// Only whole units are shared: wider caps never see exact values.
fn proportional<Q: Countable>(values: &[Q], left: Q, sum: Q) -> Option<Vec<Q>> {
    let units = |q: Q| match q.measure() {
        Measure::Units(n) => Some(i128::from(n)),
        Measure::Exact(_) => None,
    };
    let (left, sum) = (units(left)?, units(sum)?);
    let mut shares = Vec::with_capacity(values.len());
    let mut remainders = Vec::with_capacity(values.len());
    let mut given = 0_i128;
    for (at, value) in values.iter().enumerate() {
        let product = units(*value)?.checked_mul(left)?;
        let share = product.checked_div(sum)?;
        given = given.checked_add(share)?;
        shares.push(i64::try_from(share).ok()?);
        remainders.push((product.checked_rem(sum)?, at));
    }
    let missing = usize::try_from(left.checked_sub(given)?).ok()?;
    // Largest remainder first; the sort is stable, so among equals who stands first.
    remainders.sort_by_key(|r| std::cmp::Reverse(r.0));
    for (_, at) in remainders.into_iter().take(missing) {
        if let Some(share) = shares.get_mut(at) {
            *share = share.checked_add(1)?;
        }
    }
    Some(shares.into_iter().map(|s| Q::from_units(s, 0)).collect())
}

/// What a rule would take of a budget: whole units of what its own caps left, of exact values the next whole one.
pub(super) fn claim<Q: Countable>(slot: CounterSlot, before: Option<Q>, after: Option<Q>, decimals: u8) -> Claim {
    let units = match after.map(Countable::measure) {
        Some(Measure::Units(units)) => Some(units),
        Some(Measure::Exact(exact)) => exact.to_units(u32::from(decimals), RoundingMode::Up).ok(),
        None => None,
    };
    Claim { slot, units: units.unwrap_or(i64::MAX), cut: after < before }
}

/// First the tier's block, then the program's (semantics §3.8).
pub(super) fn apply_wider<U: Used + ?Sized>(graph: &Graph, used: &U, work: &mut Work) -> Result<(), EvaluationError> {
    if work.parts.is_empty() {
        return Ok(());
    }
    if let Some(level) = work.tier
        && let Some(caps) = graph.levels.get(level)
    {
        let scope = CapScope::Tier(u32::try_from(level).unwrap_or(u32::MAX));
        wider_block(graph, used, work, caps, scope)?;
    }
    wider_block(graph, used, work, &graph.caps, CapScope::Program)
}

fn wider_block<U: Used + ?Sized>(
    graph: &Graph,
    used: &U,
    work: &mut Work,
    caps: &SlotCaps,
    scope: CapScope,
) -> Result<(), EvaluationError> {
    if caps.is_empty() {
        return Ok(());
    }
    let Work { parts, cuts, values, eligible, .. } = work;
    let block = Block { graph, used, caps, scope, eligible: *eligible, own: false, first: 0 };
    if parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(part.granted)).is_some_and(|sum| block.admits(sum)) {
        return Ok(());
    }
    values.clear();
    values.extend(parts.iter().map(|p| p.granted));
    block.apply(values, cuts)?;
    for (part, value) in parts.iter_mut().zip(values.iter()) {
        part.granted = *value;
    }
    Ok(())
}
