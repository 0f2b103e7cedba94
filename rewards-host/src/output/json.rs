//! One JSON object with everything: for scripts.

use rewards_rules::outcome::Outcome;
use rewards_rules::source::{AllowedReport, Place, Report as FindingReport};
use rewards_rules::testing::{Mismatch, StepResult, TestResult};
use serde::Serialize;

use super::{Counts, Report, coverage, mutation};

#[derive(Serialize)]
struct Whole<'a> {
    ok: bool,
    summary: Summary,
    rule_sets: Vec<RuleSet<'a>>,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    allowed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    passed: Option<usize>,
    /// Tests that did not pass, those that could not be read among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<usize>,
    /// Tests that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<usize>,
}

#[derive(Serialize)]
struct RuleSet<'a> {
    path: &'a str,
    program: Option<&'a str>,
    hash: &'a str,
    findings: Vec<FindingReport>,
    /// Warnings that comments allow, with the reason.
    allowed: Vec<AllowedReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tests: Option<Vec<Test<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<coverage::Json<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutation: Option<mutation::Json<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    short_of: &'a [String],
}

#[derive(Serialize)]
struct Test<'a> {
    name: &'a str,
    place: &'a Place,
    passed: bool,
    steps: Vec<Step<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    kind: &'static str,
    id: &'a str,
    place: &'a Place,
    mismatches: Vec<Missed<'a>>,
    error: Option<Failed<'a>>,
    /// As the engine writes it; only of a step that went wrong.
    outcome: Option<&'a Outcome>,
}

#[derive(Serialize)]
struct Missed<'a> {
    item: &'static str,
    expected: &'a str,
    actual: &'a str,
    place: &'a Place,
}

#[derive(Serialize)]
struct Failed<'a> {
    code: &'static str,
    message: &'a str,
    rule: Option<&'a str>,
}

pub(super) fn write(reports: &[Report], deny_warnings: bool) -> String {
    let counts = Counts::of(reports);
    let tested = reports.iter().any(|r| r.tests.is_some());
    let whole = Whole {
        ok: reports.iter().all(|r| r.is_well(deny_warnings)),
        summary: Summary {
            errors: counts.errors,
            warnings: counts.warnings,
            allowed: counts.allowed,
            passed: tested.then_some(counts.passed),
            failed: tested.then_some(counts.failed.saturating_add(counts.unread)),
            unread: tested.then_some(counts.unread),
        },
        rule_sets: reports.iter().map(rule_set).collect(),
    };
    let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    format!("{text}\n")
}

fn rule_set(report: &Report) -> RuleSet<'_> {
    RuleSet {
        path: &report.name,
        program: report.program.as_deref(),
        hash: &report.hash,
        findings: report.findings.report(),
        allowed: report.findings.allowed_report(),
        tests: report.tests.as_ref().map(|tests| tests.iter().map(test).collect()),
        coverage: report.coverage.as_ref().map(coverage::json),
        mutation: report.mutation.as_ref().map(mutation::json),
        short_of: &report.short_of,
    }
}

fn test(result: &TestResult) -> Test<'_> {
    Test {
        name: &result.name,
        place: &result.place,
        passed: result.passed(),
        steps: result.steps.iter().map(step).collect(),
    }
}

fn step(step: &StepResult) -> Step<'_> {
    Step {
        kind: step.kind,
        id: &step.id,
        place: &step.place,
        mismatches: step.mismatches.iter().map(missed).collect(),
        error: step.error.as_ref().map(|error| Failed {
            code: error.code.as_str(),
            message: &error.message,
            rule: error.rule.as_deref(),
        }),
        outcome: step.outcome.as_ref().filter(|_| !step.mismatches.is_empty()),
    }
}

fn missed(m: &Mismatch) -> Missed<'_> {
    Missed { item: m.item, expected: &m.expected, actual: &m.actual, place: &m.place }
}
