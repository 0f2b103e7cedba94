//! Conditions with one answer, and campaigns that can never apply.

use chrono::{Datelike, NaiveDate};

use super::reasoning::{Known, assume};
use super::{Whole, after_eligible, at_campaign};
use crate::check::expression::can_fail;
use crate::check::program::{Campaign, Program, WindowBound};
use crate::check::report::Reporter;
use crate::check::typed::{Typed, TypedKind};
use crate::source::{Code, Span};
use crate::syntax::expression::BinaryOp;
use crate::value::{Exact, local};

/// Looks at `eligible`, and answers with what is known after it.
pub(super) fn eligible<'m, 'p>(whole: &Whole<'_>, known: Known<'m, 'p>, report: &mut Reporter<'_>) -> Known<'m, 'p> {
    let told = whole.program.eligible_when.as_ref().is_some_and(|when| one_answer(when, known.clone(), true, report));
    let after = after_eligible(whole.program, known.clone()).unwrap_or(known);
    if let (Some(lines), false) = (&whole.program.eligible_lines, told) {
        one_answer(lines, after.clone(), true, report);
    }
    after
}

/// Looks at all campaigns. `known` is what holds before and after `eligible`.
pub(super) fn campaigns(whole: &Whole<'_>, known: (&Known<'_, '_>, &Known<'_, '_>), report: &mut Reporter<'_>) {
    for campaign in &whole.program.campaigns {
        if let Some((span, message, help)) = never(whole, campaign) {
            report.tell(Code::NeverApplies, span, message, help);
            continue;
        }
        // A refund asks `when` again with less, and nothing else (semantics §6.3).
        let (unsure, known) = (campaign.requalify, known.1);
        let Some(known) = at_campaign(whole.program, campaign, known.clone()) else {
            tell_of_audience(whole, campaign, report);
            continue;
        };
        let mut told = false;
        if let Some(when) = &campaign.when {
            told = one_answer(when, known.clone(), !unsure, report);
        }
        let within = campaign.when.as_ref().map_or(Some(known.clone()), |when| assume(when, true, known));
        if let (Some(lines), Some(within), false) = (&campaign.lines, within, told) {
            one_answer(lines, within, true, report);
        }
    }
}

/// The amount or the tier that a campaign asks for is one that `eligible` lets no purchase have.
fn tell_of_audience(whole: &Whole<'_>, campaign: &Campaign, report: &mut Reporter<'_>) {
    let span = whole.written_campaign(campaign).map_or(campaign.span, |c| c.id.span);
    let message = format!("`{}` can never apply: `eligible` lets no purchase pass that it asks for", campaign.id);
    let help = "compare its tiers, its minimum and its window with `eligible.when`";
    report.tell(Code::NeverApplies, span, message, help);
}

/// Why a campaign can never apply, apart from its condition.
fn never(whole: &Whole<'_>, campaign: &Campaign) -> Option<(Span, String, &'static str)> {
    let written = whole.written_campaign(campaign)?;
    let id = campaign.id.as_str();
    if let Some(share) = written.audience.as_ref().and_then(|a| a.share.as_ref()).filter(|s| s.value <= Exact::ZERO) {
        let message = format!("`{id}` can never apply: it is for a share of 0 % of the members");
        return Some((share.span, message, "name a share above 0, or leave the campaign out"));
    }
    let empty = |list: Option<usize>| list == Some(0);
    let audience = written.audience.as_ref();
    if empty(audience.and_then(|a| a.tiers.as_ref()).map(Vec::len)) {
        let message = format!("`{id}` can never apply: `audience.tiers` names no tier");
        return Some((written.id.span, message, "name the tiers, or leave `tiers` out for all of them"));
    }
    if empty(audience.and_then(|a| a.segments.as_ref()).map(Vec::len)) {
        let message = format!("`{id}` can never apply: `audience.segments` names no segment");
        return Some((written.id.span, message, "name the segments, or leave `segments` out for everybody"));
    }
    if let (Some(days), Some((from, to))) = (campaign.days, dates(whole.program, campaign)) {
        // Hours past midnight belong to the day before.
        let past_midnight = campaign.hours.is_some_and(|(from, to)| to.is_some_and(|to| to < from));
        let first = if past_midnight { from.pred_opt().unwrap_or(from) } else { from };
        let runs = |date: NaiveDate| days.checked_shr(date.weekday().num_days_from_monday()).unwrap_or(0) & 1 == 1;
        if !first.iter_days().take_while(|date| *date <= to).take(8).any(runs) {
            let span = written.days.as_ref().map_or(written.id.span, |d| d.span);
            let message = format!("`{id}` can never apply: none of its `days` is between {from} and {to}");
            return Some((span, message, "name a day of the week on which it runs, or make `active` longer"));
        }
    }
    None
}

