//! What a spread simulation tells when it is asked: records in the order of the rows, and the use of budgets.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;

use super::Spread;
use super::lane::Lane;
use super::records::{Grant, Record};
use crate::graph::Unit;
use crate::input::Member;
use crate::value::Name;

/// How one budget was used in one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetUse {
    /// Key of the counter: `campaign.fresh.budget.campaign`.
    pub key: Name,
    /// Key of the period: `campaign` or `lifetime`.
    pub period: String,
    /// What it is limited to, in minor units or units of points.
    pub limit: i64,
    /// Whether it counts points.
    pub points: bool,
    /// Local date, and what was used on it less what refunds gave back.
    pub days: Vec<(NaiveDate, i64)>,
}

impl Spread {
    /// How each budget was used, by period, in order of both.
    pub fn budgets(&self) -> Vec<BudgetUse> {
        let mut days: BTreeMap<_, i64> = BTreeMap::new();
        for (key, units) in self.lanes.iter().flat_map(|lane| lane.meter.used()) {
            let sum = days.entry(key).or_default();
            *sum = sum.saturating_add(units);
        }
        let graph = self.rules.graph();
        let mut uses: Vec<BudgetUse> = Vec::new();
        for (slot, limit) in self.budgets.iter() {
            let Some(counter) = graph.counter(slot) else { continue };
            let begin = uses.len();
            for ((_, period, date), units) in days.iter().filter(|((of, ..), _)| *of == slot) {
                let period = period.to_string();
                match uses.get_mut(begin..).and_then(<[BudgetUse]>::last_mut) {
                    Some(last) if last.period == period => last.days.push((*date, *units)),
                    _ => uses.push(BudgetUse {
                        key: counter.key.clone(),
                        period,
                        limit,
                        points: counter.unit == Unit::Points,
                        days: vec![(*date, *units)],
                    }),
                }
            }
        }
        uses
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Every record in the order of the rows.
    pub fn records(&self) -> impl Iterator<Item = Entry<'_>> {
        self.entries(0..self.order.len(), vec![0; self.lanes.len()])
    }

    /// Some of the records; of each share the first that is among them has this number.
    pub(super) fn entries(&self, range: Range<usize>, mut next: Vec<usize>) -> impl Iterator<Item = Entry<'_>> {
        self.order.get(range).unwrap_or_default().iter().filter_map(move |share| {
            let at = next.get_mut(usize::from(*share))?;
            let lane = self.lanes.get(usize::from(*share))?;
            let record = lane.records.get(*at)?;
            let entry = Entry { lane, share: *share, at: *at, record };
            *at = at.saturating_add(1);
            Some(entry)
        })
    }

    /// Id of a level by the place that a [`Record`] has.
    pub fn level(&self, tier: u16) -> &str {
        self.rules.levels().nth(usize::from(tier)).unwrap_or_default()
    }
}

/// A record and what belongs to it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    lane: &'a Lane,
    share: u16,
    at: usize,
    record: &'a Record,
}

impl<'a> Entry<'a> {
    /// The numbers.
    pub fn record(&self) -> &'a Record {
        self.record
    }

    /// Id of the transaction.
    pub fn transaction_id(&self) -> &'a str {
        self.lane.records.details(self.at).0
    }

    /// What was granted, by rule, in order of the components.
    pub fn grants(&self) -> &'a [Grant] {
        self.lane.records.details(self.at).1
    }

    /// The member as known at the end; `None` cannot be.
    pub fn member(&self) -> Option<&'a Member> {
        self.lane.simulation.ledger.member_at(self.record.member as usize).map(|state| state.facts())
    }

    /// Id of the member.
    pub fn user_id(&self) -> &'a str {
        self.member().map_or("", |member| &member.id)
    }

    /// The same number for the same member, from 0 and with gaps.
    pub fn member_number(&self) -> u64 {
        u64::from(self.record.member).saturating_mul(1024).saturating_add(u64::from(self.share))
    }
}
