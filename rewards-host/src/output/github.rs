//! Workflow commands of GitHub Actions: each finding and each failed test is an annotation at its line.

use rewards_rules::source::Place;

use super::{Report, mutation};

pub(super) fn write(reports: &[Report]) -> String {
    let mut text = String::new();
    for report in reports {
        for finding in report.findings.report() {
            let mut message = finding.message;
            if let Some(help) = finding.help {
                message.push_str(&format!("\nhelp: {help}"));
            }
            text.push_str(&annotation(finding.severity, finding.place.as_ref(), finding.code, &message));
        }
        for test in report.tests.iter().flatten().filter(|t| !t.passed()) {
            let at = test.steps.iter().flat_map(|s| &s.mismatches).next().map_or(&test.place, |m| &m.place);
            text.push_str(&annotation("error", Some(at), &format!("failed test: {}", test.name), &test.explain()));
        }
        for gap in report.coverage.iter().flat_map(|c| &c.gaps) {
            text.push_str(&annotation("warning", Some(&gap.place), "not reached by a test", &gap.message));
        }
        for survivor in report.mutation.iter().flat_map(|m| &m.survivors) {
            let told = mutation::line(survivor);
            text.push_str(&annotation("warning", Some(&survivor.place), "not noticed by a test", &told));
        }
        for short in &report.short_of {
            text.push_str(&annotation("error", None, &report.name, short));
        }
    }
    text
}

fn annotation(kind: &str, place: Option<&Place>, title: &str, message: &str) -> String {
    let at = place.map_or_else(String::new, |p| {
        let file = property(&p.file);
        format!("file={file},line={},col={},endLine={},endColumn={},", p.line, p.column, p.end_line, p.end_column)
    });
    format!("::{kind} {at}title={}::{}\n", property(title), data(message.trim_end()))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
