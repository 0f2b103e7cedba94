//! What a change of rules would have cost on the purchases of the last days: both rule sets over the same postings, by the
//! engine's own comparison. Nothing is kept but the line of the audit that says that somebody looked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rewards_rules::diff::{Costs, Trial, alone, compare};
use rewards_rules::input::Raw;
use rewards_rules::simulate::{Cell, Options};
use rewards_rules::state::record::CounterRecord;
use rewards_rules::{RuleSet, UsageKey};
use serde::Serialize;
use serde_json::{Value, json};

use super::drafts::{Audit, Named, nothing_in_force};
use super::error::{Code, ServiceError};
use super::load::record_with_lots;
use super::recent::{Grown, Recent, Told};
use super::rules::{InForce, sources_of};
use super::samples::{decimals, member_of, transaction_of};
use super::vault::sha256;
use super::{Service, mend};
use crate::store::rows::{BudgetKey, CounterKey, CounterUnits, StandingRow};
use crate::store::rule_rows::{DraftRow, RuleAuditRow};
use crate::store::statements;

/// As many postings are looked at, the newest.
const MOST: usize = 20_000;

/// As many changes are each run alone.
const MOST_ALONE: usize = 12;

/// What a change costs.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct Impact {
    /// Content hash in force.
    pub(crate) old: String,
    /// Content hash of what was tried.
    pub(crate) new: String,
    /// Days that were looked at.
    pub(crate) days: u32,
    /// First local day of them.
    #[schema(value_type = String)]
    pub(crate) from: chrono::NaiveDate,
    /// Last local day of them.
    #[schema(value_type = String)]
    pub(crate) to: chrono::NaiveDate,
    /// Whether there are more postings in these days, of which only the newest 20,000 were looked at.
    pub(crate) is_sample: bool,
    /// Postings that were left out: refunds of earlier purchases, those of members who are forgotten or not active, and those
    /// that one of the rule sets cannot evaluate.
    pub(crate) left_out: u64,
    /// What both pay, who gains and who loses, by rule and by change, as `rewards diff --format json` has it. Members begin
    /// with the tier, spending and purchases that they had, limits and budgets with what was used of them; limits that were
    /// not in force all those days begin unused.
    #[schema(value_type = crate::http::openapi::engine::Costs)]
    pub(crate) costs: Costs,
}

/// Days of purchases on which a draft is to be tried before it is approved.
const TRIAL_DAYS: u64 = 30;

/// A trial of a draft, as its audit tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct Tried {
    /// Subject of who tried it.
    pub(crate) by: String,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// Days that were looked at.
    pub(crate) days: u64,
    /// Purchases among them.
    pub(crate) purchases: u64,
    /// Money that it would have paid more than the rules in force.
    pub(crate) difference: String,
}

/// Whether the files of a draft were tried as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum TrialState {
    /// Nothing of the program is in force that it could be held against.
    NotNeeded,
    /// Nobody tried them on the purchases of the last 30 days: an approval has to say why not.
    Missing,
    /// Somebody did.
    Done(Tried),
}

/// Whether a draft was tried: by the last line of its audit that tells of these files and days enough.
pub(super) fn trial_state(in_force: &InForce, draft: &DraftRow, audit: &[RuleAuditRow]) -> TrialState {
    if !in_force.programs().contains(&draft.program) {
        return TrialState::NotNeeded;
    }
    let files = sha256(&draft.files);
    let tried = |line: &RuleAuditRow| {
        let number = |name: &str| line.detail.get(name).and_then(Value::as_u64);
        let text = |name: &str| line.detail.get(name).and_then(Value::as_str);
        let is_of = line.action == "tried" && text("files") == Some(files.as_str());
        let days = number("days").filter(|days| is_of && *days >= TRIAL_DAYS)?;
        Some(Tried {
            by: line.subject.clone(),
            at: line.created_at,
            days,
            purchases: number("purchases").unwrap_or(0),
            difference: text("difference").unwrap_or_default().to_owned(),
        })
    };
    audit.iter().rev().find_map(tried).map_or(TrialState::Missing, TrialState::Done)
}

