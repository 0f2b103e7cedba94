//! An adjustment by hand (semantics §7): a credit of its own, or points taken without debt.

use super::content::{content_of, id_key};
use super::lots::{Leaving, LotSource};
use super::{Change, Claim, Ledger, advance};
use crate::evaluate::EvaluationError;
use crate::input::{Adjustment, ErrorCode};
use crate::rule_set::RuleSet;
use crate::value::local;

pub(super) fn adjust(rules: &RuleSet, ledger: &mut Ledger, adjustment: &Adjustment) -> Result<Change, EvaluationError> {
    let graph = rules.graph();
    let Adjustment { id, member, points, at, expires_on } = adjustment;
    let key = id_key(&format!("adjustment/{id}"));
    let content = content_of("adjustment", member, rules.program(), |content| {
        content.number(*points);
        content.instant(*at);
        content.text(expires_on.map(|day| day.to_string()).as_deref());
    });
    if ledger.claimed(key, id, content)? {
        return Ok(Change::Repeated);
    }
    let decimals = u32::from(graph.program.points_decimals);
    let units = points.to_units_exact(decimals).filter(|units| *units != 0).ok_or_else(|| {
        EvaluationError::new(
            ErrorCode::WrongType,
            format!("`points`: a number other than zero with at most {decimals} decimals is due here"),
        )
    })?;
    let date = local(graph.program.zone, *at).date();
    if expires_on.is_some_and(|last| last < date) {
        return Err(EvaluationError::new(
            ErrorCode::WrongType,
            format!("`expires_on`: a day not before {date}, on which the points are credited, is due here"),
        ));
    }
    if expires_on.is_some() && units < 0 {
        return Err(EvaluationError::new(ErrorCode::WrongType, "`expires_on`: points that are taken have no such day"));
    }
    let expires_on = match (expires_on, graph.program.expires_after) {
        (None, Some(duration)) => Some(
            duration
                .after(date)
                .ok_or_else(|| EvaluationError::new(ErrorCode::Overflow, "a date beyond the calendar's end"))?,
        ),
        (given, _) => *given,
    };
    let owner = advance(rules, ledger, member, *at)?;
    let Some(state) = ledger.members.get_mut(owner.number()) else { return Ok(Change::Advanced) };
    if units > 0 {
        state.lots.credit(id, LotSource::Adjustment, units, date, expires_on);
        // A late adjustment's points may be past their date already.
        let today = local(graph.program.zone, state.latest).date();
        state.lots.expire(today);
    } else {
        let (due, available) = (units.saturating_neg(), state.lots.available(date));
        if due > available {
            return Err(graph.insufficient(due, available));
        }
        state.lots.take(due, date, Leaving::Reversed);
    }
    ledger.claims.insert(key, Claim { content, owner });
    Ok(Change::Adjusted { points: graph.points(units) })
}
