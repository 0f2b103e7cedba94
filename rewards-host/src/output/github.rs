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
        // Columns count only within one line.
        match p.end_line == p.line {
            true => format!(
                "file={file},line={},col={},endLine={},endColumn={},",
                p.line, p.column, p.end_line, p.end_column
            ),
            false => format!("file={file},line={},endLine={},", p.line, p.end_line),
        }
    });
    format!("::{kind} {at}title={}::{}\n", property(title), data(message.trim_end()))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_cannot_hold_is_escaped() {
        let place = |end_line| Place { file: "a,b:100%.yaml".to_owned(), line: 2, column: 3, end_line, end_column: 5 };
        let one = annotation("error", Some(&place(2)), "a: b", "50 % \r\n::warning::x");
        assert_eq!(
            one,
            "::error file=a%2Cb%3A100%25.yaml,line=2,col=3,endLine=2,endColumn=5,title=a%3A b::50 %25 %0D%0A::warning::x\n"
        );
        let two = annotation("warning", Some(&place(3)), "t", "m");
        assert_eq!(two, "::warning file=a%2Cb%3A100%25.yaml,line=2,endLine=3,title=t::m\n");
    }
}
