//! Loyalty bonus (semantics §3.5): one component for the tier of the transaction.

use super::{EvaluationError, PartValue, Rule, Work};
use crate::check::program::Bonus;
use crate::graph::Graph;

#[inline(always)]
pub(super) fn apply(graph: &Graph, work: &mut Work) -> Result<(), EvaluationError> {
    let Some(level) = work.tier else { return Ok(()) };
    let tiers = graph.program.tiers.as_ref();
    let Some(bonus) = tiers.and_then(|t| t.levels.get(level)).and_then(|l| l.bonus) else { return Ok(()) };
    let rule = Rule::Loyalty(u32::try_from(level).unwrap_or(u32::MAX));
    match bonus {
        Bonus::Rate(rate) => work.push_share(graph, rule, work.eligible, rate)?,
        Bonus::Multiplier(multiplier) => {
            let base = work.exact_base;
            let value =
                PartValue::product(base, multiplier).map_err(|_| EvaluationError::overflow(graph, Some(rule)))?;
            work.push_value(graph, rule, value)?
        }
    };
    Ok(())
}
