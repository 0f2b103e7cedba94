//! What each command of a batch needs: its rule set, its member as told, the counters that it reads.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rewards_rules::input::{ErrorCode, Member, Status};
use rewards_rules::state::Settlement;
use rewards_rules::state::record::{PurchaseRecord, RedemptionRecord};
use rewards_rules::{RuleSet, UsageKey};
use serde_json::{Map, Value};

use super::Service;
use super::command::{Act, Command, Done};
use super::counting::{Made, change_of_redemption};
use super::error::{Code, ServiceError};
use super::load::{Loaded, State};
use super::parts::Part;
use super::{facts, mend, redemption};
use crate::service::vault::sha256;
use crate::store::Work;
use crate::store::rows::{BudgetKey, CounterKey, Processed};

/// How far ahead of the database's clock a purchase may say that it happened.
pub(super) const AHEAD: TimeDelta = TimeDelta::days(1);

/// What stands before a command is done.
pub(super) enum Plan {
    /// It was done before, or cannot be done.
    Ended(Result<Done, ServiceError>),
    /// It is to be done.
    Run(Box<Ready>),
}

/// A command that is to be done.
pub(super) struct Ready {
    pub(super) program: String,
    pub(super) rules: RuleSet,
    /// The member as rules see it before the command, and what it was made from.
    pub(super) member: Member,
    pub(super) facts: Map<String, Value>,
    pub(super) segments: Vec<String>,
    /// When it happens: the purchase's own instant, else the clock of the database.
    pub(super) at: DateTime<Utc>,
    /// Canonical content of what claims an id, and its SHA-256.
    pub(super) content: Option<(String, String)>,
    /// Counters that it reads.
    pub(super) keys: Vec<UsageKey>,
    /// Of a refund: its purchase, and the rule set of that.
    pub(super) purchase: Option<(RuleSet, PurchaseRecord)>,
    pub(super) redemption: Option<RedemptionRecord>,
    /// Budgets that it feeds although the rules of its purchase do not.
    pub(super) budgets: Vec<BudgetKey>,
    /// Whether it gives back to counters which the rules of its purchase, or its redemption, did not have.
    pub(super) feeds_more: bool,
}

/// The counters of a batch.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) own: BTreeSet<CounterKey>,
    pub(super) shared: BTreeSet<BudgetKey>,
}

impl Wanted {
    fn add(&mut self, user_id: &str, ready: &Ready) {
        for key in &ready.keys {
            let (program, name, period) = (ready.program.clone(), key.key.clone(), key.period.clone());
            if key.shared {
                self.shared.insert(BudgetKey { program, key: name, period });
            } else {
                self.own.insert(CounterKey { user_id: user_id.to_owned(), program, key: name, period });
            }
        }
        self.shared.extend(ready.budgets.iter().cloned());
        // What a redemption counted on is put back where it was.
        for counter in ready.redemption.iter().flat_map(|r| &r.counters) {
            self.own.insert(CounterKey {
                user_id: user_id.to_owned(),
                program: ready.program.clone(),
                key: counter.key.clone(),
                period: counter.period.clone(),
            });
        }
    }
}

/// The plans of as many commands of a batch as one transaction can take, at least one; and the counters that they read
/// together.
pub(super) async fn plan(
    service: &Service,
    work: &mut Work,
    loaded: &Loaded,
    commands: &[Command],
) -> Result<(Vec<Plan>, Wanted), ServiceError> {
    let mut plans = Vec::with_capacity(commands.len());
    let mut wanted = Wanted::default();
    let mut part = Part::default();
    for command in commands {
        if part.ends_before(command) {
            break;
        }
        let plan = match ready(service, work, loaded, command).await {
            Ok(Some(ready)) => {
                let tells = loaded.members.get(&command.user_id).is_some_and(|locked| locked.facts != ready.facts);
                if !part.takes(command, &ready, tells) {
                    break;
                }
                wanted.add(&command.user_id, &ready);
                Plan::Run(Box::new(ready))
            }
            Ok(None) => Plan::Ended(repeated(loaded, command)),
            // The store or this program failed, not the command.
            Err(e) if e.code.status() >= 500 => return Err(e),
            Err(e) => Plan::Ended(Err(e)),
        };
        plans.push(plan);
    }
    Ok((plans, wanted))
}

/// The answer to what was done before.
fn repeated(loaded: &Loaded, command: &Command) -> Result<Done, ServiceError> {
    let of_key = command.key.as_ref().and_then(|k| loaded.answered.get(&(k.scope.clone(), k.key.clone())));
    let of_id = command.act.claims().and_then(|id| loaded.processed.get(id));
    let answer = of_id.map(|row| row.outcome.clone()).or(of_key.map(|row| row.answer.clone()));
    answer.map(|answer| Done { answer, replayed: true }).ok_or_else(|| mend("an answer is not where it was"))
}

