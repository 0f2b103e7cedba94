//! Posting a purchase: what is due comes first, then the evaluation, then what it changed.

use chrono::{DateTime, NaiveDate, Utc};

use super::counters::Seen;
use super::lots::LotSource;
use super::standing::{Counted, window_of};
use super::{Ledger, MemberState, Owner, Purchasing, advance_on};
use crate::evaluate::{self, Before, Calendar, EvaluationError, Periods, Rule, Spend, Work};
use crate::graph::Graph;
use crate::input::{Member, Transaction};
use crate::rule_set::RuleSet;
use crate::value::Exact;

/// A posted purchase, as far as a refund needs it (semantics §6).
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) rules: RuleSet,
    pub(crate) calendar: Calendar,
    pub(crate) currency_amount: i64,
    pub(crate) eligible: i64,
    pub(crate) tier: Option<usize>,
    pub(crate) parts: Vec<PostedPart>,
    pub(crate) spends: Vec<Spend>,
    /// Lines of the purchase; `None` if it had none.
    pub(crate) lines: Option<Vec<PostedLine>>,
    /// What a test of `on_refund: requalify` needs; only where a component asks for it.
    pub(crate) requalify: Option<Box<Requalify>>,
    pub(crate) refunded: Refunded,
}

/// A component of a purchase that granted more than zero, and what refunds took of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PostedPart {
    pub(crate) rule: Rule,
    pub(crate) points: bool,
    pub(crate) granted: i64,
    pub(crate) reversed: i64,
    /// Whether its use was given back.
    pub(crate) use_returned: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct PostedLine {
    pub(crate) sku: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) amount: i64,
    pub(crate) eligible: bool,
    pub(crate) refunded: i64,
}

/// Facts of the purchase as they were.
#[derive(Debug, Clone)]
pub(crate) struct Requalify {
    pub(crate) transaction: Transaction,
    pub(crate) member: Member,
    pub(crate) before: Before,
    pub(crate) used: Vec<i64>,
}

/// How much of a purchase came back: R of semantics §6.2 is `share / amount`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Refunded {
    /// Sum of refunds, in minor units.
    pub(crate) amount: i64,
    /// Of that: through lines that count, in minor units.
    pub(crate) by_lines: i64,
    /// Of that: without lines, in minor units.
    pub(crate) plain: i64,
}

/// Evaluates and posts; what was found is in the ledger's `work` afterwards. On an error nothing has changed.
pub(crate) fn purchase(
    rules: &RuleSet,
    ledger: &mut Ledger,
    purchase: &Purchasing<'_>,
) -> Result<Owner, EvaluationError> {
    let Purchasing { read, member, owner, tier, level, .. } = *purchase;
    let (graph, transaction) = (rules.graph(), read.transaction);
    let at = transaction.occurred_at;
    let fixed = match (tier, level) {
        (Some(tier), None) => Some(graph.level_index(Some(tier))?),
        (Some(_), level) => level,
        (None, _) => None,
    };
    // A purchase that cannot be evaluated must not bring a member into being or let time pass for one.
    if read.minor().is_none() {
        evaluate::minor_units(graph, transaction.amount, "amount")?;
    }
    let owner = owner.unwrap_or_else(|| ledger.owner(member));
    let date = ledger.work.set_clock(graph, at);
    let passed = advance_on(rules, ledger, owner, at, date)?;
    let posted = post(rules, ledger, owner, purchase, date, fixed);
    if posted.is_err()
        && let (Some(state), Some(passed)) = (ledger.members.get_mut(owner.0 as usize), passed)
    {
        state.unpass(passed);
    }
    posted.map(|()| owner)
}

/// Evaluates and posts, when everything that is due has happened.
fn post(
    rules: &RuleSet,
    ledger: &mut Ledger,
    owner: Owner,
    purchase: &Purchasing<'_>,
    date: NaiveDate,
    fixed: Option<usize>,
) -> Result<(), EvaluationError> {
    let Purchasing { read, identity, explain, .. } = *purchase;
    let (graph, transaction) = (rules.graph(), read.transaction);
    let at = transaction.occurred_at;
    let Ledger { members, shared, work, periods, forgetful, .. } = ledger;
    let Some(state) = members.get_mut(owner.0 as usize) else { return Ok(()) };
    let today = if state.latest == at { date } else { work.clock.local(graph.program.zone, state.latest).date() };
    let before = before(graph, state, at, (date, today), fixed)?;
    let facts = &state.facts;
    let calendar = Calendar { date, billing_day: facts.billing_day, joined_on: facts.joined_on };
    periods.set(graph, calendar);
    let seen = Seen { graph, periods, own: &state.counters, shared };
    evaluate::prepare(graph, read, facts, before, &seen, work, explain)?;
    work.purchase.upgrades.clear();
    work.purchase.upgrades.extend(state.standing.upgrades());
    evaluate::run(graph, &seen, work, explain)?;
    let earned = (state.standing.earned_at(at), state.standing.earned());
    if before.held.is_some_and(|held| held != earned) && fixed.is_none() {
        reach_as_earned(graph, work, earned)?;
    }
    let requalify = graph.requalifies && work.parts.iter().map(|p| p.rule).chain(work.points.iter().map(|p| p.rule)).any(|rule| {
        matches!(rule, Rule::Campaign(i) if graph.program.campaigns.get(i as usize).is_some_and(|c| c.requalify))
    });
    let requalify = requalify.then(|| {
        let used = graph.slots().map(|(slot, _)| evaluate::Used::used(&seen, slot)).collect();
        Box::new(Requalify { transaction: transaction.clone(), member: facts.clone(), before, used })
    });
    let posted = (!*forgetful).then(|| posted(rules, transaction, calendar, work, requalify));
    commit(graph, state, shared, (transaction, *forgetful), work, periods)?;
    if let Some(posted) = posted {
        state.posted.insert(identity.id, posted);
    }
    Ok(())
}

