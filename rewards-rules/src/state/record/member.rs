//! A member: counters, lots, debts, standing.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{StandingRecord, bad};
use crate::evaluate::EvaluationError;
use crate::graph::{CounterSlot, Graph};
use crate::input::Member;
use crate::rule_set::RuleSet;
use crate::state::counters::Counters;
use crate::state::fed::windows_named;
use crate::state::lots::{Lot, LotSource, Lots};
use crate::state::{Ledger, MemberState, SpentByMonth};
use crate::value::{PeriodKey, local};

/// The state of one member beside the facts. The default is a member that had no event yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberRecord {
    /// Whether there was an event. Before the first one the facts say where the member begins.
    pub started: bool,
    /// Purchases posted, those given at the start included. Read from the facts before the first event.
    pub purchases: i64,
    /// The latest instant of any event.
    pub latest: Option<DateTime<Utc>>,
    /// Tier standing.
    pub standing: StandingRecord,
    /// Usage counters by key and period. Those that are not here stand at 0.
    pub counters: Vec<CounterRecord>,
    /// Lots in order of `seq`. Lots in which nothing is left may be absent, where the event does not concern them.
    pub lots: Vec<LotRecord>,
    /// `seq` of the next lot.
    pub next_lot: i64,
    /// Points owed, oldest debt first, in units of 10^-`points.decimals`, each above 0.
    pub debts: Vec<i64>,
}

impl MemberRecord {
    /// Keeps spending by the windows of a key that [`RuleSet::windows_missing`] named, from now on. `spent` is what the
    /// member spent so far; nothing of one who had no event yet. Does nothing where such windows are kept already. Error
    /// `invalid_record`, also for a key that is none.
    pub fn keep_windows(&mut self, key: &str, spent: &SpentByMonth) -> Result<(), EvaluationError> {
        let kind = windows_named(key).ok_or_else(|| bad(format!("`{key}` names no windows of tiers")))?;
        self.standing.keep_beside(kind, spent)
    }
}

/// What was used of one counter in one period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterRecord {
    /// `SCOPE.ID.WHAT.PERIOD` (semantics §4.3).
    pub key: String,
    /// Key of the period, for example `2026-03`.
    pub period: String,
    /// Minor units of money, units of 10^-`points.decimals` of points, or a number of times, by the key's WHAT.
    pub units: i64,
}

/// One lot of points. All numbers are units of 10^-`points.decimals`, not below 0, and
/// `earned = rest + redeemed + expired + reversed + transferred`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotRecord {
    /// Name among the member's lots: `TRANSACTION/SOURCE`.
    pub key: String,
    /// Place by age among the member's lots.
    pub seq: i64,
    /// Id of the transaction, transfer, adjustment or opening that brought it.
    pub transaction: String,
    /// `earn`, `campaign:ID`, `upgrade:LEVEL`, `transfer:N`, `adjustment` or `opening:N`.
    pub source: String,
    /// What was credited.
    pub earned: i64,
    /// What nothing has happened to yet: pending or available, by date.
    pub rest: i64,
    /// Spent.
    pub redeemed: i64,
    /// Past its date.
    pub expired: i64,
    /// Taken back, or used to pay debt.
    pub reversed: i64,
    /// Given to other members.
    pub transferred: i64,
    /// Of `expired`: what refunds of the same purchase already counted as taken.
    pub counted_expired: i64,
    /// First local date on which it can be spent.
    pub spendable_on: NaiveDate,
    /// Last local date on which it can be spent.
    pub expires_on: Option<NaiveDate>,
}

impl From<&Lot> for LotRecord {
    fn from(lot: &Lot) -> LotRecord {
        LotRecord {
            key: lot.key(),
            seq: lot.seq,
            transaction: lot.transaction.clone(),
            source: lot.source.to_string(),
            earned: lot.earned,
            rest: lot.rest,
            redeemed: lot.redeemed,
            expired: lot.expired,
            reversed: lot.reversed,
            transferred: lot.transferred,
            counted_expired: lot.counted_expired,
            spendable_on: lot.spendable_on,
            expires_on: lot.expires_on,
        }
    }
}

impl LotRecord {
    fn lot(self) -> Result<Lot, EvaluationError> {
        let source: LotSource = self.source.parse().map_err(|e| bad(format!("lot `{}`: {e}", self.key)))?;
        let gone = [self.rest, self.redeemed, self.expired, self.reversed, self.transferred];
        let sum = gone.iter().try_fold(0_i64, |sum, part| sum.checked_add(*part));
        if sum != Some(self.earned) || gone.iter().any(|part| *part < 0) {
            return Err(bad(format!(
                "what became of lot `{}` does not add up to the {} earned",
                self.key, self.earned
            )));
        }
        if self.counted_expired < 0 || self.counted_expired > self.expired {
            return Err(bad(format!("lot `{}` has counted more as expired than expired", self.key)));
        }
        let lot = Lot {
            seq: self.seq,
            transaction: self.transaction,
            source,
            earned: self.earned,
            rest: self.rest,
            redeemed: self.redeemed,
            expired: self.expired,
            reversed: self.reversed,
            transferred: self.transferred,
            spendable_on: self.spendable_on,
            expires_on: self.expires_on,
            counted_expired: self.counted_expired,
        };
        if lot.key() == self.key { Ok(lot) } else { Err(bad(format!("lot `{}` is named `{}`", lot.key(), self.key))) }
    }
}

