//! The checks of a rule set in their order: what is written goes in, a [`Program`] comes out, or findings.
//!
//! A room of its own because only here all sections meet. Each section goes on after a mistake with whatever it
//! has, so that one run finds everything; a program is handed out only if nothing was wrong anywhere.

use chrono_tz::Tz;

use super::expression::{Checker, CheckerInput, Expected, Place};
use super::numbers::Unit;
use super::program::{Declared, Program, Scripts};
use super::references::Tiers;
use super::report::Reporter;
use super::typed::Typed;
use super::{base, campaigns, caps, head, identity, lints, points, tiers};
use crate::source::{Code, Finding, Sources, Span, Spanned};
use crate::syntax::expression::Expr;
use crate::syntax::written::{self, RuleFiles, Unread};
use crate::value::{Currency, Duration, Period};

/// What the checks of all sections share.
pub(super) struct Check<'a> {
    pub(super) report: Reporter<'a>,
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
    /// What could not be read, by name.
    pub(super) unread: &'a Unread,
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
    pub(super) fn period(&mut self, per: &Spanned<Period>, in_campaign: bool) -> Period {
        if per.value == Period::Campaign && !in_campaign {
            let help = "the period `campaign` belongs to campaigns; `lifetime` never starts again";
            self.report.tell(Code::PeriodNotHere, per.span, "`campaign` is no period for this limit", help);
        }
        per.value
    }
}

/// Checks a rule set. Whatever is wrong or suspicious in any section is added to `findings`, which holds what
/// reading found (`read_findings_had_errors` tells whether an error was among it). `None` if there is any error, of
/// reading or of a check.
pub(crate) fn check(
    files: &RuleFiles,
    sources: &Sources,
    read_findings_had_errors: bool,
    findings: &mut Vec<Finding>,
) -> Option<Program> {
    let mut report = Reporter::new(sources, findings);
    let program = head::the_program(files, &mut report);
    identity::check_ids(files, &mut report);

    let parts = program.map(|p| parts_of(p, files)).unwrap_or_default();
    let gaps = program.is_none_or(|p| report.unread_in(p.span, &parts));
    let currency = program.and_then(|p| head::currency(p, &mut report));
    let zone = program.and_then(|p| head::zone(p, &mut report));
    let declared = program.map(|p| head::declared(p, &mut report)).unwrap_or_default();
    let lists = program.map(|p| head::lists(p, &mut report)).unwrap_or_default();
    let points_decimals = points::decimals(program, gaps, &report);
    let tier_names = Tiers::of(program, gaps, &report);
    let has_earn = points::may_have_earn(program, gaps, &report);
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
        has_earn,
        unread: &files.unread,
        gaps,
        checker,
    };

    let sections = program.map(|p| Sections::of(p, files, &mut check));
    let (campaigns, groups) = campaigns::check(files, &mut check);

    let Check { mut report, checker, .. } = check;
    let tables = checker.map(Checker::finish);
    // A name that is unknown because its declaration could not be read is no second mistake.
    let hides_names = gaps || files.unread.documents || !files.unread.names.is_empty();
    let hidden = |code: Code| match code {
        Code::UnknownName => hides_names,
        Code::ImpossibleValue => !tier_names.are_all_known(),
        _ => false,
    };
    let mut facts = Vec::new();
    let mut scripts = Scripts { files: files.scripts.clone(), functions: files.functions.clone(), calls: Vec::new() };
    let mut sets = Vec::new();
    if let Some(tables) = tables {
        for finding in tables.findings {
            if !hidden(finding.code) {
                report.add(finding);
            }
        }
        facts = tables.facts;
        sets = tables.sets;
        scripts.calls = tables.calls;
    }
    if read_findings_had_errors || report.has_errors() {
        return None;
    }
    let (program, sections) = (program?, sections?);
    let checked = assemble(
        program,
        sections,
        points_decimals?,
        currency?,
        zone?,
        declared.clone(),
        facts,
        sets,
        scripts,
        campaigns,
        groups,
    );
    lints::tell(&checked, files, &mut report);
    Some(checked)
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
    points_decimals: u8,
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
        points_decimals,
        earn: sections.points.earn,
        points_caps: sections.points.caps,
        expires_after: points.and_then(|p| p.expires_after.as_ref()).map(|d| d.value),
        activation_delay: points.and_then(|p| p.activation_delay.as_ref()).map_or(Duration::Days(0), |d| d.value),
        redemption: sections.redemption,
        campaigns,
        groups,
    }
}

