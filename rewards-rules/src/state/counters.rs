//! Usage counters of one owner: a member, or all members together for budgets.

use smallvec::SmallVec;

use crate::evaluate::{Periods, Used};
use crate::graph::{CounterSlot, Graph};
use crate::value::PeriodKey;

/// Counter and period → units. The latest period of each counter lies ready, since purchases mostly come in order; the
/// earlier ones are kept for late purchases and for refunds.
#[derive(Debug, Default, Clone)]
#[repr(C)]
pub(crate) struct Counters {
    /// By counter, in order.
    latest: SmallVec<[(CounterSlot, PeriodKey, i64); 3]>,
    /// Each counter and period once, in the order in which they were over; who asks for one mostly asks for a late one.
    earlier: Vec<(CounterSlot, PeriodKey, i64)>,
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

    fn find_earlier(&self, slot: CounterSlot, period: PeriodKey) -> Option<&(CounterSlot, PeriodKey, i64)> {
        self.earlier.iter().rfind(|entry| (entry.0, entry.1) == (slot, period))
    }

    #[inline]
    pub(crate) fn get(&self, slot: CounterSlot, period: PeriodKey) -> i64 {
        match self.find(slot).ok().and_then(|at| self.latest.get(at)) {
            Some((_, known, units)) if *known == period => *units,
            // What stands in `earlier` is before `known`.
            Some((_, known, _)) if *known > period => self.find_earlier(slot, period).map_or(0, |(_, _, units)| *units),
            _ => 0,
        }
    }

    /// Something of the memory that is read first.
    #[inline(always)]
    pub(super) fn first_read(&self) -> usize {
        self.latest.len() ^ self.earlier.as_ptr().addr()
    }

    /// The same behind a pointer.
    #[inline(always)]
    pub(super) fn then_read(&self) -> usize {
        self.earlier.last().map_or(0, |entry| entry.0.0 as usize)
    }

    pub(crate) fn add(&mut self, slot: CounterSlot, period: PeriodKey, by: i64) {
        let value = self.entry(slot, period);
        *value = value.saturating_add(by);
    }

    /// Adds where no purchase comes late and none is refunded: of the periods of the calendar that are over none is
    /// kept but the last, in which a day may fall once more when clocks are put back.
    pub(super) fn add_in_order(&mut self, slot: CounterSlot, period: PeriodKey, by: i64) {
        if let Ok(at) = self.find(slot)
            && let Some((_, known, units)) = self.latest.get_mut(at)
            && *known < period
            && period.period().is_of_calendar()
            && let Some(over) = self.earlier.iter_mut().find(|entry| entry.0 == slot)
        {
            (over.1, over.2) = (*known, *units);
            (*known, *units) = (period, by);
            return;
        }
        self.add(slot, period, by);
    }

    pub(crate) fn set(&mut self, slot: CounterSlot, period: PeriodKey, to: i64) {
        *self.entry(slot, period) = to;
    }

    /// Every counter and period that was added to or set.
    pub(crate) fn all(&self) -> impl Iterator<Item = (CounterSlot, PeriodKey, i64)> + '_ {
        self.latest.iter().chain(&self.earlier).copied()
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
            self.earlier.push((slot, *known, *units));
            (*known, *units) = (period, 0);
        }
        if period == *known {
            return units;
        }
        let at = match self.earlier.iter().rposition(|entry| (entry.0, entry.1) == (slot, period)) {
            Some(at) => at,
            None => {
                self.earlier.push((slot, period, 0));
                self.earlier.len().saturating_sub(1)
            }
        };
        #[expect(clippy::indexing_slicing, reason = "found or pushed above")]
        &mut self.earlier[at].2
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
    use std::collections::BTreeMap;

    use super::*;
    use crate::value::Period;

    #[test]
    fn in_order_only_the_last_period_that_is_over_is_kept() {
        let day = |n: u32| chrono::NaiveDate::from_ymd_opt(2026, 1, n);
        let slots = [CounterSlot(4), CounterSlot(1)];
        let mut counters = Counters::default();
        // A day that comes once more, when clocks are put back over midnight.
        for n in [1, 2, 2, 3, 4, 3, 4, 9] {
            for (slot, by) in slots.into_iter().zip([1, 10]) {
                let Some(period) = Period::Day.key(day(n).unwrap_or_default(), None, None) else { continue };
                counters.add_in_order(slot, period, by);
            }
        }
        let of = |slot, n: u32| Some(counters.get(slot, Period::Day.key(day(n)?, None, None)?));
        for (slot, by) in slots.into_iter().zip([1, 10]) {
            assert_eq!([9, 4, 3].map(|n| of(slot, n)), [by, 2 * by, 0].map(Some));
        }
        assert_eq!(counters.all().count(), 4);
        // Of a billing cycle the member's day says when it begins, and that may change.
        let cycle = |n: u8| Period::BillingCycle.key(day(15).unwrap_or_default(), Some(n), None);
        for n in [3, 9, 12, 3] {
            let Some(period) = cycle(n) else { continue };
            counters.add_in_order(CounterSlot(7), period, 1);
        }
        assert_eq!(cycle(3).map(|period| counters.get(CounterSlot(7), period)), Some(2));
    }

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
