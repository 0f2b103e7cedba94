//! Recent purchases without names, for a preview elsewhere: what rules read of them, and nothing else.
//!
//! Ids of members, purchases and lines of goods are replaced by numbers, facts are those that the rules name, and seconds are
//! cut off. What a counter stood at before a purchase is what it stands at now, less what came from then on.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rewards_rules::draw::{PictureOptions, Stage};
use rewards_rules::input::{Member, Raw, Status, Transaction};
use rewards_rules::value::Exact;
use rewards_rules::{RuleSet, UsageKey};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::Service;
use super::drafts::{Audit, Named, nothing_in_force};
use super::error::ServiceError;
use super::recent::{Grown, Recent, exact};
use super::rules::{InForce, sources_of};
use crate::store::rows::{BudgetKey, CounterKey, CounterUnits};
use crate::store::statements;
use crate::store::units::Units;

/// As many postings are looked through for purchases.
const MOST: usize = 5_000;

/// Purchases for a preview.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Samples {
    /// The facts that the rules name, which are those told here.
    pub(crate) facts: Vec<String>,
    /// Oldest first.
    pub(crate) items: Vec<Sample>,
}

/// A purchase as the engine takes its three inputs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Sample {
    /// The purchase; its id is a number of this answer.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub(crate) transaction: Map<String, Value>,
    /// The member; the same member has the same id in one answer, and another one in the next.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub(crate) member: Map<String, Value>,
    /// What was used of counters before it, by key.
    pub(crate) usage: BTreeMap<String, String>,
}

/// A counter of somebody, or of all.
type Counter = (Option<String>, String, String);

/// A sample that waits for its counters.
struct Waiting<'a> {
    posting: &'a Recent,
    keys: Vec<UsageKey>,
    /// What counters grew by from this purchase on.
    since: Vec<Exact>,
}

impl Service {
    /// The newest purchases of the program of a draft or a published rule set, at most `limit`, without names. Facts are those
    /// that the rules in force or these name. Errors: `not_found`, `state_conflict` where nothing is in force.
    pub(crate) async fn samples(&self, of: &Named, by: &str, limit: usize) -> Result<Samples, ServiceError> {
        let (program, files) = self.files(of).await?;
        let in_force = InForce::now(&self.store).await?;
        let now = self.now().await?;
        let hash = in_force.at(&program, now).ok_or_else(|| nothing_in_force(&program))?;
        let mut rules = vec![self.rules.read(&self.store, hash).await?];
        // A draft with mistakes names no facts beyond those in force.
        let sources = sources_of(&files);
        let draft =
            tokio::task::spawn_blocking(move || sources.and_then(|sources| RuleSet::compile(sources).ok())).await;
        rules.extend(draft.ok().flatten());
        let (postings, ..) = self.recent(&program, 30, MOST).await?;
        let facts = NamedFacts::of(&rules);
        let (waiting, of_members, of_all) = gathered(&rules, &program, &postings, limit);
        let counters: Vec<CounterUnits> = self.store.read(statements::COUNTERS, &of_members).await?;
        let budgets: Vec<CounterUnits> = self.store.read(statements::BUDGETS, &of_all).await?;
        let items = told(&rules, waiting, &[counters, budgets].concat(), &facts);
        let (draft, rule_set) = match of {
            Named::Draft(id) => (Some(*id), None),
            Named::Hash(hash) => (None, Some(hash.as_str())),
        };
        let mut work = self.store.begin().await?;
        let audit = Audit { program: &program, draft, rule_set, action: "sampled", by };
        audit.write(&mut work, &json!({ "purchases": items.len(), "facts": facts.facts })).await?;
        work.commit().await?;
        Ok(Samples { facts: facts.facts.into_iter().collect(), items })
    }
}

/// What rules name.
struct NamedFacts {
    /// `tx.category`, `member.country`, `line.sku`.
    facts: BTreeSet<String>,
    /// Counters, whose periods may count from a day of the member's.
    counters: BTreeSet<String>,
    /// The files, for the names of segments.
    files: Vec<String>,
    campaigns: BTreeSet<String>,
}

