//! Tier standing (semantics §8): spending by window, the level held, and until when.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Utc};
use smallvec::SmallVec;

use super::record::StandingRecord;
use super::spending::Spending;
use crate::evaluate::{EvaluationError, level_reached};
use crate::graph::Graph;
use crate::input::ErrorCode;
use crate::syntax::written::TierWindow;
use crate::value::{Exact, Period, add_months, month_end};

/// A tier window by its last month (`rolling_months`), its year, or the only one there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Window(pub(super) i64);

#[cfg(test)]
impl Window {
    pub(super) fn of_number(number: i64) -> Window {
        Window(number)
    }
}

/// Spending by kind of window.
pub(super) type Beside = Box<[(Period, Spending)]>;

/// That a level was earned in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earning {
    pub(super) level: usize,
    pub(super) window: Window,
    /// By spending; a level that an evaluation gave, or that was there at the start, rests on no purchase.
    pub(super) by_purchase: bool,
    /// Level held before.
    pub(super) before: usize,
    /// The last local day on which it was: that of a purchase, or of the window that an evaluation looked at. Absent in what
    /// was written before there was one.
    pub(super) on: Option<NaiveDate>,
}

/// A level given by hand: from an instant on, through a local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) level: usize,
    pub(super) from: DateTime<Utc>,
    pub(super) until: NaiveDate,
}

/// In the order in which a purchase needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Standing {
    /// Level held by earning; one given by hand may lift it.
    pub(super) level: usize,
    /// Spending by windows of other kinds, each kind once: those that a host had filled, and those of rules before. The
    /// rules' own kind may be among them, without a sum, to say that it is kept.
    pub(super) beside: Beside,
    /// Spending by month (`rolling_months`), year, or in all.
    pub(super) spending: Spending,
    /// Level held from an instant on, in order. Most members have one or two.
    pub(super) history: SmallVec<[(DateTime<Utc>, usize); 2]>,
    /// Levels given by hand, in order of `from`; each takes the place of the one before it.
    pub(super) given: Vec<Given>,
    /// Level → local date of its last upgrade bonus that was not reversed.
    pub(super) upgrades: BTreeMap<usize, NaiveDate>,
    /// In order of earning.
    pub(super) earned: Vec<Earning>,
    /// Level → the purchase that brought its last bonus, and the date of the bonus before that.
    pub(super) bonuses: BTreeMap<usize, (String, Option<NaiveDate>)>,
    /// What rules without levels leave as it is.
    pub(super) left_alone: Option<Box<StandingRecord>>,
}

fn overflow() -> EvaluationError {
    EvaluationError::new(ErrorCode::Overflow, "tier spending does not fit into a number")
}

/// Months since the year 0.
pub(super) fn month_number(date: NaiveDate) -> i64 {
    i64::from(date.year()).saturating_mul(12).saturating_add(i64::from(date.month0()))
}

pub(super) fn first_of_month(number: i64) -> Option<NaiveDate> {
    let year = i32::try_from(number.div_euclid(12)).ok()?;
    let month = u32::try_from(number.rem_euclid(12)).ok()?;
    NaiveDate::from_ymd_opt(year, month.checked_add(1)?, 1)
}

/// The window that ends with the period of a date.
pub(crate) fn window_of(window: TierWindow, date: NaiveDate) -> Window {
    window_in(window.period(), date)
}

/// The window of a kind, a year, a month or `lifetime`, that holds a date.
pub(super) fn window_in(kind: Period, date: NaiveDate) -> Window {
    match kind {
        Period::Year => Window(i64::from(date.year())),
        Period::Month => Window(month_number(date)),
        _ => Window(0),
    }
}

/// The last day of a year or a month.
fn last_day(kind: Period, window: Window) -> Option<NaiveDate> {
    match kind {
        Period::Year => NaiveDate::from_ymd_opt(i32::try_from(window.0).ok()?, 12, 31),
        Period::Month => month_end(first_of_month(window.0)?),
        _ => None,
    }
}

