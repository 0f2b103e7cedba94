//! Usage counters of one owner: a member, or all members together for budgets.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::evaluate::{Periods, Used};
use crate::graph::{CounterSlot, Graph};
use crate::value::PeriodKey;

/// Counter and period → units. The latest period of each counter lies ready, since purchases mostly come in order; the
/// earlier ones are kept for late purchases and for refunds.
#[derive(Debug, Default, Clone)]
pub(crate) struct Counters {
    /// By counter, in order.
    latest: SmallVec<[(CounterSlot, PeriodKey, i64); 3]>,
    earlier: BTreeMap<(CounterSlot, PeriodKey), i64>,
}

/// So many counters are looked through; more are searched.
const FEW: usize = 8;

impl Counters {
    #[inline]
    fn find(&self, slot: CounterSlot) -> Result<usize, usize> {
        if self.latest.len() > FEW {
            return self.latest.binary_search_by_key(&slot, |entry| entry.0);
        }
        match self.latest.iter().position(|entry| entry.0 >= slot) {
            Some(at) if self.latest.get(at).is_some_and(|entry| entry.0 == slot) => Ok(at),
            Some(at) => Err(at),
            None => Err(self.latest.len()),
        }
    }

    #[inline]
    pub(crate) fn get(&self, slot: CounterSlot, period: PeriodKey) -> i64 {
        match self.find(slot).ok().and_then(|at| self.latest.get(at)) {
            Some((_, known, units)) if *known == period => *units,
            // What stands in `earlier` is before `known`.
            Some((_, known, _)) if *known > period => self.earlier.get(&(slot, period)).copied().unwrap_or(0),
            _ => 0,
        }
    }

    pub(crate) fn add(&mut self, slot: CounterSlot, period: PeriodKey, by: i64) {
        let value = self.entry(slot, period);
        *value = value.saturating_add(by);
    }

    pub(crate) fn set(&mut self, slot: CounterSlot, period: PeriodKey, to: i64) {
        *self.entry(slot, period) = to;
    }

    /// Every counter and period that was added to or set.
    pub(crate) fn all(&self) -> impl Iterator<Item = (CounterSlot, PeriodKey, i64)> + '_ {
        let earlier = self.earlier.iter().map(|((slot, period), units)| (*slot, *period, *units));
        self.latest.iter().copied().chain(earlier)
    }

    fn entry(&mut self, slot: CounterSlot, period: PeriodKey) -> &mut i64 {
        let at = match self.find(slot) {
            Ok(at) => at,
            Err(at) => {
                self.latest.insert(at, (slot, period, 0));
                at
            }
        };
        #[expect(clippy::indexing_slicing, reason = "found or inserted above")]
        let (_, known, units) = &mut self.latest[at];
        if period == *known {
            return units;
        }
        if period > *known {
            // What stands in `earlier` is before `known`, so the new period cannot be there.
            self.earlier.insert((slot, *known), *units);
            (*known, *units) = (period, 0);
        }
        if period == *known { units } else { self.earlier.entry((slot, period)).or_insert(0) }
    }
}

/// The counters as a purchase of one member at one date sees them.
pub(crate) struct Seen<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) periods: &'a Periods,
    pub(crate) own: &'a Counters,
    pub(crate) shared: &'a Counters,
}

impl Used for Seen<'_> {
    #[inline]
    fn used(&self, slot: CounterSlot) -> i64 {
        let Some(counter) = self.graph.counter(slot) else { return 0 };
        let Some(period) = self.periods.key(counter.period) else { return 0 };
        if counter.shared { self.shared.get(slot, period) } else { self.own.get(slot, period) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Period;

    #[test]
    fn each_period_of_a_counter_keeps_its_own_units() {
        let month = |n: u32| Period::Month.key(chrono::NaiveDate::from_ymd_opt(2026, n, 5)?, None, None);
        let slots = [CounterSlot(4), CounterSlot(1)];
        let mut counters = Counters::default();
        let mut due = BTreeMap::new();
        // In order, late, and to and fro.
        for (step, number) in [3, 3, 5, 4, 3, 5, 6, 1, 6, 4].into_iter().enumerate() {
            for slot in slots {
                let Some(period) = month(number) else { continue };
                let by = i64::try_from(step).unwrap_or(0).saturating_add(i64::from(slot.0));
                counters.add(slot, period, by);
                let sum: &mut i64 = due.entry((slot, number)).or_default();
                *sum = sum.saturating_add(by);
                for slot in slots {
                    for number in 1..=7 {
                        let expected = due.get(&(slot, number)).copied().unwrap_or(0);
                        assert_eq!(month(number).map(|p| counters.get(slot, p)), Some(expected));
                    }
                }
            }
        }
    }
}
