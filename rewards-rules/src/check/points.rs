//! `points` and `redemption`: how points come and what they buy (semantics §3.9, §7).

use super::caps::{self, Block};
use super::lower::Check;
use super::program::{Caps, Earn, RedemptionOption};
use super::references;
use super::report::Reporter;
use crate::source::{Code, Spanned};
use crate::syntax::written::{self, Program, RuleFiles};
use crate::value::Exact;

/// What `points` says beside its decimals and dates.
#[derive(Default)]
pub(super) struct Points {
    /// `earn`
    pub(super) earn: Option<Earn>,
    /// `caps`
    pub(super) caps: Caps,
}

/// `points.decimals`, if it can be told.
pub(super) fn decimals(program: Option<&Program>, gaps: bool, report: &Reporter<'_>) -> Option<u8> {
    match program.and_then(|p| p.points.as_ref()) {
        None => (!gaps).then_some(0),
        Some(points) => match &points.decimals {
            Some(decimals) => u8::try_from(decimals.value).ok(),
            None => (!report.unread_in(points.span, &[])).then_some(0),
        },
    }
}

/// Whether a program has `points.earn`, or may have had it before it was unreadable.
pub(super) fn may_have_earn(program: Option<&Program>, gaps: bool, report: &Reporter<'_>) -> bool {
    match program.and_then(|p| p.points.as_ref()) {
        None => gaps,
        Some(points) => points.earn_points.is_some() || points.earn_per.is_some() || report.unread_in(points.span, &[]),
    }
}

/// `points`; nothing in a program without.
pub(super) fn check(written: Option<&written::Points>, check: &mut Check<'_>) -> Points {
    let Some(points) = written else {
        return Points::default();
    };
    Points { earn: earn(points, check), caps: caps::check(Block::Points, points.caps.as_ref(), check) }
}

fn earn(written: &written::Points, check: &mut Check<'_>) -> Option<Earn> {
    let points = written.earn_points.as_ref().and_then(|p| check.report.points_earned(p));
    let per = written.earn_per.as_ref().and_then(|p| {
        check.report.amount(check.money, "per", p)?;
        Some(p.value.normalized())
    });
    Some(Earn { points: points?, per: per? })
}

/// `redemption.options`
pub(super) fn redemption(program: &Program, files: &RuleFiles, check: &mut Check<'_>) -> Vec<RedemptionOption> {
    if let Some(first) = program.redemption.first()
        && !(check.gaps || check.unread.documents)
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
    let points = |what: &str, written: &Option<Spanned<Exact>>, check: &mut Check<'_>| {
        written.as_ref().and_then(|p| check.report.amount(check.points, what, p))
    };
    RedemptionOption {
        id: id.to_owned(),
        kind: written.kind.as_ref().map(|k| k.value.clone()).unwrap_or_default(),
        value_points: points("points", &written.value_points, check).unwrap_or(1),
        value_cash: written.value_cash.as_ref().and_then(|c| check.report.amount(check.money, "cash", c)).unwrap_or(0),
        min_points: points("min_points", &written.min_points, check).unwrap_or(0),
        step: points("step", &written.step, check),
        per_member: caps::check(Block::Redemption(id), written.caps.as_ref(), check).per_member,
        tiers: written.tiers.as_ref().map(|t| references::tiers(t, check)),
    }
}
