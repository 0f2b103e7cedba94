//! JUnit XML as build services read it: a suite for each rule set, a case for each test, or for each finding.

use rewards_rules::source::Place;

use super::{Report, mutation};

/// One `<testcase>`.
struct Case {
    name: String,
    place: Option<Place>,
    /// What went wrong: title, and all of it.
    failure: Option<(String, String)>,
}

pub(super) fn write(reports: &[Report], deny_warnings: bool) -> String {
    let suites: Vec<(&Report, Vec<Case>)> = reports.iter().map(|r| (r, cases(r, deny_warnings))).collect();
    let failures = |cases: &[Case]| cases.iter().filter(|c| c.failure.is_some()).count();
    let all: usize = suites.iter().map(|(_, cases)| cases.len()).sum();
    let failed: usize = suites.iter().map(|(_, cases)| failures(cases)).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"rewards\" tests=\"{all}\" failures=\"{failed}\">\n"));
    for (report, cases) in &suites {
        let name = escaped(&report.name);
        let (tests, failed) = (cases.len(), failures(cases));
        text.push_str(&format!("  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\">\n"));
        for case in cases {
            write_case(case, &report.name, &mut text);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn write_case(case: &Case, suite: &str, text: &mut String) {
    let place =
        case.place.as_ref().map_or_else(String::new, |p| format!(" file=\"{}\" line=\"{}\"", escaped(&p.file), p.line));
    let head = format!("    <testcase classname=\"{}\" name=\"{}\"{place}", escaped(suite), escaped(&case.name));
    match &case.failure {
        None => text.push_str(&format!("{head}/>\n")),
        Some((title, details)) => {
            let failure = format!("<failure message=\"{}\">{}</failure>", escaped(title), escaped(details));
            text.push_str(&format!("{head}>\n      {failure}\n    </testcase>\n"));
        }
    }
}

fn cases(report: &Report, deny_warnings: bool) -> Vec<Case> {
    let mut cases: Vec<Case> = report
        .findings
        .report()
        .into_iter()
        .map(|finding| {
            let fails = finding.severity == "error" || deny_warnings;
            let help = finding.help.map_or_else(String::new, |help| format!("\nhelp: {help}"));
            let at =
                finding.place.as_ref().map_or_else(String::new, |p| format!("{}:{}:{}\n", p.file, p.line, p.column));
            let details = format!("{at}{}{help}", finding.message);
            Case {
                name: format!("{}: {}", finding.code, finding.message),
                place: finding.place,
                failure: fails.then_some((finding.message, details)),
            }
        })
        .collect();
    if report.tests.is_none() && !report.findings.has_errors() {
        cases.push(Case { name: "the rule set is valid".to_owned(), place: None, failure: None });
    }
    for test in report.tests.iter().flatten() {
        let title = || {
            let first = test.steps.iter().flat_map(|s| &s.mismatches).next();
            first.map_or_else(String::new, |m| format!("{}: expected {}, got {}", m.item, m.expected, m.actual))
        };
        cases.push(Case {
            name: test.name.clone(),
            place: Some(test.place.clone()),
            failure: (!test.passed())
                .then(|| (title(), format!("{}:{}\n{}", test.place.file, test.place.line, test.explain()))),
        });
    }
    for short in &report.short_of {
        let missing = report.coverage.iter().flat_map(|c| &c.gaps);
        let mut details: String =
            missing.map(|gap| format!("{}:{}: {}\n", gap.place.file, gap.place.line, gap.message)).collect();
        for survivor in report.mutation.iter().flat_map(|m| &m.survivors) {
            let told = mutation::line(survivor);
            details.push_str(&format!("{}:{}: {told}\n", survivor.place.file, survivor.place.line));
        }
        let failure = Some((short.clone(), details));
        cases.push(Case { name: "what the tests reach and notice".to_owned(), place: None, failure });
    }
    cases
}

/// Text as XML may hold it. Characters that XML has no spelling for are replaced.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
