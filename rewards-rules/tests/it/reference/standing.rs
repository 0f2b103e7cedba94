//! Tier standing of a member over time (semantics §6.6, §8).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Months, NaiveDate, Utc};
use rewards_rules::syntax::written::TierWindow;

use super::calendar::{Window, first_of_month, holds_through, last_ended_window, start_of_day, window_of};
use super::number::Number;
use super::rules::{Rules, threshold};

/// A level that was reached, above the one before it.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) level: usize,
    /// The window that an evaluation, or the start, gave the level for: it rests on no purchase.
    given: Option<Window>,
    /// The windows in which purchases earned it.
    earned: BTreeSet<Window>,
    /// The bonus that reaching it brought.
    pub(crate) bonus: Option<Bonus>,
}

/// An upgrade's bonus, to be taken back with its level.
#[derive(Debug, Clone)]
pub(crate) struct Bonus {
    pub(crate) purchase: String,
    pub(crate) points: Number,
    /// The date of the bonus before it, which counts again once this one is reversed.
    pub(crate) previous: Option<NaiveDate>,
}

impl Held {
    fn last_earned(&self) -> Option<Window> {
        self.given.max(self.earned.last().copied())
    }
}

/// Where a member stands: levels reached one above the other, and spending by calendar unit.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) held: Vec<Held>,
    /// First day of the year or month → eligible amounts in it, net of refunds.
    spending: BTreeMap<NaiveDate, Number>,
    /// From when on which level was held.
    history: Vec<(DateTime<Utc>, usize)>,
}

impl Standing {
    /// A member with a level and spending in the window of the first event. The given level counts as earned there.
    pub(crate) fn new(rules: &Rules<'_>, level: usize, spending: Number, first_day: NaiveDate) -> Standing {
        let window = window_of(rules.tier_window(), first_day);
        let mut standing = Standing {
            held: vec![Held { level: 0, given: None, earned: BTreeSet::new(), bonus: None }],
            spending: BTreeMap::from([(bucket(rules, first_day), spending)]),
            history: vec![(DateTime::<Utc>::MIN_UTC, level)],
        };
        if level > 0 {
            standing.held.push(Held { level, given: Some(window), earned: BTreeSet::new(), bonus: None });
        }
        standing
    }

    /// The level held now.
    pub(crate) fn level(&self) -> usize {
        self.held.last().unwrap().level
    }

    /// §8: the level that the history has for an instant.
    pub(crate) fn level_at(&self, at: DateTime<Utc>) -> usize {
        self.history.iter().rev().find(|(from, _)| *from <= at).unwrap().1
    }

    fn note(&mut self, at: DateTime<Utc>) {
        let level = self.level();
        self.history.push((at, level));
    }

    /// §8: the spending of a window.
    pub(crate) fn spending(&self, rules: &Rules<'_>, window: Window) -> Number {
        let months = match rules.tier_window() {
            TierWindow::RollingMonths(n) => n,
            TierWindow::CalendarYear | TierWindow::Lifetime => 1,
        };
        (0..months)
            .map(|back| match rules.tier_window() {
                TierWindow::RollingMonths(_) => window.0 - Months::new(back),
                TierWindow::CalendarYear | TierWindow::Lifetime => window.0,
            })
            .filter_map(|unit| self.spending.get(&unit))
            .sum()
    }

    pub(crate) fn add_spending(&mut self, rules: &Rules<'_>, date: NaiveDate, amount: &Number) {
        *self.spending.entry(bucket(rules, date)).or_default() += amount;
    }

    /// §8: a level is earned in every window in which spending reaches it; §3.10: what is newly reached holds from
    /// the next transaction on.
    pub(crate) fn purchased(&mut self, rules: &Rules<'_>, date: NaiveDate, at: DateTime<Utc>, bonus: Option<Bonus>) {
        let window = window_of(rules.tier_window(), date);
        let reached = rules.level_reached(&self.spending(rules, window));
        for held in self.held.iter_mut().filter(|h| h.level > 0 && h.level <= reached) {
            held.earned.insert(window);
        }
        if reached > self.level() {
            self.held.push(Held { level: reached, given: None, earned: BTreeSet::from([window]), bonus });
            self.note(at);
        }
    }

    /// §8: evaluates the tier on every day on which that is due, up to `today`.
    pub(crate) fn evaluate_due(&mut self, rules: &Rules<'_>, today: NaiveDate) {
        let Some(tiers) = rules.program.tiers.as_ref() else { return };
        let kind = rules.tier_window();
        let grace = tiers.grace_days.as_ref().map_or(0, |g| u64::try_from(g.value).unwrap());
        while self.level() > 0 {
            let last = self.held.last().unwrap().last_earned().unwrap();
            let Some(through) = holds_through(kind, last, grace) else { return };
            let due = through.succ_opt().unwrap();
            if today < due {
                return;
            }
            let ended = last_ended_window(kind, due);
            let current = window_of(kind, due);
            let spending = self.spending(rules, ended).max(self.spending(rules, current));
            let mut level = rules.level_reached(&spending);
            if tiers.soft_landing {
                level = level.max(self.level() - 1);
            }
            self.held.truncate(1);
            if level > 0 {
                self.held.push(Held { level, given: Some(ended), earned: BTreeSet::new(), bonus: None });
            }
            self.note(start_of_day(rules.zone, due));
        }
    }

    /// §6.6 with `tiers.refund: immediate`: takes each level that was last earned in the window of the purchase and
    /// that its spending no longer reaches; gives the bonuses to reverse.
    pub(crate) fn refunded(&mut self, rules: &Rules<'_>, date: NaiveDate, at: DateTime<Utc>) -> Vec<(String, Bonus)> {
        let window = window_of(rules.tier_window(), date);
        let spending = self.spending(rules, window);
        let before = self.level();
        let mut bonuses = Vec::new();
        while let Some(top) = self.held.last_mut() {
            // A level that an evaluation gave for this window rests on no purchase.
            let rests_on_it = top.last_earned() == Some(window) && top.given != Some(window);
            if top.level == 0 || !rests_on_it || spending >= threshold(&rules.levels()[top.level]) {
                break;
            }
            // What an earlier window earned stays.
            top.earned.remove(&window);
            if top.last_earned().is_some() {
                break;
            }
            let gone = self.held.pop().unwrap();
            let id = &rules.levels()[gone.level].id.value;
            bonuses.extend(gone.bonus.map(|bonus| (id.clone(), bonus)));
        }
        if self.level() != before {
            let justified = rules.level_reached(&spending);
            if justified > self.level() {
                self.held.push(Held { level: justified, given: None, earned: BTreeSet::from([window]), bonus: None });
            }
            self.note(at);
        }
        bonuses
    }
}

/// The calendar unit that spending is kept by.
fn bucket(rules: &Rules<'_>, date: NaiveDate) -> NaiveDate {
    match rules.tier_window() {
        TierWindow::RollingMonths(_) => first_of_month(date),
        kind => window_of(kind, date).0,
    }
}
