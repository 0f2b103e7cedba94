//! `points` and `redemption`: how points come and what they buy (semantics §3.9, §7).

use super::caps::{self, Block};
use super::lower::Check;
use super::program::{Caps, Earn, RedemptionOption};
use super::references;
use super::report::{alternatives, did_you_mean};
use crate::source::{Code, Spanned, nearest};
use crate::syntax::written::{self, Program, RuleFiles};
use crate::value::Duration;

/// What `points` says beside its decimals and dates.
#[derive(Default)]
pub(super) struct Points {
    /// `earn`
    pub(super) earn: Option<Earn>,
    /// `caps`
    pub(super) caps: Caps,
}

/// `points`; nothing in a program without.
pub(super) fn check(written: Option<&written::Points>, check: &mut Check<'_>) -> Points {
    let Some(points) = written else {
        return Points::default();
    };
    for (what, written) in [("expires_after", &points.expires_after), ("activation_delay", &points.activation_delay)] {
        if let Some(written) = written {
            length(what, written, what == "expires_after", check);
        }
    }
    Points { earn: earn(points, check), caps: caps::check(Block::Points, points.caps.as_ref(), check) }
}

fn earn(written: &written::Points, check: &mut Check<'_>) -> Option<Earn> {
    let points = written.earn_points.as_ref().and_then(|p| check.report.points_earned("points", p));
    let per = written.earn_per.as_ref().and_then(|p| {
        check.report.amount_above_zero(&check.money, "per", p)?;
        Some(p.value.normalized())
    });
    let half = match (&written.earn_points, &written.earn_per) {
        (Some(points), None) => Some(("per", points.span)),
        (None, Some(per)) => Some(("points", per.span)),
        _ => None,
    };
    if let Some((key, span)) = half {
        let message = format!("`earn` has no `{key}`");
        check.report.missing(written.span, span, message, "write for example `earn: {points: 1, per: 1.00}`");
    }
    Some(Earn { points: points?, per: per? })
}

/// A hundred years keep every date within the calendar.
fn length(what: &str, written: &Spanned<Duration>, above_zero: bool, check: &mut Check<'_>) {
    let (count, most) = match written.value {
        Duration::Days(days) => (days, 36_525),
        Duration::Months(months) => (months, 1_200),
    };
    if count > most {
        let message = format!("`{what}` is longer than a hundred years");
        let help = if above_zero { "leave it out if nothing expires" } else { "write at most 1200 months" };
        check.report.tell(Code::OutOfRange, written.span, message, help);
    }
}

/// What an option may be.
const KINDS: [&str; 5] = ["cash", "statement_credit", "gift_card", "voucher", "donation"];

/// `redemption.options`
pub(super) fn redemption(program: &Program, files: &RuleFiles, check: &mut Check<'_>) -> Vec<RedemptionOption> {
    if let Some(first) = program.redemption.first()
        && !check.gaps
        && !grants_points(program, files)
    {
        let message = "points can be redeemed, but nothing in this rule set grants any";
        let help = "add `points: {earn: {points: 1, per: 1.00}}` to the program";
        check.report.tell(Code::KeysConflict, first.id.span, message, help);
    }
    program.redemption.iter().map(|o| option(o, check)).collect()
}

fn grants_points(program: &Program, files: &RuleFiles) -> bool {
    let levels = program.tiers.iter().flat_map(|t| &t.levels);
    program.points.is_some()
        || levels.into_iter().any(|l| l.upgrade_points.is_some())
        || files.campaigns.iter().any(|c| {
            c.reward.as_ref().is_none_or(|r| r.points.is_some() || r.points_multiplier.is_some())
                || c.kind.as_ref().is_some_and(|k| k.value == written::CampaignKind::Points)
        })
}

fn option(written: &written::RedemptionOption, check: &mut Check<'_>) -> RedemptionOption {
    let id = written.id.value.as_str();
    let kind = match &written.kind {
        Some(kind) => {
            if !KINDS.contains(&kind.value.as_str()) {
                let help = did_you_mean(nearest(&kind.value, KINDS), || format!("write {}", alternatives(KINDS, "or")));
                let message = format!("`{}` is no type of redemption", kind.value);
                check.report.tell(Code::UnknownWord, kind.span, message, help);
            }
            kind.value.clone()
        }
        None => {
            let message = format!("the redemption option `{id}` has no `type`");
            let help = format!("write {}", alternatives(KINDS, "or"));
            check.report.missing(written.span, written.id.span, message, help);
            String::new()
        }
    };
    let has_value = written.value_points.is_some() && written.value_cash.is_some();
    if !has_value {
        let message = format!("the redemption option `{id}` does not say what points are worth");
        let help = "add for example `value: {points: 100, cash: 1.00}`";
        check.report.missing(written.span, written.id.span, message, help);
    }
    let value_points =
        written.value_points.as_ref().and_then(|p| check.report.amount_above_zero(&check.points, "points", p));
    let value_cash = written.value_cash.as_ref().and_then(|c| check.report.amount(&check.money, "cash", c));
    let min_points = written.min_points.as_ref();
    RedemptionOption {
        id: id.to_owned(),
        kind,
        value_points: value_points.unwrap_or(1),
        value_cash: value_cash.unwrap_or(0),
        min_points: min_points.and_then(|p| check.report.amount(&check.points, "min_points", p)).unwrap_or(0),
        step: written.step.as_ref().and_then(|s| check.report.amount_above_zero(&check.points, "step", s)),
        per_member: caps::check(Block::Redemption(id), written.caps.as_ref(), check).per_member,
        tiers: written.tiers.as_ref().map(|t| references::tiers(t, check)),
    }
}
