//! What a publication must not change, and which counters it would find short.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use rewards_rules::RuleSet;
use rewards_rules::diff::{What, compare};
use rewards_rules::input::{Member, Transaction};
use serde_json::json;

use super::Service;
use super::error::{Code, ServiceError};
use super::mend;
use super::rules::{InForce, STANDARD};
use crate::store::rows::LevelRow;
use crate::store::rule_rows::{LevelsOf, ProgramRow};
use crate::store::{Work, statements};

/// A counter that would have counted what was posted while nobody counted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    /// Its key; of the windows of levels, `windows.KIND`.
    pub(super) counter: String,
    /// Whether the rules read it. What they do not is kept for rules that come after, and nobody waits for it.
    pub(super) is_needed: bool,
}

/// Holds a program until the commit. Whoever publishes, pauses, or asks for counters does so first, after the draft: what
/// comes then is locked in whatever order.
pub(super) async fn lock_program(work: &mut Work, program: &str) -> Result<Option<ProgramRow>, ServiceError> {
    Ok(work.rows(statements::LOCK_PROGRAM, &program).await?.into_iter().next())
}

/// Refuses rules that change what cannot change of a published program; the program is locked then. Error
/// `invalid_change`.
pub(super) async fn must_stay(work: &mut Work, rules: &RuleSet) -> Result<(), ServiceError> {
    let program = rules.program();
    let row = lock_program(work, program).await?;
    // A program that is new.
    let Some(row) = row else { return Ok(()) };
    let mut wrong: Vec<String> = Vec::new();
    let mut compare = |what: &str, old: String, new: String| {
        if old != new {
            wrong.push(format!("{what} {old} → {new}"));
        }
    };
    let number = |n: u8| n.to_string();
    compare("currency", row.currency, rules.currency().code().to_owned());
    compare("decimals of the currency", number(row.money_decimals), number(rules.currency().decimals()));
    compare("time zone", row.timezone, rules.timezone().to_owned());
    compare("decimals of points", number(row.points_decimals), number(rules.points_decimals()));
    let new: BTreeSet<&str> = rules.levels().collect();
    let rows: Vec<LevelRow> = work.rows(statements::LEVELS, &()).await?;
    let gone = rows.into_iter().filter(|level| level.program == program && level.tier_type != STANDARD);
    let gone: Vec<String> = gone.map(|level| level.tier_type).filter(|id| !new.contains(id.as_str())).collect();
    if !gone.is_empty() {
        let held: Vec<String> =
            work.rows(statements::LEVELS_NAMED, &LevelsOf { program: program.to_owned(), levels: gone }).await?;
        wrong.extend(held.into_iter().map(|level| format!("level `{level}`, which members hold or held, is gone")));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(ServiceError::new(Code::InvalidChange, wrong.join("; ")).with("changes", json!(wrong)))
}

/// Counters of rules that take force at an instant which earlier rules of the program did not count, although they
/// granted what these would have counted. Rules that take force at once find none where nothing was posted or redeemed;
/// until a later instant something may be.
pub(super) async fn gaps(
    service: &Service,
    work: &mut Work,
    rules: &RuleSet,
    from: DateTime<Utc>,
    at_once: bool,
) -> Result<Vec<Gap>, ServiceError> {
    if at_once {
        let posted: Vec<bool> = work.rows(statements::HAS_POSTINGS, &rules.program()).await?;
        if posted.is_empty() {
            return Ok(Vec::new());
        }
    }
    let here = periods(rules, from)?;
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut given_up: BTreeSet<String> = BTreeSet::new();
    for (hash, until) in InForce::within(work).await?.spans(rules.program(), from) {
        if hash == rules.hash() {
            continue;
        }
        let old = service.rules.get(work, &hash).await?;
        let counted = periods(&old, from)?;
        let then = periods(rules, until)?;
        let comparison = compare(&old, rules);
        let new: BTreeSet<(&str, &str)> = comparison
            .changes
            .iter()
            .filter(|change| change.what == What::New)
            .map(|change| (change.thing, change.id.as_str()))
            .collect();
        for (key, period) in &here {
            // It begins anew with days of the calendar, so it is whole from the next one on.
            let another_period = is_calendar(key) && then.get(key) != Some(period);
            if !counted.contains_key(key) && !another_period && !of_new(key, &new) {
                found.insert(key.clone());
            }
        }
        if let Some(windows) = rules.windows_missing(&old) {
            found.insert(windows);
        }
        // Finer windows that are given up are kept on: rules that have them may come again, and purchases may come late.
        given_up.extend(old.windows_missing(rules));
    }
    given_up.retain(|key| !found.contains(key));
    let needed = found.into_iter().map(|counter| Gap { counter, is_needed: true });
    let given_up = given_up.into_iter().map(|counter| Gap { counter, is_needed: false });
    Ok(needed.chain(given_up).collect())
}

/// Whether a counter's period begins with a day of the calendar, the same for all members.
fn is_calendar(key: &str) -> bool {
    let period = key.rsplit('.').next().unwrap_or_default();
    ["day", "week", "month", "quarter", "year"].contains(&period)
}

/// Whether what a counter counts came with the rules, so that there is nothing from before.
fn of_new(key: &str, new: &BTreeSet<(&str, &str)>) -> bool {
    let Some((scope, rest)) = key.split_once('.') else { return false };
    let id = rest.rsplitn(3, '.').nth(2).unwrap_or_default();
    let thing = match scope {
        "base" => "base rule",
        "campaign" => "campaign",
        "tier" => "tier",
        "redemption" => "redemption option",
        _ => return false,
    };
    new.contains(&(thing, id))
}

/// Every counter of rules with its period at an instant, for a member with days that stand for all.
pub(super) fn periods(rules: &RuleSet, at: DateTime<Utc>) -> Result<BTreeMap<String, String>, ServiceError> {
    let transaction = json!({
        "id": "counters", "amount": "1", "currency": rules.currency().code(), "occurred_at": at.to_rfc3339(),
    });
    let wrong = |_| mend("the counters of a rule set cannot be asked for");
    let transaction = Transaction::from_json(&transaction.to_string()).map_err(wrong)?;
    let member = Member::from_json(r#"{"id":"counters","billing_day":1,"joined_on":"2000-01-01"}"#).map_err(wrong)?;
    let mut keys = rules.usage_keys(&transaction, &member)?;
    for option in rules.describe().options {
        keys.extend(rules.redemption_keys(&option.id, at, &member)?);
    }
    Ok(keys.into_iter().map(|key| (key.key, key.period)).collect())
}

/// The last instant before another.
pub(super) fn before(at: DateTime<Utc>) -> DateTime<Utc> {
    at.checked_sub_signed(TimeDelta::microseconds(1)).unwrap_or(at)
}
