//! The engine's fold over a batch: what each command changed.
//!
//! Nothing is computed here. Members are put into an empty ledger as the store has them, the engine applies what is
//! due and then the command, and what it left is taken out again.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use rewards_rules::{RuleSet, UsageKey};
use rewards_rules::input::{Adjustment, GivenTier, Redemption, Transfer};
use rewards_rules::outcome::Outcome;
use rewards_rules::state::record::{CounterRecord, MemberRecord, PurchaseRecord, RedemptionRecord};
use rewards_rules::state::{Change, Event, Ledger, RedemptionState, apply};
use rewards_rules::value::{Amount, Points};

use super::command::{Act, Command, Done};
use super::error::ServiceError;
use super::load::{Loaded, State};
use super::mend;
use super::plan::{Plan, Ready, id_conflict, key_reused};
use crate::store::rows::{BudgetKey, CounterKey};

/// Points of a member in sum. Units of 10^-`points.decimals`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// What is left of lots, less what is owed.
    pub(super) net: i64,
    /// What expired.
    pub(super) expired: i64,
}

/// A member before and after something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) before: Sums,
    pub(super) after: Sums,
    pub(super) tier_before: Option<String>,
    pub(super) tier_after: Option<String>,
}

impl Step {
    pub(super) fn points(&self) -> i64 {
        self.after.net.saturating_sub(self.before.net)
    }

    pub(super) fn expired(&self) -> i64 {
        self.after.expired.saturating_sub(self.before.expired)
    }
}

/// What a command came to in the engine.
pub(super) struct Applied {
    /// Index of the command.
    pub(super) index: usize,
    /// What was due before it.
    pub(super) due: Step,
    /// The command itself; equal on both sides if it was refused.
    pub(super) own: Step,
    /// Of a transfer: the receiver.
    pub(super) other: Option<(String, Step)>,
    /// Its local date.
    pub(super) date: NaiveDate,
    /// The budgets that it reads, as it met them.
    pub(super) met: Vec<CounterRecord>,
    pub(super) effect: Result<Effect, ServiceError>,
}

/// What it made.
pub(super) enum Effect {
    /// An outcome, and of a purchase what refunds will need.
    Outcome(Box<Outcome>, Option<Box<PurchaseRecord>>),
    /// A pending redemption.
    Redeemed { points: Points, cash: Amount, record: Box<RedemptionRecord> },
    /// A redemption that ended.
    Settled(Box<RedemptionRecord>),
    /// Nothing but the change of state.
    Other,
    /// The same command came before in this batch.
    Repeated(usize),
}

/// A batch after the engine.
#[derive(Default)]
pub(super) struct Folded {
    pub(super) applied: Vec<Applied>,
    /// States as they are now, by member and program.
    pub(super) states: HashMap<(String, String), MemberRecord>,
    /// The rule set under which a state was changed last.
    pub(super) rules: HashMap<(String, String), RuleSet>,
    /// Budgets as they are now.
    pub(super) shared: BTreeMap<BudgetKey, i64>,
    /// What counters of members got, or gave back.
    pub(super) own: BTreeMap<CounterKey, i64>,
}

/// Applies the commands that are to be done, in order.
pub(super) fn fold(loaded: &Loaded, commands: &[Command], plans: &[Plan]) -> Result<Folded, ServiceError> {
    let mut folded = Folded { shared: loaded.shared.clone(), ..Folded::default() };
    let mut claimed: HashMap<String, (usize, String)> = HashMap::new();
    let mut at = 0_usize;
    // Commands under one rule set share a ledger.
    while let Some(Some(first)) = (at < plans.len()).then(|| plans.get(at)) {
        let Plan::Run(ready) = first else {
            at = at.saturating_add(1);
            continue;
        };
        let same = |plan: &Plan| match plan {
            Plan::Ended(_) => true,
            Plan::Run(other) => other.rules.hash() == ready.rules.hash(),
        };
        let end = plans.iter().skip(at).position(|p| !same(p)).map_or(plans.len(), |n| at.saturating_add(n));
        let run = (at..end).filter_map(|i| match (commands.get(i), plans.get(i)) {
            (Some(command), Some(Plan::Run(ready))) => Some((i, command, &**ready)),
            _ => None,
        });
        Run::new(loaded, &ready.rules, &ready.program, &mut folded).all(run, &mut claimed)?;
        at = end;
    }
    Ok(folded)
}

