//! The checks of a rule set in their order: what is written goes in, a [`Program`] comes out, or findings.
//!
//! A room of its own because only here all sections meet. Each section goes on after a mistake with whatever it
//! has, so that one run finds everything; a program is handed out only if nothing was wrong anywhere.

use chrono_tz::Tz;

use super::expression::{Checker, CheckerInput, Expected, Place};
use super::numbers::Unit;
use super::program::{Declared, Program, Scripts};
use super::references::Tiers;
use super::report::Report;
use super::typed::Typed;
use super::{base, campaigns, caps, head, identity, points, tiers};
use crate::source::{Code, Finding, Sources, Span};
use crate::syntax::expression::Expr;
use crate::syntax::written::{self, RuleFiles};
use crate::value::{Currency, Duration, Period};

/// What the checks of all sections share.
pub(super) struct Check<'a> {
    pub(super) report: Report<'a>,
    /// The currency.
    pub(super) money: Unit,
    /// Points.
    pub(super) points: Unit,
    /// The time zone, if it could be told.
    pub(super) zone: Option<Tz>,
    /// Names of levels.
    pub(super) tiers: Tiers,
    /// Names of pools, in order.
    pub(super) pools: Vec<String>,
    /// Whether the program has `points.earn`, as far as can be told.
    pub(super) has_earn: bool,
    /// Whether a part of the program that is none of its known entries could not be read.
    pub(super) gaps: bool,
    /// Absent without a program: its facts and lists are then unknown.
    checker: Option<Checker<'a>>,
}

impl Check<'_> {
    /// A condition, if there is one.
    pub(super) fn condition(&mut self, expr: Option<&Expr>, place: Place) -> Option<Typed> {
        self.checker.as_mut()?.check(expr?, place, Expected::Boolean)
    }

    /// The expression of an amount.
    pub(super) fn amount_expression(&mut self, expr: &Expr) -> Option<Typed> {
        self.checker.as_mut()?.check(expr, Place::Amount, Expected::Number)
    }

    /// The period of a limit or cap; `campaign` only where `in_campaign`.
    pub(super) fn period(&mut self, per: &crate::source::Spanned<Period>, in_campaign: bool) -> Period {
        if per.value == Period::Campaign && !in_campaign {
            let help = "the period `campaign` belongs to campaigns; `lifetime` never starts again";
            self.report.tell(Code::PeriodNotHere, per.span, "`campaign` is no period for this limit", help);
        }
        per.value
    }
}

/// Checks a rule set. Whatever is wrong or suspicious in any section is added to `findings`, which holds what
/// reading found (`read_findings_had_errors` tells whether an error was among it). `None` if there is any error.
pub(crate) fn check(
    files: &RuleFiles,
    sources: &Sources,
    read_findings_had_errors: bool,
    findings: &mut Vec<Finding>,
) -> Option<Program> {
    let mut report = Report::new(sources, read_findings_had_errors, findings);
    let program = head::the_program(files, &mut report);
    identity::check_ids(files, &mut report);

    let parts = program.map(|p| parts_of(p, files)).unwrap_or_default();
    let gaps = program.is_none_or(|p| report.unread_in(p.span, &parts));
    let currency = program.and_then(|p| head::currency(p, gaps, &mut report));
    let zone = program.and_then(|p| head::zone(p, gaps, &mut report));
    let declared = program.map(|p| head::declared(p, &mut report)).unwrap_or_default();
    let lists = program.map(|p| head::lists(p, &mut report)).unwrap_or_default();
    let points_decimals = match program.and_then(|p| p.points.as_ref()).and_then(|p| p.decimals.as_ref()) {
        Some(decimals) => report.whole::<u8>("decimals", decimals, 0..=6),
        None => (!gaps).then_some(0),
    };
    let tier_names = Tiers::of(program, gaps, &report);
    let checker = program.map(|_| {
        Checker::new(CheckerInput {
            declared: &declared,
            lists: &lists,
            functions: &files.functions,
            has_tiers: tier_names.exist(),
            tier_ids: tier_names.ids(),
        })
    });
    let mut check = Check {
        report,
        money: Unit::Money(currency),
        points: Unit::Points(points_decimals),
        zone,
        tiers: tier_names.clone(),
        pools: program.map(|p| p.pools.iter().map(|pool| pool.id.value.clone()).collect()).unwrap_or_default(),
        has_earn: program.is_some_and(has_earn) || gaps,
        gaps,
        checker,
    };

    let sections = program.map(|p| Sections::of(p, files, &mut check));
    let (campaigns, groups) = campaigns::check(&files.campaigns, &mut check);

    let Check { mut report, checker, .. } = check;
    let tables = checker.map(Checker::finish);
    // A name that is unknown because its declaration could not be read is no second mistake.
    let hides_names = gaps || report.unread_in_file(|_, path| path.ends_with(".rhai"));
    let mut facts = Vec::new();
    let mut scripts = Scripts { files: files.scripts.clone(), functions: files.functions.clone(), calls: Vec::new() };
    let mut sets = Vec::new();
    if let Some(tables) = tables {
        for finding in tables.findings {
            if !(hides_names && finding.code == Code::UnknownName) {
                report.add(finding);
            }
        }
        facts = tables.facts;
        sets = tables.sets;
        scripts.calls = tables.calls;
    }
    if report.has_errors() || read_findings_had_errors {
        return None;
    }
    let (program, sections) = (program?, sections?);
    Some(assemble(program, sections, currency?, zone?, declared, facts, sets, scripts, campaigns, groups))
}