/// `None` if it was done before with the same content.
async fn ready(
    service: &Service,
    work: &mut Work,
    loaded: &Loaded,
    command: &Command,
) -> Result<Option<Ready>, ServiceError> {
    if let Some(key) = &command.key
        && let Some(row) = loaded.answered.get(&(key.scope.clone(), key.key.clone()))
    {
        return if row.request_sha256 == key.request_sha256 { Ok(None) } else { Err(key_reused(Some(&command.act))) };
    }
    if let Some(id) = command.act.claims()
        && let Some(row) = loaded.processed.get(id)
    {
        return if same(service, work, command, row).await? { Ok(None) } else { Err(id_conflict(id)) };
    }
    let locked = loaded.members.get(&command.user_id).ok_or_else(|| mend("a member was not locked"))?;
    if locked.seal.is_none() {
        suits_forgotten(&command.act)?;
    }
    let mut facts = locked.facts.clone();
    match &command.act {
        Act::Purchase { facts: Some(more), .. }
        | Act::Open { facts: Some(more), .. }
        | Act::SetFacts { facts: more } => {
            facts::merge(&mut facts, more)?;
        }
        _ => {}
    }
    let (program, hash, at) = ruling(loaded, command)?;
    let rules = service.rules.get(work, &hash).await?;
    let state = loaded.states.get(&(command.user_id.clone(), program.clone()));
    let belongs = state.map(|s| s.belongs_at(at)).unwrap_or_default();
    let segments = belongs.segments.clone();
    let member = facts::member(&command.user_id, &facts, locked.status, belongs)?;
    let purchase = match &command.act {
        Act::Refund(refund) => Some(purchase(service, work, loaded, command, &refund.original).await?),
        _ => None,
    };
    let mut ready = Ready {
        program,
        rules,
        member,
        facts,
        segments,
        at,
        content: None,
        keys: Vec::new(),
        purchase,
        redemption: None,
        budgets: Vec::new(),
        feeds_more: false,
    };
    complete(loaded, command, state, &mut ready)?;
    Ok(Some(ready))
}

/// Whether an id that is taken was taken with what a command says. It is read as it was then: what was published since,
/// or is known of the member now, changes nothing.
async fn same(service: &Service, work: &mut Work, command: &Command, row: &Processed) -> Result<bool, ServiceError> {
    let rules = service.rules.get(work, &row.rule_set).await?;
    let content = match &command.act {
        Act::Purchase { transaction, .. } => rules.content_of_purchase(transaction, &command.user_id),
        Act::Refund(refund) => rules.content_of_refund(refund, &command.user_id),
        _ => String::new(),
    };
    let named = command.program.as_ref().is_none_or(|program| *program == row.program);
    Ok(named && sha256(&content) == row.content_sha256)
}

async fn purchase(
    service: &Service,
    work: &mut Work,
    loaded: &Loaded,
    command: &Command,
    original: &str,
) -> Result<(RuleSet, PurchaseRecord), ServiceError> {
    let row = loaded.purchases.get(original).ok_or_else(|| mend("a purchase was not read"))?;
    let locked = loaded.members.get(&command.user_id).ok_or_else(|| mend("a member was not locked"))?;
    let rules = service.rules.get(work, &row.rule_set).await?;
    Ok((rules, super::write::open_purchase(locked.seal.as_ref(), row)?))
}

/// Program, hash of the rule set, and instant of a command.
fn ruling(loaded: &Loaded, command: &Command) -> Result<(String, String, DateTime<Utc>), ServiceError> {
    let in_force = |at: DateTime<Utc>| {
        let program = loaded.in_force.program(command.program.as_deref())?;
        let hash = loaded.in_force.at(&program, at).ok_or_else(|| mend("a program has no publication"))?.to_owned();
        Ok((program, hash, at))
    };
    match &command.act {
        Act::Purchase { transaction, .. } => {
            if transaction.occurred_at > loaded.now.checked_add_signed(AHEAD).unwrap_or(loaded.now) {
                return Err(ServiceError::new(
                    Code::OccurredInFuture,
                    format!(
                        "it is {} here, and the purchase says {}",
                        loaded.now.to_rfc3339(),
                        transaction.occurred_at.to_rfc3339()
                    ),
                )
                .at("transaction.occurred_at"));
            }
            in_force(transaction.occurred_at)
        }
        Act::Refund(refund) => {
            let purchase = loaded.purchases.get(&refund.original).ok_or_else(|| {
                let code = Code::Input(ErrorCode::RefundUnknownPurchase);
                ServiceError::new(code, format!("there is no purchase `{}` to refund", refund.original))
            })?;
            if refund.occurred_at > loaded.now.checked_add_signed(AHEAD).unwrap_or(loaded.now) {
                return Err(ServiceError::new(Code::OccurredInFuture, "the refund says that it is yet to come")
                    .at("occurred_at"));
            }
            if purchase.user_id != command.user_id {
                let code = Code::Input(ErrorCode::RefundWrongMember);
                return Err(ServiceError::new(code, format!("the purchase `{}` is another member's", refund.original)));
            }
            // The member goes on under the rules of today; what is reversed follows those of the purchase.
            let hash = loaded
                .in_force
                .at(&purchase.program, loaded.now)
                .ok_or_else(|| mend("a program has no publication"))?;
            Ok((purchase.program.clone(), hash.to_owned(), refund.occurred_at))
        }
        Act::Settle { id, .. } => {
            let row = loaded.redemptions.get(id).filter(|row| row.user_id == command.user_id);
            let row = row.ok_or_else(|| ServiceError::new(Code::NotFound, format!("there is no redemption `{id}`")))?;
            // The member goes on under the rules of today; the record says what it took and counted on.
            let hash =
                loaded.in_force.at(&row.program, loaded.now).ok_or_else(|| mend("a program has no publication"))?;
            Ok((row.program.clone(), hash.to_owned(), loaded.now))
        }
        Act::Open { opening, .. } if opening.at > loaded.now => {
            let words = format!(
                "it is {} here, and the balances are as of {}",
                loaded.now.to_rfc3339(),
                opening.at.to_rfc3339()
            );
            Err(ServiceError::new(Code::OccurredInFuture, words))
        }
        Act::Open { opening, .. } => in_force(opening.at),
        _ => in_force(loaded.now),
    }
}

