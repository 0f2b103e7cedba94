//! Redemption (semantics §7): all or nothing, with checks in a fixed order.

use chrono::NaiveDate;

use super::lots::Leaving;
use super::{Change, Ledger, Owner, advance};
use crate::evaluate::EvaluationError;
use crate::graph::{CounterSlot, Graph};
use crate::input::{ErrorCode, Redemption, Status};
use crate::rule_set::RuleSet;
use crate::value::{Amount, PeriodKey, Points, RoundingMode, div_round, local};

/// How a redemption stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedemptionState {
    /// Points have left, fulfilment is under way.
    Pending,
    /// Fulfilled.
    Completed,
    /// Could not be fulfilled; points are back.
    Failed,
    /// Withdrawn; points are back.
    Cancelled,
}

/// How a pending redemption ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Settlement {
    /// Fulfilled.
    Complete,
    /// Could not be fulfilled.
    Fail,
    /// Withdrawn.
    Cancel,
}

/// A redemption and where its points came from.
#[derive(Debug)]
pub(crate) struct Redeemed {
    pub(crate) state: RedemptionState,
    pub(super) content: u64,
    pub(super) units: i64,
    /// Which lots, by `seq`, gave how much.
    pub(super) taken: Vec<(i64, i64)>,
    pub(super) counters: Vec<(CounterSlot, PeriodKey)>,
}

fn refuse(code: ErrorCode, message: String) -> EvaluationError {
    EvaluationError::new(code, message)
}

impl Graph {
    /// The position of a redemption option; error `unknown_option`.
    pub(crate) fn redemption_option(&self, id: &str) -> Result<usize, EvaluationError> {
        let options = &self.program.redemption;
        options.iter().position(|o| o.id == id).ok_or_else(|| {
            let known: Vec<&str> = options.iter().map(|o| o.id.as_str()).collect();
            refuse(
                ErrorCode::UnknownOption,
                format!("the program has no redemption option `{id}`; it has {}", known.join(", ")),
            )
        })
    }
}

pub(super) fn redeem(
    rules: &RuleSet,
    ledger: &mut Ledger,
    redemption: &Redemption,
    member: &str,
) -> Result<Change, EvaluationError> {
    let graph = rules.graph();
    let program = &graph.program;
    let content = super::content_of("redemption", member, rules.program(), |content| {
        content.text(Some(&redemption.option));
        content.number(redemption.points);
        content.instant(redemption.at);
    });
    if let Some(known) = ledger.member(member).and_then(|m| m.redeemed.get(&redemption.id)) {
        if known.content == content {
            return Ok(Change::Repeated);
        }
        return Err(refuse(
            ErrorCode::IdConflict,
            format!("the redemption id `{}` was used before with other content", redemption.id),
        ));
    }
    let units = graph.point_units(redemption.points)?;
    let position = graph.redemption_option(&redemption.option)?;
    let (Some(option), Some(caps)) = (program.redemption.get(position), graph.redemption.get(position)) else {
        return Ok(Change::Advanced);
    };
    let owner = advance(rules, ledger, member, redemption.at)?;
    let Some(state) = ledger.members.get_mut(owner.0 as usize) else { return Ok(Change::Advanced) };
    let points = |units: i64| Points::from_units(units, program.points_decimals);
    if state.facts.status != Status::Active {
        return Err(refuse(
            ErrorCode::MemberInactive,
            format!("the member is {} and cannot redeem", state.facts.status.as_str()),
        ));
    }
    let date = local(program.zone, redemption.at).date();
    let available = state.lots.available(date);
    if units > available {
        return Err(graph.insufficient(units, available));
    }
    if units < option.min_points {
        return Err(refuse(
            ErrorCode::BelowMinPoints,
            format!("`{}` needs at least {} points", option.id, points(option.min_points)),
        ));
    }
    if let Some(step) = option.step
        && units.checked_rem(step) != Some(0)
    {
        return Err(refuse(ErrorCode::WrongStep, format!("`{}` takes points in steps of {}", option.id, points(step))));
    }
    if let Some(tiers) = &option.tiers
        && !tiers.contains(&state.standing.held(date))
    {
        return Err(refuse(ErrorCode::TierIneligible, format!("`{}` is not for this tier", option.id)));
    }
    let mut counters = Vec::new();
    for cap in caps {
        let Some(counter) = graph.counter(cap.slot) else { continue };
        let period = counter.period.key(date, state.facts.billing_day, state.facts.joined_on).ok_or_else(|| {
            refuse(ErrorCode::MissingFact, format!("`{}` needs a day that the member does not have", counter.key))
        })?;
        let left = cap.limit.saturating_sub(state.counters.get(cap.slot, period)).max(0);
        if units > left {
            return Err(refuse(
                ErrorCode::RedemptionCapExceeded,
                format!("{} points are left of `{}` in {period}", points(left), counter.key),
            ));
        }
        counters.push((cap.slot, period));
    }
    // Worth is rounded down, multiplied first and divided once.
    let product = i128::from(units).checked_mul(i128::from(option.value_cash));
    let cash = product
        .and_then(|p| div_round(p, i128::from(option.value_points), RoundingMode::Down))
        .and_then(|c| i64::try_from(c).ok())
        .ok_or_else(|| EvaluationError::overflow(graph, None))?;
    let taken = state.lots.take(units, date, Leaving::Redeemed);
    for (slot, period) in &counters {
        state.counters.add(*slot, *period, units);
    }
    state
        .redeemed
        .insert(redemption.id.clone(), Redeemed { state: RedemptionState::Pending, content, units, taken, counters });
    Ok(Change::Redeemed { points: points(units), cash: Amount::from_minor(cash, program.currency) })
}

/// Ends a pending redemption. Failed and cancelled ones return their points to their lots.
pub(super) fn settle(
    ledger: &mut Ledger,
    redemption: &str,
    owner: Owner,
    settlement: Settlement,
    date: NaiveDate,
) -> Result<Change, EvaluationError> {
    let unknown = || refuse(ErrorCode::RedemptionState, format!("there is no redemption `{redemption}`"));
    let state = ledger.members.get_mut(owner.0 as usize).ok_or_else(unknown)?;
    let redeemed = state.redeemed.get_mut(redemption).ok_or_else(unknown)?;
    let next = match settlement {
        Settlement::Complete => RedemptionState::Completed,
        Settlement::Fail => RedemptionState::Failed,
        Settlement::Cancel => RedemptionState::Cancelled,
    };
    if redeemed.state == next {
        return Ok(Change::Settled);
    }
    if redeemed.state != RedemptionState::Pending {
        return Err(refuse(ErrorCode::RedemptionState, format!("the redemption `{redemption}` has ended already")));
    }
    redeemed.state = next;
    if next != RedemptionState::Completed {
        state.lots.give_back(&redeemed.taken, date);
        for (slot, period) in &redeemed.counters {
            state.counters.add(*slot, *period, redeemed.units.saturating_neg());
        }
    }
    Ok(Change::Settled)
}
