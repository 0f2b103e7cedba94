//! Points (semantics §3.9): earn, the points campaigns that stacking left, and the caps of points.

use super::campaigns::POINTS_ROUNDING;
use super::{CapScope, EvaluationError, PointsPart, Rule, Used, Work, caps};
use crate::graph::Graph;
use crate::input::ErrorCode;
use crate::value::{Exact, Overflow};

/// Decimals at which a shown exact value that does not end is cut (semantics §1.5).
pub(crate) const SHOWN_DECIMALS: u32 = 12;

/// What `earn` gives for an amount, times a factor: the value to show and whole units, rounded down once.
pub(super) fn earned(graph: &Graph, eligible: i64, factor: Exact) -> Result<(Exact, i64), Overflow> {
    let program = &graph.program;
    let Some(earn) = program.earn else { return Ok((Exact::ZERO, 0)) };
    let product = Exact::from_units(eligible, program.currency.decimals())
        .checked_mul(earn.points)?
        .checked_mul(factor)?
        .normalized();
    let decimals = u32::from(program.points_decimals);
    let units = product.checked_div(earn.per, decimals, POINTS_ROUNDING)?.unwrap_or(Exact::ZERO);
    let shown = product.shown_quotient(earn.per, SHOWN_DECIMALS)?.unwrap_or(Exact::ZERO);
    Ok((shown, units.to_units(decimals, POINTS_ROUNDING)?))
}

/// When points of this purchase can be spent, and until when.
#[inline(always)]
pub(super) fn dates(graph: &Graph, work: &mut Work) -> Result<(), EvaluationError> {
    let beyond = || EvaluationError::new(ErrorCode::Overflow, "a date beyond the calendar's end");
    let spendable = graph.program.activation_delay.after(work.purchase.calendar.date).ok_or_else(beyond)?;
    work.spendable_on = spendable;
    if let Some(duration) = graph.program.expires_after {
        work.expires_on = Some(duration.after(spendable).ok_or_else(beyond)?);
    }
    Ok(())
}

pub(super) fn apply<U: Used + ?Sized>(graph: &Graph, used: &U, work: &mut Work) -> Result<(), EvaluationError> {
    let program = &graph.program;
    if program.earn.is_some() {
        let level = work.tier.and_then(|t| program.tiers.as_ref().and_then(|tiers| tiers.levels.get(t)));
        let multiplier = level.map_or(Exact::ONE, |l| l.points_multiplier);
        let (exact, granted) =
            earned(graph, work.eligible, multiplier).map_err(|_| EvaluationError::overflow(graph, Some(Rule::Earn)))?;
        work.points.insert(0, PointsPart { rule: Rule::Earn, exact, granted });
        for cut in &mut work.points_cuts {
            cut.part = cut.part.saturating_add(1);
        }
    }
    if graph.points_caps.is_empty() || work.points.is_empty() {
        return Ok(());
    }
    let Work { points, points_cuts, units, eligible, .. } = work;
    units.clear();
    units.extend(points.iter().map(|p| p.granted));
    let block = caps::Block {
        graph,
        used,
        caps: &graph.points_caps,
        scope: CapScope::ProgramPoints,
        eligible: *eligible,
        own: false,
        first: 0,
    };
    block.apply(units, points_cuts)?;
    for (part, value) in points.iter_mut().zip(units.iter()) {
        part.granted = *value;
    }
    Ok(())
}
