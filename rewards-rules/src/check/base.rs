//! Base rules and the pools they share (semantics §3.3).
//!
//! A room of its own because here the order of rules matters: a rule that takes everything hides those after it.

use super::caps::{self, Block};
use super::expression::Place;
use super::lower::Check;
use super::program::{BaseRule, Limit, Slab, UpTo};
use super::references;
use crate::source::{Code, Spanned};
use crate::syntax::expression::ExprKind;
use crate::syntax::written::{self, Program};
use crate::value::Exact;

/// `pools`, in order.
pub(super) fn pools(program: &Program, check: &mut Check<'_>) -> Vec<Limit> {
    let mut limits = Vec::with_capacity(program.pools.len());
    for pool in &program.pools {
        let per = check.period(&pool.per, false);
        let spend = check.report.amount(&check.money, "spend", &pool.spend).unwrap_or(0);
        limits.push(Limit { key: format!("pool.{}.spend.{}", pool.id.value, per.name()), spend, per });
    }
    limits
}

/// `base`, in order.
pub(super) fn rules(program: &Program, check: &mut Check<'_>) -> Vec<BaseRule> {
    let rules = program.base.iter().map(|r| rule(r, check)).collect();
    tell_of_unreachable(&program.base, check);
    rules
}

fn rule(written: &written::BaseRule, check: &mut Check<'_>) -> BaseRule {
    let id = written.id.value.as_str();
    let slabs = match (&written.rate, &written.slabs) {
        (Some(rate), None) => {
            let rate = check.report.rate("rate", rate).unwrap_or_default();
            vec![Slab { up_to: None, rate }]
        }
        (None, Some(slabs)) => self::slabs(written, slabs, check),
        (Some(rate), Some(slabs)) => {
            let _ = check.report.rate("rate", rate);
            let message = format!("the base rule `{id}` has both `rate` and `slabs`");
            let help = "one rate is the same as one open slab; keep one of the two keys";
            check.report.tell(Code::KeysConflict, slabs.span, message, help);
            Vec::new()
        }
        (None, None) => {
            let message = format!("the base rule `{id}` has neither `rate` nor `slabs`");
            check.report.missing(written.span, written.id.span, message, "add for example `rate: 1%`");
            Vec::new()
        }
    };
    let up_to = written.up_to.as_ref().and_then(|up_to| match up_to {
        written::UpTo::Spend { spend, per } => {
            let per = check.period(per, false);
            let spend = check.report.amount(&check.money, "spend", spend)?;
            Some(UpTo::Own(Limit { key: format!("base.{id}.spend.{}", per.name()), spend, per }))
        }
        written::UpTo::Pool(name) => references::pool(name, check).map(UpTo::Pool),
    });
    BaseRule {
        id: id.to_owned(),
        when: check.condition(written.when.as_ref(), Place::When),
        lines: check.condition(written.lines.as_ref(), Place::Lines),
        slabs,
        up_to,
        caps: caps::check(Block::Base(id), written.caps.as_ref(), check),
        span: written.span,
    }
}

/// Slabs rise strictly from 0, and only the last is open.
fn slabs(rule: &written::BaseRule, written: &Spanned<Vec<written::Slab>>, check: &mut Check<'_>) -> Vec<Slab> {
    // A slab that could not be read is missing here, so the others say nothing of the order.
    let complete = !check.report.unread_in(rule.span, &[]);
    let mut slabs = Vec::with_capacity(written.value.len());
    let Some(last) = written.value.len().checked_sub(1) else {
        if complete {
            let message = "`slabs` is empty";
            check.report.tell(Code::MissingKey, written.span, message, "write at least an open slab: `{rate: 1%}`");
        }
        return slabs;
    };
    let mut below = 0;
    for (index, slab) in written.value.iter().enumerate() {
        let rate = check.report.rate("rate", &slab.rate).unwrap_or(Exact::ZERO);
        let up_to = slab.up_to.as_ref().and_then(|up_to| {
            let bound = check.report.amount(&check.money, "up_to", up_to)?;
            if bound <= below && complete {
                let message = format!("this slab ends at {} and takes nothing", up_to.value);
                let help = "each slab ends above the one before it, the first above 0";
                check.report.tell(Code::OutOfOrder, up_to.span, message, help);
            }
            below = below.max(bound);
            Some(bound)
        });
        match &slab.up_to {
            Some(bound) if index == last && complete => {
                let message = "the last slab has an `up_to`, so nothing is said of what lies above";
                let help = "leave `up_to` out of the last slab, or add `{rate: 0%}` after it";
                check.report.tell(Code::OutOfOrder, bound.span, message, help);
            }
            None if index != last && complete => {
                let message = "only the last slab can be without `up_to`";
                let help = "say up to which amount this slab goes, or put it last";
                check.report.tell(Code::OutOfOrder, slab.rate.span, message, help);
            }
            _ => {}
        }
        slabs.push(Slab { up_to, rate });
    }
    slabs
}

/// After a rule that takes all that is left of every purchase, no rule is reached.
fn tell_of_unreachable(rules: &[written::BaseRule], check: &mut Check<'_>) {
    let takes_all = |rule: &&written::BaseRule| {
        let always = rule.when.as_ref().is_none_or(|when| when.kind == ExprKind::Bool(true));
        always && rule.lines.is_none() && rule.up_to.is_none() && !check.report.unread_in(rule.span, &[])
    };
    let Some(taker) = rules.iter().find(takes_all) else {
        return;
    };
    for rule in rules.iter().skip_while(|r| !std::ptr::eq(*r, taker)).skip(1) {
        let message = format!("`{}` is never reached: `{}` takes all that is left", rule.id.value, taker.id.value);
        let help = format!("move it above `{0}`, or give `{0}` a `when` or an `up_to`", taker.id.value);
        check.report.tell(Code::UnreachableRule, rule.id.span, message, help);
    }
}
