//! Refunds (semantics §6): cumulative, so that any split adds up to the whole to the cent.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};

use super::post::{Posted, Refunded, Requalify};
use super::{Change, Claim, Ledger, Owner, advance_owner, id_key};
use crate::check::typed::FactSource;
use crate::evaluate::{self, EvaluationError, Rule, Work, fed_by};
use crate::graph::{CounterSlot, Graph, Scope, Value};
use crate::input::{ErrorCode, Refund};
use crate::outcome::{Component, ComponentKind, Outcome, OutcomeKind, PointsComponent, PointsKind, Totals};
use crate::rule_set::RuleSet;
use crate::value::{Exact, PeriodKey, RoundingMode, div_round};

/// Decimals at which tier spending and shown values are cut.
const CUT_DECIMALS: u32 = 12;

fn overflow() -> EvaluationError {
    EvaluationError::new(ErrorCode::Overflow, "the refund does not fit into 128 bits")
}

/// The share of a purchase that came back: `part / whole`, at most 1, of the eligible amount.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    part: i128,
    whole: i128,
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    a
}

impl Share {
    /// R / A of semantics §6.2 after refunds.
    fn of(posted: &Posted, refunded: Refunded) -> Result<Share, EvaluationError> {
        Share::of_amounts(posted.currency_amount, posted.eligible, refunded)
    }

    /// The same of a purchase of so much, of which so much counts.
    pub(super) fn of_amounts(paid: i64, eligible: i64, refunded: Refunded) -> Result<Share, EvaluationError> {
        let (amount, eligible) = (i128::from(paid), i128::from(eligible));
        if refunded.amount >= paid || eligible == 0 {
            return Ok(Share { part: 1, whole: 1 });
        }
        // R = by_lines + plain x A / amount, so R / A = (by_lines x amount + plain x A) / (amount x A).
        let lines = i128::from(refunded.by_lines).checked_mul(amount).ok_or_else(overflow)?;
        let plain = i128::from(refunded.plain).checked_mul(eligible).ok_or_else(overflow)?;
        let part = lines.checked_add(plain).ok_or_else(overflow)?;
        let whole = amount.checked_mul(eligible).ok_or_else(overflow)?;
        if part >= whole {
            return Ok(Share { part: 1, whole: 1 });
        }
        let by = gcd(part, whole).max(1);
        Ok(Share { part: part.checked_div(by).unwrap_or(part), whole: whole.checked_div(by).unwrap_or(whole) })
    }

    fn is_whole(self) -> bool {
        self.part == self.whole
    }

    /// `round(units x R / A)`.
    pub(super) fn rounded(self, units: i64, mode: RoundingMode) -> Result<i64, EvaluationError> {
        let product = i128::from(units).checked_mul(self.part).ok_or_else(overflow)?;
        let quotient = div_round(product, self.whole, mode).ok_or_else(overflow)?;
        i64::try_from(quotient).map_err(|_| overflow())
    }

    /// `units x R / A` cut after 12 decimals, with units of 10^-decimals.
    pub(super) fn cut(self, units: i64, decimals: u8) -> Result<Exact, EvaluationError> {
        exact_quotient(i128::from(units).checked_mul(self.part), self.whole, decimals)
    }

    /// The difference of two such values as it is shown: whole if it ends, else cut once.
    fn difference(self, before: Share, units: i64, decimals: u8) -> Result<Exact, EvaluationError> {
        let left = self.part.checked_mul(before.whole);
        let right = before.part.checked_mul(self.whole);
        let whole = self.whole.checked_mul(before.whole).ok_or_else(overflow)?;
        let part = left.zip(right).and_then(|(l, r)| l.checked_sub(r)).ok_or_else(overflow)?;
        let by = gcd(part.max(1), whole).max(1);
        let part = if part == 0 { 0 } else { part.checked_div(by).unwrap_or(part) };
        let whole = if part == 0 { 1 } else { whole.checked_div(by).unwrap_or(whole) };
        let dividend = i128::from(units).checked_mul(part).ok_or_else(overflow)?;
        let dividend = Exact::new(dividend, u32::from(decimals)).map_err(|_| overflow())?;
        let divisor = Exact::new(whole, 0).map_err(|_| overflow())?;
        let shown = dividend.shown_quotient(divisor, CUT_DECIMALS).map_err(|_| overflow())?;
        Ok(shown.unwrap_or(Exact::ZERO))
    }
}

