//! A ledger: purchases, refunds and redemptions one after the other, with their state carried over.

use rewards_rules::input::{Member, Raw, Redemption, Refund, Transaction, Usage};
use rewards_rules::state::{self, Balance, Change, Event};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::problem::{Problem, json};
use crate::rules::{RuleSet, read};

/// The state of members under one rule set.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Ledger {
    rules: rewards_rules::RuleSet,
    ledger: state::Ledger,
}

/// What a member has on a day.
#[derive(Serialize)]
struct Standing<'a> {
    tier: Option<&'a str>,
    available: String,
    pending: String,
    debt: String,
}

/// A redemption from JSON text.
fn redemption(text: &str) -> Result<Redemption, rewards_rules::input::InputError> {
    Redemption::from_raw(Raw::from_json(text)?)
}

/// A refund from JSON text.
fn refund(text: &str) -> Result<Refund, rewards_rules::input::InputError> {
    Refund::from_raw(Raw::from_json(text)?)
}

/// The outcome; nothing for an event that was posted before.
fn told(change: &Change) -> Option<String> {
    match change {
        Change::Posted(outcome) => Some(outcome.to_json()),
        _ => None,
    }
}

#[wasm_bindgen]
impl Ledger {
    /// An empty ledger.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(rules: &RuleSet) -> Ledger {
        Ledger { rules: rules.rules.clone(), ledger: state::Ledger::new() }
    }

    /// Adds a member with what is known before the first event. Both are JSON.
    pub fn add_member(&mut self, member: &str, usage: Option<String>) -> Result<(), Problem> {
        let member = read("member", member, Member::from_json)?;
        let usage = match usage {
            Some(usage) => read("usage", &usage, Usage::from_json)?,
            None => Usage::default(),
        };
        Ok(self.ledger.add_member(&self.rules, member, &usage)?)
    }

    /// Posts a purchase of a member; with `explain`, the outcome tells of each rule that did not grant. `undefined` for
    /// one that was posted before with the same content.
    pub fn purchase(&mut self, transaction: &str, member: &str, explain: bool) -> Result<Option<String>, Problem> {
        let transaction = read("transaction", transaction, Transaction::from_json)?;
        let event = Event::Purchase { transaction: &transaction, member, tier: None, explain };
        Ok(told(&state::apply(&self.rules, &mut self.ledger, event)?))
    }

    /// Posts a refund; `undefined` as for purchases.
    pub fn refund(&mut self, text: &str) -> Result<Option<String>, Problem> {
        let refund = read("refund", text, refund)?;
        Ok(told(&state::apply(&self.rules, &mut self.ledger, Event::Refund(&refund))?))
    }

    /// Spends points of a member.
    pub fn redeem(&mut self, text: &str, member: &str) -> Result<(), Problem> {
        let redemption = read("redemption", text, redemption)?;
        state::apply(&self.rules, &mut self.ledger, Event::Redeem { redemption: &redemption, member })?;
        Ok(())
    }

    /// Tier and points of a member at an instant not before the last event, as JSON.
    pub fn standing(&self, member: &str, at: &str) -> Result<String, Problem> {
        let at = read("at", at, |text| rewards_rules::input::parse_instant(text, ""))?;
        let on = self.rules.local_date(at);
        let state = self.ledger.member(member);
        let balance = state.map_or_else(|| Balance::zero(&self.rules), |s| s.balance(&self.rules, on));
        let tier = state.map_or_else(|| self.rules.levels().next(), |s| s.tier_on(&self.rules, on));
        Ok(json(&Standing {
            tier,
            available: balance.available.to_string(),
            pending: balance.pending.to_string(),
            debt: balance.debt.to_string(),
        }))
    }
}
