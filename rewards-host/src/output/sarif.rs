//! SARIF 2.1.0, which code scanning services show beside the lines of a change.

use std::collections::BTreeMap;

use rewards_rules::source::{Code, Place, Report as Finding};
use serde_json::{Value, json};

use super::Report;
use super::fingerprint::Fingerprints;

/// The rule under which failed tests stand.
const FAILED_TEST: &str = "failed-test";

pub(super) fn write(reports: &[Report]) -> String {
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    let mut results = Vec::new();
    let mut prints = Fingerprints::default();
    for report in reports {
        for finding in report.findings.report() {
            rules.entry(finding.code).or_insert_with(|| rule(finding.code));
            results.push(of_finding(&finding, &mut prints));
        }
        for allowed in report.findings.allowed_report() {
            rules.entry(allowed.finding.code).or_insert_with(|| rule(allowed.finding.code));
            let mut result = of_finding(&allowed.finding, &mut prints);
            let suppressions = json!([{ "kind": "inSource", "justification": allowed.reason }]);
            add(&mut result, "suppressions", suppressions);
            results.push(result);
        }
        for test in report.tests.iter().flatten() {
            for m in test.steps.iter().flat_map(|s| &s.mismatches) {
                let title = json!({ "text": "a test of the rules fails" });
                rules.entry(FAILED_TEST).or_insert_with(|| json!({ "id": FAILED_TEST, "shortDescription": title }));
                let text = format!("{}: {}: expected {}, got {}", test.name, m.item, m.expected, m.actual);
                let print = prints.next(FAILED_TEST, &m.place.file, &format!("{}: {}", test.name, m.item));
                results.push(result(FAILED_TEST, "error", &text, Some(&m.place), &print));
            }
        }
    }
    for result in &mut results {
        let id = result.get("ruleId").and_then(Value::as_str);
        let at = id.and_then(|id| rules.keys().position(|known| *known == id));
        add(result, "ruleIndex", json!(at));
    }
    let whole = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rewards",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_values().collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{whole:#}\n")
}

fn add(to: &mut Value, key: &str, value: Value) {
    if let Some(object) = to.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

/// What SARIF calls a rule: a code with its page.
fn rule(id: &str) -> Value {
    let Some(code) = Code::from_text(id) else { return json!({ "id": id }) };
    let page = code.page();
    json!({
        "id": id,
        "shortDescription": { "text": code.title() },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": code.severity().as_str() },
    })
}

fn of_finding(finding: &Finding, prints: &mut Fingerprints) -> Value {
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!(". Help: {help}"));
    let text = format!("{}{help}", finding.message);
    let print = prints.of(finding);
    result(finding.code, finding.severity, &text, finding.place.as_ref(), &print)
}

fn result(id: &str, level: &str, text: &str, place: Option<&Place>, fingerprint: &str) -> Value {
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
    json!({
        "ruleId": id,
        "level": level,
        "message": { "text": text },
        "locations": locations,
        "partialFingerprints": { "rewards/v1": fingerprint },
    })
}

/// A path as a URI reference: what a URI cannot hold is escaped byte by byte. One from the root names its scheme,
/// since it would be taken for the root of the repository.
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_becomes_a_uri_reference() {
        for (path, due) in [
            ("rules/card.yaml", "rules/card.yaml"),
            ("../a b/é#1.yaml", "../a%20b/%C3%A9%231.yaml"),
            ("a:b/c.yaml", "a%3Ab/c.yaml"),
            ("/srv/rules/card.yaml", "file:///srv/rules/card.yaml"),
        ] {
            assert_eq!(uri(path), due);
        }
    }
}
