//! Base rules and the pools they share (semantics §3.3).
//!
//! A room of its own because here the order of rules matters, and slabs rise. Which rules are never reached the lints
//! tell, when all conditions are known.

use super::caps::{self, Block};
use super::expression::Place;
use super::lower::Check;
use super::program::{BaseRule, Limit, Slab, UpTo};
use super::references;
use crate::source::Code;
use crate::syntax::written::{self, Program};

/// `pools`, in order.
pub(super) fn pools(program: &Program, check: &mut Check<'_>) -> Vec<Limit> {
    let mut limits = Vec::with_capacity(program.pools.len());
    for pool in &program.pools {
        let per = check.period(&pool.per, false);
        let spend = check.report.amount(check.money, "spend", &pool.spend).unwrap_or(0);
        limits.push(Limit { key: format!("pool.{}.spend.{}", pool.id.value, per.name()), spend, per });
    }
    limits
}

/// `base`, in order.
pub(super) fn rules(program: &Program, check: &mut Check<'_>) -> Vec<BaseRule> {
    program.base.iter().map(|r| rule(r, check)).collect()
}

fn rule(written: &written::BaseRule, check: &mut Check<'_>) -> BaseRule {
    let id = written.id.value.as_str();
    // Exactly one of the two is there, or the reader told why not.
    let slabs = match (&written.rate, &written.slabs) {
        (_, Some(slabs)) => self::slabs(&slabs.value, check),
        (Some(rate), None) => vec![Slab { up_to: None, rate: check.report.rate("rate", rate) }],
        (None, None) => Vec::new(),
    };
    let up_to = written.up_to.as_ref().and_then(|up_to| match up_to {
        written::UpTo::Spend { spend, per } => {
            let per = check.period(per, false);
            let spend = check.report.amount(check.money, "spend", spend)?;
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
fn slabs(written: &[written::Slab], check: &mut Check<'_>) -> Vec<Slab> {
    let mut slabs = Vec::with_capacity(written.len());
    let last = written.len().saturating_sub(1);
    let mut below = 0;
    for (index, slab) in written.iter().enumerate() {
        let rate = check.report.rate("rate", &slab.rate);
        let up_to = slab.up_to.as_ref().and_then(|up_to| check.report.amount(check.money, "up_to", up_to));
        match (&slab.up_to, up_to) {
            (Some(written), _) if index == last => {
                let message = "the last slab has an `up_to`, so nothing is said of what lies above";
                let help = "leave `up_to` out of the last slab, or add `{rate: 0%}` after it";
                check.report.tell(Code::OutOfOrder, written.span, message, help);
            }
            (Some(written), Some(bound)) if bound <= below => {
                let message = format!("this slab ends at {} and takes nothing", written.value);
                let help = "each slab ends above the one before it, the first above 0";
                check.report.tell(Code::OutOfOrder, written.span, message, help);
            }
            (None, _) if index != last => {
                let message = "only the last slab can be without `up_to`";
                let help = "say up to which amount this slab goes, or put it last";
                check.report.tell(Code::OutOfOrder, slab.rate.span, message, help);
            }
            _ => {}
        }
        below = below.max(up_to.unwrap_or(0));
        slabs.push(Slab { up_to, rate });
    }
    slabs
}