impl NamedFacts {
    fn of(rules: &[RuleSet]) -> NamedFacts {
        let pictures = rules.iter().map(|rules| rules.picture(PictureOptions::ALL));
        let nodes = pictures.flat_map(|picture| picture.nodes);
        let files = rules.iter().flat_map(|rules| rules.sources().files());
        NamedFacts {
            facts: nodes.filter(|node| node.stage == Stage::Facts).map(|node| node.title).collect(),
            counters: rules.iter().flat_map(|rules| rules.counters().map(str::to_owned)).collect(),
            campaigns: rules.iter().flat_map(|rules| rules.describe().campaigns).map(|campaign| campaign.id).collect(),
            files: files.map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).collect(),
        }
    }

    fn has(&self, fact: &str) -> bool {
        self.facts.contains(fact)
    }

    fn of_lines(&self) -> bool {
        self.facts.iter().any(|fact| fact.starts_with("line."))
    }

    fn of_member(&self, name: &str) -> bool {
        let counts_by = |period: &str| self.counters.iter().any(|key| key.ends_with(period));
        self.has(&format!("member.{name}"))
            || match name {
                "joined_on" => self.has("member.days_since_joined") || counts_by(".anniversary"),
                "billing_day" => counts_by(".billing_cycle"),
                _ => false,
            }
    }

    fn segments(&self, name: &str) -> bool {
        // A whole word: a short name stands within many others.
        let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        self.files.iter().any(|text| text.split(|c| !inside(c)).any(|word| word == name))
    }
}

pub(super) fn transaction_of(posting: &Recent) -> Option<Transaction> {
    Transaction::from_raw(Raw::from(Value::Object(posting.content.clone()))).ok()
}

pub(super) fn member_of(posting: &Recent) -> Option<Member> {
    let told = posting.told.as_ref().filter(|told| told.status == "active")?;
    super::facts::member(&posting.row.user_id, &told.facts, Status::Active, told.belongs()).ok()
}

