//! `tiers`: the window and its levels, lowest first (semantics §3.4, §3.5, §8).

use super::caps::{self, Block};
use super::lower::Check;
use super::program::{Bonus, Level, Tiers};
use crate::source::Code;
use crate::syntax::written::{self, TierWindow};
use crate::value::Exact;

/// The levels of a program.
pub(super) fn check(written: &written::Tiers, check: &mut Check<'_>) -> Tiers {
    let levels = written.levels.iter().map(|l| level(l, check)).collect();
    if tell_of_order(&written.levels, check) {
        tell_of_lowest(&written.levels, check);
    }
    Tiers {
        window: written.window.as_ref().map_or(TierWindow::CalendarYear, |w| w.value),
        grace_days: written.grace_days.as_ref().and_then(|d| u32::try_from(d.value).ok()).unwrap_or(0),
        soft_landing: written.soft_landing,
        applies_after: written.applies_after,
        refund_immediate: written.refund_immediate,
        levels,
    }
}

fn level(written: &written::Level, check: &mut Check<'_>) -> Level {
    let id = written.id.value.as_str();
    let min_spending = written.min_spending.as_ref();
    let upgrade_points = written.upgrade_points.as_ref();
    Level {
        id: id.to_owned(),
        min_spending: min_spending.and_then(|m| check.report.amount(check.money, "min_spending", m)).unwrap_or(0),
        // Exactly one of the two is there, or the reader told why not.
        bonus: written.bonus.as_ref().and_then(|bonus| match (&bonus.rate, &bonus.multiplier) {
            (Some(rate), _) => Some(Bonus::Rate(check.report.rate("rate", rate))),
            (None, multiplier) => multiplier.as_ref().map(|m| Bonus::Multiplier(m.value.normalized())),
        }),
        points_multiplier: written.points_multiplier.as_ref().map_or(Exact::ONE, |m| m.value.normalized()),
        upgrade_points: upgrade_points
            .and_then(|p| check.report.amount(check.points, "upgrade_points", p))
            .unwrap_or(0),
        benefits: written.benefits.iter().map(|b| b.value.clone()).collect(),
        caps: caps::check(Block::Tier(id), written.caps.as_ref(), check),
    }
}

/// The lowest level is everybody's.
fn tell_of_lowest(levels: &[written::Level], check: &mut Check<'_>) {
    let Some(lowest) = levels.first() else { return };
    let Some(threshold) = lowest.min_spending.as_ref().filter(|t| !t.value.is_zero()) else { return };
    let message = format!(
        "everybody holds `{}`, the lowest level, from the beginning, without a spending of {}",
        lowest.id.value, threshold.value
    );
    let help = "begin with a level of `min_spending: 0`, for example {id: basic, min_spending: 0}";
    check.report.tell(Code::LowestAboveZero, threshold.span, message, help);
}

/// Thresholds rise strictly. Whether they do.
fn tell_of_order(levels: &[written::Level], check: &mut Check<'_>) -> bool {
    let mut rises = true;
    let mut before: Option<(&str, Exact)> = None;
    for level in levels {
        let Some(threshold) = &level.min_spending else {
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
            rises = false;
            continue;
        }
        before = Some((&level.id.value, threshold.value));
    }
    rises
}
