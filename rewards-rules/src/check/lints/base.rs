//! Base rules that earlier ones hide: what they would take is taken.

use super::Whole;
use super::conditions::one_answer;
use super::reasoning::{Known, assume};
use crate::check::program::BaseRule;
use crate::check::report::Reporter;
use crate::source::Code;

/// Looks at the conditions of base rules, and at their order.
pub(super) fn tell(whole: &Whole<'_>, known: &Known<'_, '_>, report: &mut Reporter<'_>) {
    let rules = whole.program.base.as_slice();
    // Rules that take all that is left of a purchase that they match.
    let mut takers: Vec<&BaseRule> = Vec::new();
    for (rule, written) in rules.iter().zip(&whole.written.base) {
        let mut told = false;
        if let Some(when) = &rule.when {
            told = one_answer(when, known.clone(), true, report);
        }
        let matched = rule.when.as_ref().map_or(Some(known.clone()), |when| assume(when, true, known.clone()));
        if let (Some(lines), Some(matched), false) = (&rule.lines, &matched, told) {
            told = one_answer(lines, matched.clone(), true, report);
        }
        if let (Some(matched), false) = (matched, told)
            && let Some(hidden_by) = hidden_by(&takers, matched.clone())
        {
            let alone = takers.iter().find(|taker| no_rest(taker, matched.clone()).is_none());
            let (message, help) = match alone {
                Some(taker) if taker.when.is_none() => (
                    format!("`{}` is never reached: `{}` takes all that is left", rule.id, taker.id),
                    format!("move it above `{0}`, or give `{0}` a `when` or an `up_to`", taker.id),
                ),
                Some(taker) => (
                    format!("`{}` is never reached: `{}` takes every purchase that it matches", rule.id, taker.id),
                    format!("move it above `{}`, or make one of the two conditions narrower", taker.id),
                ),
                None => (
                    format!(
                        "`{}` is never reached: the rules down to `{hidden_by}` take every purchase that it matches",
                        rule.id
                    ),
                    "move it above them, or make their conditions narrower".to_owned(),
                ),
            };
            report.tell(Code::UnreachableRule, written.id.span, message, help);
        }
        if rule.lines.is_none() && rule.up_to.is_none() {
            takers.push(rule);
        }
    }
}

/// What is known where a rule that takes all did not match; `None` if it always does.
fn no_rest<'m, 'p>(taker: &BaseRule, known: Known<'m, 'p>) -> Option<Known<'m, 'p>> {
    assume(taker.when.as_ref()?, false, known)
}

/// The last of the rules that together leave nothing.
fn hidden_by<'r>(takers: &[&'r BaseRule], mut known: Known<'_, '_>) -> Option<&'r str> {
    for taker in takers {
        match no_rest(taker, known) {
            Some(rest) => known = rest,
            None => return Some(&taker.id),
        }
    }
    None
}