fn exact_quotient(dividend: Option<i128>, divisor: i128, decimals: u8) -> Result<Exact, EvaluationError> {
    let dividend = Exact::new(dividend.ok_or_else(overflow)?, u32::from(decimals)).map_err(|_| overflow())?;
    let divisor = Exact::new(divisor, 0).map_err(|_| overflow())?;
    let quotient = dividend.checked_div(divisor, CUT_DECIMALS, RoundingMode::Down).map_err(|_| overflow())?;
    Ok(quotient.unwrap_or(Exact::ZERO))
}

/// What a refund takes, computed before anything changes.
struct Reversal {
    refunded: Refunded,
    line_refunds: Vec<(usize, i64)>,
    /// Per component: what is reversed now, its exact value, and whether its use goes back.
    parts: Vec<(i64, Exact, bool)>,
    deltas: Vec<(CounterSlot, i64)>,
    spending: Exact,
    eligible: i64,
}

pub(super) fn refund(rules: &RuleSet, ledger: &mut Ledger, refund: &Refund) -> Result<Change, EvaluationError> {
    // Taken out while the purchase is read; given back below, whatever happens.
    let mut work = std::mem::take(&mut ledger.work);
    let result = refund_with(rules, ledger, refund, &mut work);
    ledger.work = work;
    result
}

fn refund_with(
    rules: &RuleSet,
    ledger: &mut Ledger,
    refund: &Refund,
    work: &mut Work,
) -> Result<Change, EvaluationError> {
    let unknown = || {
        EvaluationError::new(
            ErrorCode::RefundUnknownPurchase,
            format!("there is no purchase `{}` to refund", refund.original),
        )
    };
    let original = id_key(&refund.original);
    let id = id_key(&refund.id);
    let owner = match ledger.claims.get(&original) {
        Some(claim) => claim.owner,
        // An id that is taken was taken with other content: no refund of an unknown purchase was ever posted.
        None => return Err(if ledger.claims.contains_key(&id) { super::id_conflict(&refund.id) } else { unknown() }),
    };
    let state = ledger.state(owner).ok_or_else(unknown)?;
    if refund.member.as_ref().is_some_and(|m| *m != state.facts.id) {
        return Err(EvaluationError::new(
            ErrorCode::RefundWrongMember,
            format!("the purchase `{}` is another member's", refund.original),
        ));
    }
    let content = super::content_of("refund", &state.facts.id, rules.program(), |c| c.refund(refund));
    if ledger.claimed(id, &refund.id, content)? {
        return Ok(Change::Repeated);
    }
    let posted = state.posted.get(&original).ok_or_else(unknown)?;
    // What is taken back follows the rule set of the purchase (semantics §6.1); the member's standing and counters
    // are those of today's.
    let bought_under = posted.rules.clone();
    let reversal = reversal(bought_under.graph(), posted, refund, work)?;
    advance_owner(rules, ledger, owner, refund.occurred_at)?;
    let outcome = commit(rules, &bought_under, ledger, owner, refund, reversal)?;
    ledger.claims.insert(id, Claim { content, owner });
    Ok(Change::Posted(outcome))
}

