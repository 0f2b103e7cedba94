//! Members who come from elsewhere: what they bring along is posted before their first event, as any other entry, and
//! compared afterwards with what the store then has.
//!
//! A room of its own because an import is looked at as a whole before anything of it is kept. Each member is then
//! posted whole or not at all; the same balances again change nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rewards_rules::RuleSet;
use rewards_rules::input::{Opening, OpeningLot, Status, Usage};
use rewards_rules::state::record::CounterRecord;
use rewards_rules::state::{Event, Ledger, apply};
use rewards_rules::value::Exact;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Service;
use super::apply::Answers;
use super::command::{Act, Command, RequestKey};
use super::error::ServiceError;
use super::rules::InForce;
use super::vault::sha256;
use super::{facts, mend};
use crate::store::audit::{CounterRow, LotSums};
use crate::store::statements;
use crate::store::units::Units;

/// So many members are posted, and looked at again, together.
const TOGETHER: usize = 200;

/// What one member brings along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Brought {
    /// Level held; `None` is the lowest.
    pub(crate) tier: Option<String>,
    /// Eligible amount in the tier window.
    pub(crate) spending: Exact,
    /// Purchases made.
    pub(crate) purchases: i64,
    /// Level → local date of its last bonus.
    pub(crate) upgrades: BTreeMap<String, chrono::NaiveDate>,
    /// Lots, oldest first.
    pub(crate) lots: Vec<OpeningLot>,
    /// Counter → what was used of it in the period of the import's instant.
    pub(crate) usage: Usage,
    /// What is told of the member.
    pub(crate) facts: Map<String, Value>,
}

impl Brought {
    fn opening(&self, user_id: &str, at: DateTime<Utc>) -> Opening {
        Opening {
            // A member has one in a program, and openings have an id space of their own.
            id: user_id.to_owned(),
            member: user_id.to_owned(),
            lots: self.lots.clone(),
            tier: self.tier.clone(),
            spending: self.spending,
            upgrades: self.upgrades.clone(),
            purchases: self.purchases,
            usage: self.usage.clone(),
            at,
        }
    }

    /// SHA-256 of everything, by value: by it the same balances are known again, whenever they come.
    fn content(&self) -> String {
        let lots: Vec<Value> = self
            .lots
            .iter()
            .map(|lot| json!([lot.points.normalized().to_string(), lot.spendable_on, lot.expires_on]))
            .collect();
        let usage: BTreeMap<&String, String> =
            self.usage.0.iter().map(|(key, used)| (key, used.normalized().to_string())).collect();
        let spending = self.spending.normalized().to_string();
        sha256(&json!([self.tier, spending, self.purchases, self.upgrades, lots, usage, self.facts]).to_string())
    }
}

/// What an import is under.
#[derive(Debug, Clone)]
pub(crate) struct Under {
    /// The program.
    pub(crate) program: String,
    /// Its rules at the instant.
    pub(crate) rules: RuleSet,
    /// The instant that the balances are of.
    pub(crate) at: DateTime<Utc>,
}

/// What a member comes to: in the files, as the engine reads them; or in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Balances {
    tier: Option<String>,
    /// Units of points.
    earned: i64,
    lots: i64,
    /// Units by counter and period.
    counters: BTreeMap<(String, String), i64>,
}

impl Under {
    /// What a member will have, without anything being kept. Errors are those of the engine: `unknown_tier`,
    /// `unknown_fact`, `missing_fact`, `wrong_type`.
    pub(crate) fn check(&self, user_id: &str, brought: &Brought) -> Result<Balances, ServiceError> {
        let mut known = Map::new();
        facts::merge(&mut known, &brought.facts)?;
        let mut ledger = Ledger::new();
        *ledger.facts_mut(user_id) = facts::member(user_id, &known, Status::Active, facts::Belongs::default())?;
        apply(&self.rules, &mut ledger, Event::Open(&brought.opening(user_id, self.at)))?;
        let record = ledger.record(&self.rules, user_id).ok_or_else(|| mend("a member is not where it was put"))?;
        let tier = ledger.member(user_id).and_then(|state| state.tier(&self.rules)).map(str::to_owned);
        let earned = record.lots.iter().fold(0_i64, |sum, lot| sum.saturating_add(lot.earned));
        let counters = record.counters.into_iter().map(|CounterRecord { key, period, units }| ((key, period), units));
        let lots = i64::try_from(record.lots.len()).unwrap_or(i64::MAX);
        Ok(Balances { tier, earned, lots, counters: counters.collect() })
    }

    fn command(&self, user_id: &str, brought: &Brought, by: &str) -> Command {
        Command {
            user_id: user_id.to_owned(),
            program: Some(self.program.clone()),
            act: Act::Open {
                opening: Box::new(brought.opening(user_id, self.at)),
                facts: (!brought.facts.is_empty()).then(|| brought.facts.clone()),
            },
            key: Some(RequestKey {
                scope: "opening balances".to_owned(),
                key: format!("{}/{user_id}", self.program),
                request_sha256: brought.content(),
            }),
            by: by.to_owned(),
        }
    }
}

