//! The fold with a store between any two events: each event sees only what it needs, as JSON gave it back. It tells
//! the same story as a ledger that keeps everything.

mod hand;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use rewards_rules::input::{ErrorCode, Member, Refund, Transaction, Usage};
use rewards_rules::source::Sources;
use rewards_rules::state::record::{CounterRecord, LotRecord, MemberRecord, PurchaseRecord, RedemptionRecord};
use rewards_rules::state::{Change, Event as EngineEvent, Ledger, Settlement, apply};
use rewards_rules::{RuleSet, UsageKey};

use crate::compiled::compile;
use crate::differential::same_story;
use crate::reference::Event;
use crate::subject::{Engine, Subject};

/// There and back through JSON.
fn json<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: T) -> T {
    let text = serde_json::to_string(&value).unwrap();
    let back: T = serde_json::from_str(&text).unwrap();
    assert_eq!(back, value, "{text}");
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
    back
}

/// What a database has.
#[derive(Default)]
struct Store {
    facts: BTreeMap<String, Member>,
    /// Without counters and lots.
    members: BTreeMap<String, MemberRecord>,
    counters: BTreeMap<(String, String, String), i64>,
    lots: BTreeMap<String, BTreeMap<i64, LotRecord>>,
    shared: BTreeMap<(String, String), i64>,
    purchases: BTreeMap<String, PurchaseRecord>,
    redemptions: BTreeMap<String, (String, RedemptionRecord)>,
    /// Id → content and outcome.
    claims: BTreeMap<String, (String, String)>,
}

/// What one event needs of a member.
#[derive(Default)]
struct Needs {
    keys: Vec<(String, String)>,
    /// Transactions whose lots it concerns.
    transactions: BTreeSet<String>,
    /// Lots that it concerns.
    lots: BTreeSet<String>,
    purchase: Option<String>,
    redemption: Option<String>,
}

impl Needs {
    fn counters(keys: Result<Vec<UsageKey>, rewards_rules::EvaluationError>) -> Needs {
        let keys = keys.unwrap_or_default().into_iter().map(|k| (k.key, k.period)).collect();
        Needs { keys, ..Needs::default() }
    }
}

impl Store {
    fn record(&self, member: &str, needs: &Needs) -> MemberRecord {
        let mut record = self.members.get(member).cloned().unwrap_or_default();
        for (key, period) in &needs.keys {
            if let Some(units) = self.counters.get(&(member.to_owned(), key.clone(), period.clone())) {
                record.counters.push(CounterRecord { key: key.clone(), period: period.clone(), units: *units });
            }
        }
        let concerned = |lot: &&LotRecord| {
            lot.rest > 0 || needs.transactions.contains(&lot.transaction) || needs.lots.contains(&lot.key)
        };
        record.lots = self.lots.get(member).into_iter().flat_map(BTreeMap::values).filter(concerned).cloned().collect();
        record
    }

    /// A fresh ledger with these members.
    fn load(&self, rules: &RuleSet, members: &[(&str, Needs)]) -> Ledger {
        let mut ledger = Ledger::new();
        for (member, needs) in members {
            let facts = self.facts.get(*member).cloned().unwrap_or_else(|| Member::new(*member));
            ledger.put_member(rules, facts, self.record(member, needs)).unwrap();
            for (key, period) in &needs.keys {
                if let Some(units) = self.shared.get(&(key.clone(), period.clone())) {
                    let counter = CounterRecord { key: key.clone(), period: period.clone(), units: *units };
                    ledger.put_shared(rules, &counter).unwrap();
                }
            }
            if let Some(purchase) = &needs.purchase {
                ledger.put_purchase(rules, member, self.purchases[purchase].clone()).unwrap();
            }
            if let Some(id) = &needs.redemption {
                ledger.put_redemption(rules, member, id, self.redemptions[id].1.clone()).unwrap();
            }
        }
        ledger
    }

    fn save(&mut self, rules: &RuleSet, ledger: &Ledger, members: &[(&str, Needs)]) {
        for (member, _) in members {
            let mut record = json(ledger.record(rules, member).unwrap());
            for CounterRecord { key, period, units } in record.counters.drain(..) {
                self.counters.insert(((*member).to_owned(), key, period), units);
            }
            let lots = self.lots.entry((*member).to_owned()).or_default();
            lots.extend(record.lots.drain(..).map(|lot| (lot.seq, lot)));
            self.members.insert((*member).to_owned(), record);
        }
        for CounterRecord { key, period, units } in json(ledger.shared_records(rules)) {
            self.shared.insert((key, period), units);
        }
    }

