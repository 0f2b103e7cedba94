//! `rounding.at: total` (semantics §1.3): what remains is summed, rounded once, and shared out by largest remainder.

use super::{EvaluationError, Work};
use crate::graph::Graph;
use crate::value::{Exact, RoundingMode};

pub(super) fn share_total(graph: &Graph, work: &mut Work) -> Result<(), EvaluationError> {
    let overflow = |_| EvaluationError::overflow(graph, None);
    let decimals = u32::from(graph.program.currency.decimals());
    let mut sum = Exact::ZERO;
    for kept in &work.kept {
        sum = sum.checked_add(*kept).map_err(overflow)?;
    }
    let total = sum.to_units(decimals, graph.program.rounding).map_err(overflow)?;
    let mut given = 0_i64;
    let mut remainders = Vec::with_capacity(work.parts.len());
    for (at, (part, kept)) in work.parts.iter_mut().zip(&work.kept).enumerate() {
        let whole = kept.to_units(decimals, RoundingMode::Down).map_err(overflow)?;
        let rest = kept.checked_sub(Exact::from_units(whole, graph.program.currency.decimals())).map_err(overflow)?;
        part.rounded = whole;
        given = given.saturating_add(whole);
        remainders.push((rest, at));
    }
    // Stable: among equal remainders who stands first.
    remainders.sort_by_key(|r| std::cmp::Reverse(r.0));
    let missing = usize::try_from(total.saturating_sub(given)).unwrap_or(0);
    for (_, at) in remainders.into_iter().take(missing) {
        if let Some(part) = work.parts.get_mut(at) {
            part.rounded = part.rounded.saturating_add(1);
        }
    }
    for part in &mut work.parts {
        part.granted = part.rounded;
    }
    Ok(())
}