/// A level given by hand is no earning: what spending newly reaches, and its bonus, are as they are without it.
fn reach_as_earned(graph: &Graph, work: &mut Work, earned: (usize, usize)) -> Result<(), EvaluationError> {
    let held = (work.purchase.held, work.purchase.now_held);
    work.points.retain(|p| !matches!(p.rule, Rule::Upgrade(_)));
    (work.purchase.held, work.purchase.now_held) = earned;
    let reached = evaluate::reach(graph, work);
    (work.purchase.held, work.purchase.now_held) = held;
    reached?;
    if let Some(progress) = &mut work.progress {
        progress.level = progress.level.max(held.1);
    }
    Ok(())
}

/// What the state counted before this purchase.
fn before(
    graph: &Graph,
    state: &MemberState,
    at: DateTime<Utc>,
    (date, today): (NaiveDate, NaiveDate),
    fixed: Option<usize>,
) -> Result<Before, EvaluationError> {
    let mut before =
        Before { purchases: state.purchases, spending: Exact::ZERO, held: Some((0, 0)), fixed_tier: fixed.is_some() };
    if let Some(tiers) = &graph.program.tiers {
        before.spending = state.standing.spending(tiers.window, window_of(tiers.window, date))?;
        before.held = match fixed {
            Some(level) => Some((level, level)),
            None => Some((state.standing.held_at(at, date), state.standing.held(today))),
        };
    }
    Ok(before)
}

fn posted(
    rules: &RuleSet,
    transaction: &Transaction,
    calendar: Calendar,
    work: &Work,
    requalify: Option<Box<Requalify>>,
) -> Posted {
    let part =
        |rule: Rule, points: bool, granted: i64| PostedPart { rule, points, granted, reversed: 0, use_returned: false };
    let money = work.parts.iter().filter(|p| p.granted > 0).map(|p| part(p.rule, false, p.granted));
    let points = work
        .points
        .iter()
        .filter(|p| p.granted > 0 && !matches!(p.rule, Rule::Upgrade(_)))
        .map(|p| part(p.rule, true, p.granted));
    let lines = transaction.items.as_ref().map(|items| {
        items
            .iter()
            .zip(&work.lines)
            .map(|(item, line)| PostedLine {
                sku: item.sku.clone(),
                category: item.category.clone(),
                amount: line.amount,
                eligible: line.eligible,
                refunded: 0,
            })
            .collect()
    });
    Posted {
        rules: rules.clone(),
        calendar,
        currency_amount: work.purchase.amount,
        eligible: work.eligible,
        tier: work.tier,
        parts: money.chain(points).collect(),
        spends: work.spends.clone(),
        lines,
        requalify,
        refunded: Refunded::default(),
    }
}

/// Changes the state by what the evaluation found.
fn commit(
    graph: &Graph,
    state: &mut MemberState,
    shared: &mut super::Counters,
    (transaction, forgetful): (&Transaction, bool),
    work: &mut Work,
    periods: &Periods,
) -> Result<(), EvaluationError> {
    if work.reason.is_some() {
        return Ok(());
    }
    let bonus = work.points.iter().find_map(|p| match p.rule {
        Rule::Upgrade(level) => Some(level as usize),
        _ => None,
    });
    let counted = Counted {
        id: &transaction.id,
        date: work.purchase.calendar.date,
        eligible: Exact::from_units(work.eligible, graph.program.currency.decimals()),
        reached: work.progress.and_then(|p| p.reached),
        bonus,
        fixed_tier: work.purchase.fixed_tier,
    };
    state.standing.count_purchase(graph, counted, state.latest)?;
    state.purchases = state.purchases.saturating_add(1);
    for (slot, delta) in &work.deltas {
        let Some(counter) = graph.counter(*slot) else { continue };
        let Some(period) = periods.key(counter.period) else { continue };
        let counters = if counter.shared { &mut *shared } else { &mut state.counters };
        if forgetful {
            counters.add_in_order(*slot, period, *delta);
        } else {
            counters.add(*slot, period, *delta);
        }
    }
    for part in &work.points {
        let source = match part.rule {
            Rule::Upgrade(level) => LotSource::Upgrade(graph.rule_id(Rule::Loyalty(level)).to_owned()),
            Rule::Campaign(_) => LotSource::Campaign(graph.rule_id(part.rule).to_owned()),
            _ => LotSource::Earn,
        };
        state.lots.credit(&transaction.id, source, part.granted, work.spendable_on, work.expires_on);
    }
    if !work.points.is_empty() {
        // A late purchase's points may be past their date already.
        let today = work.clock.local(graph.program.zone, state.latest).date();
        state.lots.expire(today);
    }
    Ok(())
}
