//! Base (semantics §3.3): the rules top down, each takes what it can of the amount that is left.

use super::{CapScope, EvaluationError, Part, PartBasis, Rule, Spend, Used, Work, caps};
use crate::graph::{BaseNode, Graph};
use crate::outcome::Reason;
use crate::value::{Exact, RoundingAt};

pub(super) fn apply<U: Used + ?Sized>(graph: &Graph, used: &U, work: &mut Work) -> Result<(), EvaluationError> {
    let mut left = work.eligible;
    let in_lines = work.lines.iter().fold(0_i64, |sum, l| sum.saturating_add(l.left));
    // What no line covers comes after the lines (semantics §10 on 3.3).
    let mut uncovered = work.eligible.saturating_sub(in_lines);
    for (index, node) in graph.base.iter().enumerate() {
        let rule = Rule::Base(u32::try_from(index).unwrap_or(u32::MAX));
        let Some(written) = graph.program.base.get(index) else { continue };
        if left == 0 {
            if !work.explain {
                break;
            }
            work.reject(
                rule,
                Reason::AmountTaken,
                || "earlier rules took the whole amount".to_owned(),
                || "0".to_owned(),
            );
            continue;
        }
        if let (Some(when), Some(typed)) = (node.when, &written.when)
            && !work.holds(graph, when, None, Some(rule), typed.span)?
        {
            if work.explain {
                super::why::condition(graph, work, rule, typed.span, when, None);
            }
            continue;
        }
        let mut matching: Option<Vec<usize>> = None;
        let mut available = left;
        if let (Some(lines), Some(typed)) = (node.lines, &written.lines) {
            let mut taken_before = false;
            let mut matched = Vec::new();
            available = 0;
            for at in 0..work.lines.len() {
                let Some(line) = work.lines.get(at).copied() else { continue };
                if !line.eligible || !work.holds(graph, lines, Some(&line.facts), Some(rule), typed.span)? {
                    continue;
                }
                if line.left == 0 {
                    taken_before = true;
                    continue;
                }
                available = available.saturating_add(line.left);
                matched.push(at);
            }
            if available == 0 {
                if taken_before {
                    work.reject(
                        rule,
                        Reason::AmountTaken,
                        || "earlier rules took its lines".to_owned(),
                        || "0".to_owned(),
                    );
                } else {
                    super::why::condition(graph, work, rule, typed.span, lines, Some("no line"));
                }
                continue;
            }
            matching = Some(matched);
        }
        let mut take = available;
        if let Some(limit) = node.up_to {
            let rest =
                limit.limit.saturating_sub(used.used(limit.slot)).saturating_sub(counted(work, limit.slot)).max(0);
            take = take.min(rest);
            if take == 0 {
                super::why::limit_used(graph, work, rule, limit);
                continue;
            }
            work.spends.push(Spend { slot: limit.slot, amount: take });
        }
        consume(work, matching.as_deref(), take, &mut uncovered);
        left = left.saturating_sub(take);
        slices(graph, used, work, rule, node, take)?;
    }
    Ok(())
}

/// What this purchase already counted on a limit: rules that share a pool draw on it one after the other.
fn counted(work: &Work, slot: crate::graph::CounterSlot) -> i64 {
    work.spends.iter().filter(|s| s.slot == slot).fold(0_i64, |sum, s| sum.saturating_add(s.amount))
}

/// Takes from the matching lines in order, or from all lines and then from what no line covers.
fn consume(work: &mut Work, matching: Option<&[usize]>, take: i64, uncovered: &mut i64) {
    let mut rest = take;
    for (at, line) in work.lines.iter_mut().enumerate() {
        if rest == 0 {
            return;
        }
        if matching.is_some_and(|m| !m.contains(&at)) {
            continue;
        }
        let part = line.left.min(rest);
        line.left = line.left.saturating_sub(part);
        rest = rest.saturating_sub(part);
    }
    *uncovered = uncovered.saturating_sub(rest);
}

/// The slices of one rule, one a slab, and its own caps over their sum.
fn slices<U: Used + ?Sized>(
    graph: &Graph,
    used: &U,
    work: &mut Work,
    rule: Rule,
    node: &BaseNode,
    take: i64,
) -> Result<(), EvaluationError> {
    let decimals = graph.program.currency.decimals();
    let overflow = |_| EvaluationError::overflow(graph, Some(rule));
    let first = work.parts.len();
    let mut from = 0_i64;
    for slab in &node.slabs {
        let to = slab.up_to.map_or(take, |u| u.min(take));
        let amount = to.saturating_sub(from);
        if amount <= 0 {
            continue;
        }
        from = to;
        let (exact, rounded) =
            Exact::share_of(amount, decimals, slab.rate, graph.program.rounding).map_err(overflow)?;
        if graph.multiplies {
            work.exact_base = work.exact_base.checked_add(exact).map_err(overflow)?;
        }
        work.parts.push(Part {
            rule,
            basis: PartBasis::Money(amount),
            rate: Some(slab.rate),
            exact,
            kept: exact,
            rounded,
            granted: rounded,
        });
    }
    if node.caps.is_empty() {
        return Ok(());
    }
    let scope = CapScope::Rule(rule);
    let Work { parts, cuts, values, exacts, eligible, claims, .. } = work;
    let own = parts.get_mut(first..).unwrap_or_default();
    let base_index = u32::try_from(first).unwrap_or(u32::MAX);
    let block = caps::Block { graph, used, caps: &node.caps, scope, eligible: *eligible, own: true, first: base_index };
    if graph.program.rounding_at == RoundingAt::Total {
        exacts.clear();
        exacts.extend(own.iter().map(|p| p.kept));
        let before = sum_of(exacts);
        block.apply(exacts, cuts)?;
        claims.extend(block.budget().map(|slot| caps::claim(slot, before, sum_of(exacts), decimals)));
        for (part, kept) in own.iter_mut().zip(exacts.iter()) {
            part.kept = *kept;
        }
    } else {
        values.clear();
        values.extend(own.iter().map(|p| p.granted));
        let before = sum_of(values);
        block.apply(values, cuts)?;
        claims.extend(block.budget().map(|slot| caps::claim(slot, before, sum_of(values), decimals)));
        for (part, granted) in own.iter_mut().zip(values.iter()) {
            part.granted = *granted;
        }
    }
    Ok(())
}

/// `None` where it does not fit.
fn sum_of<Q: caps::Countable>(values: &[Q]) -> Option<Q> {
    values.iter().try_fold(Q::from_units(0, 0), |sum, value| sum.plus(*value))
}