/// What members had before the first of the postings.
type Before = HashMap<String, BTreeMap<&'static str, String>>;

/// What was used of a counter before the first of the postings.
struct Used {
    /// Of all members, where it is nobody's.
    user_id: Option<String>,
    counter: CounterRecord,
}

impl Service {
    /// What a draft or a published rule set would have cost on the purchases of the last days, beside the rules in force.
    /// Errors: `not_found`, `findings_present`, `state_conflict` where nothing is in force, `invalid_change` where the two
    /// count in other money or points.
    pub(crate) async fn impact(&self, of: &Named, by: &str, days: u32) -> Result<Impact, ServiceError> {
        let (program, files) = self.files(of).await?;
        let (old, new) = self.both(&program, &files).await?;
        let (postings, is_sample, since) = self.recent(&program, days, MOST).await?;
        let before = self.before(&program, &postings).await?;
        let used = self.used_before(&old, &new, &postings, since).await?;
        let (from, to) = (old.local_date(since), old.local_date(self.now().await?));
        let hashes = (old.hash().to_owned(), new.hash().to_owned());
        let tried = tokio::task::spawn_blocking(move || tried(&old, &new, &postings, &before, &used)).await;
        let (costs, left_out) = tried.map_err(|_| mend("a comparison ended early"))??;
        let impact = Impact { old: hashes.0, new: hashes.1, days, from, to, is_sample, left_out, costs };
        let (draft, rule_set) = match of {
            Named::Draft(id) => (Some(*id), None),
            Named::Hash(hash) => (None, Some(hash.as_str())),
        };
        let mut work = self.store.begin().await?;
        let audit = Audit { program: &program, draft, rule_set, action: "tried", by };
        let total = &impact.costs.total;
        let detail = json!({
            "rule_set": impact.new, "days": days, "purchases": impact.costs.purchases, "difference": total.difference,
            "points_difference": total.points_difference, "files": sha256(&files),
        });
        audit.write(&mut work, &detail).await?;
        work.commit().await?;
        Ok(impact)
    }

