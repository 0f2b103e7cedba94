//! The code quality report of GitLab: each finding and each failed test is shown at its line of a merge request.

use rewards_rules::source::Place;
use serde_json::{Value, json};

use super::Report;
use super::fingerprint::Fingerprints;

pub(super) fn write(reports: &[Report], deny_warnings: bool) -> String {
    let mut entries: Vec<Value> = Vec::new();
    let mut prints = Fingerprints::default();
    for report in reports {
        for finding in report.findings.report() {
            let severity = if finding.severity == "error" || deny_warnings { "major" } else { "minor" };
            let help = finding.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
            let text = format!("{}{help}", finding.message);
            let print = prints.of(&finding);
            // A place is due; what has none is about the rule set as a whole.
            let nowhere = Place { file: report.name.clone(), line: 1, column: 1, end_line: 1, end_column: 1 };
            entries.push(entry(finding.code, severity, &text, finding.place.as_ref().unwrap_or(&nowhere), &print));
        }
        for test in report.tests.iter().flatten() {
            for m in test.steps.iter().flat_map(|s| &s.mismatches) {
                let text = format!("{}: {}: expected {}, got {}", test.name, m.item, m.expected, m.actual);
                let print = prints.next("failed-test", &m.place.file, &format!("{}: {}", test.name, m.item));
                entries.push(entry("failed-test", "major", &text, &m.place, &print));
            }
        }
    }
    format!("{:#}\n", Value::Array(entries))
}

fn entry(name: &str, severity: &str, text: &str, place: &Place, fingerprint: &str) -> Value {
    json!({
        "check_name": name,
        "description": text,
        "severity": severity,
        "fingerprint": fingerprint,
        "location": { "path": place.file, "lines": { "begin": place.line, "end": place.end_line } },
    })
}
