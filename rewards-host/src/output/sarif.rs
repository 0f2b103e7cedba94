//! SARIF 2.1.0, which code scanning services show beside the lines of a change.

use std::collections::BTreeMap;

use rewards_rules::source::{Code, Place};
use serde_json::{Value, json};

use super::Report;

/// The rule under which failed tests stand.
const FAILED_TEST: &str = "failed-test";

pub(super) fn write(reports: &[Report]) -> String {
    let mut results = Vec::new();
    let mut rules: BTreeMap<&str, &str> = BTreeMap::new();
    for report in reports {
        for finding in report.findings.report() {
            let title = Code::from_text(finding.code).map_or("", Code::title);
            rules.insert(finding.code, title);
            let help = finding.help.map_or_else(String::new, |help| format!(". Help: {help}"));
            let text = format!("{}{help}", finding.message);
            results.push(result(finding.code, finding.severity, &text, finding.place.as_ref()));
        }
        for test in report.tests.iter().flatten() {
            for m in test.steps.iter().flat_map(|s| &s.mismatches) {
                rules.insert(FAILED_TEST, "a test of the rules fails");
                let text = format!("{}: {}: expected {}, got {}", test.name, m.item, m.expected, m.actual);
                results.push(result(FAILED_TEST, "error", &text, Some(&m.place)));
            }
        }
    }
    let rules: Vec<Value> =
        rules.iter().map(|(id, title)| json!({ "id": id, "shortDescription": { "text": title } })).collect();
    let whole = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "rewards", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{whole:#}\n")
}

fn result(id: &str, level: &str, text: &str, place: Option<&Place>) -> Value {
    let locations: Vec<Value> = place
        .map(|p| {
            json!({
                "physicalLocation": {
                    "artifactLocation": { "uri": uri(&p.file) },
                    "region": {
                        "startLine": p.line,
                        "startColumn": p.column,
                        "endLine": p.end_line,
                        "endColumn": p.end_column,
                    },
                }
            })
        })
        .into_iter()
        .collect();
    json!({ "ruleId": id, "level": level, "message": { "text": text }, "locations": locations })
}

/// A path as a URI reference: what a URI cannot hold is escaped byte by byte.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