    /// What is in force of a program now, and other files of it.
    pub(super) async fn both(&self, program: &str, files: &str) -> Result<(RuleSet, RuleSet), ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        let now = self.now().await?;
        let hash = in_force.at(program, now).ok_or_else(|| nothing_in_force(program))?;
        let old = self.rules.read(&self.store, hash).await?;
        let sources = sources_of(files).ok_or_else(|| mend("files cannot be read"))?;
        let compiled = tokio::task::spawn_blocking(move || RuleSet::compile(sources)).await;
        let compiled = compiled.map_err(|_| mend("rules could not be compiled"))?;
        let new = compiled.map_err(|findings| super::review::refused(&findings, &[]))?;
        // Publishing keeps what is paused.
        let new = self.as_paused(None, &new).await?;
        Ok((old, new))
    }

    /// What was used of the counters of postings before the first of them: what they stand at now, less what came since.
    /// Only of those that all rules of these days have: of others the postings do not tell what came.
    async fn used_before(
        &self,
        old: &RuleSet,
        new: &RuleSet,
        postings: &[Recent],
        since: DateTime<Utc>,
    ) -> Result<Vec<Used>, ServiceError> {
        let program = old.program();
        let mut told: BTreeSet<String> = old.counters().map(str::to_owned).collect();
        let in_force = InForce::now(&self.store).await?;
        let now = self.now().await?;
        let later = in_force.after(program, since).into_iter().filter(|(_, from)| *from <= now).map(|(hash, _)| hash);
        for hash in in_force.at(program, since).map(str::to_owned).into_iter().chain(later) {
            let rules = self.rules.read(&self.store, &hash).await?;
            let has: BTreeSet<&str> = rules.counters().collect();
            told.retain(|key| has.contains(key.as_str()));
        }
        let mut grown = Grown::default();
        let (mut own, mut shared) = (BTreeSet::new(), BTreeSet::new());
        let mut bought: BTreeSet<&str> = BTreeSet::new();
        for posting in postings {
            // What is left out of the trial counts as if it had come before.
            if !is_tried(posting, &bought) {
                continue;
            }
            bought.insert(&posting.row.transaction_id);
            let user_id = &posting.row.user_id;
            grown.take(posting);
            let (true, Some(transaction), Some(member)) =
                (posting.is_purchase(), transaction_of(posting), member_of(posting))
            else {
                continue;
            };
            let keys =
                [old, new].into_iter().filter_map(|rules| rules.usage_keys(&transaction, &member).ok()).flatten();
            for UsageKey { key, period, shared: is_shared } in keys.filter(|key| told.contains(&key.key)) {
                let program = program.to_owned();
                if is_shared {
                    shared.insert(BudgetKey { program, key, period });
                } else {
                    own.insert(CounterKey { user_id: user_id.clone(), program, key, period });
                }
            }
        }
        let mut rows: Vec<CounterUnits> = self.store.read(statements::COUNTERS, &own).await?;
        rows.extend(self.store.read::<CounterUnits>(statements::BUDGETS, &shared).await?);
        let mut places: HashMap<String, u8> = HashMap::new();
        let mut used = Vec::new();
        for CounterUnits { user_id, key, period, units, .. } in rows {
            let user_id = Some(user_id).filter(|id| !id.is_empty());
            let places = *places.entry(key.clone()).or_insert_with(|| decimals(old, &key));
            let since = grown.by(user_id.clone(), &key, &period).to_units_exact(u32::from(places)).unwrap_or(0);
            let units = units.saturating_sub(since);
            if units > 0 {
                used.push(Used { user_id, counter: CounterRecord { key, period, units } });
            }
        }
        Ok(used)
    }

    /// Tier, spending and purchases of each member before the first posting of theirs.
    async fn before(&self, program: &str, postings: &[Recent]) -> Result<Before, ServiceError> {
        let members: BTreeSet<&str> = postings.iter().map(|posting| posting.row.user_id.as_str()).collect();
        let members: Vec<&str> = members.into_iter().collect();
        let standing: Vec<StandingRow> = self.store.read(statements::STANDING, &members).await?;
        let mut counted: HashMap<&str, i64> = HashMap::new();
        for posting in postings.iter().filter(|posting| posting.counts()) {
            let count = counted.entry(&posting.row.user_id).or_insert(0);
            *count = count.saturating_add(1);
        }
        let mut purchases: HashMap<&str, i64> = HashMap::new();
        for row in &standing {
            let now = record_with_lots(program, std::slice::from_ref(row), &[])?.purchases;
            let since = counted.get(row.user_id.as_str()).copied().unwrap_or(0);
            let before = purchases.entry(&row.user_id).or_insert(0);
            *before = before.saturating_add(now.saturating_sub(since).max(0));
        }
        let mut before = Before::new();
        for posting in postings.iter().filter(|posting| posting.is_purchase()) {
            let user_id = posting.row.user_id.as_str();
            if before.contains_key(user_id) {
                continue;
            }
            let mut facts = BTreeMap::from([("user_id", user_id.to_owned())]);
            facts.extend(posting.came.tier.clone().map(|tier| ("tier", tier)));
            facts.extend(posting.spending_before().map(|spending| ("spending", spending)));
            facts.extend(purchases.get(user_id).map(|count| ("purchases", count.to_string())));
            before.insert(user_id.to_owned(), facts);
        }
        Ok(before)
    }
}

/// Whether a posting is one that can be tried, after those that were bought.
fn is_tried(posting: &Recent, bought: &BTreeSet<&str>) -> bool {
    let of_known = posting.row.original_id.as_deref().is_none_or(|original| bought.contains(original));
    of_known && posting.told.as_ref().is_some_and(|told| told.status == "active")
}

