//! Where the checks of a rule set put what they find, and how they keep one mistake from being told twice.
//!
//! A room of its own because every section asks the same two questions: whether a part is missing or was only
//! unreadable (the reader told of that), and where the other place stands that a finding speaks of.

use crate::source::{Code, Finding, Severity, Sources, Span};
use crate::syntax::yaml::range;

/// The findings of one run.
pub(super) struct Reporter<'a> {
    sources: &'a Sources,
    findings: &'a mut Vec<Finding>,
    /// Places of the errors that reading found.
    unread: Vec<Span>,
    errors: bool,
}

impl<'a> Reporter<'a> {
    /// `findings` holds what reading found.
    pub(super) fn new(sources: &'a Sources, findings: &'a mut Vec<Finding>) -> Reporter<'a> {
        let is_error = |f: &&Finding| f.severity() == Severity::Error;
        let errors = findings.iter().any(|f| is_error(&f));
        let unread = findings.iter().filter(is_error).filter_map(|f| f.span).collect();
        Reporter { sources, findings, unread, errors }
    }

    /// Puts a finding down.
    pub(super) fn add(&mut self, finding: Finding) {
        self.errors |= finding.severity() == Severity::Error;
        self.findings.push(finding);
    }

    /// A finding with its help.
    pub(super) fn tell(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.add(Finding::new(code, span, message).help(help));
    }

    /// Whether something within `span`, but outside of each of `parts`, could not be read.
    pub(super) fn unread_in(&self, span: Span, parts: &[Span]) -> bool {
        self.unread.iter().any(|u| touches(span, *u) && !parts.iter().any(|p| touches(*p, *u)))
    }

    /// Whether there is an error, of reading or of a check.
    pub(super) fn has_errors(&self) -> bool {
        self.errors
    }

    /// What stands in a file.
    pub(super) fn written(&self, span: Span) -> Option<&str> {
        let file = self.sources.files().get(usize::try_from(span.file).ok()?)?;
        std::str::from_utf8(file.bytes.get(range(span))?).ok()
    }

    /// Where a span starts, as `file:line`.
    pub(super) fn at(&self, span: Span) -> String {
        match self.sources.place(span) {
            Some(place) => format!("{}:{}", place.file, place.line),
            None => "another place".to_owned(),
        }
    }
}

fn touches(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && (inner.start == outer.start || (outer.start..outer.end).contains(&inner.start))
}

/// `did you mean …?`, or else the sentence that says what may stand here.
pub(super) fn did_you_mean(guess: Option<&str>, otherwise: impl FnOnce() -> String) -> String {
    guess.map_or_else(otherwise, |name| format!("did you mean `{name}`?"))
}

/// `a`, `a or b`, `a, b or c`, each in backquotes.
pub(super) fn alternatives<'n>(names: impl IntoIterator<Item = &'n str>, joint: &str) -> String {
    let quoted: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {joint} {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u32, end: u32) -> Span {
        Span { file: 0, start, end }
    }

    #[test]
    fn a_part_keeps_its_unread_places_to_itself() {
        let sources = Sources::default();
        let mut findings = vec![Finding::new(Code::InvalidNumber, span(20, 25), "not a number")];
        let report = Reporter::new(&sources, &mut findings);
        assert!(report.has_errors());
        for (outer, parts, unread) in [
            (span(0, 90), vec![], true),
            (span(0, 90), vec![span(10, 40)], false),
            (span(0, 90), vec![span(30, 40)], true),
            (span(20, 21), vec![], true),
            (span(0, 20), vec![], false),
            (Span { file: 1, ..span(0, 90) }, vec![], false),
        ] {
            assert_eq!(report.unread_in(outer, &parts), unread, "{outer:?} {parts:?}");
        }
    }

    #[test]
    fn a_warning_is_no_error() {
        let sources = Sources::default();
        let mut findings = vec![Finding::new(Code::RateAboveOne, span(20, 25), "above 100 %")];
        let mut report = Reporter::new(&sources, &mut findings);
        assert!(!report.has_errors() && !report.unread_in(span(0, 90), &[]));
        report.tell(Code::DuplicateId, span(30, 31), "twice", "choose another");
        assert!(report.has_errors());
        assert_eq!(findings.len(), 2);
    }

    #[test]
    fn alternatives_read_as_a_sentence() {
        assert_eq!(alternatives(["a"], "or"), "`a`");
        assert_eq!(alternatives(["a", "b", "c"], "and"), "`a`, `b` and `c`");
    }
}
