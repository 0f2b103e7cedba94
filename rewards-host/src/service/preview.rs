//! What a purchase would bring. Nothing is kept, and no id is claimed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Transaction, Usage};
use rewards_rules::source::{SourceFile, Sources};
use rewards_rules::state::record::{CounterRecord, MemberRecord};
use rewards_rules::state::{Change, Event, Ledger, apply};
use serde_json::{Map, Value};

use super::error::{Code, ServiceError};
use super::load::{State, open_facts, record_with_lots};
use super::rules::InForce;
use super::{Service, facts, mend};
use crate::store::rows::{BudgetKey, CounterKey, CounterUnits, LotRow, LotsWanted, MemberRow, Membership, StandingRow};
use crate::store::statements;

/// Whose purchase it would be.
#[derive(Debug, Clone)]
pub(crate) enum Whose {
    /// A member as the ledger has them, with facts put over those that it knows.
    Stored(String, Map<String, Value>),
    /// A member and used counters as the caller has them.
    Given(Box<Member>, Usage),
}

/// A purchase that may come.
#[derive(Debug, Clone)]
pub(crate) struct Preview {
    /// It.
    pub(crate) transaction: Transaction,
    /// Whose.
    pub(crate) whose: Whose,
    /// In which program; `None` where there is one only.
    pub(crate) program: Option<String>,
    /// Files of a rule set, path to text, in place of the published one.
    pub(crate) rules: Option<BTreeMap<String, String>>,
    /// The rule set that is in force then; `None`: when the purchase happens.
    pub(crate) at: Option<DateTime<Utc>>,
    /// Whether to say why rules did not grant.
    pub(crate) explain: bool,
}

impl Service {
    /// The outcome that the purchase would have, as JSON.
    pub(crate) async fn preview(&self, asked: Preview) -> Result<String, ServiceError> {
        let rules = self.preview_rules(&asked).await?;
        let outcome = match &asked.whose {
            Whose::Given(member, usage) if asked.explain => {
                rules.evaluate_explained(&asked.transaction, member, usage)?
            }
            Whose::Given(member, usage) => rules.evaluate(&asked.transaction, member, usage)?,
            Whose::Stored(user_id, told) => {
                let mut ledger = self.as_stored(&rules, &asked.transaction, user_id, told).await?;
                let event = Event::Purchase {
                    transaction: &asked.transaction,
                    member: user_id,
                    tier: None,
                    explain: asked.explain,
                };
                let Change::Posted(outcome) = apply(&rules, &mut ledger, event)? else {
                    return Err(mend("a purchase had no outcome"));
                };
                outcome
            }
        };
        Ok(outcome.to_json())
    }

    async fn preview_rules(&self, asked: &Preview) -> Result<RuleSet, ServiceError> {
        let Some(files) = &asked.rules else {
            let in_force = InForce::now(&self.store).await?;
            let program = in_force.program(asked.program.as_deref())?;
            let at = asked.at.unwrap_or(asked.transaction.occurred_at);
            let hash = in_force.at(&program, at).ok_or_else(|| mend("a program has no publication"))?;
            return self.rules.read(&self.store, hash).await;
        };
        let file =
            |(path, text): (&String, &String)| SourceFile { path: path.clone(), bytes: text.clone().into_bytes() };
        let sources = Sources::new(files.iter().map(file));
        // Many rules take a while; requests of others do not wait for them.
        let compiled = tokio::task::spawn_blocking(move || RuleSet::compile(sources)).await;
        let rules = compiled.map_err(|_| mend("rules could not be compiled"))?.map_err(|findings| {
            let told = serde_json::to_value(findings.report()).unwrap_or_default();
            ServiceError::new(Code::FindingsPresent, findings.summary()).with("findings", told)
        })?;
        match &asked.program {
            Some(program) if program != rules.program() => Err(ServiceError::new(
                Code::UnknownProgram,
                format!("the rules are of the program `{}`, not of `{program}`", rules.program()),
            )),
            _ => Ok(rules),
        }
    }

    /// A ledger with the member as the store has them, and the counters that the purchase reads.
    async fn as_stored(
        &self,
        rules: &RuleSet,
        transaction: &Transaction,
        user_id: &str,
        told: &Map<String, Value>,
    ) -> Result<Ledger, ServiceError> {
        let row: Option<MemberRow> = self.store.read_one(statements::MEMBER, &user_id).await?;
        let (mut known, mut status) = (Map::new(), None);
        if let Some(row) = row {
            let seal = self.vault.known(user_id, row.wrapped.as_deref(), row.master_key.as_deref())?;
            known = open_facts(seal.as_ref(), row.facts.as_deref())?;
            status = facts::status(&row.status);
        }
        facts::merge(&mut known, told)?;
        let program = rules.program();
        let mut state = State::default();
        let memberships: Vec<Membership> = self.store.read(statements::MEMBERSHIPS, &[user_id]).await?;
        memberships.into_iter().filter(|of| of.program() == program).for_each(|of| state.take(of));
        let belongs = state.belongs_at(transaction.occurred_at);
        let member = facts::member(user_id, &known, status.unwrap_or_default(), belongs)?;
        let mut record = self.stored_record(program, user_id).await?;
        let mut ledger = Ledger::new();
        let (shared, own): (Vec<_>, Vec<_>) =
            rules.usage_keys(transaction, &member)?.into_iter().partition(|k| k.shared);
        let key =
            |key: rewards_rules::UsageKey| BudgetKey { program: program.to_owned(), key: key.key, period: key.period };
        let shared: Vec<BudgetKey> = shared.into_iter().map(key).collect();
        let own: Vec<CounterKey> = own
            .into_iter()
            .map(key)
            .map(|BudgetKey { program, key, period }| CounterKey { user_id: user_id.to_owned(), program, key, period })
            .collect();
        let budgets: Vec<CounterUnits> = self.store.read(statements::BUDGETS, &shared).await?;
        let counters: Vec<CounterUnits> = self.store.read(statements::COUNTERS, &own).await?;
        let counter = |row: CounterUnits| CounterRecord { key: row.key, period: row.period, units: row.units };
        for budget in budgets.into_iter().map(counter) {
            ledger.put_shared(rules, &budget)?;
        }
        record.counters = counters.into_iter().map(counter).collect();
        ledger.put_member(rules, member, record)?;
        Ok(ledger)
    }

    async fn stored_record(&self, program: &str, user_id: &str) -> Result<MemberRecord, ServiceError> {
        let standing: Vec<StandingRow> = self.store.read(statements::STANDING, &[user_id]).await?;
        let wanted = LotsWanted { members: vec![user_id.to_owned()], ..LotsWanted::default() };
        let lots: Vec<LotRow> = self.store.read(statements::LOTS, &wanted).await?;
        record_with_lots(program, &standing, &lots)
    }
}
