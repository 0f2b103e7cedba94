//! Folds a member's postings again, in the order in which they were posted, through the engine.
//!
//! What an outcome depends on is kept beside it: the rule set, the facts as they were told (sealed), the budgets as it
//! met them. The member's own counters and standing follow from the outcomes before it. Lots do not bear on outcomes, but
//! for bonuses that a refund takes back.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use rewards_rules::RuleSet;
use rewards_rules::input::{GivenTier, Member, Opening, OpeningLot, Raw, Refund, Transaction, Usage};
use rewards_rules::outcome::Outcome;
use rewards_rules::state::record::{CounterRecord, MemberRecord, PurchaseRecord};
use rewards_rules::state::{Change, Event, Ledger, Taken, apply};
use rewards_rules::value::Exact;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::service::counting::Counted;
use crate::service::error::ServiceError;
use crate::service::recent::Told;
use crate::service::vault::MemberSeal;
use crate::service::{facts, mend};
use crate::store::audit::{HistoryRow, PostingRow};

/// What a member brought along, as its line of history says it. Counters stand there by the periods into which the
/// facts of that time put them.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Opened {
    opening_id: String,
    tier: Option<String>,
    spending: String,
    purchases: i64,
    upgrades: BTreeMap<String, NaiveDate>,
    lots: Vec<OpenedLot>,
    pub(super) counters: Vec<CounterRecord>,
}

#[derive(Debug, Clone, Deserialize)]
struct OpenedLot {
    points: String,
    spendable_on: NaiveDate,
    expires_on: Option<NaiveDate>,
}

impl Opened {
    pub(super) fn of(metadata: &str) -> Option<Opened> {
        serde_json::from_str(metadata).ok()
    }

    /// When its lots can be spent, by their keys.
    pub(super) fn dates(&self) -> impl Iterator<Item = (String, (NaiveDate, Option<NaiveDate>))> + '_ {
        let key = |(n, lot): (usize, &OpenedLot)| {
            (format!("{}/opening:{n}", self.opening_id), (lot.spendable_on, lot.expires_on))
        };
        self.lots.iter().enumerate().map(key)
    }

    fn opening(&self, user_id: &str, at: DateTime<Utc>) -> Option<Opening> {
        let lot = |lot: &OpenedLot| {
            let points: Exact = lot.points.parse().ok()?;
            Some(OpeningLot { points, spendable_on: lot.spendable_on, expires_on: lot.expires_on })
        };
        Some(Opening {
            id: self.opening_id.clone(),
            member: user_id.to_owned(),
            lots: self.lots.iter().map(lot).collect::<Option<_>>()?,
            tier: self.tier.clone(),
            spending: self.spending.parse().ok()?,
            upgrades: self.upgrades.clone(),
            purchases: self.purchases,
            usage: Usage::default(),
            at,
        })
    }
}

/// A member in one program.
#[derive(Debug, Default)]
struct State {
    record: MemberRecord,
    counters: BTreeMap<(String, String), i64>,
}

/// A member on the way through its history.
pub(super) struct Fold<'a> {
    user_id: &'a str,
    seal: Option<&'a MemberSeal>,
    states: HashMap<String, State>,
    /// Purchases of which there are refunds, and what of them came under their rules.
    purchases: HashMap<String, (PurchaseRecord, Taken)>,
    /// Whether something was posted without facts that can be read.
    pub(super) is_forgotten: bool,
    /// Counters that were filled from purchases.
    counted: Counted,
}