struct Run<'a> {
    loaded: &'a Loaded,
    rules: &'a RuleSet,
    program: &'a str,
    ledger: Ledger,
    present: Vec<String>,
    folded: &'a mut Folded,
}

impl<'a> Run<'a> {
    fn new(loaded: &'a Loaded, rules: &'a RuleSet, program: &'a str, folded: &'a mut Folded) -> Run<'a> {
        Run { loaded, rules, program, ledger: Ledger::new(), present: Vec::new(), folded }
    }

    fn all<'c>(
        mut self,
        commands: impl Iterator<Item = (usize, &'c Command, &'c Ready)>,
        claimed: &mut HashMap<String, (usize, String)>,
    ) -> Result<(), ServiceError> {
        for (key, units) in self.folded.shared.iter().filter(|(key, _)| key.program == self.program) {
            let record = CounterRecord { key: key.key.clone(), period: key.period.clone(), units: *units };
            self.ledger.put_shared(self.rules, &record)?;
        }
        for (index, command, ready) in commands {
            let applied = self.one(index, command, ready, claimed)?;
            self.folded.applied.push(applied);
        }
        for user_id in std::mem::take(&mut self.present) {
            let Some(record) = self.ledger.record(self.rules, &user_id) else { continue };
            let key = (user_id, self.program.to_owned());
            self.folded.rules.insert(key.clone(), self.rules.clone());
            self.folded.states.insert(key, record);
        }
        Ok(())
    }

    /// Puts a member into the ledger at first sight.
    fn put(&mut self, user_id: &str, member: &rewards_rules::input::Member) -> Result<(), ServiceError> {
        if self.present.iter().any(|known| known == user_id) {
            *self.ledger.facts_mut(user_id) = member.clone();
            return Ok(());
        }
        let key = (user_id.to_owned(), self.program.to_owned());
        let record = match self.folded.states.get(&key) {
            Some(record) => record.clone(),
            None => self.loaded.states.get(&key).map(|s: &State| s.record.clone()).unwrap_or_default(),
        };
        self.ledger.put_member(self.rules, member.clone(), record)?;
        self.present.push(user_id.to_owned());
        Ok(())
    }

    fn one(
        &mut self,
        index: usize,
        command: &Command,
        ready: &Ready,
        claimed: &mut HashMap<String, (usize, String)>,
    ) -> Result<Applied, ServiceError> {
        let user = command.user_id.as_str();
        let date = self.rules.local_date(ready.at);
        self.put(user, &ready.member)?;
        let start = self.glance(user, date);
        // Whoever comes second in the batch gets the answer of the first.
        let claim = match (command.act.claims(), &ready.content, &command.key) {
            (Some(id), Some((_, content)), _) => Some((format!("id {id}"), content.clone(), id_conflict(id))),
            (_, _, Some(key)) => {
                Some((format!("key {}\n{}", key.scope, key.key), key.request_sha256.clone(), key_reused()))
            }
            _ => None,
        };
        if let Some((name, content, conflict)) = &claim
            && let Some((earlier, known)) = claimed.get(name)
        {
            let effect = if known == content { Ok(Effect::Repeated(*earlier)) } else { Err(conflict.clone()) };
            let still = Step::between(&start, &start);
            return Ok(Applied { index, due: still.clone(), own: still, other: None, date, met: Vec::new(), effect });
        }
        apply(self.rules, &mut self.ledger, Event::Advance { member: user, at: ready.at })?;
        let due = self.glance(user, date);
        let other = match &command.act {
            Act::Transfer { to, .. } => {
                self.receiver(to)?;
                Some((to.clone(), self.glance(to, date)))
            }
            _ => None,
        };
        let met = self.met(ready);
        let effect = self.effect(command, ready);
        match &effect {
            Ok(Effect::Outcome(outcome, _)) => self.count(user, outcome),
            Ok(Effect::Redeemed { record, .. }) => self.count_redemption(user, record, 1),
            Ok(Effect::Settled(record)) => {
                let was_pending = ready.redemption.as_ref().is_some_and(|r| r.state == RedemptionState::Pending);
                if was_pending && matches!(record.state, RedemptionState::Failed | RedemptionState::Cancelled) {
                    self.count_redemption(user, record, -1);
                }
            }
            _ => {}
        }
        if effect.is_ok()
            && let Some((name, content, _)) = claim
        {
            claimed.insert(name, (index, content));
        }
        let after = self.glance(user, date);
        let other = other.map(|(to, before)| {
            let after = self.glance(&to, date);
            (to, Step::between(&before, &after))
        });
        let (due, own) = (Step::between(&start, &due), Step::between(&due, &after));
        Ok(Applied { index, due, own, other, date, met, effect })
    }

    fn budget(&self, key: &str, period: &str) -> BudgetKey {
        BudgetKey { program: self.program.to_owned(), key: key.to_owned(), period: period.to_owned() }
    }

    fn met(&self, ready: &Ready) -> Vec<CounterRecord> {
        let shared = ready.keys.iter().filter(|key| key.shared);
        let record = |key: &UsageKey| {
            let units = self.folded.shared.get(&self.budget(&key.key, &key.period)).copied().unwrap_or(0);
            CounterRecord { key: key.key.clone(), period: key.period.clone(), units }
        };
        shared.map(record).collect()
    }

    /// Keeps what an outcome took from counters and budgets, or gave back. A refund may name counters that the rules of
    /// today do not have any more: they go on in the store.
    fn count(&mut self, user: &str, outcome: &Outcome) {
        for delta in &outcome.usage {
            let period = delta.period.to_string();
            let units = if delta.shared {
                let key = self.budget(&delta.key, &period);
                self.folded.shared.entry(key).or_insert(0)
            } else {
                self.own(user, &delta.key, &period)
            };
            *units = units.saturating_add(delta.delta.units());
        }
    }

    fn count_redemption(&mut self, user: &str, record: &RedemptionRecord, sign: i64) {
        for counter in &record.counters {
            let units = self.own(user, &counter.key, &counter.period);
            *units = units.saturating_add(counter.units.saturating_mul(sign));
        }
    }

    fn own(&mut self, user: &str, key: &str, period: &str) -> &mut i64 {
        let key = CounterKey {
            user_id: user.to_owned(),
            program: self.program.to_owned(),
            key: key.to_owned(),
            period: period.to_owned(),
        };
        self.folded.own.entry(key).or_insert(0)
    }

    fn receiver(&mut self, to: &str) -> Result<(), ServiceError> {
        let locked = self.loaded.members.get(to).ok_or_else(|| mend("a receiver was not locked"))?;
        let key = (to.to_owned(), self.program.to_owned());
        let enrolments = self.loaded.states.get(&key).map(|s| s.enrolments.clone()).unwrap_or_default();
        let member = super::facts::member(to, &locked.facts, locked.status, enrolments)?;
        self.put(to, &member)
    }

    fn glance(&self, user: &str, date: NaiveDate) -> Glance {
        let Some(state) = self.ledger.member(user) else { return Glance::default() };
        let (mut net, mut expired) = (0_i64, 0_i64);
        for lot in state.lots() {
            net = net.saturating_add(lot.rest);
            expired = expired.saturating_add(lot.expired);
        }
        let debt = state.balance(self.rules, date).debt.units();
        let tier = state.tier_on(self.rules, date).map(str::to_owned);
        Glance { sums: Sums { net: net.saturating_sub(debt), expired }, tier }
    }

    fn effect(&mut self, command: &Command, ready: &Ready) -> Result<Effect, ServiceError> {
        let user = command.user_id.as_str();
        let (rules, ledger) = (self.rules, &mut self.ledger);
        if let Some((rules, purchase)) = &ready.purchase
            && ledger.purchase(&purchase.id).is_none()
        {
            ledger.put_purchase(rules, user, purchase.clone())?;
        }
        let id = match &command.act {
            Act::Redeem { id, .. } | Act::Settle { id, .. } | Act::Transfer { id, .. } | Act::Adjust { id, .. } => {
                id.to_string()
            }
            _ => String::new(),
        };
        if let Some(redemption) = &ready.redemption
            && ledger.redemption_record(rules, user, &id).is_none()
        {
            ledger.put_redemption(rules, user, &id, redemption.clone())?;
        }
        let gone = || mend("a record is not where the engine left it");
        Ok(match &command.act {
            Act::Purchase { transaction, .. } => {
                let event = Event::Purchase { transaction, member: user, tier: None, explain: false };
                let Change::Posted(outcome) = apply(rules, ledger, event)? else { return Err(gone()) };
                let record = ledger.purchase(&transaction.id).ok_or_else(gone)?;
                Effect::Outcome(Box::new(outcome), Some(Box::new(record)))
            }
            Act::Refund(refund) => {
                let Change::Posted(outcome) = apply(rules, ledger, Event::Refund(refund))? else { return Err(gone()) };
                let record = ledger.purchase(&refund.original).ok_or_else(gone)?;
                Effect::Outcome(Box::new(outcome), Some(Box::new(record)))
            }
            Act::Redeem { option, points, .. } => {
                let redemption = Redemption { id: id.clone(), option: option.clone(), points: *points, at: ready.at };
                let event = Event::Redeem { redemption: &redemption, member: user };
                let Change::Redeemed { points, cash } = apply(rules, ledger, event)? else { return Err(gone()) };
                let record = ledger.redemption_record(rules, user, &id).ok_or_else(gone)?;
                Effect::Redeemed { points, cash, record: Box::new(record) }
            }
            Act::Settle { settlement, .. } => {
                let event = Event::Settle { redemption: &id, member: user, settlement: *settlement, at: ready.at };
                apply(rules, ledger, event)?;
                Effect::Settled(Box::new(ledger.redemption_record(rules, user, &id).ok_or_else(gone)?))
            }
            Act::Transfer { to, points, .. } => {
                let transfer =
                    Transfer { id, from: user.to_owned(), to: to.clone(), points: *points, at: ready.at };
                apply(rules, ledger, Event::Transfer(&transfer))?;
                Effect::Other
            }
            Act::Adjust { points, expires_on, .. } => {
                let adjustment = Adjustment {
                    id,
                    member: user.to_owned(),
                    points: *points,
                    at: ready.at,
                    expires_on: *expires_on,
                };
                apply(rules, ledger, Event::Adjust(&adjustment))?;
                Effect::Other
            }
            Act::GiveTier { level, until, .. } => {
                let given =
                    GivenTier { id: None, member: user.to_owned(), level: level.clone(), until: *until, at: ready.at };
                apply(rules, ledger, Event::GiveTier(&given))?;
                Effect::Other
            }
            Act::Advance | Act::SetStatus { .. } | Act::SetFacts { .. } | Act::Enrol { .. } | Act::Leave { .. } | Act::Forget => {
                Effect::Other
            }
        })
    }
}

#[derive(Debug, Default, Clone)]
struct Glance {
    sums: Sums,
    tier: Option<String>,
}

impl Step {
    fn between(before: &Glance, after: &Glance) -> Step {
        Step {
            before: before.sums,
            after: after.sums,
            tier_before: before.tier.clone(),
            tier_after: after.tier.clone(),
        }
    }
}

/// The answers of a batch, one a command, once the effects were written.
pub(super) type Answers = Vec<Result<Done, ServiceError>>;