    /// Everything that is kept of a member.
    fn whole(&self, member: &str) -> MemberRecord {
        let mut record = self.members[member].clone();
        let own = self.counters.iter().filter(|((of, ..), _)| of == member);
        let counter = |((_, key, period), units): (&(String, String, String), &i64)| CounterRecord {
            key: key.clone(),
            period: period.clone(),
            units: *units,
        };
        record.counters = own.map(counter).collect();
        record.lots = self.lots[member].values().cloned().collect();
        record
    }

    fn purchase(&mut self, rules: &RuleSet, tx: &Transaction, member: &str) -> Result<Change, ErrorCode> {
        let content = rules.content_of_purchase(tx, member);
        if let Some((known, _)) = self.claims.get(&tx.id) {
            return if *known == content { Ok(Change::Repeated) } else { Err(ErrorCode::IdConflict) };
        }
        let needs = [(member, Needs::counters(rules.usage_keys(tx, &self.facts[member])))];
        let mut ledger = self.load(rules, &needs);
        let event = EngineEvent::Purchase { transaction: tx, member, tier: None, explain: false };
        let change = apply(rules, &mut ledger, event).map_err(|e| e.code)?;
        self.save(rules, &ledger, &needs);
        self.purchases.insert(tx.id.clone(), json(ledger.purchase(&tx.id).unwrap()));
        self.claim(&tx.id, content, &change);
        Ok(change)
    }

    fn claim(&mut self, id: &str, content: String, change: &Change) {
        if let Change::Posted(outcome) = change {
            self.claims.insert(id.to_owned(), (content, outcome.to_json()));
        }
    }

    fn refund(&mut self, rules: &RuleSet, refund: &Refund) -> Result<Change, ErrorCode> {
        let Some(purchase) = self.purchases.get(&refund.original) else {
            let mut ledger = Ledger::new();
            let taken = self.claims.contains_key(&refund.id);
            let code = apply(rules, &mut ledger, EngineEvent::Refund(refund)).unwrap_err().code;
            return Err(if taken { ErrorCode::IdConflict } else { code });
        };
        let member = purchase.member.clone();
        if refund.member.as_ref().is_some_and(|m| *m != member) {
            return Err(ErrorCode::RefundWrongMember);
        }
        let content = rules.content_of_refund(refund, &member);
        if let Some((known, _)) = self.claims.get(&refund.id) {
            return if *known == content { Ok(Change::Repeated) } else { Err(ErrorCode::IdConflict) };
        }
        let mut needs = Needs::counters(rules.refund_keys(purchase));
        needs.transactions.insert(refund.original.clone());
        needs.transactions.extend(self.members[&member].standing.bonus_purchases().map(str::to_owned));
        needs.purchase = Some(refund.original.clone());
        let needs = [(member.as_str(), needs)];
        let mut ledger = self.load(rules, &needs);
        let change = apply(rules, &mut ledger, EngineEvent::Refund(refund)).map_err(|e| e.code)?;
        self.save(rules, &ledger, &needs);
        self.purchases.insert(refund.original.clone(), json(ledger.purchase(&refund.original).unwrap()));
        self.claim(&refund.id, content, &change);
        Ok(change)
    }

    fn settle(
        &mut self,
        rules: &RuleSet,
        id: &str,
        settlement: Settlement,
        at: DateTime<Utc>,
    ) -> Result<Change, ErrorCode> {
        let Some((member, record)) = self.redemptions.get(id).cloned() else { return Err(ErrorCode::RedemptionState) };
        let keys = record.counters.iter().map(|c| (c.key.clone(), c.period.clone())).collect();
        let lots = record.taken.iter().map(|t| t.lot.clone()).collect();
        let needs = Needs { keys, lots, redemption: Some(id.to_owned()), ..Needs::default() };
        self.apply_to(
            rules,
            &[(&member, needs)],
            EngineEvent::Settle { redemption: id, member: &member, settlement, at },
        )
    }