/// First and last local date of a window that has both.
fn dates(program: &Program, campaign: &Campaign) -> Option<(NaiveDate, NaiveDate)> {
    let date = |bound: WindowBound| match bound {
        WindowBound::Date(date) => date,
        WindowBound::Instant(at) => local(program.zone, at).date(),
    };
    Some((date(campaign.window.from?), date(campaign.window.to?)))
}

/// Tells of the first part of a condition that is never true, or always is, given what stands before it. `always`
/// tells whether to look for the latter. Whether it told anything.
pub(super) fn one_answer(condition: &Typed, known: Known<'_, '_>, always: bool, report: &mut Reporter<'_>) -> bool {
    let whole = parts(condition, condition).len() == 1;
    Look { always, report }.at(condition, known, whole)
}

struct Look<'r, 'a> {
    always: bool,
    report: &'r mut Reporter<'a>,
}

impl Look<'_, '_> {
    /// `alone`: nothing stands beside it.
    fn at(&mut self, condition: &Typed, known: Known<'_, '_>, alone: bool) -> bool {
        let op = match &condition.kind {
            TypedKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), ..) => *op,
            _ => return self.single(condition, &known, alone),
        };
        let all = parts(condition, condition);
        let mut so_far = Some(known);
        for part in all {
            let Some(known) = so_far else { return false };
            if self.at(part, known.clone(), false) {
                return true;
            }
            so_far = assume(part, op == BinaryOp::And, known);
        }
        false
    }

    fn single(&mut self, part: &Typed, known: &Known<'_, '_>, alone: bool) -> bool {
        let (never, always) = if alone {
            ("this condition is never true", "this condition is always true")
        } else {
            ("this part of the condition is never true", "this part of the condition is always true")
        };
        let beside = if alone { "" } else { ", given what stands before it" };
        // Whoever asks for a fact that another part has settled says what is meant; that is no mistake.
        let asks = match &part.kind {
            TypedKind::Not(inner) => matches!(inner.kind, TypedKind::Has(_) | TypedKind::HasLine(_)),
            kind => matches!(kind, TypedKind::Has(_) | TypedKind::HasLine(_)),
        };
        if asks && !alone {
            return false;
        }
        if assume(part, true, known.clone()).is_none() {
            let help = "no purchase meets it; correct the values that it compares, or take the rule out";
            self.report.tell(Code::ConditionFalse, part.span, format!("{never}{beside}"), help);
            return true;
        }
        if self.always && !can_fail(part) && assume(part, false, known.clone()).is_none() {
            let help = "it decides nothing; leave it out, or correct the values that it compares";
            self.report.tell(Code::ConditionTrue, part.span, format!("{always}{beside}"), help);
            return true;
        }
        false
    }
}

/// The operands of a chain of one operator, from the left.
fn parts<'t>(whole: &'t Typed, like: &Typed) -> Vec<&'t Typed> {
    let chain = |typed: &Typed| match &typed.kind {
        TypedKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), ..) => Some(*op),
        _ => None,
    };
    let op = chain(like);
    let mut found = Vec::new();
    let mut at = whole;
    while let TypedKind::Binary(o, a, b) = &at.kind {
        if Some(*o) != op {
            break;
        }
        found.push(&**b);
        at = a;
    }
    found.push(at);
    found.reverse();
    found
}
