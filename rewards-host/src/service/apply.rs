//! The engine's fold over a batch: what each command changed.
//!
//! Nothing is computed here. Members are put into an empty ledger as the store has them, the engine applies what is
//! due and then the command, and what it left is taken out again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rewards_rules::input::{Adjustment, GivenTier, Redemption, Transfer};
use rewards_rules::outcome::Outcome;
use rewards_rules::state::record::{CounterRecord, MemberRecord, PurchaseRecord, RedemptionRecord};
use rewards_rules::state::{Change, Event, Ledger, MemberState, RedemptionState, SpentByMonth, Taken, apply};
use rewards_rules::value::{Amount, Points};
use rewards_rules::{RuleSet, UsageKey};

use super::budgets::Exhausted;
use super::command::{Act, Command, Done};
use super::counting::{self, Made};
use super::error::ServiceError;
use super::load::{Loaded, State};
use super::plan::{Plan, Ready, id_conflict, key_reused};
use super::{Service, mend};
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
    /// Whether an evaluation set the level anew that was held before.
    pub(super) renewed: bool,
}

/// The receiver of a transfer.
pub(super) struct Receiver {
    pub(super) user_id: String,
    /// What was due before it.
    pub(super) due: Step,
    /// What it brought.
    pub(super) own: Step,
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
    pub(super) receiver: Option<Receiver>,
    /// The latest instant that the member had seen when the command was applied.
    pub(super) latest: Option<DateTime<Utc>>,
    /// The budgets that it reads, as it met them.
    pub(super) met: Vec<CounterRecord>,
    /// Budgets of campaigns that it used up.
    pub(super) exhausted: Vec<Exhausted>,
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
    /// Counters that a member brought along.
    Opened(Vec<CounterRecord>),
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
    /// What counters of members begin with.
    pub(super) opened: BTreeMap<CounterKey, i64>,
}

/// Applies the commands that are to be done, in order. Commands under one rule set share a ledger; the plan saw to it
/// that a member is under one of its program's rule sets only.
pub(super) fn fold(
    service: &Service,
    loaded: &Loaded,
    commands: &[Command],
    plans: &[Plan],
) -> Result<Folded, ServiceError> {
    let mut folded = Folded { shared: loaded.shared.clone(), ..Folded::default() };
    let mut claimed: HashMap<String, (usize, String)> = HashMap::new();
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut last = None;
    for (index, (command, plan)) in commands.iter().zip(plans).enumerate() {
        let Plan::Run(ready) = plan else { continue };
        let known = runs.iter().position(|run| run.rules.hash() == ready.rules.hash());
        let at = known.unwrap_or_else(|| {
            runs.push(Run::new(service, loaded, ready));
            runs.len().saturating_sub(1)
        });
        let Some(run) = runs.get_mut(at) else { continue };
        if last != Some(at) {
            run.meet(&folded)?;
        }
        let applied = run.one(&mut folded, index, command, ready, &mut claimed)?;
        folded.applied.push(applied);
        last = Some(at);
    }
    for run in runs {
        run.leave(&mut folded);
    }
    Ok(folded)
}

/// The commands of a batch that are under one rule set.
struct Run<'a> {
    service: &'a Service,
    loaded: &'a Loaded,
    rules: &'a RuleSet,
    program: &'a str,
    ledger: Ledger,
    present: BTreeSet<String>,
}