/// Runs both over the postings; the costs, and how many were left out.
fn tried(
    old: &RuleSet,
    new: &RuleSet,
    postings: &[Recent],
    before: &Before,
    used: &[Used],
) -> Result<(Costs, u64), ServiceError> {
    let comparison = compare(old, new);
    let mut each = alone(old, new, &comparison);
    if each.len() > MOST_ALONE {
        each.clear();
    }
    let incomparable = || {
        let words = "what the change costs cannot be told: the currencies of the two rule sets, or the decimals of their points, differ";
        ServiceError::new(Code::InvalidChange, words)
    };
    let mut trial = Trial::new(old, new, each, Options::default()).ok_or_else(incomparable)?;
    let refused = |refused: rewards_rules::diff::Refused| ServiceError::from(*refused.error);
    let columns: Vec<String> = trial.transaction_names().all().to_vec();
    trial.header(&columns).map_err(refused)?;
    let names: Vec<String> = ["user_id", "tier", "spending", "purchases"].map(str::to_owned).to_vec();
    let of_members = trial.member_columns(&names).map_err(refused)?;
    let known = |level: &str| [old, new].iter().all(|rules| rules.levels().any(|one| one == level));
    for facts in before.values() {
        let cell = |at: usize| match names.get(at).and_then(|name| Some((name, facts.get(name.as_str())?))) {
            // Who had a level that goes begins at the lowest.
            Some((name, level)) if name == "tier" && !known(level) => Cell::Absent,
            Some((_, text)) => Cell::Text(text),
            None => Cell::Absent,
        };
        trial.add_member(&of_members, cell).map_err(refused)?;
    }
    for Used { user_id, counter } in used {
        trial.begin_with(user_id.as_deref(), counter).map_err(refused)?;
    }
    let mut left_out: u64 = 0;
    let mut bought: BTreeSet<&str> = BTreeSet::new();
    for posting in postings {
        let told = posting.told.as_ref().filter(|_| is_tried(posting, &bought));
        let row = told.map(|told| row(posting, told, &columns));
        let went = row.is_some_and(|row| trial.post(|at| row.get(at).map_or(Cell::Absent, Held::cell)).is_ok());
        if went {
            bought.insert(&posting.row.transaction_id);
        } else {
            left_out = left_out.saturating_add(1);
        }
    }
    Ok((trial.costs(left_out), left_out))
}

/// A cell with what it shows.
enum Held {
    Absent,
    Text(String),
    Number(String),
    Boolean(bool),
    Nested(Raw),
}

impl Held {
    fn of(value: Option<&Value>) -> Held {
        match value {
            None | Some(Value::Null) => Held::Absent,
            Some(Value::String(text)) => Held::Text(text.clone()),
            Some(Value::Number(number)) => Held::Number(number.to_string()),
            Some(Value::Bool(is)) => Held::Boolean(*is),
            Some(value) => Held::Nested(Raw::from(value.clone())),
        }
    }

    fn cell(&self) -> Cell<'_> {
        match self {
            Held::Absent => Cell::Absent,
            Held::Text(text) => Cell::Text(text),
            Held::Number(number) => Cell::Number(number),
            Held::Boolean(is) => Cell::Boolean(*is),
            Held::Nested(raw) => Cell::Nested(raw.clone()),
        }
    }
}

/// A posting as a row of a table with these columns.
fn row(posting: &Recent, told: &Told, columns: &[String]) -> Vec<Held> {
    let attributes = posting.content.get("attributes").and_then(Value::as_object);
    let cell = |name: &String| match name.as_str() {
        "transaction_id" => Held::Text(posting.row.transaction_id.clone()),
        "user_id" => Held::Text(posting.row.user_id.clone()),
        "type" => Held::Text(posting.row.kind.clone()),
        "original_transaction_id" => posting.row.original_id.clone().map_or(Held::Absent, Held::Text),
        // Members have the tier that the rules give them on the way.
        "tier" => Held::Absent,
        "member.enrolments" => Held::of(Some(&json!(told.enrolments))),
        "member.segments" => Held::of(Some(&json!(told.all_segments()))),
        name => match name.split_once('.') {
            Some(("tx", fact)) => Held::of(attributes.and_then(|all| all.get(fact))),
            Some((_, fact)) => Held::of(told.facts.get(fact)),
            // A refund says no currency; its outcome does.
            None if name == "currency" => Held::Text(posting.came.currency.clone()),
            None => Held::of(posting.content.get(name)),
        },
    };
    columns.iter().map(cell).collect()
}
