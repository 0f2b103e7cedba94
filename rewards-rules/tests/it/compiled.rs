//! The engine as a subject, beside the reference.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use rewards_rules::RuleSet;
use rewards_rules::input::{ErrorCode, Member, Transaction, Usage};
use rewards_rules::source::Sources;
use rewards_rules::state::{Balance, Change, Event as EngineEvent, Ledger, Settlement, apply};

use crate::reference::Event;
use crate::subject::{Engine, Subject};

/// Compiles rule files that are known to be valid.
pub(crate) fn compile(sources: Sources) -> Result<RuleSet, String> {
    RuleSet::compile(sources).map_err(|findings| {
        let told = findings.iter().map(|f| format!("{}: {}", f.code, f.message));
        told.collect::<Vec<_>>().join("\n")
    })
}

/// A compiled rule set.
pub(crate) struct Compiled(RuleSet);

/// A ledger under it.
struct Posting<'a> {
    rules: &'a RuleSet,
    ledger: Ledger,
    redemptions: BTreeMap<String, String>,
    /// Outcomes by id, as a host stores them to answer with them again.
    outcomes: BTreeMap<String, String>,
}

impl Subject for Compiled {
    fn evaluate(&self, tx: &Transaction, member: &Member, usage: &Usage) -> Result<String, ErrorCode> {
        let plain = self.0.evaluate(tx, member, usage).map(|o| o.to_json()).map_err(|e| e.code);
        // Asking every rule without the index gives the same bytes.
        let explained = self.0.evaluate_explained(tx, member, usage).map(|o| o.to_canonical_json()).map_err(|e| e.code);
        assert_eq!(plain, explained);
        plain
    }

    fn begin<'a>(&'a self, given: &[(Member, Usage)]) -> Box<dyn Engine + 'a> {
        let mut ledger = Ledger::new();
        for (member, usage) in given {
            ledger.add_member(&self.0, member.clone(), usage).unwrap();
        }
        Box::new(Posting { rules: &self.0, ledger, redemptions: BTreeMap::new(), outcomes: BTreeMap::new() })
    }
}

impl Posting<'_> {
    fn know(&mut self, member: &Member) {
        if self.ledger.member(&member.id).is_none() {
            self.ledger.add_member(self.rules, member.clone(), &Usage::default()).unwrap();
        }
    }

    fn balance(&self, member: &str, date: NaiveDate) -> Balance {
        self.ledger.member(member).map_or_else(|| Balance::zero(self.rules), |s| s.balance(self.rules, date))
    }

    fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        let zone: chrono_tz::Tz = self.rules.timezone().parse().unwrap();
        zone.from_utc_datetime(&at.naive_utc()).date_naive()
    }
}

impl Engine for Posting<'_> {
    fn post(&mut self, event: &Event) -> Result<String, ErrorCode> {
        let change = match event {
            Event::Purchase(transaction, member) => {
                self.know(member);
                let event = EngineEvent::Purchase { transaction, member: &member.id, tier: None, explain: false };
                apply(self.rules, &mut self.ledger, event)
            }
            Event::Refund(refund) => apply(self.rules, &mut self.ledger, EngineEvent::Refund(refund)),
            Event::Redeem(redemption, member) => {
                self.know(member);
                self.redemptions.insert(redemption.id.clone(), member.id.clone());
                apply(self.rules, &mut self.ledger, EngineEvent::Redeem { redemption, member: &member.id })
            }
            Event::Return(id, at) => {
                let member = self.redemptions.get(id).cloned().unwrap_or_default();
                let settlement = Settlement::Cancel;
                let event = EngineEvent::Settle { redemption: id, member: &member, settlement, at: *at };
                apply(self.rules, &mut self.ledger, event)
            }
        };
        match change.map_err(|e| e.code)? {
            Change::Posted(outcome) => {
                self.outcomes.insert(outcome.transaction_id.clone(), outcome.to_json());
                Ok(outcome.to_json())
            }
            Change::Repeated => {
                let id = match event {
                    Event::Purchase(transaction, _) => &transaction.id,
                    Event::Refund(refund) => &refund.id,
                    _ => return Ok(String::new()),
                };
                Ok(self.outcomes[id].clone())
            }
            _ => Ok(String::new()),
        }
    }

    fn available(&self, member: &str, at: DateTime<Utc>) -> String {
        self.balance(member, self.date(at)).available.to_string()
    }

    fn pending(&self, member: &str, at: DateTime<Utc>) -> String {
        self.balance(member, self.date(at)).pending.to_string()
    }

    fn debt(&self, member: &str) -> String {
        self.balance(member, NaiveDate::MIN).debt.to_string()
    }

    fn tier(&self, member: &str, at: DateTime<Utc>) -> Option<String> {
        let state = self.ledger.member(member);
        state.map_or_else(|| self.rules.levels().next(), |s| s.tier_on(self.rules, self.date(at))).map(str::to_owned)
    }
}

impl Compiled {
    /// Compiles rule files that are known to be valid.
    pub(crate) fn read(sources: Sources) -> Result<Compiled, String> {
        compile(sources).map(Compiled)
    }

    /// The rule set.
    pub(crate) fn rules(&self) -> &RuleSet {
        &self.0
    }
}