    /// Any other event.
    fn apply_to(
        &mut self,
        rules: &RuleSet,
        needs: &[(&str, Needs)],
        event: EngineEvent<'_>,
    ) -> Result<Change, ErrorCode> {
        let mut ledger = self.load(rules, needs);
        let change = apply(rules, &mut ledger, event).map_err(|e| e.code)?;
        self.save(rules, &ledger, needs);
        let redemption = match event {
            EngineEvent::Redeem { redemption, member } => Some((&*redemption.id, member)),
            EngineEvent::Settle { redemption, member, .. } => Some((redemption, member)),
            _ => None,
        };
        if let Some((id, member)) = redemption {
            let record = json(ledger.redemption_record(rules, member, id).unwrap());
            self.redemptions.insert(id.to_owned(), (member.to_owned(), record));
        }
        Ok(change)
    }

    /// An event of the generator.
    fn post(&mut self, rules: &RuleSet, event: &Event) -> Result<Change, ErrorCode> {
        if let Event::Purchase(_, member) | Event::Redeem(_, member) = event {
            self.facts.entry(member.id.clone()).or_insert_with(|| member.clone());
        }
        match event {
            Event::Purchase(tx, member) => self.purchase(rules, tx, &member.id),
            Event::Refund(refund) => self.refund(rules, refund),
            Event::Redeem(redemption, member) => {
                let mut needs = Needs::counters(rules.redemption_keys(&redemption.option, redemption.at, member));
                if self.redemptions.contains_key(&redemption.id) {
                    needs.redemption = Some(redemption.id.clone());
                }
                let event = EngineEvent::Redeem { redemption, member: &member.id };
                self.apply_to(rules, &[(&member.id, needs)], event)
            }
            Event::Return(id, at) => self.settle(rules, id, Settlement::Cancel, *at),
        }
    }
}

/// A rule set over a store.
struct Stored(RuleSet);

struct Posting<'a> {
    rules: &'a RuleSet,
    store: Store,
}

impl Stored {
    fn read(sources: Sources) -> Result<Stored, String> {
        compile(sources).map(Stored)
    }
}

impl Subject for Stored {
    fn evaluate(&self, tx: &Transaction, member: &Member, usage: &Usage) -> Result<String, ErrorCode> {
        crate::differential::evaluate(&self.0, tx, member, usage)
    }

    fn begin<'a>(&'a self, given: &[(Member, Usage)]) -> Box<dyn Engine + 'a> {
        assert!(given.is_empty());
        Box::new(Posting { rules: &self.0, store: Store::default() })
    }
}

fn local_date(rules: &RuleSet, at: DateTime<Utc>) -> NaiveDate {
    let zone: chrono_tz::Tz = rules.timezone().parse().unwrap();
    zone.from_utc_datetime(&at.naive_utc()).date_naive()
}

impl Posting<'_> {
    fn ask<T>(&self, member: &str, at: DateTime<Utc>, read: impl FnOnce(&Ledger, NaiveDate) -> T) -> T {
        let ledger = self.store.load(self.rules, &[(member, Needs::default())]);
        read(&ledger, local_date(self.rules, at))
    }
}

impl Engine for Posting<'_> {
    fn post(&mut self, event: &Event) -> Result<String, ErrorCode> {
        let change = self.store.post(self.rules, event)?;
        let id = match event {
            Event::Purchase(transaction, _) => &transaction.id,
            Event::Refund(refund) => &refund.id,
            _ => return Ok(String::new()),
        };
        assert!(matches!(change, Change::Posted(_) | Change::Repeated));
        Ok(self.store.claims[id].1.clone())
    }

    fn available(&self, member: &str, at: DateTime<Utc>) -> String {
        self.ask(member, at, |l, on| l.member(member).unwrap().balance(self.rules, on).available.to_string())
    }

    fn pending(&self, member: &str, at: DateTime<Utc>) -> String {
        self.ask(member, at, |l, on| l.member(member).unwrap().balance(self.rules, on).pending.to_string())
    }

    fn debt(&self, member: &str) -> String {
        self.ask(member, DateTime::UNIX_EPOCH, |l, on| {
            l.member(member).unwrap().balance(self.rules, on).debt.to_string()
        })
    }

    fn tier(&self, member: &str, at: DateTime<Utc>) -> Option<String> {
        self.ask(member, at, |l, on| l.member(member).unwrap().tier_on(self.rules, on).map(str::to_owned))
    }
}

#[test]
fn a_store_between_any_two_events_changes_nothing() {
    same_story(500, Stored::read);
}