/// Entries of a program that keep their own mistakes to themselves.
fn parts_of(program: &written::Program, files: &RuleFiles) -> Vec<Span> {
    let mut parts: Vec<Span> = program.base.iter().map(|r| r.span).collect();
    parts.push(program.id.span);
    parts.extend(program.tiers.iter().map(|t| t.span));
    parts.extend(program.caps.iter().map(|c| c.span));
    parts.extend(program.points.iter().map(|p| p.span));
    parts.extend(program.redemption.iter().map(|o| o.span));
    parts.extend(files.campaigns.iter().map(|c| c.span));
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]
    use super::*;
    use crate::check::program::{CounterCap, Reward};

    /// Something written, each time in another place.
    struct Pen(u32);

    impl Pen {
        fn span(&mut self) -> Span {
            self.0 = self.0.saturating_add(10);
            Span { file: 0, start: self.0, end: self.0.saturating_add(5) }
        }

        fn write<T>(&mut self, value: T) -> Spanned<T> {
            Spanned { value, span: self.span() }
        }

        fn program(&mut self) -> written::Program {
            written::Program {
                id: self.write("p".to_owned()),
                name: None,
                currency: Some(self.write("JPY".to_owned())),
                timezone: Some(self.write("Asia/Tokyo".to_owned())),
                rounding_mode: None,
                rounding_at: None,
                facts: Vec::new(),
                lists: Vec::new(),
                eligible_when: None,
                eligible_lines: None,
                pools: Vec::new(),
                base: Vec::new(),
                tiers: None,
                caps: None,
                points: None,
                redemption: Vec::new(),
                span: self.span(),
            }
        }

        fn campaign(&mut self, id: &str, priority: Option<i64>, fixed: &str) -> written::Campaign {
            let fixed = Some(self.write(fixed.parse().unwrap()));
            written::Campaign {
                id: self.write(id.to_owned()),
                name: None,
                funded_by: None,
                kind: Some(self.write(written::CampaignKind::Fixed)),
                priority: priority.map(|p| self.write(p)),
                from: None,
                to: None,
                days: None,
                hours: None,
                audience: None,
                when: None,
                lines: None,
                min_transaction: None,
                reward: Some(written::Reward { fixed, ..written::Reward::default() }),
                caps: None,
                group: Some(self.write("g".to_owned())),
                exclusive: None,
                requalify: false,
                paused: false,
                span: self.span(),
            }
        }
    }

    fn run(files: &RuleFiles) -> (Option<Program>, Vec<&'static str>) {
        let mut findings = Vec::new();
        let program = check(files, &Sources::default(), false, &mut findings);
        (program, findings.iter().map(|f| f.code.as_str()).collect())
    }

    #[test]
    fn campaigns_stand_by_priority_then_declaration() {
        let mut pen = Pen(0);
        let mut files = RuleFiles { programs: vec![pen.program()], ..RuleFiles::default() };
        for (id, priority) in [("late", Some(200)), ("a", None), ("early", Some(-5)), ("b", Some(100)), ("c", None)] {
            files.campaigns.push(pen.campaign(id, priority, "5"));
        }
        let (program, codes) = run(&files);
        assert_eq!(codes, Vec::<&str>::new());
        let program = program.unwrap();
        let ids: Vec<&str> = program.campaigns.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(ids, ["early", "a", "b", "c", "late"]);
        assert!(program.campaigns.iter().all(|c| c.group == Some(0)));
        assert_eq!(program.groups, ["g"]);
    }

    #[test]
    fn amounts_are_minor_units_and_counters_have_their_keys() {
        let mut pen = Pen(0);
        let mut campaign = pen.campaign("c", None, "5");
        campaign.caps = Some(written::Caps {
            budget: Some(pen.write("100".parse().unwrap())),
            uses: Some(written::Uses { count: pen.write(2), per: None }),
            ..written::Caps::default()
        });
        let files = RuleFiles { programs: vec![pen.program()], campaigns: vec![campaign], ..RuleFiles::default() };
        let program = run(&files).0.unwrap();
        let campaign = &program.campaigns[0];
        assert!(matches!(campaign.reward, Reward::Fixed(5)));
        let cap = |key: &str, limit| Some(CounterCap { key: key.to_owned(), limit, per: Period::Campaign });
        assert_eq!(campaign.caps.budget, cap("campaign.c.budget.campaign", 100));
        assert_eq!(campaign.caps.uses, cap("campaign.c.uses.campaign", 2));
    }

    #[test]
    fn mistakes_of_all_sections_are_found_in_one_run() {
        let mut pen = Pen(0);
        let mut program = pen.program();
        program.caps = Some(written::Caps {
            per_transaction: Some(pen.write("0.5".parse().unwrap())),
            ..written::Caps::default()
        });
        let campaigns = vec![pen.campaign("c", None, "0.1"), pen.campaign("c", None, "1")];
        let files = RuleFiles { programs: vec![program], campaigns, ..RuleFiles::default() };
        let (program, mut codes) = run(&files);
        codes.sort_unstable();
        assert_eq!((program.is_none(), codes), (true, vec!["R0106", "R0106", "R0302"]));
    }

    #[test]
    fn without_a_program_only_that_is_told() {
        let mut pen = Pen(0);
        let mut campaign = pen.campaign("c", None, "0.125");
        campaign.audience =
            Some(written::Audience { tiers: Some(vec![pen.write("gold".to_owned())]), ..Default::default() });
        let files = RuleFiles { campaigns: vec![campaign], ..RuleFiles::default() };
        assert_eq!(run(&files).1, ["R0301"]);
    }
}
