//! For people at a terminal: findings under their source lines, failed tests with what they got, and a last line
//! that sums it up.

use super::{Counts, Report, coverage, mutation};

pub(super) fn write(reports: &[Report], colour: bool) -> String {
    let mut text = String::new();
    for report in reports {
        match &report.tests {
            None => findings(report, colour, &mut text),
            Some(_) => tests(report, colour, &mut text),
        }
        if let Some(reached) = &report.coverage {
            if !reached.gaps.is_empty() {
                paragraph(&mut text);
            }
            coverage::human(reached, colour, &mut text);
        }
        if let Some(mutation) = &report.mutation {
            if !mutation.survivors.is_empty() {
                paragraph(&mut text);
            }
            mutation::human(mutation, colour, &mut text);
        }
        for short in &report.short_of {
            text.push_str(&format!("{} {short}\n", paint("error:", "1;31", colour)));
        }
    }
    if let Some(summary) = summary(reports) {
        paragraph(&mut text);
        text.push_str(&summary);
    }
    let end = text.trim_end().len();
    text.truncate(end);
    text.push('\n');
    text
}

/// Leaves a line empty before what follows, once.
fn paragraph(text: &mut String) {
    if !text.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
    }
}

pub(super) fn paint(text: &str, code: &str, colour: bool) -> String {
    if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

fn findings(report: &Report, colour: bool, text: &mut String) {
    if report.findings.is_empty() {
        let program = report.program.as_deref().unwrap_or("");
        text.push_str(&format!("{} {}: program {program}, {}\n", paint("ok", "32", colour), report.name, report.hash));
    } else {
        paragraph(text);
        text.push_str(&paint(&format!("{}:", report.name), "1", colour));
        text.push_str(&format!("\n\n{}\n\n", report.findings.render(colour)));
    }
}

fn tests(report: &Report, colour: bool, text: &mut String) {
    if !report.findings.is_empty() {
        findings(report, colour, text);
    }
    let results = report.tests.iter().flatten();
    for result in results.clone().filter(|r| !r.passed()) {
        paragraph(text);
        let failed = paint("FAILED", "1;31", colour);
        let place = &result.place;
        text.push_str(&format!("{failed} {}\n  --> {}:{}\n", result.name, place.file, place.line));
        for line in result.explain().lines() {
            let indent = if line.is_empty() { "" } else { "  " };
            text.push_str(&format!("{indent}{line}\n"));
        }
        text.push('\n');
    }
    let all = results.clone().count();
    let passed = results.filter(|r| r.passed()).count();
    if passed == all && !report.findings.has_errors() {
        text.push_str(&format!("{} {}: {}\n", paint("ok", "32", colour), report.name, counted(all, "test")));
    } else {
        text.push_str(&format!("{}: {passed} of {} passed\n", report.name, counted(all, "test")));
    }
}

fn counted(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

/// The last line; with a single rule set, what was said of it is enough.
fn summary(reports: &[Report]) -> Option<String> {
    let [_, _, ..] = reports else { return None };
    let counts = Counts::of(reports);
    let mut parts = vec![counted(reports.len(), "rule set")];
    if reports.iter().any(|r| r.tests.is_some()) {
        parts.push(format!("{} passed", counted(counts.passed, "test")));
        if counts.failed > 0 {
            parts.push(format!("{} failed", counts.failed));
        }
    }
    for (n, word) in [(counts.errors, "error"), (counts.warnings, "warning")] {
        if n > 0 {
            parts.push(counted(n, word));
        }
    }
    Some(parts.join(", "))
}