/// The sections of a program but its head and its campaigns.
struct Sections {
    eligible_when: Option<Typed>,
    eligible_lines: Option<Typed>,
    pools: Vec<super::program::Limit>,
    base: Vec<super::program::BaseRule>,
    tiers: Option<super::program::Tiers>,
    caps: super::program::Caps,
    points: points::Points,
    redemption: Vec<super::program::RedemptionOption>,
}

impl Sections {
    fn of(program: &written::Program, files: &RuleFiles, check: &mut Check<'_>) -> Sections {
        Sections {
            eligible_when: check.condition(program.eligible_when.as_ref(), Place::EligibleWhen),
            eligible_lines: check.condition(program.eligible_lines.as_ref(), Place::EligibleLines),
            pools: base::pools(program, check),
            base: base::rules(program, check),
            tiers: program.tiers.as_ref().map(|t| tiers::check(t, check)),
            caps: caps::check(caps::Block::Program, program.caps.as_ref(), check),
            points: points::check(program.points.as_ref(), check),
            redemption: points::redemption(program, files, check),
        }
    }
}

#[allow(clippy::too_many_arguments, reason = "each is a part of the program, and none goes with another")]
fn assemble(
    program: &written::Program,
    sections: Sections,
    currency: Currency,
    zone: Tz,
    declared: Vec<Declared>,
    facts: Vec<super::typed::Fact>,
    sets: Vec<super::typed::Set>,
    scripts: Scripts,
    campaigns: Vec<super::program::Campaign>,
    groups: Vec<String>,
) -> Program {
    let points = program.points.as_ref();
    let decimals = points.and_then(|p| p.decimals.as_ref()).and_then(|d| u8::try_from(d.value).ok());
    Program {
        id: program.id.value.clone(),
        name: program.name.as_ref().map(|n| n.value.clone()),
        currency,
        zone,
        rounding: program.rounding_mode.as_ref().map(|m| m.value).unwrap_or_default(),
        rounding_at: program.rounding_at.as_ref().map(|a| a.value).unwrap_or_default(),
        facts,
        declared,
        sets,
        scripts,
        eligible_when: sections.eligible_when,
        eligible_lines: sections.eligible_lines,
        pools: sections.pools,
        base: sections.base,
        tiers: sections.tiers,
        caps: sections.caps,
        points_decimals: decimals.unwrap_or(0),
        earn: sections.points.earn,
        points_caps: sections.points.caps,
        expires_after: points.and_then(|p| p.expires_after.as_ref()).map(|d| d.value),
        activation_delay: points.and_then(|p| p.activation_delay.as_ref()).map_or(Duration::Days(0), |d| d.value),
        redemption: sections.redemption,
        campaigns,
        groups,
    }
}

fn has_earn(program: &written::Program) -> bool {
    program.points.as_ref().is_some_and(|p| p.earn_points.is_some() || p.earn_per.is_some())
}

/// Entries of a program that keep their own mistakes to themselves.
fn parts_of(program: &written::Program, files: &RuleFiles) -> Vec<Span> {
    let mut parts: Vec<Span> = program.base.iter().map(|r| r.span).collect();
    parts.extend(program.tiers.iter().map(|t| t.span));
    parts.extend(program.caps.iter().map(|c| c.span));
    parts.extend(program.points.iter().map(|p| p.span));
    parts.extend(program.redemption.iter().map(|o| o.span));
    parts.extend(files.campaigns.iter().map(|c| c.span));
    parts
}
