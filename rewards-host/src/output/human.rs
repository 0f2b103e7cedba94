//! For people at a terminal: findings under their source lines, failed tests with what they got, and a last line
//! that sums it up.

use std::collections::BTreeSet;

use rewards_rules::source::{Code, Finding};

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
        text.push('\n');
    }
    if let Some(more) = more(reports.iter().flat_map(|r| &r.findings)) {
        paragraph(&mut text);
        text.push_str(&more);
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
        let allowed = match report.findings.allowed().len() {
            0 => String::new(),
            n => format!(", {} allowed", counted(n, "warning")),
        };
        let ok = paint("ok", "32", colour);
        text.push_str(&format!("{ok} {}: program {program}, {}{allowed}\n", report.name, report.hash));
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
        let whole = counted(all.saturating_add(report.unread), "test");
        let unread = match (report.unread, report.findings.has_errors()) {
            (0, false) => String::new(),
            (0, true) => ", a file has an error".to_owned(),
            (n, _) => format!(", {n} could not be read"),
        };
        text.push_str(&format!("{}: {passed} of {whole} passed{unread}\n", report.name));
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
        if counts.unread > 0 {
            parts.push(format!("{} could not be read", counts.unread));
        }
    }
    for (n, word) in [(counts.errors, "error"), (counts.warnings, "warning")] {
        if n > 0 {
            parts.push(counted(n, word));
        }
    }
    if counts.allowed > 0 {
        parts.push(format!("{} allowed", counts.allowed));
    }
    Some(parts.join(", "))
}

/// Where there is more about the codes that were found; `None` if nothing was.
pub(crate) fn more<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Option<String> {
    let codes: BTreeSet<Code> = findings.into_iter().map(|f| f.code).collect();
    let first = codes.first()?;
    Some(match codes.len() {
        1 => format!("`rewards explain {first}` says more.\n"),
        _ => {
            let others: Vec<&str> = codes.iter().skip(1).map(|c| c.as_str()).collect();
            format!("`rewards explain {first}` says more; likewise for {}.\n", others.join(", "))
        }
    })
}