/// Two sums that should be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Compared<T> {
    /// By the files.
    pub(crate) files: T,
    /// By the store, of the members that were opened, now or before.
    pub(crate) ledger: T,
}

/// A counter, summed over members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ComparedCounter {
    /// Its key.
    pub(crate) counter: String,
    /// The period.
    pub(crate) period: String,
    /// What was used of it.
    #[serde(flatten)]
    pub(crate) used: Compared<String>,
}

/// Members who hold a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ComparedTier {
    /// The level; absent in a program without tiers.
    pub(crate) tier: Option<String>,
    /// How many members.
    #[serde(flatten)]
    pub(crate) members: Compared<u64>,
}

/// A member who was not opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RefusedMember {
    /// Who.
    pub(crate) user_id: String,
    /// Why: a code of docs/errors.md.
    pub(crate) code: &'static str,
    /// The same in words.
    pub(crate) detail: String,
}

/// A member of whom the store has something else than the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// Who.
    pub(crate) user_id: String,
    /// What differs.
    pub(crate) what: String,
    /// The two.
    #[serde(flatten)]
    pub(crate) values: Compared<String>,
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Reconciliation {
    /// The program.
    pub(crate) program: String,
    /// Hash of the rules at the instant.
    pub(crate) rule_set: String,
    /// The instant that the balances are of.
    pub(crate) as_of: DateTime<Utc>,
    /// Members in the files.
    pub(crate) members: u64,
    /// Of them, opened by this import.
    pub(crate) opened: u64,
    /// Opened before, with the same balances.
    pub(crate) opened_before: u64,
    /// Lots of points.
    pub(crate) lots: Compared<i64>,
    /// Points in them.
    pub(crate) points: Compared<String>,
    /// Members by level, as the opening left them.
    pub(crate) tiers: Vec<ComparedTier>,
    /// Counters.
    pub(crate) counters: Vec<ComparedCounter>,
    /// Members who were not opened; they are in the sums of the files alone.
    pub(crate) refused: Vec<RefusedMember>,
    /// Members of whom the store has something else.
    pub(crate) differences: Vec<Difference>,
}

impl Reconciliation {
    /// Whether the store has all that the files have.
    pub(crate) fn is_whole(&self) -> bool {
        self.refused.is_empty() && self.differences.is_empty()
    }
}

/// Sums over members.
#[derive(Debug, Default)]
struct Sums {
    tiers: BTreeMap<Option<String>, u64>,
    points: i64,
    lots: i64,
    counters: BTreeMap<(String, String), i64>,
}

impl Sums {
    fn add(&mut self, of: &Balances) {
        let members = self.tiers.entry(of.tier.clone()).or_default();
        *members = members.saturating_add(1);
        self.points = self.points.saturating_add(of.earned);
        self.lots = self.lots.saturating_add(of.lots);
        for (key, units) in &of.counters {
            let sum = self.counters.entry(key.clone()).or_default();
            *sum = sum.saturating_add(*units);
        }
    }
}

