//! A transfer (semantics §7): points change hands, their dates stay.

use super::content::{content_of, id_key};
use super::lots::{Leaving, LotSource};
use super::{Change, Claim, Ledger, advance};
use crate::evaluate::EvaluationError;
use crate::graph::Graph;
use crate::input::{ErrorCode, Status, Transfer};
use crate::rule_set::RuleSet;
use crate::value::{Exact, local};

impl Graph {
    /// A number of points above zero in units of 10^-`points.decimals`; error `wrong_type`.
    pub(super) fn point_units(&self, points: Exact) -> Result<i64, EvaluationError> {
        let decimals = u32::from(self.program.points_decimals);
        points.to_units_exact(decimals).filter(|units| *units > 0).ok_or_else(|| {
            EvaluationError::new(
                ErrorCode::WrongType,
                format!("`points`: a number above zero with at most {decimals} decimals is due here"),
            )
        })
    }

    pub(super) fn insufficient(&self, units: i64, available: i64) -> EvaluationError {
        EvaluationError::new(
            ErrorCode::InsufficientPoints,
            format!("{} points asked for, {} available", self.points(units), self.points(available)),
        )
    }
}

pub(super) fn transfer(rules: &RuleSet, ledger: &mut Ledger, transfer: &Transfer) -> Result<Change, EvaluationError> {
    let graph = rules.graph();
    let Transfer { id, from, to, points, at } = transfer;
    let key = id_key(&format!("transfer/{id}"));
    let content = content_of("transfer", from, rules.program(), |content| {
        content.text(Some(to));
        content.number(*points);
        content.instant(*at);
    });
    if ledger.claimed(key, id, content)? {
        return Ok(Change::Repeated);
    }
    let units = graph.point_units(*points)?;
    if from == to {
        return Err(EvaluationError::new(ErrorCode::SameMember, format!("`{from}` cannot transfer points to itself")));
    }
    for member in [from, to] {
        let status = ledger.member(member).map_or(Status::Active, |state| state.facts.status);
        if status != Status::Active {
            return Err(EvaluationError::new(
                ErrorCode::MemberInactive,
                format!("the member `{member}` is {} and takes part in no transfer", status.as_str()),
            ));
        }
    }
    let date = local(graph.program.zone, *at).date();
    let giver = advance(rules, ledger, from, *at)?;
    let available = ledger.state(giver).map_or(0, |state| state.lots.available(date));
    if units > available {
        return Err(graph.insufficient(units, available));
    }
    // Before anything leaves: a receiver that cannot be advanced receives nothing.
    let receiver = advance(rules, ledger, to, *at)?;
    let mut moved = Vec::new();
    if let Some(state) = ledger.members.get_mut(giver.number()) {
        let taken = state.lots.take(units, date, Leaving::Transferred);
        let lots = taken.iter().filter_map(|(seq, part)| Some((state.lots.lot(*seq)?, *part)));
        moved.extend(lots.map(|(lot, part)| (lot.spendable_on, lot.expires_on, part)));
    }
    if let Some(state) = ledger.members.get_mut(receiver.number()) {
        for (number, (spendable_on, expires_on, part)) in (0_u32..).zip(moved) {
            state.lots.credit(id, LotSource::Transfer(number), part, spendable_on, expires_on);
        }
        // A late transfer may bring points that are past their date already.
        let today = local(graph.program.zone, state.latest).date();
        state.lots.expire(today);
    }
    ledger.claims.insert(key, Claim { content, owner: giver });
    Ok(Change::Transferred { points: graph.points(units) })
}
