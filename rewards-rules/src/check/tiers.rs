//! `tiers`: the window and its levels, lowest first (semantics §3.4, §3.5, §8).

use super::caps::{self, Block};
use super::lower::Check;
use super::program::{Bonus, Level, Tiers};
use crate::source::Code;
use crate::syntax::written::{self, TierWindow};
use crate::value::Exact;

/// The longest `grace_days`, a hundred years, keeps every date within the calendar.
const LONGEST_GRACE: i64 = 36_525;
/// The longest rolling window in months, a hundred years.
const LONGEST_WINDOW: i64 = 1_200;

/// The levels of a program.
pub(super) fn check(written: &written::Tiers, check: &mut Check<'_>) -> Tiers {
    let levels: Vec<_> = written.levels.iter().map(|l| l.span).collect();
    let gaps = check.report.unread_in(written.span, &levels);
    if written.window.is_none() && !gaps {
        let help = "add `window: calendar_year`, `window: {rolling_months: 12}` or `window: lifetime`";
        check.report.tell(Code::MissingKey, written.span, "`tiers` has no `window`", help);
    }
    if let Some(window) = &written.window
        && let TierWindow::RollingMonths(months) = window.value
        && !(1..=LONGEST_WINDOW).contains(&i64::from(months))
    {
        let help = format!("write a number of months from 1 to {LONGEST_WINDOW}");
        check.report.tell(Code::OutOfRange, window.span, format!("`rolling_months` is {months}"), help);
    }
    if written.levels.is_empty() && !gaps {
        let help = "add `levels`, lowest first: `- {id: member, min_spending: 0}`";
        check.report.tell(Code::MissingKey, written.span, "`tiers` has no level", help);
    }
    let grace_days = written.grace_days.as_ref();
    let levels = written.levels.iter().map(|l| level(l, check)).collect();
    tell_of_order(&written.levels, check);
    Tiers {
        window: written.window.as_ref().map_or(TierWindow::CalendarYear, |w| w.value),
        grace_days: grace_days.and_then(|d| check.report.whole("grace_days", d, 0..=LONGEST_GRACE)).unwrap_or(0),
        soft_landing: written.soft_landing,
        applies_after: written.applies_after,
        refund_immediate: written.refund_immediate,
        levels,
    }
}

fn level(written: &written::Level, check: &mut Check<'_>) -> Level {
    let id = written.id.value.as_str();
    let min_spending = match &written.min_spending {
        Some(amount) => check.report.amount(&check.money, "min_spending", amount),
        None => {
            let message = format!("the level `{id}` has no `min_spending`");
            check.report.missing(written.span, written.id.span, message, "the lowest level has `min_spending: 0`");
            None
        }
    };
    let upgrade_points = written.upgrade_points.as_ref();
    Level {
        id: id.to_owned(),
        min_spending: min_spending.unwrap_or(0),
        bonus: written.bonus.as_ref().and_then(|b| bonus(id, b, check)),
        points_multiplier: written
            .points_multiplier
            .as_ref()
            .and_then(|m| check.report.multiplier("points_multiplier", m))
            .unwrap_or(Exact::ONE),
        upgrade_points: upgrade_points
            .and_then(|p| check.report.amount(&check.points, "upgrade_points", p))
            .unwrap_or(0),
        benefits: written.benefits.iter().map(|b| b.value.clone()).collect(),
        caps: caps::check(Block::Tier(id), written.caps.as_ref(), check),
    }
}

fn bonus(id: &str, written: &written::Bonus, check: &mut Check<'_>) -> Option<Bonus> {
    match (&written.rate, &written.multiplier) {
        (Some(rate), None) => check.report.rate("rate", rate).map(Bonus::Rate),
        (None, Some(multiplier)) => check.report.multiplier("multiplier", multiplier).map(Bonus::Multiplier),
        (Some(_), Some(_)) => {
            let message = format!("the bonus of `{id}` has both `rate` and `multiplier`");
            let help = "`rate` is percentage points of the amount, `multiplier` multiplies the base; keep one";
            check.report.tell(Code::KeysConflict, written.span, message, help);
            None
        }
        (None, None) => {
            if !check.report.unread_in(written.span, &[]) {
                let message = format!("the bonus of `{id}` has neither `rate` nor `multiplier`");
                let help = "write for example `{rate: 0.25%}` or `{multiplier: 1.5}`";
                check.report.tell(Code::KeysConflict, written.span, message, help);
            }
            None
        }
    }
}

/// Thresholds rise strictly.
fn tell_of_order(levels: &[written::Level], check: &mut Check<'_>) {
    let mut before: Option<(&str, Exact)> = None;
    for level in levels {
        let Some(threshold) = level.min_spending.as_ref().filter(|m| !m.value.is_negative()) else {
            continue;
        };
        if let Some((other, least)) = before
            && threshold.value <= least
        {
            let message = format!(
                "`{}` needs a spending of {}, which is not above {least} of `{other}` before it",
                level.id.value, threshold.value
            );
            let help = "levels stand lowest first, and each needs more spending than the one before";
            check.report.tell(Code::OutOfOrder, threshold.span, message, help);
            continue;
        }
        before = Some((&level.id.value, threshold.value));
    }
}
