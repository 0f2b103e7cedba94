//! Where the checks of a rule set put what they find, and how they keep one mistake from being told twice.
//!
//! A room of its own because every section asks the same two questions: whether a part is missing or was only
//! unreadable (the reader told of that), and where the other place stands that a finding speaks of.

use std::collections::HashSet;

use crate::source::{Code, Finding, Severity, Sources, Span};

/// The findings of one run.
pub(super) struct Report<'a> {
    sources: &'a Sources,
    findings: &'a mut Vec<Finding>,
    /// Places of the errors that reading found.
    unread: Vec<Span>,
    exact: HashSet<Span>,
    /// Reading found errors whose places are not known here.
    blind: bool,
    errors: bool,
}

impl<'a> Report<'a> {
    /// `findings` holds what reading found; `reading_failed` tells whether an error is among it.
    pub(super) fn new(sources: &'a Sources, reading_failed: bool, findings: &'a mut Vec<Finding>) -> Report<'a> {
        let errors = findings.iter().any(|f| f.severity() == Severity::Error);
        let unread: Vec<Span> =
            findings.iter().filter(|f| f.severity() == Severity::Error).filter_map(|f| f.span).collect();
        let exact = unread.iter().copied().collect();
        Report { sources, findings, unread, exact, blind: reading_failed && !errors, errors: reading_failed || errors }
    }

    /// Puts a finding down, unless reading found an error in exactly this place.
    pub(super) fn add(&mut self, finding: Finding) {
        if finding.span.is_some_and(|span| self.exact.contains(&span)) {
            return;
        }
        self.errors |= finding.severity() == Severity::Error;
        self.findings.push(finding);
    }

    /// A finding with its help.
    pub(super) fn tell(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.add(Finding::new(code, span, message).help(help));
    }

    /// A key that `entry` needs and does not have, told at `at`; silent if something in `entry` could not be read.
    pub(super) fn missing(&mut self, entry: Span, at: Span, message: impl Into<String>, help: impl Into<String>) {
        if !self.unread_in(entry, &[]) {
            self.tell(Code::MissingKey, at, message, help);
        }
    }

    /// Whether something within `span`, but outside of each of `parts`, could not be read.
    pub(super) fn unread_in(&self, span: Span, parts: &[Span]) -> bool {
        self.blind || self.unread.iter().any(|u| touches(span, *u) && !parts.iter().any(|p| touches(*p, *u)))
    }

    /// Whether something could not be read in a file whose path passes.
    pub(super) fn unread_in_file(&self, passes: impl Fn(u32, &str) -> bool) -> bool {
        self.blind
            || self.unread.iter().any(|u| {
                let path = usize::try_from(u.file).ok().and_then(|at| self.sources.files().get(at));
                passes(u.file, path.map_or("", |f| f.path.as_str()))
            })
    }

    /// Whether there is an error, of reading or of a check.
    pub(super) fn has_errors(&self) -> bool {
        self.errors
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
    fn what_could_not_be_read_is_not_missed_too() {
        let sources = Sources::default();
        let mut findings = vec![Finding::new(Code::InvalidNumber, span(20, 25), "not a number")];
        let mut report = Report::new(&sources, true, &mut findings);
        report.missing(span(10, 40), span(10, 12), "missing", "write it");
        report.tell(Code::OutOfRange, span(20, 25), "out of range", "mend it");
        assert!(report.unread_in(span(0, 90), &[]));
        assert!(!report.unread_in(span(0, 90), &[span(10, 40)]));
        report.missing(span(50, 60), span(50, 52), "missing", "write it");
        assert!(report.has_errors());
        let codes: Vec<&str> = findings.iter().map(|f| f.code.as_str()).collect();
        assert_eq!(codes, ["R0105", "R0102"]);
    }

    #[test]
    fn errors_of_unknown_places_silence_every_missing_key() {
        let sources = Sources::default();
        let mut findings = Vec::new();
        let mut report = Report::new(&sources, true, &mut findings);
        report.missing(span(10, 40), span(10, 12), "missing", "write it");
        assert!(report.has_errors());
        assert!(findings.is_empty());
    }

    #[test]
    fn alternatives_read_as_a_sentence() {
        assert_eq!(alternatives(["a"], "or"), "`a`");
        assert_eq!(alternatives(["a", "b", "c"], "and"), "`a`, `b` and `c`");
    }
}
