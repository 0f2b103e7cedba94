//! One member's history: purchases, refunds and redemptions, each on what the ones before left.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rewards_rules::input::{Raw, Redemption, Refund, Transaction, parse_instant};
use rewards_rules::state::{Balance, Change, Event, Ledger, apply};
use rewards_rules::{EvaluationError, RuleSet as Rules};

use crate::errors;
use crate::rules::{Outcome, RuleSet, member_and_usage};

/// A member, and what the rules keep of it.
#[pyclass(frozen, module = "rewards._rewards")]
pub(crate) struct Account {
    rules: Rules,
    member: String,
    ledger: Mutex<Ledger>,
}

impl Account {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A panic in the engine is a bug there, and nothing that this could make worse.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, py: Python<'_>, event: Event<'_>) -> PyResult<Change> {
        // The lock is given back before Python makes an exception of an error: that may let another thread run, which
        // might wait for the lock.
        let posted = apply(&self.rules, &mut self.ledger(), event);
        posted.map_err(|error: EvaluationError| errors::evaluation(py, &error))
    }
}

#[pymethods]
impl Account {
    #[new]
    #[pyo3(signature = (rules, member, usage))]
    fn new(py: Python<'_>, rules: &RuleSet, member: Option<&str>, usage: Option<&str>) -> PyResult<Account> {
        let rules = rules.rules.clone();
        let (member, usage) = member_and_usage(py, member, usage)?;
        let mut ledger = Ledger::new();
        let id = member.id.clone();
        ledger.add_member(&rules, member, &usage).map_err(|error| errors::evaluation(py, &error))?;
        Ok(Account { rules, member: id, ledger: Mutex::new(ledger) })
    }

    /// `None` for one that was posted before.
    fn purchase(&self, py: Python<'_>, transaction: &str, explain: bool) -> PyResult<Option<Outcome>> {
        let transaction = Transaction::from_json(transaction).map_err(|e| errors::input(py, "transaction", &e))?;
        let event = Event::Purchase { transaction: &transaction, member: &self.member, tier: None, explain };
        Ok(outcome(self.apply(py, event)?))
    }

    /// `None` for one that was posted before.
    fn refund(&self, py: Python<'_>, refund: &str) -> PyResult<Option<Outcome>> {
        let read = Raw::from_json(refund).and_then(Refund::from_raw);
        let refund = read.map_err(|e| errors::input(py, "refund", &e))?;
        Ok(outcome(self.apply(py, Event::Refund(&refund))?))
    }

    /// What the points are worth, and how many they are; `None` for one that was posted before.
    fn redeem(&self, py: Python<'_>, redemption: &str) -> PyResult<Option<(String, String)>> {
        let read = Raw::from_json(redemption).and_then(Redemption::from_raw);
        let redemption = read.map_err(|e| errors::input(py, "redemption", &e))?;
        let event = Event::Redeem { redemption: &redemption, member: &self.member };
        Ok(match self.apply(py, event)? {
            Change::Redeemed { points, cash } => Some((cash.to_string(), points.to_string())),
            _ => None,
        })
    }

    /// Available, pending and owed points and the level, at an instant.
    fn standing(&self, py: Python<'_>, at: &str) -> PyResult<(String, String, String, Option<String>)> {
        let at: DateTime<Utc> = parse_instant(at, "").map_err(|e| errors::input(py, "at", &e))?;
        let on = self.rules.local_date(at);
        let ledger = self.ledger();
        let state = ledger.member(&self.member);
        let balance = state.map_or_else(|| Balance::zero(&self.rules), |state| state.balance(&self.rules, on));
        let tier = state.and_then(|state| state.tier_on(&self.rules, on)).map(str::to_owned);
        Ok((balance.available.to_string(), balance.pending.to_string(), balance.debt.to_string(), tier))
    }
}

fn outcome(change: Change) -> Option<Outcome> {
    match change {
        Change::Posted(outcome) => Some(Outcome::new(outcome)),
        _ => None,
    }
}