/// The newest purchases, oldest first, with the counters that they read and what those grew by since.
fn gathered<'a>(
    rules: &[RuleSet],
    program: &str,
    postings: &'a [Recent],
    limit: usize,
) -> (Vec<Waiting<'a>>, Vec<CounterKey>, Vec<BudgetKey>) {
    let mut grown = Grown::default();
    let mut waiting = Vec::new();
    let (mut of_members, mut of_all) = (BTreeSet::new(), BTreeSet::new());
    for posting in postings.iter().rev() {
        if waiting.len() >= limit {
            break;
        }
        let user_id = &posting.row.user_id;
        grown.take(posting);
        let (true, Some(transaction), Some(member)) =
            (posting.is_purchase(), transaction_of(posting), member_of(posting))
        else {
            continue;
        };
        let mut keys: Vec<UsageKey> = Vec::new();
        for key in rules.iter().filter_map(|rules| rules.usage_keys(&transaction, &member).ok()).flatten() {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        for key in &keys {
            let (program, name, period) = (program.to_owned(), key.key.clone(), key.period.clone());
            if key.shared {
                of_all.insert(BudgetKey { program, key: name, period });
            } else {
                of_members.insert(CounterKey { user_id: user_id.clone(), program, key: name, period });
            }
        }
        let owner = |key: &UsageKey| (!key.shared).then(|| user_id.clone());
        let since = keys.iter().map(|key| grown.by(owner(key), &key.key, &key.period)).collect();
        waiting.push(Waiting { posting, keys, since });
    }
    waiting.reverse();
    (waiting, of_members.into_iter().collect(), of_all.into_iter().collect())
}

/// Decimals of what a counter counts, by the WHAT of its key (semantics §4.3).
pub(super) fn decimals(rules: &RuleSet, key: &str) -> u8 {
    let mut parts = key.split('.');
    let (scope, id, what) = (parts.next(), parts.next(), parts.next());
    let is_points = |id: &str| {
        let mut campaigns = rules.describe().campaigns.into_iter();
        campaigns.any(|campaign| campaign.id == id && campaign.kind.starts_with("points"))
    };
    match (scope, id, what) {
        (Some("program"), Some("points"), _) | (_, _, Some("points")) => rules.points_decimals(),
        (_, _, Some("uses")) | (Some("member"), Some("visits"), _) => 0,
        (Some("campaign"), Some(id), Some("budget" | "amount")) if is_points(id) => rules.points_decimals(),
        _ => rules.currency().decimals(),
    }
}

fn told(rules: &[RuleSet], waiting: Vec<Waiting<'_>>, counters: &[CounterUnits], facts: &NamedFacts) -> Vec<Sample> {
    let mut now: HashMap<Counter, i64> = HashMap::new();
    for row in counters {
        let owner = Some(row.user_id.clone()).filter(|id| !id.is_empty());
        now.insert((owner, row.key.clone(), row.period.clone()), row.units);
    }
    let mut members: HashMap<&str, usize> = HashMap::new();
    let mut places: HashMap<String, u8> = HashMap::new();
    let mut samples = Vec::with_capacity(waiting.len());
    for (at, one) in (1_usize..).zip(&waiting) {
        let posting = one.posting;
        let next = members.len().saturating_add(1);
        let number = *members.entry(&posting.row.user_id).or_insert(next);
        let mut usage = BTreeMap::new();
        for (key, since) in one.keys.iter().zip(&one.since) {
            let owner = (!key.shared).then(|| posting.row.user_id.clone());
            let Some(units) = now.get(&(owner, key.key.clone(), key.period.clone())) else { continue };
            let Some(newest) = rules.last() else { continue };
            let places = *places.entry(key.key.clone()).or_insert_with(|| decimals(newest, &key.key));
            let Some(used) = exact(&Units::new(*units, places).to_string()) else { continue };
            let before = used.checked_sub(*since).unwrap_or(Exact::from(0));
            if before > Exact::from(0) {
                usage.insert(key.key.clone(), before.to_string());
            }
        }
        samples.push(Sample {
            transaction: purchase(posting, at, facts),
            member: member(posting, number, facts),
            usage,
        });
    }
    samples
}

/// The purchase with what rules name of it.
fn purchase(posting: &Recent, number: usize, facts: &NamedFacts) -> Map<String, Value> {
    let content = &posting.content;
    let mut told = Map::from_iter([("id".to_owned(), json!(format!("purchase-{number}")))]);
    for name in ["amount", "currency"] {
        told.extend(content.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    let minute = content.get("occurred_at").and_then(Value::as_str).and_then(|at| at.get(..16));
    told.extend(minute.map(|minute| ("occurred_at".to_owned(), json!(format!("{minute}:00Z")))));
    let is_named = |name: &str| facts.has(&format!("tx.{name}"));
    for name in ["category", "mcc", "merchant", "country", "channel", "payment_method"] {
        if is_named(name) {
            told.extend(content.get(name).map(|value| (name.to_owned(), value.clone())));
        }
    }
    let attributes = content.get("attributes").and_then(Value::as_object).into_iter().flatten();
    let attributes: Map<String, Value> =
        attributes.filter(|(name, _)| is_named(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    if !attributes.is_empty() {
        told.insert("attributes".to_owned(), attributes.into());
    }
    if facts.of_lines() {
        let lines = content.get("items").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
        let kept = |line: &Map<String, Value>| -> Value {
            let always = |name: &str| matches!(name, "amount" | "quantity");
            let named = |name: &str| facts.has(&format!("line.{name}"));
            let fields = line.iter().filter(|(name, _)| always(name) || named(name));
            fields.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
        };
        let lines: Vec<Value> = lines.map(kept).collect();
        if !lines.is_empty() {
            told.insert("items".to_owned(), lines.into());
        }
    }
    told
}

/// The member with what rules name, and the tier and spending before the purchase.
fn member(posting: &Recent, number: usize, facts: &NamedFacts) -> Map<String, Value> {
    let mut told = Map::from_iter([("id".to_owned(), json!(format!("member-{number}")))]);
    told.extend(posting.came.tier.clone().map(|tier| ("tier".to_owned(), json!(tier))));
    told.extend(posting.spending_before().map(|spending| ("spending".to_owned(), json!(spending))));
    if let Some(of) = &posting.told {
        let is_named = |name: &str| name != "segments" && facts.of_member(name);
        told.extend(
            of.facts.iter().filter(|(name, _)| is_named(name)).map(|(name, value)| (name.clone(), value.clone())),
        );
        let segments: Vec<&str> = of.all_segments().into_iter().filter(|one| facts.segments(one)).collect();
        if !segments.is_empty() {
            told.insert("segments".to_owned(), json!(segments));
        }
        let enrolments: Vec<&String> = of.enrolments.iter().filter(|id| facts.campaigns.contains(*id)).collect();
        if !enrolments.is_empty() {
            told.insert("enrolments".to_owned(), json!(enrolments));
        }
    }
    told
}