/// The last local date through which a level earned in a window holds; `None` for ever.
pub(super) fn held_through(kind: TierWindow, earned: Window, grace_days: u32) -> Option<NaiveDate> {
    let end = match kind {
        TierWindow::Lifetime => return None,
        TierWindow::CalendarYear => NaiveDate::from_ymd_opt(i32::try_from(earned.0.saturating_add(1)).ok()?, 12, 31)?,
        TierWindow::RollingMonths(n) => month_end(add_months(first_of_month(earned.0)?, n)?)?,
    };
    end.checked_add_days(Days::new(u64::from(grace_days)))
}

impl Standing {
    /// Something of the memory that is read first.
    #[inline(always)]
    pub(super) fn first_read(&self) -> usize {
        self.level
            ^ self.spending.windows()
            ^ self.history.len()
            ^ self.given.len()
            ^ self.upgrades.len()
            ^ self.earned.len()
    }

    /// The same behind a pointer.
    #[inline(always)]
    pub(super) fn then_read(&self) -> usize {
        self.earned.last().map_or(0, |earning| earning.level)
    }

    /// The level held by earning alone.
    pub(crate) fn earned(&self) -> usize {
        self.level
    }

    /// The level held on a local day not before the last event, if no evaluation is due by then: the one earned, or
    /// one given by hand if that is higher.
    pub(crate) fn held(&self, on: NaiveDate) -> usize {
        let given = self.given.last().filter(|g| on <= g.until).map_or(0, |g| g.level);
        self.level.max(given)
    }

    /// Gives a level by hand, which counts as no earning. It takes the place of one given before, from its instant on.
    pub(crate) fn give(&mut self, level: usize, from: DateTime<Utc>, until: NaiveDate) {
        let at = self.given.partition_point(|g| g.from <= from);
        self.given.insert(at, Given { level, from, until });
    }

    /// Takes over what a host knows before the first event.
    pub(crate) fn start(
        &mut self,
        graph: &Graph,
        level: usize,
        spending: Exact,
        upgrades: &BTreeMap<String, NaiveDate>,
        date: NaiveDate,
    ) -> Result<(), EvaluationError> {
        if !spending.is_zero() {
            for (kind, beside) in self.beside_of(graph) {
                *beside.of(window_in(*kind, date)) = spending;
            }
        }
        let Some(tiers) = &graph.program.tiers else { return Ok(()) };
        self.change_level(level, DateTime::<Utc>::MIN_UTC);
        let window = window_of(tiers.window, date);
        if !spending.is_zero() {
            *self.spending.of(window) = spending;
        }
        for (id, last) in upgrades {
            self.upgrades.insert(graph.level_index(Some(id))?, *last);
        }
        for level in 1..=level {
            self.earned.push(Earning { level, window, by_purchase: false, before: level, on: Some(date) });
        }
        Ok(())
    }

    /// Spending of the window that ends with the period of `window`.
    pub(crate) fn spending(&self, kind: TierWindow, window: Window) -> Result<Exact, EvaluationError> {
        let from = match kind {
            TierWindow::RollingMonths(n) => Window(window.0.saturating_sub(i64::from(n)).saturating_add(1)),
            TierWindow::CalendarYear | TierWindow::Lifetime => {
                return Ok(self.spending.get(window));
            }
        };
        let mut sum = Exact::ZERO;
        for part in self.spending.within(from, window) {
            sum = sum.checked_add(part).map_err(|_| overflow())?;
        }
        Ok(sum)
    }