fn reversal(graph: &Graph, posted: &Posted, refund: &Refund, work: &mut Work) -> Result<Reversal, EvaluationError> {
    let amount = evaluate::minor_units(graph, refund.amount, "amount")?;
    let mut refunded = posted.refunded;
    refunded.amount = refunded.amount.checked_add(amount).ok_or_else(overflow)?;
    if refunded.amount > posted.currency_amount {
        return Err(EvaluationError::new(
            ErrorCode::RefundExceedsPurchase,
            format!(
                "{} is more than the {} that is left of the purchase",
                graph.amount(amount),
                graph.amount(posted.currency_amount.saturating_sub(posted.refunded.amount))
            ),
        ));
    }
    let mut line_refunds = Vec::new();
    match &refund.lines {
        None => refunded.plain = refunded.plain.saturating_add(amount),
        Some(lines) => {
            line_refunds = match_lines(graph, posted, lines, amount)?;
            for (index, units) in &line_refunds {
                if posted.lines.as_ref().and_then(|l| l.get(*index)).is_some_and(|l| l.eligible) {
                    refunded.by_lines = refunded.by_lines.saturating_add(*units);
                }
            }
        }
    }
    let (before, after) = (Share::of_or_zero(posted, posted.refunded)?, Share::of(posted, refunded)?);
    let mode = graph.program.rounding;
    let mut parts = Vec::with_capacity(posted.parts.len());
    let mut deltas: Vec<(CounterSlot, i64)> = Vec::new();
    let mut add = |slot: CounterSlot, by: i64| match deltas.iter_mut().find(|(s, _)| *s == slot) {
        Some((_, delta)) => *delta = delta.saturating_add(by),
        None => deltas.push((slot, by)),
    };
    for part in &posted.parts {
        let campaign = match part.rule {
            Rule::Campaign(i) => graph.program.campaigns.get(i as usize),
            _ => None,
        };
        let decimals = if part.points { graph.program.points_decimals } else { graph.program.currency.decimals() };
        let requalify = campaign.is_some_and(|c| c.requalify);
        let (now, exact) = if requalify {
            let gone = part.reversed > 0;
            let keeps =
                gone || (!after.is_whole() && still_qualifies(graph, posted, refunded, after, part.rule, work)?);
            let now = if keeps { 0 } else { part.granted };
            (now, Exact::from_units(now, decimals))
        } else {
            let mode = if part.points { RoundingMode::Down } else { mode };
            let now = after.rounded(part.granted, mode)?.saturating_sub(part.reversed);
            (now, after.difference(before, part.granted, decimals)?)
        };
        for cap in fed_by(graph, part.rule, posted.tier) {
            add(cap.slot, now.saturating_neg());
        }
        let use_back = !part.use_returned && ((requalify && now > 0) || (!requalify && after.is_whole()));
        if let (Rule::Campaign(i), true) = (part.rule, use_back)
            && let Some(uses) = graph.campaigns.get(i as usize).and_then(|c| c.caps.uses)
        {
            add(uses.slot, -1);
        }
        parts.push((now, exact, use_back));
    }
    for spend in &posted.spends {
        let back = after.rounded(spend.amount, mode)?.saturating_sub(before.rounded(spend.amount, mode)?);
        add(spend.slot, back.saturating_neg());
    }
    let decimals = graph.program.currency.decimals();
    let eligible = after.rounded(posted.eligible, mode)?.saturating_sub(before.rounded(posted.eligible, mode)?);
    for slot in &graph.spent {
        add(*slot, eligible.saturating_neg());
    }
    let spending = after
        .cut(posted.eligible, decimals)?
        .checked_sub(before.cut(posted.eligible, decimals)?)
        .map_err(|_| overflow())?;
    Ok(Reversal { refunded, line_refunds, parts, deltas, spending, eligible })
}

impl Share {
    /// As [`Share::of`], but nothing refunded is nothing, also of a purchase of nothing.
    fn of_or_zero(posted: &Posted, refunded: Refunded) -> Result<Share, EvaluationError> {
        if refunded.amount == 0 { Ok(Share { part: 0, whole: 1 }) } else { Share::of(posted, refunded) }
    }
}

/// Which lines of the purchase a refund names, and how much of each.
fn match_lines(
    graph: &Graph,
    posted: &Posted,
    lines: &[crate::input::Line],
    amount: i64,
) -> Result<Vec<(usize, i64)>, EvaluationError> {
    let mismatch = |message: String| EvaluationError::new(ErrorCode::RefundLinesMismatch, message);
    let known = posted.lines.as_deref().unwrap_or_default();
    let mut taken: Vec<(usize, i64)> = Vec::new();
    let mut sum = 0_i64;
    for (number, line) in lines.iter().enumerate() {
        let units = evaluate::minor_units(graph, line.amount, &format!("lines[{number}].amount"))?;
        sum = sum.checked_add(units).ok_or_else(overflow)?;
        let left = |index: usize, l: &super::post::PostedLine| {
            let now = taken.iter().filter(|(i, _)| *i == index).fold(0_i64, |s, (_, u)| s.saturating_add(*u));
            l.amount.saturating_sub(l.refunded).saturating_sub(now)
        };
        let same = |l: &super::post::PostedLine| {
            (line.sku.is_none() || line.sku == l.sku) && (line.category.is_none() || line.category == l.category)
        };
        let index =
            known.iter().enumerate().find(|(i, l)| same(l) && left(*i, l) >= units).map(|(i, _)| i).ok_or_else(
                || mismatch(format!("lines[{number}] is no line of the purchase, or more than is left of it")),
            )?;
        taken.push((index, units));
    }
    if sum != amount {
        return Err(mismatch(format!(
            "the lines sum to {}, the refund is of {}",
            graph.amount(sum),
            graph.amount(amount)
        )));
    }
    Ok(taken)
}

