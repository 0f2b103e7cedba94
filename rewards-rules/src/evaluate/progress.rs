//! Progress (semantics §3.10): spending against the thresholds, and the bonus of a level newly reached.

use chrono::{Datelike, NaiveDate};

use super::{EvaluationError, PointsPart, Progressed, Rule, Work};
use crate::graph::Graph;
use crate::syntax::written::TierWindow;
use crate::value::Exact;

/// The highest level whose threshold the spending reaches.
pub(crate) fn level_reached(graph: &Graph, spending: Exact) -> usize {
    let decimals = graph.program.currency.decimals();
    let highest = match spending.to_units_exact(u32::from(decimals)) {
        Some(units) => graph.thresholds.iter().rposition(|threshold| *threshold <= units),
        None => graph.thresholds.iter().rposition(|threshold| Exact::from_units(*threshold, decimals) <= spending),
    };
    highest.unwrap_or(0)
}

/// Whether the bonus of a level was already granted in the window of this date.
fn granted_before(window: TierWindow, last: NaiveDate, date: NaiveDate) -> bool {
    let month = |d: NaiveDate| i64::from(d.year()).saturating_mul(12).saturating_add(i64::from(d.month0()));
    match window {
        TierWindow::CalendarYear => last.year() == date.year(),
        TierWindow::RollingMonths(n) => month(date).saturating_sub(month(last)) < i64::from(n),
        TierWindow::Lifetime => true,
    }
}

pub(crate) fn apply(graph: &Graph, work: &mut Work) -> Result<(), EvaluationError> {
    let Some(tiers) = &graph.program.tiers else { return Ok(()) };
    let purchase = &work.purchase;
    let eligible = Exact::from_units(work.eligible, graph.program.currency.decimals());
    let spending = if purchase.spending.is_zero() {
        eligible
    } else {
        purchase.spending.checked_add(eligible).map_err(|_| EvaluationError::overflow(graph, None))?
    };
    let newly = if work.reason.is_some() || purchase.fixed_tier {
        None
    } else {
        // A late purchase is evaluated under the level of its time, but changes the one of today.
        let held = purchase.held.max(purchase.now_held);
        Some(level_reached(graph, spending)).filter(|reached| *reached > held)
    };
    work.progress = Some(Progressed { spending, level: newly.unwrap_or(purchase.now_held), reached: newly });
    let Some(level) = newly else { return Ok(()) };
    let bonus = tiers.levels.get(level).map_or(0, |l| l.upgrade_points);
    let date = purchase.calendar.date;
    let before = purchase.upgrades.iter().any(|(l, last)| *l == level && granted_before(tiers.window, *last, date));
    if bonus > 0 && !before {
        let exact = Exact::from_units(bonus, graph.program.points_decimals);
        let rule = Rule::Upgrade(u32::try_from(level).unwrap_or(u32::MAX));
        work.points.push(PointsPart { rule, exact, granted: bonus });
    }
    Ok(())
}