impl<'a> Run<'a> {
    fn new(service: &'a Service, loaded: &'a Loaded, ready: &'a Ready) -> Run<'a> {
        let (rules, program) = (&ready.rules, ready.program.as_str());
        Run { service, loaded, rules, program, ledger: Ledger::new(), present: BTreeSet::new() }
    }

    /// Budgets as they stand after what others did.
    fn meet(&mut self, folded: &Folded) -> Result<(), ServiceError> {
        for (key, units) in folded.shared.iter().filter(|(key, _)| key.program == self.program) {
            let record = CounterRecord { key: key.key.clone(), period: key.period.clone(), units: *units };
            self.ledger.put_shared(self.rules, &record)?;
        }
        Ok(())
    }

    /// Takes the members out again.
    fn leave(self, folded: &mut Folded) {
        for user_id in &self.present {
            let Some(record) = self.ledger.record(self.rules, user_id) else { continue };
            let key = (user_id.clone(), self.program.to_owned());
            folded.rules.insert(key.clone(), self.rules.clone());
            folded.states.insert(key, record);
        }
    }

    /// Puts a member into the ledger at first sight.
    fn put(&mut self, user_id: &str, member: &rewards_rules::input::Member) -> Result<(), ServiceError> {
        if self.present.contains(user_id) {
            *self.ledger.facts_mut(user_id) = member.clone();
            return Ok(());
        }
        let key = (user_id.to_owned(), self.program.to_owned());
        let mut record = self.loaded.states.get(&key).map(|s: &State| s.record.clone()).unwrap_or_default();
        if !record.started {
            // Whoever begins has from the start what others had filled.
            let counted = self.loaded.members.get(user_id).map_or(0, |locked| locked.row.counted);
            for fill in self.loaded.fills.iter().filter(|f| f.seq <= counted && f.program == self.program) {
                fill.keep_windows(&mut record, &SpentByMonth::default())?;
            }
        }
        self.ledger.put_member(self.rules, member.clone(), record)?;
        self.present.insert(user_id.to_owned());
        Ok(())
    }

    fn one(
        &mut self,
        folded: &mut Folded,
        index: usize,
        command: &Command,
        ready: &Ready,
        claimed: &mut HashMap<String, (usize, String)>,
    ) -> Result<Applied, ServiceError> {
        let user = command.user_id.as_str();
        self.put(user, &ready.member)?;
        let start = self.glance(user);
        // Whoever comes second in the batch gets the answer of the first.
        let claim = match (command.act.claims(), &ready.content, &command.key) {
            (Some(id), Some((_, content)), _) => Some((format!("id {id}"), content.clone(), id_conflict(id))),
            (_, _, Some(key)) => Some((
                format!("key {}\n{}", key.scope, key.key),
                key.request_sha256.clone(),
                key_reused(Some(&command.act)),
            )),
            _ => None,
        };
        if let Some((name, content, conflict)) = &claim
            && let Some((earlier, known)) = claimed.get(name)
        {
            let effect = if known == content { Ok(Effect::Repeated(*earlier)) } else { Err(conflict.clone()) };
            let still = Step::between(&start, &start);
            return Ok(Applied {
                index,
                due: still.clone(),
                own: still,
                receiver: None,
                latest: None,
                met: Vec::new(),
                exhausted: Vec::new(),
                effect,
            });
        }
        // What is brought along comes before the member's first event, and time that passes is one.
        if !matches!(command.act, Act::Open { .. }) {
            apply(self.rules, &mut self.ledger, Event::Advance { member: user, at: ready.at })?;
        }
        let due = self.glance(user);
        let latest = self.ledger.member(user).and_then(MemberState::latest);
        let receiver = match &command.act {
            Act::Transfer { to, .. } if to != user => Some((to, self.receiver(to, ready.at)?)),
            _ => None,
        };
        let met = self.met(folded, ready);
        let before = match &command.act {
            Act::Refund(refund) => self.ledger.purchase(&refund.original).or_else(|| {
                let (_, record) = ready.purchase.as_ref()?;
                Some(record.clone())
            }),
            _ => None,
        };
        let effect = self.effect(command, ready);
        let mut exhausted = Vec::new();
        match &effect {
            Ok(Effect::Outcome(outcome, record)) => {
                exhausted = self.count(folded, user, outcome);
                if let Some(record) = record {
                    let bought = ready.purchase.as_ref().map_or(self.rules, |(rules, _)| rules);
                    let fills = self.loaded.fed(user, bought);
                    if !fills.is_empty() {
                        let taken = self.taken(command, outcome)?;
                        let change = counting::change(&fills, bought, &taken, before.as_ref(), record)?;
                        self.count_filled(folded, user, change);
                    }
                }
            }
            Ok(Effect::Redeemed { record, .. }) => {
                self.count_redemption(folded, user, record, 1);
                self.count_filled_by(folded, command, ready, record);
            }
            Ok(Effect::Settled(record)) => {
                let was_pending = ready.redemption.as_ref().is_some_and(|r| r.state == RedemptionState::Pending);
                if was_pending && matches!(record.state, RedemptionState::Failed | RedemptionState::Cancelled) {
                    self.count_redemption(folded, user, record, -1);
                }
                self.count_filled_by(folded, command, ready, record);
            }
            Ok(Effect::Opened(counters)) => {
                let key = |counter: &CounterRecord| CounterKey {
                    user_id: user.to_owned(),
                    program: self.program.to_owned(),
                    key: counter.key.clone(),
                    period: counter.period.clone(),
                };
                folded.opened.extend(counters.iter().map(|counter| (key(counter), counter.units)));
            }
            _ => {}
        }
        if effect.is_ok()
            && let Some((name, content, _)) = claim
        {
            claimed.insert(name, (index, content));
        }
        let receiver = receiver.map(|(to, (before, due))| {
            let after = self.glance(to);
            let (due, own) = (Step::between(&before, &due), Step::between(&due, &after));
            Receiver { user_id: to.clone(), due, own }
        });
        let after = self.glance(user);
        let (due, own) = (Step::between(&start, &due), Step::between(&due, &after));
        Ok(Applied { index, due, own, receiver, latest, met, exhausted, effect })
    }

    fn budget(&self, key: &str, period: &str) -> BudgetKey {
        BudgetKey { program: self.program.to_owned(), key: key.to_owned(), period: period.to_owned() }
    }

    fn met(&self, folded: &Folded, ready: &Ready) -> Vec<CounterRecord> {
        let shared = ready.keys.iter().filter(|key| key.shared);
        let record = |key: &UsageKey| {
            let units = folded.shared.get(&self.budget(&key.key, &key.period)).copied().unwrap_or(0);
            CounterRecord { key: key.key.clone(), period: key.period.clone(), units }
        };
        shared.map(record).collect()
    }

    /// Keeps what an outcome took from counters and budgets, or gave back. A refund may name counters that the rules of
    /// today do not have any more: they go on in the store.
    fn count(&self, folded: &mut Folded, user: &str, outcome: &Outcome) -> Vec<Exhausted> {
        let mut exhausted = Vec::new();
        for delta in &outcome.usage {
            let (period, by) = (delta.period.to_string(), delta.delta.units());
            if delta.shared {
                let units = folded.shared.entry(self.budget(&delta.key, &period)).or_insert(0);
                let before = *units;
                *units = units.saturating_add(by);
                exhausted.extend(self.service.rules.exhausted(self.rules, (&delta.key, &period), before, *units));
            } else {
                let units = self.own(folded, user, &delta.key, &period);
                *units = units.saturating_add(by);
            }
        }
        exhausted
    }

    /// What of a purchase came under its rules; of a refund, what of the purchase that it refers to.
    fn taken(&self, command: &Command, outcome: &Outcome) -> Result<Taken, ServiceError> {
        let Act::Refund(refund) = &command.act else { return Ok(Taken::of(outcome)) };
        let row = self.loaded.processed.get(&refund.original);
        row.and_then(|row| Taken::from_json(&row.outcome)).ok_or_else(|| mend("an outcome cannot be read"))
    }

    /// Counters that are filled get what a posting counts for them, where its own rules do not feed them themselves.
    fn count_filled(&self, folded: &mut Folded, user: &str, change: counting::Change) {
        for ((key, period, shared), by) in change.0 {
            let units = if shared {
                folded.shared.entry(self.budget(&key, &period)).or_insert(0)
            } else {
                self.own(folded, user, &key, &period)
            };
            *units = units.saturating_add(by);
        }
    }

    /// The same of a redemption, which has this record now.
    fn count_filled_by(&self, folded: &mut Folded, command: &Command, ready: &Ready, record: &RedemptionRecord) {
        let made = match &command.act {
            Act::Redeem { option, .. } => Some(Made { program: self.program, option, at: ready.at }),
            Act::Settle { id, .. } => self.loaded.redemptions.get(id).map(Made::of),
            _ => None,
        };
        let Some(made) = made else { return };
        let user = command.user_id.as_str();
        let fills = self.loaded.redeemed(user, made.program);
        let change = counting::change_of_redemption(&fills, made, ready.redemption.as_ref(), record);
        self.count_filled(folded, user, change);
    }

    fn count_redemption(&self, folded: &mut Folded, user: &str, record: &RedemptionRecord, sign: i64) {
        for counter in &record.counters {
            let units = self.own(folded, user, &counter.key, &counter.period);
            *units = units.saturating_add(counter.units.saturating_mul(sign));
        }
    }

    fn own<'f>(&self, folded: &'f mut Folded, user: &str, key: &str, period: &str) -> &'f mut i64 {
        let key = CounterKey {
            user_id: user.to_owned(),
            program: self.program.to_owned(),
            key: key.to_owned(),
            period: period.to_owned(),
        };
        folded.own.entry(key).or_insert(0)
    }

    /// Puts the receiver of a transfer; answers how it was, and how it is after what was due. One who begins with the
    /// transfer has nothing due.
    fn receiver(&mut self, to: &str, at: DateTime<Utc>) -> Result<(Glance, Glance), ServiceError> {
        let locked = self.loaded.members.get(to).ok_or_else(|| mend("a receiver was not locked"))?;
        let key = (to.to_owned(), self.program.to_owned());
        let belongs = self.loaded.states.get(&key).map(|s| s.belongs_at(at)).unwrap_or_default();
        let member = super::facts::member(to, &locked.facts, locked.status, belongs)?;
        self.put(to, &member)?;
        let before = self.glance(to);
        if self.ledger.member(to).and_then(MemberState::latest).is_some() {
            apply(self.rules, &mut self.ledger, Event::Advance { member: to, at })?;
        }
        let due = self.glance(to);
        Ok((before, due))
    }

    /// The member as it is after its latest event.
    fn glance(&self, user: &str) -> Glance {
        let Some(state) = self.ledger.member(user) else { return Glance::default() };
        let (mut net, mut expired) = (0_i64, 0_i64);
        for lot in state.lots() {
            net = net.saturating_add(lot.rest);
            expired = expired.saturating_add(lot.expired);
        }
        let debt = state.balance(self.rules, chrono::NaiveDate::MIN).debt.units();
        let tier = state.tier(self.rules).map(str::to_owned);
        Glance { sums: Sums { net: net.saturating_sub(debt), expired }, tier, changes: state.level_changes() }
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
                let state = ledger.member(user).and_then(|m| m.redemption(&id)).ok_or_else(gone)?;
                // What it took and counted on stays as it was kept: today's rules may not have a counter any more.
                let kept = ready.redemption.clone().ok_or_else(gone)?;
                Effect::Settled(Box::new(RedemptionRecord { state, ..kept }))
            }
            Act::Transfer { to, points, .. } => {
                let transfer = Transfer { id, from: user.to_owned(), to: to.clone(), points: *points, at: ready.at };
                apply(rules, ledger, Event::Transfer(&transfer))?;
                Effect::Other
            }
            Act::Adjust { points, expires_on, .. } => {
                let adjustment =
                    Adjustment { id, member: user.to_owned(), points: *points, at: ready.at, expires_on: *expires_on };
                apply(rules, ledger, Event::Adjust(&adjustment))?;
                Effect::Other
            }
            Act::GiveTier { level, until, .. } => {
                let given =
                    GivenTier { id: None, member: user.to_owned(), level: level.clone(), until: *until, at: ready.at };
                apply(rules, ledger, Event::GiveTier(&given))?;
                Effect::Other
            }
            Act::Open { opening, .. } => {
                apply(rules, ledger, Event::Open(opening))?;
                Effect::Opened(ledger.record(rules, user).ok_or_else(gone)?.counters)
            }
            Act::Advance
            | Act::SetStatus { .. }
            | Act::SetFacts { .. }
            | Act::Enrol { .. }
            | Act::Leave { .. }
            | Act::Forget => Effect::Other,
        })
    }
}

#[derive(Debug, Default, Clone)]
struct Glance {
    sums: Sums,
    tier: Option<String>,
    /// How often the level was set.
    changes: usize,
}

impl Step {
    fn between(before: &Glance, after: &Glance) -> Step {
        Step {
            before: before.sums,
            after: after.sums,
            tier_before: before.tier.clone(),
            tier_after: after.tier.clone(),
            renewed: before.changes > 0 && after.changes > before.changes && before.tier == after.tier,
        }
    }
}

/// The answers of a batch, one a command, once the effects were written.
pub(super) type Answers = Vec<Result<Done, ServiceError>>;
