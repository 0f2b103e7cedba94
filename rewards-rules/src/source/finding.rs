//! A mistake in a rule file: what, where, and what to do.

use super::{Code, Severity, Sources, Span};

/// One thing found in the rule files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub code: Code,
    /// Where; absent only where no file is to blame.
    pub span: Option<Span>,
    /// What is wrong here, in one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Finding {
    /// A finding at a place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Finding {
        Finding { code, span: Some(span), message: message.into(), help: None }
    }

    /// With a help text.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// The severity of its code.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// A warning that a comment in its file allows, with the reason given there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The warning.
    pub finding: Finding,
    /// Why it is allowed; empty where the comment says nothing, which is a finding of its own (R0601).
    pub reason: String,
}

/// All findings of one run, with the files they are about, in order of place. What comments in the files allow is
/// kept apart: it counts as no finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    sources: Sources,
    list: Vec<Finding>,
    allowed: Vec<Allowed>,
}

impl Findings {
    /// Sorts findings by place.
    pub fn new(sources: Sources, mut list: Vec<Finding>) -> Findings {
        list.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
        list.dedup();
        Findings { sources, list, allowed: Vec::new() }
    }

    /// With warnings that comments allow.
    #[must_use]
    pub fn with_allowed(mut self, allowed: impl IntoIterator<Item = Allowed>) -> Findings {
        self.allowed.extend(allowed);
        let place = |a: &Allowed| (a.finding.span, a.finding.code);
        self.allowed.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.finding.message.cmp(&b.finding.message)));
        self.allowed.dedup();
        self
    }

    /// The warnings that comments in the files allow, in order of place.
    pub fn allowed(&self) -> &[Allowed] {
        &self.allowed
    }

    /// The findings in order of place.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.list.iter()
    }

    /// The files they are about.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Whether there is an error among them.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|f| f.severity() == Severity::Error)
    }

    /// Whether nothing was found, but for what is allowed.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are, without those that are allowed.
    pub fn len(&self) -> usize {
        self.list.len()
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = std::slice::Iter<'a, Finding>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
