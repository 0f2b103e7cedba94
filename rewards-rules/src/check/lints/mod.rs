//! What is suspicious in a rule set that has no error: rules that cannot apply, questions with one answer, names that
//! nobody uses, caps that do nothing.
//!
//! A room of its own, a file a subject, because nothing here changes what a rule set means. A warning says "never" or
//! "always" only where that is proved (`reasoning`); what cannot be told is left alone.

mod absent;
mod base;
mod caps;
mod conditions;
mod domain;
mod reasoning;
mod twins;
mod unused;

use std::collections::HashMap;

use chrono::NaiveTime;

use super::program::{Campaign, Program, WindowBound};
use super::report::Reporter;
use super::typed::FactSource;
use crate::source::Span;
use crate::syntax::written::{self, RuleFiles};
use crate::value::{Exact, local};
use domain::{Domain, Key};
use reasoning::{Known, Model, assume};

/// What all lints look at.
struct Whole<'a> {
    /// As meant.
    program: &'a Program,
    /// As written.
    written: &'a written::Program,
    /// As written, by place.
    campaigns: HashMap<Span, &'a written::Campaign>,
}

impl<'a> Whole<'a> {
    fn written_campaign(&self, campaign: &Campaign) -> Option<&'a written::Campaign> {
        self.campaigns.get(&campaign.span).copied()
    }
}

/// Tells of everything suspicious. The program has no error.
pub(super) fn tell(program: &Program, files: &RuleFiles, report: &mut Reporter<'_>) {
    let [written] = files.programs.as_slice() else { return };
    let campaigns = files.campaigns.iter().map(|c| (c.span, c)).collect();
    let whole = Whole { program, written, campaigns };
    let one_of = |name: &str| program.declared.iter().find(|d| d.name == name)?.one_of.as_deref();
    let tiers: Vec<String> = program.tiers.iter().flat_map(|t| &t.levels).map(|l| l.id.clone()).collect();
    let model = Model::new(&program.facts, &program.sets, one_of, &tiers);
    unused::tell(&whole, files, report);
    caps::tell(&whole, report);
    twins::tell(&whole, report);
    let nothing = Known::nothing(&model);
    let eligible = conditions::eligible(&whole, nothing.clone(), report);
    base::tell(&whole, &eligible, report);
    conditions::campaigns(&whole, (&nothing, &eligible), report);
    absent::tell(&whole, &eligible, report);
}

/// What is known where a campaign's condition is asked; `None` if it never is.
fn at_campaign<'m, 'p>(program: &Program, campaign: &Campaign, known: Known<'m, 'p>) -> Option<Known<'m, 'p>> {
    let mut known = known;
    if let Some(tiers) = &campaign.tiers {
        let levels = program.tiers.iter().flat_map(|t| &t.levels).enumerate();
        let held = levels.filter(|(at, _)| tiers.contains(at)).map(|(_, level)| level.id.as_str());
        known = known.with(&FactSource::MemberTier, &Domain::texts(held))?;
    }
    if let Some(least) = campaign.min_transaction {
        // The eligible amount is never more than the whole.
        let least = Exact::from_units(least, program.currency.decimals());
        let domain = Domain::range(Some((Key::Number(least), true)), None, false);
        known = known.with(&FactSource::TxEligibleAmount, &domain)?.with(&FactSource::TxAmount, &domain)?;
    }
    let day = |bound: Option<WindowBound>| {
        bound.map(|bound| match bound {
            WindowBound::Date(date) => (Key::day(date), true),
            WindowBound::Instant(at) => (Key::day(local(program.zone, at).date()), true),
        })
    };
    let window = Domain::range(day(campaign.window.from), day(campaign.window.to), true);
    known = known.with(&FactSource::TxDate, &window)?;
    let past_midnight = campaign.hours.is_some_and(|(from, to)| to.is_some_and(|to| to < from));
    if !past_midnight {
        if let Some(days) = campaign.days {
            let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let run = names.into_iter().zip(0_u32..).filter(|(_, at)| days.checked_shr(*at).unwrap_or(0) & 1 == 1);
            known = known.with(&FactSource::TxWeekday, &Domain::texts(run.map(|(name, _)| name)))?;
        }
        if let Some((from, to)) = campaign.hours {
            let hour = |time: NaiveTime| i64::from(chrono::Timelike::hour(&time));
            let last = to.map_or(23, hour);
            let hours = Domain::range(Some((Key::number(hour(from)), true)), Some((Key::number(last), true)), true);
            known = known.with(&FactSource::TxHour, &hours)?;
        }
    }
    Some(known)
}

/// What is known after `eligible.when` held, where base rules and campaigns are asked.
fn after_eligible<'m, 'p>(program: &Program, known: Known<'m, 'p>) -> Option<Known<'m, 'p>> {
    let Some(when) = &program.eligible_when else { return Some(known) };
    let mut known = assume(when, true, known)?;
    // `eligible` is asked with the tier held before the purchase.
    if program.tiers.as_ref().is_some_and(|t| t.applies_after) {
        known.forget(&FactSource::MemberTier);
    }
    Some(known)
}
