//! Where a member stands, for people: the level, what is missing to the next, and until when it holds.

use chrono::NaiveDate;
use serde::Serialize;

use super::record::MemberRecord;
use super::standing::{held_through, window_of};
use crate::evaluate::EvaluationError;
use crate::rule_set::RuleSet;
use crate::value::{Amount, Exact, RoundingMode, local};

/// Decimals of `progress`.
const PROGRESS_DECIMALS: u32 = 4;

/// Standing of a member on a local date, evaluations that are due by then included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StandingView {
    /// Id of the level held; absent in a program without tiers.
    pub tier: Option<String>,
    /// Key of the tier window: `2026`, `2026-03` or `lifetime`; absent in a program without tiers.
    pub window: Option<String>,
    /// Spending in it, as a decimal with the currency's decimals (more after refunds that do not end).
    pub spending: String,
    /// Id of the level above the one held; absent for the highest.
    pub next_tier: Option<String>,
    /// Spending from which on that one is reached.
    pub next_threshold: Option<String>,
    /// What is missing to it.
    pub missing: Option<String>,
    /// From 0 to 1 towards it, rounded down to 4 decimals; 1 for the highest.
    pub progress: String,
    /// First local date of the level held; absent if it was so from the beginning.
    pub held_since: Option<NaiveDate>,
    /// Last local date through which the level holds if nothing more is spent; absent: for ever.
    pub held_through: Option<NaiveDate>,
    /// Last local date of a level that was given by hand, where the level held is that one.
    pub given_until: Option<NaiveDate>,
}

impl RuleSet {
    /// Where a member stands on a local date not before its last event. Errors: `unknown_tier` and `invalid_record` as
    /// for [`super::Ledger::put_member`].
    pub fn standing_of(&self, record: &MemberRecord, on: NaiveDate) -> Result<StandingView, EvaluationError> {
        let graph = self.graph();
        let decimals = graph.program.currency.decimals();
        let Some(tiers) = &graph.program.tiers else {
            return Ok(StandingView {
                tier: None,
                window: None,
                spending: Amount::from_minor(0, graph.program.currency).to_string(),
                next_tier: None,
                next_threshold: None,
                missing: None,
                progress: "1".to_owned(),
                held_since: None,
                held_through: None,
                given_until: None,
            });
        };
        let latest = record.latest.map(|at| local(graph.program.zone, at).date());
        let mut standing = record.standing.standing(graph, latest)?;
        standing.evaluate_due(graph, on)?;
        let held = standing.held(on);
        let given = standing.given.last().filter(|g| on <= g.until && g.level == held && g.level > standing.level);
        let spending = standing.spending(tiers.window, window_of(tiers.window, on))?;
        let next = tiers.levels.get(held.saturating_add(1));
        let threshold = next.map(|level| Exact::from_units(level.min_spending, decimals));
        let missing = threshold.map(|t| t.checked_sub(spending).unwrap_or(Exact::ZERO).max(Exact::ZERO));
        let share = threshold.filter(|t| !t.is_zero()).and_then(|threshold| {
            spending.min(threshold).checked_div(threshold, PROGRESS_DECIMALS, RoundingMode::Down).ok().flatten()
        });
        let since = standing.history.iter().rev().take_while(|(_, level)| *level == standing.level).last();
        let from_start = |at: &chrono::DateTime<chrono::Utc>| *at == chrono::DateTime::<chrono::Utc>::MIN_UTC;
        let day = |at| local(graph.program.zone, at).date();
        let through = standing.last_earned(standing.level).filter(|_| standing.level > 0);
        let through = through.and_then(|e| held_through(tiers.window, e.window, tiers.grace_days));
        Ok(StandingView {
            tier: tiers.levels.get(held).map(|l| l.id.clone()),
            window: graph.window_key(on).map(|key| key.to_string()),
            spending: money(spending, decimals),
            next_tier: next.map(|l| l.id.clone()),
            next_threshold: threshold.map(|t| money(t, decimals)),
            missing: missing.map(|m| money(m, decimals)),
            progress: share.unwrap_or(Exact::from(1)).max(Exact::ZERO).normalized().to_string(),
            held_since: match given {
                Some(given) => Some(day(given.from)),
                None => since.map(|(at, _)| *at).filter(|at| !from_start(at)).map(day),
            },
            held_through: match given {
                Some(given) => Some(through.map_or(given.until, |t| t.max(given.until))),
                None => through,
            },
            given_until: given.map(|g| g.until),
        })
    }
}

/// With the currency's decimals at least.
fn money(value: Exact, decimals: u8) -> String {
    let decimals = u32::from(decimals);
    let value = value.normalized();
    if value.scale() > decimals { value.to_string() } else { value.to_fixed(decimals) }
}
