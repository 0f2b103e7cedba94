//! Usage counters of one owner: a member, or all members together for budgets.

use std::collections::BTreeMap;

use crate::evaluate::{Calendar, Used};
use crate::graph::{CounterSlot, Graph};
use crate::value::PeriodKey;

/// Counter and period → units.
#[derive(Debug, Default, Clone)]
pub(crate) struct Counters(BTreeMap<(CounterSlot, PeriodKey), i64>);

impl Counters {
    pub(crate) fn get(&self, slot: CounterSlot, period: PeriodKey) -> i64 {
        self.0.get(&(slot, period)).copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, slot: CounterSlot, period: PeriodKey, by: i64) {
        let value = self.0.entry((slot, period)).or_insert(0);
        *value = value.saturating_add(by);
    }

    pub(crate) fn set(&mut self, slot: CounterSlot, period: PeriodKey, to: i64) {
        self.0.insert((slot, period), to);
    }
}

/// The counters as a purchase of one member at one date sees them.
pub(crate) struct Seen<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) calendar: Calendar,
    pub(crate) own: &'a Counters,
    pub(crate) shared: &'a Counters,
}

impl Used for Seen<'_> {
    fn used(&self, slot: CounterSlot) -> i64 {
        let Some(counter) = self.graph.counter(slot) else { return 0 };
        let Some(period) = self.calendar.key(counter.period) else { return 0 };
        if counter.shared { self.shared.get(slot, period) } else { self.own.get(slot, period) }
    }
}
