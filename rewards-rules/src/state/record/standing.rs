//! Tier standing with level ids for indices and windows as text.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::bad;
use crate::evaluate::EvaluationError;
use crate::graph::Graph;
use crate::input::ErrorCode;
use crate::state::standing::{Earning, Given, Standing, Window, first_of_month, window_of};
use crate::syntax::written::TierWindow;
use crate::value::{Exact, Period, PeriodKey, month_end};

/// Tier standing (semantics §8). What is in it is the engine's own; a host reads the level and the spending.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingRecord {
    /// Level held by earning; absent before the first event and in a program without tiers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earned: Vec<EarningRecord>,
    /// Window → spending as a decimal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    spending: BTreeMap<String, String>,
    /// Level → local date of its last bonus.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    upgrades: BTreeMap<String, NaiveDate>,
    /// Level → the purchase that brought its last bonus.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    bonuses: BTreeMap<String, BonusRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    history: Vec<HeldRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    given: Vec<GivenRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EarningRecord {
    level: String,
    window: String,
    by_purchase: bool,
    before: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BonusRecord {
    purchase: String,
    /// Date of the bonus before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeldRecord {
    level: String,
    /// Absent: from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenRecord {
    level: String,
    from: DateTime<Utc>,
    until: NaiveDate,
}

/// A window as text: `2026`, `2026-03` or `lifetime`.
fn window_text(kind: TierWindow, window: Window) -> String {
    let (period, date) = match kind {
        TierWindow::CalendarYear => {
            (Period::Year, i32::try_from(window.0).ok().and_then(|y| NaiveDate::from_ymd_opt(y, 1, 1)))
        }
        TierWindow::RollingMonths(_) => (Period::Month, first_of_month(window.0)),
        TierWindow::Lifetime => (Period::Lifetime, Some(NaiveDate::MIN)),
    };
    let key = date.and_then(|date| period.key(date, None, None));
    key.map_or_else(String::new, |key| key.to_string())
}

/// The window that a text names. One of another kind, of a rule set before a publication, becomes the window that holds
/// its last day, but none after `latest`.
fn window(kind: TierWindow, text: &str, latest: NaiveDate) -> Result<Window, EvaluationError> {
    let own = match kind {
        TierWindow::CalendarYear => Period::Year,
        TierWindow::RollingMonths(_) => Period::Month,
        TierWindow::Lifetime => Period::Lifetime,
    };
    if let Some(key) = PeriodKey::parse(own, text) {
        return Ok(window_of(kind, key.first_day()));
    }
    let last = [Period::Year, Period::Month, Period::Lifetime].into_iter().find_map(|period| {
        let first = PeriodKey::parse(period, text)?.first_day();
        match period {
            Period::Year => first.checked_add_months(chrono::Months::new(11)).and_then(month_end),
            Period::Month => month_end(first),
            _ => Some(NaiveDate::MAX),
        }
    });
    let last = last.ok_or_else(|| bad(format!("`{text}` is no window of tiers")))?;
    Ok(window_of(kind, last.min(latest)))
}

impl StandingRecord {
    /// Level held by earning alone; `None` before the first event and in a program without tiers. The level of
    /// today, one given by hand included, is [`crate::state::MemberState::tier_on`].
    pub fn level(&self) -> Option<&str> {
        self.level.as_deref()
    }

    /// Spending by window (`2026`, `2026-03` or `lifetime`), as decimals. Months are those of `rolling_months`, each
    /// for itself.
    pub fn spending(&self) -> impl Iterator<Item = (&str, &str)> {
        self.spending.iter().map(|(window, amount)| (window.as_str(), amount.as_str()))
    }

    /// The purchases that brought the bonus which each level had last: a refund may take its lot back.
    pub fn bonus_purchases(&self) -> impl Iterator<Item = &str> {
        self.bonuses.values().map(|bonus| bonus.purchase.as_str())
    }

    pub(super) fn of(graph: &Graph, standing: &Standing) -> StandingRecord {
        let Some(tiers) = &graph.program.tiers else { return StandingRecord::default() };
        if *standing == Standing::default() {
            return StandingRecord::default();
        }
        let id = |level: usize| tiers.levels.get(level).map_or_else(String::new, |l| l.id.clone());
        let earned = |e: &Earning| EarningRecord {
            level: id(e.level),
            window: window_text(tiers.window, e.window),
            by_purchase: e.by_purchase,
            before: id(e.before),
        };
        let held = |(from, level): &(DateTime<Utc>, usize)| HeldRecord {
            level: id(*level),
            from: (*from > DateTime::<Utc>::MIN_UTC).then_some(*from),
        };
        let given = |g: &Given| GivenRecord { level: id(g.level), from: g.from, until: g.until };
        let spent = standing.spending.all();
        StandingRecord {
            level: Some(id(standing.level)),
            earned: standing.earned.iter().map(earned).collect(),
            spending: spent.map(|(window, amount)| (window_text(tiers.window, window), amount.to_string())).collect(),
            upgrades: standing.upgrades.iter().map(|(level, date)| (id(*level), *date)).collect(),
            bonuses: standing
                .bonuses
                .iter()
                .map(|(level, (purchase, previous))| {
                    (id(*level), BonusRecord { purchase: purchase.clone(), previous: *previous })
                })
                .collect(),
            history: standing.history.iter().map(held).collect(),
            given: standing.given.iter().map(given).collect(),
        }
    }

    /// `latest` is the local date of the member's last event; `None` if there was none.
    pub(in crate::state) fn standing(
        &self,
        graph: &Graph,
        latest: Option<NaiveDate>,
    ) -> Result<Standing, EvaluationError> {
        let mut standing = Standing::default();
        let Some(tiers) = &graph.program.tiers else {
            let Some(level) = &self.level else { return Ok(standing) };
            return Err(EvaluationError::new(
                ErrorCode::UnknownTier,
                format!("the member holds the level `{level}`, and the program has no tiers"),
            ));
        };
        let index = |id: &String| graph.level_index(Some(id));
        standing.level = graph.level_index(self.level.as_deref())?;
        for e in &self.earned {
            let window = window(tiers.window, &e.window, latest.unwrap_or_default())?;
            let earning =
                Earning { level: index(&e.level)?, window, by_purchase: e.by_purchase, before: index(&e.before)? };
            standing.earned.push(earning);
        }
        for (text, amount) in &self.spending {
            let amount: Exact = amount.parse().map_err(|e| bad(format!("spending of `{text}`: {e}")))?;
            let sum = standing.spending.of(window(tiers.window, text, latest.unwrap_or_default())?);
            *sum = sum.checked_add(amount).map_err(|e| bad(format!("spending of `{text}`: {e}")))?;
        }
        for (level, date) in &self.upgrades {
            standing.upgrades.insert(index(level)?, *date);
        }
        for (level, bonus) in &self.bonuses {
            standing.bonuses.insert(index(level)?, (bonus.purchase.clone(), bonus.previous));
        }
        for held in &self.history {
            standing.history.push((held.from.unwrap_or(DateTime::<Utc>::MIN_UTC), index(&held.level)?));
        }
        if standing.history.is_empty() && latest.is_some() {
            // Tiers are newer than the member.
            standing.history.push((DateTime::<Utc>::MIN_UTC, standing.level));
        }
        for given in &self.given {
            standing.given.push(Given { level: index(&given.level)?, from: given.from, until: given.until });
        }
        Ok(standing)
    }
}
