//! Tier standing with level ids for indices and windows as text.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::bad;
use crate::evaluate::EvaluationError;
use crate::graph::Graph;
use crate::state::SpentByMonth;
use crate::state::spending::Spending;
use crate::state::standing::{Beside, Earning, Given, Standing, Window, first_of_month, window_in};
use crate::value::{Exact, Period, PeriodKey, month_end};

/// Tier standing (semantics §8). What is in it is the engine's own; a host reads the level and the spending.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingRecord {
    /// Level held by earning; absent before the first event, and where rules never had levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earned: Vec<EarningRecord>,
    /// Window → spending as a decimal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    spending: BTreeMap<String, String>,
    /// The same by windows of other kinds (`month`, `year`, `lifetime`), for rules that have such ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    beside: BTreeMap<String, BTreeMap<String, String>>,
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
    /// The last local day on which it was earned in that window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<NaiveDate>,
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

/// Kinds of window, from fine to coarse: what is kept by one of them adds up to those that come after it.
const KINDS: [Period; 3] = [Period::Month, Period::Year, Period::Lifetime];

/// The kind of this name.
pub(in crate::state) fn kind_named(name: &str) -> Option<Period> {
    KINDS.into_iter().find(|kind| kind.name() == name)
}

/// A window as text: `2026`, `2026-03` or `lifetime`.
fn window_text(kind: Period, window: Window) -> String {
    let date = match kind {
        Period::Year => i32::try_from(window.0).ok().and_then(|y| NaiveDate::from_ymd_opt(y, 1, 1)),
        Period::Month => first_of_month(window.0),
        _ => Some(NaiveDate::MIN),
    };
    let key = date.and_then(|date| kind.key(date, None, None));
    key.map_or_else(String::new, |key| key.to_string())
}

/// Which kind of window a text is, and its first day.
fn window_named(text: &str) -> Result<(Period, NaiveDate), EvaluationError> {
    let named = KINDS.into_iter().find_map(|kind| Some((kind, PeriodKey::parse(kind, text)?.first_day())));
    named.ok_or_else(|| bad(format!("`{text}` is no window of tiers")))
}

/// The window that a text names. One of another kind, of a rule set before a publication, becomes the window that holds
/// its last day, but none after `latest`.
fn window(kind: Period, text: &str, latest: NaiveDate) -> Result<Window, EvaluationError> {
    let (own, first) = window_named(text)?;
    if own == kind {
        return Ok(window_in(kind, first));
    }
    let last = match own {
        Period::Year => first.checked_add_months(chrono::Months::new(11)).and_then(month_end),
        Period::Month => month_end(first),
        _ => Some(NaiveDate::MAX),
    };
    let last = last.ok_or_else(|| bad(format!("`{text}` is no window of tiers")))?;
    Ok(window_in(kind, last.min(latest)))
}

/// Spending by windows of a kind, from windows as text.
fn spending(kind: Period, windows: &BTreeMap<String, String>, latest: NaiveDate) -> Result<Spending, EvaluationError> {
    let mut spending = Spending::default();
    for (text, amount) in windows {
        let amount: Exact = amount.parse().map_err(|e| bad(format!("spending of `{text}`: {e}")))?;
        let sum = spending.of(window(kind, text, latest)?);
        *sum = sum.checked_add(amount).map_err(|e| bad(format!("spending of `{text}`: {e}")))?;
    }
    Ok(spending)
}

fn spending_texts(kind: Period, spending: &Spending) -> BTreeMap<String, String> {
    spending.all().map(|(window, amount)| (window_text(kind, window), amount.to_string())).collect()
}

impl StandingRecord {
    /// Level held by earning alone; `None` before the first event, and where rules never had levels. The level of
    /// today, one given by hand included, is [`crate::state::MemberState::tier_on`].
    pub fn level(&self) -> Option<&str> {
        self.level.as_deref()
    }

    /// Spending by window (`2026`, `2026-03` or `lifetime`), as decimals. Months are those of `rolling_months`, each
    /// for itself. Empty after a posting under rules without levels.
    pub fn spending(&self) -> impl Iterator<Item = (&str, &str)> {
        self.spending.iter().map(|(window, amount)| (window.as_str(), amount.as_str()))
    }

    /// The purchases that brought the bonus which each level had last: a refund may take its lot back.
    pub fn bonus_purchases(&self) -> impl Iterator<Item = &str> {
        self.bonuses.values().map(|bonus| bonus.purchase.as_str())
    }

