//! Eligible (semantics §3.2), and the tier of the transaction (§3.4), which needs nothing else.

use super::{EvaluationError, Work};
use crate::graph::{Graph, Value};
use crate::input::Status;
use crate::outcome::Reason;
use crate::value::Exact;

/// Decides the eligible amount and the tier, or why the whole outcome is zero.
pub(super) fn decide(graph: &Graph, work: &mut Work) -> Result<(), EvaluationError> {
    let held = work.purchase.held;
    set_tier(graph, work, held);
    if work.purchase.status != Status::Active {
        return zero(work, Reason::MemberInactive);
    }
    if work.purchase.amount == 0 {
        return zero(work, Reason::ZeroAmount);
    }
    if let (Some(node), Some(typed)) = (graph.eligible_when, &graph.program.eligible_when)
        && !work.holds(graph, node, None, None, typed.span)?
    {
        return zero(work, Reason::NotEligible);
    }
    let mut eligible = work.purchase.amount;
    if let (Some(node), Some(typed), true) =
        (graph.eligible_lines, &graph.program.eligible_lines, work.purchase.has_lines)
    {
        eligible = 0;
        for index in 0..work.lines.len() {
            let Some(line) = work.lines.get(index).copied() else { continue };
            let counts = work.holds(graph, node, Some(&line.facts), None, typed.span)?;
            if counts {
                eligible = eligible.saturating_add(line.amount);
            }
            if let Some(line) = work.lines.get_mut(index) {
                line.eligible = counts;
            }
        }
        if !work.lines.iter().any(|l| l.eligible) {
            return zero(work, Reason::NotEligible);
        }
        if eligible == 0 {
            return zero(work, Reason::ZeroAmount);
        }
    }
    work.eligible = eligible;
    for line in &mut work.lines {
        line.left = if line.eligible { line.amount } else { 0 };
    }
    let amount = Exact::from_units(eligible, graph.program.currency.decimals());
    set_fact(work, graph.eligible_amount_fact, Value::Decimal(amount));
    if let Some(tiers) = &graph.program.tiers {
        let mut level = work.purchase.held;
        if tiers.applies_after && !work.purchase.fixed_tier {
            let after =
                work.purchase.spending.checked_add(amount).map_err(|_| EvaluationError::overflow(graph, None))?;
            level = level.max(super::level_reached(graph, after));
        }
        set_tier(graph, work, level);
    }
    if graph.eligible_when.is_some() || graph.eligible_lines.is_some() {
        // Two facts changed, so nothing that was computed from them holds any more.
        work.memo.reset(graph.nodes.len());
    }
    Ok(())
}

fn zero(work: &mut Work, reason: Reason) -> Result<(), EvaluationError> {
    work.reason = Some(reason);
    work.eligible = 0;
    Ok(())
}

fn set_tier(graph: &Graph, work: &mut Work, level: usize) {
    if let Some(symbol) = graph.level_symbols.get(level).copied() {
        work.tier = Some(level);
        set_fact(work, graph.tier_fact, Value::Text(symbol));
    }
}

fn set_fact(work: &mut Work, fact: Option<usize>, value: Value) {
    if let Some(slot) = fact.and_then(|at| work.purchase.facts.values.get_mut(at)) {
        *slot = value;
    }
}