    /// Bonuses by level, as an evaluation needs them.
    pub(crate) fn upgrades(&self) -> impl Iterator<Item = (usize, NaiveDate)> + '_ {
        self.upgrades.iter().map(|(level, date)| (*level, *date))
    }

    /// The level that was held at an instant, on this local day, which may lie before later changes (semantics §8,
    /// late purchases).
    pub(crate) fn held_at(&self, at: DateTime<Utc>, on: NaiveDate) -> usize {
        let given = self.given.iter().take_while(|g| g.from <= at).last();
        self.earned_at(at).max(given.filter(|g| on <= g.until).map_or(0, |g| g.level))
    }

    /// The level that was held by earning alone at an instant.
    pub(crate) fn earned_at(&self, at: DateTime<Utc>) -> usize {
        if let Some((from, level)) = self.history.last()
            && *from <= at
        {
            return *level;
        }
        let held = self.history.iter().take_while(|(from, _)| *from <= at).last();
        held.or(self.history.first()).map_or(self.level, |(_, level)| *level)
    }

    fn change_level(&mut self, level: usize, from: DateTime<Utc>) {
        self.level = level;
        self.history.push((from, level));
    }

    /// The latest window in which a level was earned, and how.
    pub(super) fn last_earned(&self, level: usize) -> Option<&Earning> {
        self.earned.iter().filter(|e| e.level == level).max_by_key(|e| (e.window, e.on))
    }

    fn earn(&mut self, level: usize, window: Window, by_purchase: bool, before: usize, on: NaiveDate) {
        // Of several that windows of another kind made one, it is the last.
        let same = self.earned.iter_mut().filter(|e| e.level == level && e.window == window);
        match same.max_by_key(|e| e.on) {
            // What an evaluation gave rests on no purchase, whatever purchases add (semantics §10 on 6.6).
            Some(known) => {
                known.by_purchase &= by_purchase;
                // One without a day was earned before days were kept: a late purchase would give it one that is too early.
                known.on = known.on.map(|known| known.max(on));
            }
            None => self.earned.push(Earning { level, window, by_purchase, before, on: Some(on) }),
        }
    }

    /// The day of the next evaluation; `None` where no level ends.
    fn next_due(&self, graph: &Graph) -> Option<NaiveDate> {
        let tiers = graph.program.tiers.as_ref().filter(|_| self.level > 0)?;
        let earned = self.last_earned(self.level)?.window;
        held_through(tiers.window, earned, tiers.grace_days)?.succ_opt()
    }

    /// Whether an evaluation is due up to a local date.
    pub(crate) fn is_due(&self, graph: &Graph, today: NaiveDate) -> bool {
        self.next_due(graph).is_some_and(|day| day <= today)
    }

    /// Every evaluation that is due up to a local date: the day after a level stops to hold it becomes the highest
    /// level justified by the greater of the last ended window and the current one.
    pub(crate) fn evaluate_due(&mut self, graph: &Graph, today: NaiveDate) -> Result<(), EvaluationError> {
        let Some(tiers) = &graph.program.tiers else { return Ok(()) };
        while let Some(day) = self.next_due(graph).filter(|day| *day <= today) {
            let current = window_of(tiers.window, day);
            let ended = Window(current.0.saturating_sub(1));
            let spending = self.spending(tiers.window, ended)?.max(self.spending(tiers.window, current)?);
            let justified = level_reached(graph, spending);
            let lowest = if tiers.soft_landing { self.level.saturating_sub(1) } else { 0 };
            let level = justified.max(lowest);
            let before = self.level;
            for level in 1..=level {
                self.earn(level, ended, false, before, last_day(tiers.window.period(), ended).unwrap_or(day));
            }
            self.change_level(level, start_of_day(graph, day));
        }
        Ok(())
    }

    /// Windows of other kinds than the rules have.
    fn beside_of(&mut self, graph: &Graph) -> impl Iterator<Item = &mut (Period, Spending)> {
        let own = graph.program.tiers.as_ref().map(|tiers| tiers.window.period());
        self.beside.iter_mut().filter(move |(kind, _)| Some(*kind) != own)
    }

    /// Counts a purchase, and takes up the level that it newly reached.
    pub(crate) fn count_purchase(
        &mut self,
        graph: &Graph,
        purchase: Counted<'_>,
        latest: DateTime<Utc>,
    ) -> Result<(), EvaluationError> {
        for (kind, beside) in self.beside_of(graph) {
            let spent = beside.of(window_in(*kind, purchase.date));
            *spent = spent.checked_add(purchase.eligible).map_err(|_| overflow())?;
        }
        let Some(tiers) = &graph.program.tiers else { return Ok(()) };
        let window = window_of(tiers.window, purchase.date);
        let spent = self.spending.of(window);
        *spent = spent.checked_add(purchase.eligible).map_err(|_| overflow())?;
        if purchase.fixed_tier {
            return Ok(());
        }
        let spending = self.spending(tiers.window, window)?;
        let before = self.level;
        for level in 1..=level_reached(graph, spending) {
            self.earn(level, window, true, before, purchase.date);
        }
        if let Some(level) = purchase.reached.filter(|l| *l > self.level) {
            self.change_level(level, latest);
        }
        if let Some(level) = purchase.bonus {
            let previous = self.upgrades.insert(level, purchase.date);
            self.bonuses.insert(level, (purchase.id.to_owned(), previous));
        }
        Ok(())
    }

    /// Gives spending of a window back. With `refund: immediate` levels that rested on it go; returns the
    /// purchases whose upgrade bonus is to be reversed (semantics §6.6).
    pub(crate) fn take_back(
        &mut self,
        graph: &Graph,
        date: NaiveDate,
        spending: Exact,
        latest: DateTime<Utc>,
    ) -> Result<Vec<String>, EvaluationError> {
        let mut reversed = Vec::new();
        for (kind, beside) in self.beside_of(graph) {
            let spent = beside.of(window_in(*kind, date));
            *spent = spent.checked_sub(spending).map_err(|_| overflow())?.max(Exact::ZERO);
        }
        let Some(tiers) = &graph.program.tiers else { return Ok(reversed) };
        let window = window_of(tiers.window, date);
        let spent = self.spending.of(window);
        *spent = spent.checked_sub(spending).map_err(|_| overflow())?.max(Exact::ZERO);
        if !tiers.refund_immediate {
            return Ok(reversed);
        }
        let left = self.spending(tiers.window, window)?;
        let justified = level_reached(graph, left);
        let held = self.level;
        while self.level > justified {
            let Some(last) = self.last_earned(self.level).copied() else { break };
            // Windows of another kind may have made one of several.
            let lost = self.level;
            let same = self.earned.iter().filter(|e| e.level == lost && e.window == window);
            let held_before = same.clone().map(|e| e.before).min().unwrap_or(lost);
            if last.window != window || !same.clone().all(|e| e.by_purchase) {
                break;
            }
            self.earned.retain(|e| !(e.level == lost && e.window == window));
            if self.upgrades.get(&lost).is_some_and(|d| window_of(tiers.window, *d) == window)
                && let Some((purchase, previous)) = self.bonuses.remove(&lost)
            {
                match previous {
                    Some(previous) => self.upgrades.insert(lost, previous),
                    None => self.upgrades.remove(&lost),
                };
                reversed.push(purchase);
            }
            // Where the level was held from an older window already, it goes on from there.
            let level = held_before.min(lost).max(justified);
            if level == lost && self.last_earned(lost).is_none() {
                break;
            }
            if level != lost {
                self.change_level(level, latest);
            }
        }
        // What this window still justifies counts as earned in it, where a level went. A refund that leaves the level
        // alone earns nothing.
        if self.level != held {
            for level in 1..=self.level.min(justified) {
                self.earn(level, window, true, self.level, date);
            }
        }
        Ok(reversed)
    }
}

/// A purchase as the standing sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'a> {
    /// Id of the purchase.
    pub(crate) id: &'a str,
    pub(crate) date: NaiveDate,
    pub(crate) eligible: Exact,
    /// A level newly reached.
    pub(crate) reached: Option<usize>,
    /// The level whose bonus was granted.
    pub(crate) bonus: Option<usize>,
    pub(crate) fixed_tier: bool,
}

/// The first instant of a local day; a day starts at its first existing local instant (semantics §4.2).
pub(crate) fn start_of_day(graph: &Graph, date: NaiveDate) -> DateTime<Utc> {
    let zone = graph.program.zone;
    let midnight = date.and_time(chrono::NaiveTime::MIN);
    (0..=48_i64)
        .filter_map(|quarter| midnight.checked_add_signed(chrono::TimeDelta::minutes(quarter.saturating_mul(15))))
        .find_map(|local| zone.from_local_datetime(&local).earliest())
        .map_or(DateTime::<Utc>::MIN_UTC, |at| at.with_timezone(&Utc))
}
