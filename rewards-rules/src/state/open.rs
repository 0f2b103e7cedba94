//! Opening balances (semantics §7): what a member brings along from before its first event.

use chrono::NaiveDate;

use super::content::{content_of, id_key};
use super::lots::LotSource;
use super::{Change, Claim, Ledger, advance_owner};
use crate::evaluate::{Calendar, EvaluationError};
use crate::graph::Graph;
use crate::input::{ErrorCode, Member, Opening, OpeningLot};
use crate::rule_set::RuleSet;
use crate::value::{Period, local};

fn wrong(message: String) -> EvaluationError {
    EvaluationError::new(ErrorCode::WrongType, message)
}

pub(super) fn open(rules: &RuleSet, ledger: &mut Ledger, opening: &Opening) -> Result<Change, EvaluationError> {
    let graph = rules.graph();
    let key = id_key(&format!("opening/{}", opening.id));
    let content = content(rules, opening);
    if ledger.claimed(key, &opening.id, content)? {
        return Ok(Change::Repeated);
    }
    if ledger.member(&opening.member).is_some_and(|state| state.started) {
        return Err(EvaluationError::new(
            ErrorCode::OpeningTooLate,
            format!("the member `{}` had an event already; adjust its points or give it a tier", opening.member),
        ));
    }
    let level = level(graph, opening)?;
    let used = used(rules, opening)?;
    let mut lots = Vec::new();
    for (number, OpeningLot { points, spendable_on, expires_on }) in (0_u32..).zip(&opening.lots) {
        let units = graph.point_units(*points).map_err(|e| wrong(format!("`lots[{number}]`: {}", e.message)))?;
        if expires_on.is_some_and(|last| last < *spendable_on) {
            return Err(wrong(format!("`lots[{number}].expires_on`: a day not before {spendable_on} is due here")));
        }
        lots.push((number, units, *spendable_on, *expires_on));
    }
    let date = local(graph.program.zone, opening.at).date();
    let owner = ledger.owner(&opening.member);
    if let Some(state) = ledger.members.get(owner.number()) {
        has_periods(graph, &state.facts, &used, date)?;
    }
    if let Some(state) = ledger.members.get_mut(owner.number()) {
        state.start_with(graph, level, (opening.spending, &opening.upgrades), &used, date)?;
        state.purchases = opening.purchases;
        for (number, units, spendable_on, expires_on) in lots {
            state.lots.credit(&opening.id, LotSource::Opening(number), units, spendable_on, expires_on);
        }
    }
    advance_owner(rules, ledger, owner, opening.at)?;
    ledger.claims.insert(key, Claim { content, owner });
    Ok(Change::Opened)
}

/// The level to begin with; everything about levels is looked at before anything changes.
fn level(graph: &Graph, opening: &Opening) -> Result<usize, EvaluationError> {
    for id in opening.tier.iter().chain(opening.upgrades.keys()) {
        graph.known_level(id)?;
    }
    if opening.spending.is_negative() || opening.purchases < 0 {
        return Err(wrong("`spending` and `purchases` are not below zero".to_owned()));
    }
    graph.level_index(opening.tier.as_deref())
}

/// Usage by slot. A counter that there is not would be lost, so it is an error here.
fn used(rules: &RuleSet, opening: &Opening) -> Result<Vec<i64>, EvaluationError> {
    let graph = rules.graph();
    for key in opening.usage.0.keys() {
        let counter = graph.counter_slots.get(key.as_str()).and_then(|slot| graph.counter(*slot));
        let why = match counter {
            None => "the rule set has no such counter",
            Some(counter) if counter.shared => "it is a budget of all members",
            Some(_) => continue,
        };
        return Err(EvaluationError::new(ErrorCode::UnknownFact, format!("`usage.{key}`: {why}")));
    }
    rules.used(&opening.usage)
}

/// A counter whose period cannot be told would be lost, so it is an error here.
fn has_periods(graph: &Graph, facts: &Member, used: &[i64], date: NaiveDate) -> Result<(), EvaluationError> {
    let calendar = Calendar { date, billing_day: facts.billing_day, joined_on: facts.joined_on };
    let mut lost =
        graph.slots().zip(used).filter(|((_, counter), used)| **used != 0 && calendar.key(counter.period).is_none());
    match lost.next() {
        None => Ok(()),
        Some(((_, counter), _)) => {
            let fact = if counter.period == Period::BillingCycle { "billing_day" } else { "joined_on" };
            let words =
                format!("`usage.{}` counts by {}, and `member.{fact}` is missing", counter.key, counter.period.name());
            Err(EvaluationError::new(ErrorCode::MissingFact, words))
        }
    }
}

fn content(rules: &RuleSet, opening: &Opening) -> u64 {
    content_of("opening", &opening.member, rules.program(), |content| {
        content.text(opening.tier.as_deref());
        content.number(opening.spending);
        content.number(opening.purchases.into());
        content.instant(opening.at);
        for (level, day) in &opening.upgrades {
            content.text(Some(level));
            content.text(Some(&day.to_string()));
        }
        content.mark(b'[');
        for lot in &opening.lots {
            content.number(lot.points);
            content.text(Some(&lot.spendable_on.to_string()));
            content.text(lot.expires_on.map(|day| day.to_string()).as_deref());
        }
        content.mark(b']');
        for (key, value) in &opening.usage.0 {
            content.text(Some(key));
            content.number(*value);
        }
    })
}