/// Tests `min_transaction` and `when` again with what is left (semantics §6.3).
fn still_qualifies(
    graph: &Graph,
    posted: &Posted,
    refunded: Refunded,
    after: Share,
    rule: Rule,
    work: &mut Work,
) -> Result<bool, EvaluationError> {
    let Rule::Campaign(index) = rule else { return Ok(true) };
    let (Some(campaign), Some(node), Some(kept)) =
        (graph.program.campaigns.get(index as usize), graph.campaigns.get(index as usize), posted.requalify.as_deref())
    else {
        return Ok(true);
    };
    if let Some(minimum) = campaign.min_transaction {
        // A - A x part / whole >= minimum, without dividing.
        let rest = after.whole.checked_sub(after.part).ok_or_else(overflow)?;
        let left = i128::from(posted.eligible).checked_mul(rest).ok_or_else(overflow)?;
        let due = i128::from(minimum).checked_mul(after.whole).ok_or_else(overflow)?;
        if left.cmp(&due) == Ordering::Less {
            return Ok(false);
        }
    }
    if node.when.is_empty() {
        return Ok(true);
    }
    let Requalify { transaction, member, before, used } = kept;
    work.set_clock(graph, transaction.occurred_at);
    evaluate::prepare(graph, transaction.into(), member, *before, used.as_slice(), work, false)?;
    let decimals = graph.program.currency.decimals();
    let amount = Exact::from_units(posted.currency_amount.saturating_sub(refunded.amount), decimals);
    let whole = Exact::from_units(posted.eligible, decimals);
    let eligible = whole.checked_sub(after.cut(posted.eligible, decimals)?).map_err(|_| overflow())?;
    let tier = posted.tier.and_then(|t| graph.level_symbols.get(t)).map_or(Value::Absent, |s| Value::Text(*s));
    for (fact, slot) in graph.program.facts.iter().zip(&mut work.purchase.facts.values) {
        match fact.source {
            FactSource::TxAmount => *slot = Value::Decimal(amount),
            FactSource::TxEligibleAmount => *slot = Value::Decimal(eligible),
            FactSource::MemberTier => *slot = tier,
            _ => {}
        }
    }
    let mut memo = crate::graph::Memo::default();
    memo.reset(graph.nodes.len());
    let scope = Scope { graph, facts: &work.purchase.facts, line: None };
    for clause in &node.when {
        let holds = scope
            .holds(clause.node, &mut memo)
            .map_err(|e| EvaluationError::of_expression(graph, Some(rule), clause.span, e))?;
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Changes the state, and tells it.
fn commit(
    now: &RuleSet,
    rules: &RuleSet,
    ledger: &mut Ledger,
    owner: Owner,
    refund: &Refund,
    reversal: Reversal,
) -> Result<Outcome, EvaluationError> {
    let graph = rules.graph();
    let program = &graph.program;
    let Ledger { members, shared, .. } = ledger;
    let missing = || EvaluationError::new(ErrorCode::RefundUnknownPurchase, "the purchase is not known");
    let state = members.get_mut(owner.0 as usize).ok_or_else(missing)?;
    let original = id_key(&refund.original);
    let latest: DateTime<Utc> = state.latest;
    let today = crate::value::local(now.graph().program.zone, latest).date();
    let calendar = state.posted.get(&original).ok_or_else(missing)?.calendar;
    let lost = state.standing.take_back(now.graph(), calendar.date, reversal.spending, latest)?;
    let posted = state.posted.get_mut(&original).ok_or_else(missing)?;
    let amount = reversal.refunded.amount.saturating_sub(posted.refunded.amount);
    posted.refunded = reversal.refunded;
    for (index, units) in &reversal.line_refunds {
        if let Some(line) = posted.lines.as_mut().and_then(|l| l.get_mut(*index)) {
            line.refunded = line.refunded.saturating_add(*units);
        }
    }
    let mut components = Vec::new();
    let mut points = Vec::new();
    let mut sums = [0_i64; 3];
    let mut reversed_points = 0_i64;
    let negative = |exact: Exact| exact.checked_neg().map_err(|_| overflow());
    for (part, (now, exact, use_back)) in posted.parts.iter_mut().zip(&reversal.parts) {
        part.reversed = part.reversed.saturating_add(*now);
        part.use_returned |= use_back;
        let id = graph.names.rule(part.rule).clone();
        if part.points {
            if *now == 0 {
                continue;
            }
            reversed_points = reversed_points.saturating_add(*now);
            points.push(PointsComponent {
                kind: if part.rule == Rule::Earn { PointsKind::Earn } else { PointsKind::Campaign },
                id,
                exact: negative(*exact)?,
                cuts: Vec::new(),
                granted: graph.points(now.saturating_neg()),
                spendable_on: None,
                expires_on: None,
                product: None,
            });
            continue;
        }
        let [base, loyalty, campaign] = &mut sums;
        let (kind, sum) = match part.rule {
            Rule::Base(_) => (ComponentKind::Base, base),
            Rule::Loyalty(_) => (ComponentKind::Loyalty, loyalty),
            _ => (ComponentKind::Campaign, campaign),
        };
        *sum = sum.saturating_sub(*now);
        let granted = graph.amount(now.saturating_neg());
        components.push(Component {
            kind,
            id,
            basis: None,
            rate: None,
            exact: negative(*exact)?,
            rounded: granted,
            cuts: Vec::new(),
            granted,
        });
    }
    state.lots.reverse(&refund.original, reversed_points, today);
    for purchase in &lost {
        let bonus = state.lots.reverse_upgrade(purchase, today);
        reversed_points = reversed_points.saturating_add(bonus);
        points.push(PointsComponent {
            kind: PointsKind::Upgrade,
            id: graph.names.rule(Rule::Upgrade(0)).clone(),
            exact: negative(Exact::from_units(bonus, program.points_decimals))?,
            cuts: Vec::new(),
            granted: graph.points(bonus.saturating_neg()),
            spendable_on: None,
            expires_on: None,
            product: None,
        });
    }
    let tier = posted.tier;
    let periods: Vec<(CounterSlot, PeriodKey, i64)> = reversal
        .deltas
        .iter()
        .filter_map(|(slot, delta)| Some((*slot, calendar.key(graph.counter(*slot)?.period)?, *delta)))
        .collect();
    for (slot, period, delta) in &periods {
        let Some(counter) = graph.counter(*slot) else { continue };
        let counters = if counter.shared { &mut *shared } else { &mut state.counters };
        // By name: a counter that today's rule set does not have goes back in the outcome alone.
        let slot =
            if now.hash() == rules.hash() { Some(slot) } else { now.graph().counter_slots.get(counter.key.as_str()) };
        if let Some(slot) = slot {
            counters.add(*slot, *period, *delta);
        }
    }
    let progress = match &now.graph().program.tiers {
        None => None,
        Some(tiers) => {
            let window = super::standing::window_of(tiers.window, calendar.date);
            let spending = state.standing.spending(tiers.window, window)?;
            let level = state.standing.held(today);
            let key = now.graph().window_key(calendar.date);
            key.and_then(|key| now.graph().progress(key, spending, level))
        }
    };
    let [base, loyalty, campaign] = sums;
    Ok(Outcome {
        transaction_id: refund.id.clone(),
        kind: OutcomeKind::Refund,
        rule_set: rules.hash_name().clone(),
        program: graph.names.program.clone(),
        occurred_at: refund.occurred_at,
        local: crate::value::local(program.zone, refund.occurred_at),
        timezone: program.zone.name(),
        original: Some(refund.original.clone()),
        reason: None,
        amount: graph.amount(amount.saturating_neg()),
        eligible_amount: graph.amount(reversal.eligible.saturating_neg()),
        tier: tier.and_then(|t| graph.names.levels.get(t)).cloned(),
        components,
        totals: Totals {
            base: graph.amount(base),
            loyalty: graph.amount(loyalty),
            campaign: graph.amount(campaign),
            total: graph.amount(base.saturating_add(loyalty).saturating_add(campaign)),
            points: graph.points(reversed_points.saturating_neg()),
        },
        points,
        progress,
        usage: graph.usage_deltas(periods.into_iter()),
        rejected: None,
    })
}