fn lots(records: Vec<LotRecord>, next: i64, debts: Vec<i64>) -> Result<Lots, EvaluationError> {
    let lots = records.into_iter().map(LotRecord::lot).collect::<Result<Vec<Lot>, EvaluationError>>()?;
    let ends = std::iter::once(next);
    let seqs: Vec<i64> = lots.iter().map(|lot| lot.seq).chain(ends).collect();
    if seqs.first().is_some_and(|first| *first < 0) || !seqs.is_sorted_by(|a, b| a < b) {
        return Err(bad("the lots are not in order of `seq` below `next_lot`"));
    }
    let keys: BTreeSet<String> = lots.iter().map(Lot::key).collect();
    if keys.len() != lots.len() {
        return Err(bad("two lots have one key"));
    }
    if debts.iter().any(|debt| *debt <= 0) {
        return Err(bad("a debt is not above zero"));
    }
    Ok(Lots::restored(lots, next, debts))
}

/// The slot and period of a counter; `None` if the rule set does not have it.
pub(super) fn slot_of(
    graph: &Graph,
    key: &str,
    period: &str,
) -> Result<Option<(CounterSlot, PeriodKey)>, EvaluationError> {
    let Some(slot) = graph.counter_slots.get(key).copied() else { return Ok(None) };
    let Some(counter) = graph.counter(slot) else { return Ok(None) };
    match PeriodKey::parse(counter.period, period) {
        Some(period) => Ok(Some((slot, period))),
        None => Err(bad(format!("`{period}` is no period of the counter `{key}`"))),
    }
}

fn counter_records(graph: &Graph, counters: &Counters) -> Vec<CounterRecord> {
    let record = |(slot, period, units): (CounterSlot, PeriodKey, i64)| {
        let key = graph.counter(slot)?.key.to_string();
        Some(CounterRecord { key, period: period.to_string(), units })
    };
    let mut records: Vec<CounterRecord> = counters.all().filter_map(record).collect();
    records.sort_unstable();
    records
}

impl Ledger {
    /// Puts a member as a store has it here, in place of what is known of it. `lots` may be some of them: those with
    /// `rest` above 0 and those that the event concerns (the lots of a redemption that is settled; of a refund, those
    /// of its purchase and of [`StandingRecord::bonus_purchases`]). `counters` may be those that
    /// [`RuleSet::usage_keys`], [`RuleSet::redemption_keys`] or [`RuleSet::refund_keys`] name, or the redemption that
    /// is settled. A counter that the rule set does not have is ignored; it goes on in the store. The purchases and
    /// redemptions that the event is about are put after the member.
    ///
    /// Errors: `unknown_tier` for a level that the rule set does not have, `invalid_record` for what cannot be.
    pub fn put_member(&mut self, rules: &RuleSet, facts: Member, record: MemberRecord) -> Result<(), EvaluationError> {
        let graph = rules.graph();
        if !record.started {
            graph.level_index(facts.tier.as_deref())?;
        }
        let today = record.latest.map(|at| local(graph.program.zone, at).date());
        let standing = record.standing.standing(graph, today)?;
        let latest = record.latest.unwrap_or_default();
        let mut counters = Counters::default();
        for counter in &record.counters {
            if let Some((slot, period)) = slot_of(graph, &counter.key, &counter.period)? {
                counters.set(slot, period, counter.units);
            }
        }
        let purchases = if record.started { record.purchases } else { facts.purchases };
        let lots = lots(record.lots, record.next_lot, record.debts)?;
        let started = record.started;
        let owner = self.owner(&facts.id);
        if let Some(state) = self.members.get_mut(owner.number()) {
            *state =
                MemberState { facts, started, purchases, latest, counters, standing, lots, ..MemberState::default() };
        }
        Ok(())
    }

    /// The state of a member as a store keeps it: every counter that was put or changed, also where it now stands at
    /// 0, and every lot that was put or made. `rules` are those under which the last event was applied.
    pub fn record(&self, rules: &RuleSet, member: &str) -> Option<MemberRecord> {
        let state = self.member(member)?;
        Some(MemberRecord {
            started: state.started,
            purchases: state.purchases,
            latest: state.started.then_some(state.latest),
            standing: StandingRecord::of(rules.graph(), &state.standing),
            counters: counter_records(rules.graph(), &state.counters),
            lots: state.lots.all().iter().map(LotRecord::from).collect(),
            next_lot: state.lots.next(),
            debts: state.lots.debts().to_vec(),
        })
    }

    /// Puts a counter of all members, a budget, here. One that the rule set does not have is ignored. Error
    /// `invalid_record` for a period that is none of the counter.
    pub fn put_shared(&mut self, rules: &RuleSet, counter: &CounterRecord) -> Result<(), EvaluationError> {
        if let Some((slot, period)) = slot_of(rules.graph(), &counter.key, &counter.period)? {
            self.shared.set(slot, period, counter.units);
        }
        Ok(())
    }

    /// Puts a counter of a member here; the member is made on first use. One that the rule set does not have is ignored.
    /// Error `invalid_record` for a period that is none of the counter.
    pub fn put_counter(
        &mut self,
        rules: &RuleSet,
        member: &str,
        counter: &CounterRecord,
    ) -> Result<(), EvaluationError> {
        if let Some((slot, period)) = slot_of(rules.graph(), &counter.key, &counter.period)? {
            let owner = self.owner(member);
            if let Some(state) = self.members.get_mut(owner.number()) {
                state.counters.set(slot, period, counter.units);
            }
        }
        Ok(())
    }

    /// Every budget that was put or changed.
    pub fn shared_records(&self, rules: &RuleSet) -> Vec<CounterRecord> {
        counter_records(rules.graph(), &self.shared)
    }
}