impl Service {
    /// What an import into a program is under: the rules at an instant, which is now unless it is said.
    pub(crate) async fn import_under(
        &self,
        program: Option<&str>,
        at: Option<DateTime<Utc>>,
    ) -> Result<Under, ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        let program = in_force.program(program)?;
        let at = match at {
            Some(at) => at,
            None => self.now().await?,
        };
        let hash = in_force.at(&program, at).ok_or_else(|| mend("a program has no publication"))?;
        let rules = self.rules.read(&self.store, hash).await?;
        Ok(Under { program, rules, at })
    }

    /// Posts what members bring along, those of whom [`Under::check`] said what they will have, and compares.
    pub(crate) async fn import(
        &self,
        under: &Under,
        members: &BTreeMap<String, (Brought, Balances)>,
        by: &str,
    ) -> Result<Reconciliation, ServiceError> {
        let mut report = Reconciliation {
            program: under.program.clone(),
            rule_set: under.rules.hash().to_owned(),
            as_of: under.at,
            members: u64::try_from(members.len()).unwrap_or(u64::MAX),
            opened: 0,
            opened_before: 0,
            lots: Compared { files: 0, ledger: 0 },
            points: Compared { files: String::new(), ledger: String::new() },
            tiers: Vec::new(),
            counters: Vec::new(),
            refused: Vec::new(),
            differences: Vec::new(),
        };
        let (mut files, mut ledger) = (Sums::default(), Sums::default());
        let all: Vec<_> = members.iter().collect();
        for part in all.chunks(TOGETHER) {
            let commands: Vec<Command> =
                part.iter().map(|(user_id, (brought, _))| under.command(user_id, brought, by)).collect();
            let answers = self.post(&commands).await;
            let mut levels = take(&mut report, &commands, answers)?;
            let kept = self.kept(under, &levels).await?;
            for (user_id, (_, due)) in part {
                files.add(due);
                let Some(tier) = levels.remove(user_id.as_str()) else { continue };
                let found = Balances { tier, ..kept.get(user_id.as_str()).cloned().unwrap_or_default() };
                ledger.add(&found);
                report.differences.extend(differences(under, user_id, due, &found));
            }
        }
        report.lots = Compared { files: files.lots, ledger: ledger.lots };
        report.points = Compared { files: points(under, files.points), ledger: points(under, ledger.points) };
        let tiers: BTreeSet<_> = files.tiers.keys().chain(ledger.tiers.keys()).cloned().collect();
        report.tiers = tiers
            .into_iter()
            .map(|tier| {
                let of = |sums: &Sums| sums.tiers.get(&tier).copied().unwrap_or(0);
                let members = Compared { files: of(&files), ledger: of(&ledger) };
                ComparedTier { tier, members }
            })
            .collect();
        let counters: BTreeSet<_> = files.counters.keys().chain(ledger.counters.keys()).cloned().collect();
        report.counters = counters
            .into_iter()
            .map(|key| {
                let of = |sums: &Sums| counted(under, &key.0, sums.counters.get(&key).copied().unwrap_or(0));
                let used = Compared { files: of(&files), ledger: of(&ledger) };
                ComparedCounter { counter: key.0, period: key.1, used }
            })
            .collect();
        Ok(report)
    }

    /// What the store has of openings of members, but for their levels.
    async fn kept(
        &self,
        under: &Under,
        levels: &BTreeMap<String, Option<String>>,
    ) -> Result<BTreeMap<String, Balances>, ServiceError> {
        let ids: Vec<&String> = levels.keys().collect();
        let mut kept: BTreeMap<String, Balances> = BTreeMap::new();
        let lots: Vec<LotSums> = self.store.read(statements::VERIFY_LOTS, &ids).await?;
        for lot in lots {
            let is_opening = lot.lot_key.rsplit_once('/').is_some_and(|(_, source)| source.starts_with("opening:"));
            if lot.program == under.program && is_opening {
                let sums = kept.entry(lot.user_id).or_default();
                sums.earned = sums.earned.saturating_add(lot.points_earned.raw().unwrap_or(0));
                sums.lots = sums.lots.saturating_add(1);
            }
        }
        let counters: Vec<CounterRow> = self.store.read(statements::VERIFY_COUNTERS, &ids).await?;
        for row in counters {
            if row.program == under.program && row.opening != 0 {
                kept.entry(row.user_id).or_default().counters.insert((row.key, row.period), row.opening);
            }
        }
        Ok(kept)
    }
}

/// Counts the answers; the levels of members that were opened, by id.
fn take(
    report: &mut Reconciliation,
    commands: &[Command],
    answers: Answers,
) -> Result<BTreeMap<String, Option<String>>, ServiceError> {
    let mut levels = BTreeMap::new();
    for (command, answer) in commands.iter().zip(answers) {
        match answer {
            Ok(done) => {
                let count = if done.replayed { &mut report.opened_before } else { &mut report.opened };
                *count = count.saturating_add(1);
                let told: Value = serde_json::from_str(&done.answer).unwrap_or_default();
                let tier = told.get("tier").and_then(Value::as_str).map(str::to_owned);
                levels.insert(command.user_id.clone(), tier);
            }
            // The store or this program failed, not the member.
            Err(error) if error.code.status() >= 500 => return Err(error),
            Err(error) => report.refused.push(RefusedMember {
                user_id: command.user_id.clone(),
                code: error.code.as_str(),
                detail: error.detail,
            }),
        }
    }
    Ok(levels)
}

fn differences(under: &Under, user_id: &str, due: &Balances, found: &Balances) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut compare = |what: String, files: String, ledger: String| {
        if files != ledger {
            all.push(Difference { user_id: user_id.to_owned(), what, values: Compared { files, ledger } });
        }
    };
    let level = |of: &Balances| of.tier.clone().unwrap_or_else(|| "none".to_owned());
    compare("tier".to_owned(), level(due), level(found));
    compare("lots".to_owned(), due.lots.to_string(), found.lots.to_string());
    compare("points".to_owned(), points(under, due.earned), points(under, found.earned));
    let keys: BTreeSet<_> = due.counters.keys().chain(found.counters.keys()).collect();
    for key in keys {
        let of = |of: &Balances| counted(under, &key.0, of.counters.get(key).copied().unwrap_or(0));
        compare(format!("{} in {}", key.0, key.1), of(due), of(found));
    }
    all
}

fn points(under: &Under, units: i64) -> String {
    Units::new(units, under.rules.points_decimals()).to_string()
}

/// Units of a counter as they are read: money, points or times, by its key `SCOPE.ID.WHAT.PERIOD`.
fn counted(under: &Under, key: &str, units: i64) -> String {
    Units::new(units, super::samples::decimals(&under.rules, key)).to_string()
}