impl<'a> Fold<'a> {
    pub(super) fn new(user_id: &'a str, seal: Option<&'a MemberSeal>, counted: Counted) -> Fold<'a> {
        let is_forgotten = seal.is_none();
        Fold { user_id, seal, states: HashMap::new(), purchases: HashMap::new(), is_forgotten, counted }
    }

    /// The state of the member in a program, as far as standing goes.
    pub(super) fn record(&self, program: &str) -> MemberRecord {
        self.states.get(program).map(|state| state.record.clone()).unwrap_or_default()
    }

    /// A standing as these rules write it; `None` where they do not have its levels.
    pub(super) fn under(&self, rules: &RuleSet, record: &MemberRecord) -> Option<String> {
        let mut ledger = Ledger::new();
        let record = MemberRecord { lots: Vec::new(), debts: Vec::new(), ..record.clone() };
        ledger.put_member(rules, Member::new(self.user_id), record).ok()?;
        serde_json::to_string(&ledger.record(rules, self.user_id)?.standing).ok()
    }

    /// Lets time pass until an instant.
    pub(super) fn advance(&mut self, rules: &RuleSet, at: DateTime<Utc>) -> Result<(), ServiceError> {
        let mut ledger = self.ledger(rules, Member::new(self.user_id), i64::MAX)?;
        apply(rules, &mut ledger, Event::Advance { member: self.user_id, at })?;
        self.keep(rules, &ledger);
        Ok(())
    }

    /// Keeps the windows that were filled before a line of history.
    pub(super) fn fill_windows(&mut self, line: i64) -> Result<(), ServiceError> {
        for (program, state) in self.states.iter_mut().filter(|(_, state)| state.record.started) {
            self.counted.keep_windows(program, line, &mut state.record)?;
        }
        Ok(())
    }

    /// A line that is no posting: time passes, and a tier may be given.
    pub(super) fn line(&mut self, rules: &RuleSet, line: &HistoryRow) -> Result<(), ServiceError> {
        if self.is_forgotten {
            return Ok(());
        }
        self.fill_windows(line.seq)?;
        let mut ledger = self.ledger(rules, Member::new(self.user_id), line.seq)?;
        if line.action_type == "opening" {
            let unreadable = || mend("a line of history cannot be read");
            let opened = Opened::of(&line.metadata).ok_or_else(unreadable)?;
            let opening = opened.opening(self.user_id, line.occurred_at).ok_or_else(unreadable)?;
            self.counted.bring(rules.program(), rules.local_date(line.occurred_at), opening.spending)?;
            apply(rules, &mut ledger, Event::Open(&opening))?;
            self.keep(rules, &ledger);
            let state = self.states.entry(rules.program().to_owned()).or_default();
            state.counters.extend(opened.counters.into_iter().map(|c| ((c.key, c.period), c.units)));
            return Ok(());
        }
        apply(rules, &mut ledger, Event::Advance { member: self.user_id, at: line.occurred_at })?;
        if line.action_type == "tier_given" {
            #[derive(Deserialize)]
            struct Given {
                level: String,
                until: chrono::NaiveDate,
            }
            let Given { level, until } =
                serde_json::from_str(&line.metadata).map_err(|_| mend("a line of history cannot be read"))?;
            let given = GivenTier { id: None, member: self.user_id.to_owned(), level, until, at: line.occurred_at };
            apply(rules, &mut ledger, Event::GiveTier(&given))?;
        }
        self.keep(rules, &ledger);
        Ok(())
    }

    /// A purchase or a refund, and the outcome that it has now; `None` if the facts are gone. `rules` are those of the
    /// posting, `bought` those of a refund's purchase. With `explain` the outcome says why rules did not grant.
    pub(super) fn posting(
        &mut self,
        rules: &RuleSet,
        bought: Option<&RuleSet>,
        row: &PostingRow,
        explain: bool,
    ) -> Result<Option<Outcome>, ServiceError> {
        let unreadable = || mend("a posting cannot be read");
        let opened = match self.seal {
            Some(seal) if !self.is_forgotten && !row.facts.is_empty() => seal.open("posting", &row.facts).ok(),
            _ => None,
        };
        let Some(opened) = opened else {
            self.is_forgotten = true;
            return Ok(None);
        };
        let sealed: Told = serde_json::from_str(&opened).map_err(|_| unreadable())?;
        let status = facts::status(&sealed.status).ok_or_else(unreadable)?;
        let belongs = facts::Belongs { enrolments: sealed.enrolments, segments: sealed.segments };
        let member = facts::member(self.user_id, &sealed.facts, status, belongs)?;
        for ((program, key, period), units) in self.counted.ripe(row.seq) {
            let sum = self.states.entry(program).or_default().counters.entry((key, period)).or_insert(0);
            *sum = sum.saturating_add(units);
        }
        self.fill_windows(row.seq)?;
        let mut ledger = self.ledger(rules, member, row.seq)?;
        let met: Vec<CounterRecord> = serde_json::from_str(&row.usage).map_err(|_| unreadable())?;
        for counter in &met {
            ledger.put_shared(rules, counter)?;
        }
        if let Some(at) = sealed.latest {
            apply(rules, &mut ledger, Event::Advance { member: self.user_id, at })?;
        }
        let mut content: Map<String, Value> = serde_json::from_str(&row.content).map_err(|_| unreadable())?;
        for name in ["kind", "member", "program"] {
            content.remove(name);
        }
        let content = Value::Object(content).to_string();
        let change = if row.kind == "refund" {
            let refund = Raw::from_json(&content).and_then(Refund::from_raw).map_err(|_| unreadable())?;
            if let (Some((record, _)), Some(bought)) = (self.purchases.get(&refund.original), bought) {
                ledger.put_purchase(bought, self.user_id, record.clone())?;
            }
            let change = apply(rules, &mut ledger, Event::Refund(&refund))?;
            let known = self.purchases.get_mut(&refund.original);
            if let (Some(after), Some(bought), Some((before, taken))) =
                (ledger.purchase(&refund.original), bought, known)
            {
                self.counted.take(bought, taken, Some(before), &after)?;
                *before = after;
            }
            change
        } else {
            let transaction = Transaction::from_json(&content).map_err(|_| unreadable())?;
            let event = Event::Purchase { transaction: &transaction, member: self.user_id, tier: None, explain };
            let change = apply(rules, &mut ledger, event)?;
            if let (Change::Posted(outcome), Some(after)) = (&change, ledger.purchase(&transaction.id)) {
                let taken = Taken::of(outcome);
                self.counted.take(rules, &taken, None, &after)?;
                if row.refunded {
                    self.purchases.insert(transaction.id.clone(), (after, taken));
                }
            }
            change
        };
        let Change::Posted(outcome) = change else { return Err(unreadable()) };
        self.keep(rules, &ledger);
        let state = self.states.entry(rules.program().to_owned()).or_default();
        for delta in outcome.usage.iter().filter(|delta| !delta.shared) {
            let units = state.counters.entry((delta.key.to_string(), delta.period.to_string())).or_insert(0);
            *units = units.saturating_add(delta.delta.units());
        }
        Ok(Some(outcome))
    }

    /// The member as it was before a line of history.
    fn ledger(&self, rules: &RuleSet, member: Member, line: i64) -> Result<Ledger, ServiceError> {
        let mut ledger = Ledger::new();
        let mut record = MemberRecord::default();
        if let Some(state) = self.states.get(rules.program()) {
            record = state.record.clone();
            record.counters = state
                .counters
                .iter()
                .map(|((key, period), units)| CounterRecord { key: key.clone(), period: period.clone(), units: *units })
                .collect();
        }
        if !record.started {
            self.counted.keep_windows(rules.program(), line, &mut record)?;
        }
        ledger.put_member(rules, member, record)?;
        Ok(ledger)
    }

    fn keep(&mut self, rules: &RuleSet, ledger: &Ledger) {
        let Some(mut record) = ledger.record(rules, self.user_id) else { return };
        record.counters = Vec::new();
        record.debts = Vec::new();
        let bonuses: Vec<String> = record.standing.bonus_purchases().map(str::to_owned).collect();
        record.lots.retain(|lot| lot.source.starts_with("upgrade:") && bonuses.contains(&lot.transaction));
        self.states.entry(rules.program().to_owned()).or_default().record = record;
    }
}
