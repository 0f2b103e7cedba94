//! One JSON object with everything: for scripts.

use rewards_rules::testing::{StepResult, TestResult};
use serde_json::{Value, json};

use super::{Counts, Report};

pub(super) fn write(reports: &[Report], deny_warnings: bool) -> String {
    let counts = Counts::of(reports);
    let mut summary = json!({ "errors": counts.errors, "warnings": counts.warnings });
    if reports.iter().any(|r| r.tests.is_some())
        && let Some(summary) = summary.as_object_mut()
    {
        summary.insert("passed".to_owned(), counts.passed.into());
        summary.insert("failed".to_owned(), counts.failed.into());
    }
    let whole = json!({
        "ok": reports.iter().all(|r| r.is_well(deny_warnings)),
        "summary": summary,
        "rule_sets": reports.iter().map(rule_set).collect::<Vec<_>>(),
    });
    format!("{whole:#}\n")
}

fn rule_set(report: &Report) -> Value {
    let mut value = json!({
        "path": report.name,
        "program": report.program,
        "hash": report.hash,
        "findings": report.findings.report(),
    });
    if let (Some(tests), Some(value)) = (&report.tests, value.as_object_mut()) {
        value.insert("tests".to_owned(), tests.iter().map(test).collect());
    }
    value
}

fn test(result: &TestResult) -> Value {
    json!({
        "name": result.name,
        "place": result.place,
        "passed": result.passed(),
        "steps": result.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &StepResult) -> Value {
    let mismatches: Vec<Value> = step
        .mismatches
        .iter()
        .map(|m| json!({ "item": m.item, "expected": m.expected, "actual": m.actual, "place": m.place }))
        .collect();
    let error = step
        .error
        .as_ref()
        .map(|error| json!({ "code": error.code.as_str(), "message": error.message, "rule": error.rule }));
    json!({
        "kind": step.kind,
        "id": step.id,
        "place": step.place,
        "mismatches": mismatches,
        "error": error,
        "outcome": step.outcome.as_ref().filter(|_| !step.mismatches.is_empty()).map(|o| json!(o)),
    })
}