/// Contents, counters and records of a command.
fn complete(loaded: &Loaded, command: &Command, state: Option<&State>, ready: &mut Ready) -> Result<(), ServiceError> {
    let Ready { rules, member, at, .. } = ready;
    match &command.act {
        Act::Purchase { transaction, .. } => {
            let content = rules.content_of_purchase(transaction, &command.user_id);
            let hash = sha256(&content);
            ready.content = Some((content, hash));
            ready.keys = rules.usage_keys(transaction, member)?;
            let date = rules.local_date(*at);
            let fills = loaded.fed(&command.user_id, rules);
            ready.budgets = fills.iter().flat_map(|fill| fill.budgets(rules, date)).collect();
        }
        Act::Refund(refund) => {
            let content = rules.content_of_refund(refund, &command.user_id);
            let hash = sha256(&content);
            ready.content = Some((content, hash));
            if let Some((rules, record)) = &ready.purchase {
                ready.keys = rules.refund_keys(record)?;
                let fills = loaded.fed(&command.user_id, rules);
                ready.feeds_more = !fills.is_empty();
                ready.budgets = fills.iter().flat_map(|fill| fill.budgets(rules, record.date)).collect();
            }
        }
        Act::Redeem { id, option, .. } => {
            if loaded.redemptions.contains_key(id) {
                return Err(ServiceError::new(Code::StateConflict, format!("there is a redemption `{id}` already")));
            }
            // An unknown option is refused where the others are, after the member was found.
            ready.keys = rules.redemption_keys(option, *at, member)?;
        }
        Act::Settle { id, settlement, .. } => {
            let row = loaded.redemptions.get(id).ok_or_else(|| mend("a redemption was not read"))?;
            let record = redemption::record_of(&row.record)?;
            let fills = loaded.redeemed(&command.user_id, &row.program);
            ready.feeds_more = *settlement != Settlement::Complete
                && !change_of_redemption(&fills, Made::of(row), None, &record).0.is_empty();
            ready.redemption = Some(record);
        }
        Act::Enrol { .. } if member.status != Status::Active => {
            let words = format!("the member is {} and takes part in nothing", member.status.as_str());
            return Err(ServiceError::new(Code::Input(ErrorCode::MemberInactive), words));
        }
        Act::Leave { campaign } if state.is_none_or(|s| !s.enrolled_at(*at).contains(campaign)) => {
            return Err(ServiceError::new(Code::NotFound, format!("the member is not enrolled in `{campaign}`")));
        }
        _ => {}
    }
    Ok(())
}

/// A member who was forgotten stays closed, and nothing is kept of them any more.
fn suits_forgotten(act: &Act) -> Result<(), ServiceError> {
    match act {
        Act::SetStatus { status, .. } if *status == Status::Closed => Ok(()),
        Act::SetStatus { .. } | Act::SetFacts { .. } | Act::Enrol { .. } | Act::Open { .. } => {
            Err(ServiceError::new(Code::StateConflict, "the member was forgotten, which cannot be undone"))
        }
        _ => Ok(()),
    }
}

/// The same key with another request.
pub(super) fn key_reused(act: Option<&Act>) -> ServiceError {
    match act {
        Some(Act::Open { .. }) => {
            ServiceError::new(Code::StateConflict, "the member was opened before, with other balances")
        }
        _ => ServiceError::new(Code::IdempotencyKeyReused, "this key came before with another request"),
    }
}

/// The same id with other content; nothing is said of what it came with.
pub(super) fn id_conflict(id: &str) -> ServiceError {
    ServiceError::new(Code::Input(ErrorCode::IdConflict), format!("the id `{id}` was used before with other content"))
}
