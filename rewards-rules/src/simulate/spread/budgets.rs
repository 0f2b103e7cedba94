//! Whether members who were posted apart could have met at a budget.
//!
//! While what all of them together take of a budget fits into what was left of it, none of them can have been given less
//! for another's sake, in whatever order they came. If it might not fit, only the order of the file tells who gets what
//! is left.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::bounds::Bulk;
use crate::evaluate::{CapName, Periods, Work};
use crate::graph::{CounterSlot, Graph};
use crate::outcome::Outcome;
use crate::state::Counters;
use crate::value::PeriodKey;

/// Every budget of a rule set, with what it is limited to.
#[derive(Debug, Clone, Default)]
pub(super) struct Budgets {
    list: Vec<(CounterSlot, i64)>,
}

impl Budgets {
    pub(super) fn of(graph: &Graph) -> Budgets {
        let base = graph.base.iter().map(|node| &node.caps);
        let campaigns = graph.campaigns.iter().map(|node| &node.caps);
        let blocks = base.chain(campaigns).chain(&graph.levels).chain([&graph.caps, &graph.points_caps]);
        let mut list: Vec<(CounterSlot, i64)> = Vec::new();
        for cap in blocks.flat_map(|caps| &caps.counters) {
            if graph.counter(cap.slot).is_some_and(|counter| counter.shared) {
                match list.iter_mut().find(|(slot, _)| *slot == cap.slot) {
                    Some((_, limit)) => *limit = cap.limit.min(*limit),
                    None => list.push((cap.slot, cap.limit)),
                }
            }
        }
        Budgets { list }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (CounterSlot, i64)> + '_ {
        self.list.iter().copied()
    }

    fn limit(&self, slot: CounterSlot) -> i64 {
        self.list.iter().find(|(known, _)| *known == slot).map_or(0, |(_, limit)| *limit)
    }

    /// Whether rows can be posted apart without looking afterwards: whatever they take fits what is left, or nothing is
    /// left and nothing can come back.
    pub(super) fn surely_fit(&self, graph: &Graph, before: &Counters, bulk: Bulk, refunds: bool) -> bool {
        self.list.iter().all(|(slot, limit)| {
            let used = before.all().filter(|(of, ..)| of == slot).map(|(_, _, units)| units).max().unwrap_or(0);
            let left = limit.saturating_sub(used).max(0);
            (left == 0 && !refunds) || bulk.most(graph, *slot).is_some_and(|most| most <= left)
        })
    }

    /// Whether what several shares took of each budget, all together, could have been taken in any order.
    pub(super) fn fit(&self, before: &Counters, meters: &[&Meter]) -> bool {
        let mut all: BTreeMap<(CounterSlot, PeriodKey), Taken> = BTreeMap::new();
        for (key, taken) in meters.iter().flat_map(|meter| &meter.taken) {
            let sum = all.entry(*key).or_default();
            sum.units = sum.units.saturating_add(taken.units);
            sum.short |= taken.short;
            sum.back |= taken.back;
        }
        all.iter().all(|((slot, period), taken)| {
            let left = self.limit(*slot).saturating_sub(before.get(*slot, *period)).max(0);
            taken.units <= left && !(taken.short && taken.back)
        })
    }

    /// Puts together what several shares counted since they all stood like this.
    pub(super) fn merge<'a>(&self, before: &Counters, after: impl Iterator<Item = &'a Counters>) -> Counters {
        let mut merged = before.clone();
        for counters in after {
            for (slot, period, units) in counters.all() {
                let more = units.saturating_sub(before.get(slot, period));
                if more != 0 {
                    merged.add(slot, period, more);
                }
            }
        }
        merged
    }
}

/// What was taken of one budget in one period.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    /// What rules would have taken before stacking and wider caps.
    units: i64,
    /// Whether one of them wanted more than was left.
    short: bool,
    /// Whether a refund gave something back.
    back: bool,
}

/// What one share took of budgets in a chunk, and what it used of them on each day.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter {
    taken: BTreeMap<(CounterSlot, PeriodKey), Taken>,
    used: BTreeMap<(CounterSlot, PeriodKey, NaiveDate), i64>,
    /// What each was before; `None` for one that was not there.
    journal: Vec<((CounterSlot, PeriodKey, NaiveDate), Option<i64>)>,
}

impl Meter {
    /// A new chunk begins.
    pub(super) fn start(&mut self) {
        self.taken.clear();
        self.journal.clear();
    }

    /// What was used since the chunk began was not.
    pub(super) fn take_back(&mut self) {
        for (key, before) in self.journal.drain(..).rev() {
            match before {
                Some(units) => self.used.insert(key, units),
                None => self.used.remove(&key),
            };
        }
        self.taken.clear();
    }

    /// What was used of each budget by period and day.
    pub(super) fn used(&self) -> impl Iterator<Item = ((CounterSlot, PeriodKey, NaiveDate), i64)> + '_ {
        self.used.iter().map(|(key, units)| (*key, *units))
    }

    fn count(&mut self, key: (CounterSlot, PeriodKey, NaiveDate), units: i64) {
        let before = self.used.get(&key).copied();
        self.used.insert(key, before.unwrap_or(0).saturating_add(units));
        self.journal.push((key, before));
    }

    /// Reads the purchase that the work holds.
    pub(super) fn purchase(&mut self, graph: &Graph, work: &Work, periods: &Periods) {
        let period = |slot: CounterSlot| graph.counter(slot).and_then(|counter| periods.key(counter.period));
        for claim in &work.claims {
            let Some(period) = period(claim.slot) else { continue };
            let taken = self.taken.entry((claim.slot, period)).or_default();
            taken.units = taken.units.saturating_add(claim.units);
            taken.short |= claim.cut;
        }
        for cut in work.cuts.iter().chain(&work.points_cuts) {
            let CapName::Counter(slot) = cut.cap else { continue };
            if graph.counter(slot).is_some_and(|counter| counter.shared)
                && let Some(period) = period(slot)
            {
                self.taken.entry((slot, period)).or_default().short = true;
            }
        }
        for (slot, units) in &work.deltas {
            if !graph.counter(*slot).is_some_and(|counter| counter.shared) {
                continue;
            }
            let Some(period) = period(*slot) else { continue };
            self.count((*slot, period, work.purchase.calendar.date), *units);
            let claimed = work.claims.iter().filter(|claim| claim.slot == *slot);
            let claimed = claimed.fold(0_i64, |sum, claim| sum.saturating_add(claim.units));
            let taken = self.taken.entry((*slot, period)).or_default();
            taken.units = taken.units.saturating_add(units.saturating_sub(claimed).max(0));
        }
    }

    /// Reads a refund.
    pub(super) fn refund(&mut self, graph: &Graph, outcome: &Outcome) {
        for delta in outcome.usage.iter().filter(|delta| delta.shared) {
            let Some(slot) = graph.counter_slots.get(&delta.key).copied() else { continue };
            self.count((slot, delta.period, outcome.local.date()), delta.delta.units());
            self.taken.entry((slot, delta.period)).or_default().back = true;
        }
    }
}