    pub(super) fn of(graph: &Graph, standing: &Standing) -> StandingRecord {
        if *standing == Standing::default() {
            return StandingRecord::default();
        }
        let own = graph.program.tiers.as_ref().map(|tiers| tiers.window.period());
        // That windows are kept is told by those that there are.
        let is_told = |kind: Period| Some(kind) == own && standing.spending.windows() > 0;
        let beside = standing.beside.iter().filter(|(kind, _)| !is_told(*kind));
        let beside = beside.map(|(kind, spent)| (kind.name().to_owned(), spending_texts(*kind, spent))).collect();
        let (Some(tiers), Some(kind)) = (&graph.program.tiers, own) else {
            return StandingRecord { beside, ..standing.left_alone.as_deref().cloned().unwrap_or_default() };
        };
        let id = |level: usize| tiers.levels.get(level).map_or_else(String::new, |l| l.id.clone());
        let earned = |e: &Earning| EarningRecord {
            level: id(e.level),
            window: window_text(kind, e.window),
            by_purchase: e.by_purchase,
            before: id(e.before),
            on: e.on,
        };
        let held = |(from, level): &(DateTime<Utc>, usize)| HeldRecord {
            level: id(*level),
            from: (*from > DateTime::<Utc>::MIN_UTC).then_some(*from),
        };
        let given = |g: &Given| GivenRecord { level: id(g.level), from: g.from, until: g.until };
        StandingRecord {
            level: Some(id(standing.level)),
            earned: standing.earned.iter().map(earned).collect(),
            spending: spending_texts(kind, &standing.spending),
            beside,
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
        let day = latest.unwrap_or_default();
        let own = graph.program.tiers.as_ref().map(|tiers| tiers.window.period());
        (standing.spending, standing.beside) = self.spent(own, day)?;
        let Some(kind) = own else {
            let rest = StandingRecord { spending: BTreeMap::new(), beside: BTreeMap::new(), ..self.clone() };
            standing.left_alone = (rest != StandingRecord::default()).then(|| Box::new(rest));
            return Ok(standing);
        };
        let index = |id: &String| graph.level_index(Some(id));
        standing.level = graph.level_index(self.level.as_deref())?;
        for e in &self.earned {
            let window = match e.on {
                Some(on) if window_named(&e.window)?.0 != kind => window_in(kind, on),
                _ => window(kind, &e.window, day)?,
            };
            let earning = Earning {
                level: index(&e.level)?,
                window,
                by_purchase: e.by_purchase,
                before: index(&e.before)?,
                on: e.on,
            };
            standing.earned.push(earning);
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

    /// The kind of the windows of `spending`; `None` where there is none.
    fn written(&self) -> Result<Option<Period>, EvaluationError> {
        Ok(self.spending.keys().next().map(|text| window_named(text)).transpose()?.map(|(kind, _)| kind))
    }

    /// Spending by windows of a rule set's own kind, and that by windows of others. Where the kind changed with the rules,
    /// the one that was kept beside takes the place of the other, which stays. One that was not kept follows from the finest
    /// that there is: exactly from a finer one, else so that a window goes on as the one that holds its last day.
    fn spent(&self, own: Option<Period>, latest: NaiveDate) -> Result<(Spending, Beside), EvaluationError> {
        let mut all: Vec<(Period, &BTreeMap<String, String>)> = Vec::new();
        for (name, windows) in &self.beside {
            let kind = kind_named(name).ok_or_else(|| bad(format!("`{name}` is no kind of windows of tiers")))?;
            all.push((kind, windows));
        }
        let is_beside = all.iter().any(|(kind, _)| Some(*kind) == own);
        if let Some(written) = self.written()? {
            all.retain(|(kind, _)| *kind != written);
            all.push((written, &self.spending));
        }
        let mut beside = Vec::new();
        for (kind, windows) in all.iter().filter(|(kind, _)| Some(*kind) != own) {
            beside.push((*kind, spending(*kind, windows, latest)?));
        }
        let Some(own) = own else { return Ok((Spending::default(), beside.into_boxed_slice())) };
        if is_beside {
            beside.push((own, Spending::default()));
        }
        let kept = all.iter().find(|(kind, _)| *kind == own).or_else(|| all.iter().min_by_key(|(kind, _)| *kind));
        let own = kept.map_or(Ok(Spending::default()), |(_, windows)| spending(own, windows, latest))?;
        Ok((own, beside.into_boxed_slice()))
    }

    /// Keeps spending by windows of another kind from now on, beside what is there. Does nothing where windows of that kind
    /// are kept already.
    pub(super) fn keep_beside(&mut self, kind: Period, spent: &SpentByMonth) -> Result<(), EvaluationError> {
        if self.written()? == Some(kind) || self.beside.contains_key(kind.name()) {
            return Ok(());
        }
        let mut windows = Spending::default();
        for (month, amount) in spent.all() {
            let sum = windows.of(window_in(kind, month));
            *sum = sum.checked_add(amount).map_err(|e| bad(format!("spending of {month}: {e}")))?;
        }
        self.beside.insert(kind.name().to_owned(), spending_texts(kind, &windows));
        Ok(())
    }
}
