//! Loyalty bonus (semantics §3.5): one component for the tier of the transaction.

use super::{EvaluationError, Part, PartBasis, Rule, Work};
use crate::check::program::Bonus;
use crate::graph::Graph;
use crate::value::Exact;

pub(super) fn apply(graph: &Graph, work: &mut Work) -> Result<(), EvaluationError> {
    let Some(level) = work.tier else { return Ok(()) };
    let tiers = graph.program.tiers.as_ref();
    let Some(bonus) = tiers.and_then(|t| t.levels.get(level)).and_then(|l| l.bonus) else { return Ok(()) };
    let rule = Rule::Loyalty(u32::try_from(level).unwrap_or(u32::MAX));
    let overflow = |_| EvaluationError::overflow(graph, Some(rule));
    let decimals = graph.program.currency.decimals();
    let mode = graph.program.rounding;
    let (basis, rate, (exact, rounded)) = match bonus {
        Bonus::Rate(rate) => {
            let share = Exact::share_of(work.eligible, decimals, rate, mode).map_err(overflow)?;
            (PartBasis::Money(work.eligible), rate, share)
        }
        Bonus::Multiplier(m) => {
            let rate = m.checked_sub(Exact::ONE).map_err(overflow)?;
            let exact = work.exact_base.checked_mul(rate).map_err(overflow)?;
            let rounded = exact.to_units(u32::from(decimals), mode).map_err(overflow)?;
            (PartBasis::Exact(work.exact_base), rate, (exact, rounded))
        }
    };
    work.parts.push(Part { rule, basis, rate: Some(rate), exact, kept: exact, rounded, granted: rounded });
    Ok(())
}
