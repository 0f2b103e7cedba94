//! What the reference and the engine have in common for tests: rule files in, canonical JSON or an error code out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rewards_rules::input::{ErrorCode, Member, Transaction, Usage};
use rewards_rules::source::{Severity, SourceFile, Sources};
use rewards_rules::syntax::written::RuleFiles;

use crate::reference::{Event, ReferenceState, Rules, evaluate};

/// An evaluator of one rule set.
pub(crate) trait Subject {
    /// The canonical outcome of a purchase.
    fn evaluate(&self, tx: &Transaction, member: &Member, usage: &Usage) -> Result<String, ErrorCode>;
    /// The same rule set with nothing posted yet, but for what a member begins with.
    fn begin<'a>(&'a self, given: &[(Member, Usage)]) -> Box<dyn Engine + 'a>;
}

/// A rule set with state, to which events are posted in order.
pub(crate) trait Engine {
    /// The canonical outcome of a purchase or a refund, an empty text for other events. What fails leaves no trace.
    fn post(&mut self, event: &Event) -> Result<String, ErrorCode>;
    /// Points of a member that can be spent at an instant not before the last event.
    fn available(&self, member: &str, at: DateTime<Utc>) -> String;
    /// Points of a member that will be spendable later.
    fn pending(&self, member: &str, at: DateTime<Utc>) -> String;
    /// Points that a member owes.
    fn debt(&self, member: &str) -> String;
    /// The level that a member holds.
    fn tier(&self, member: &str, at: DateTime<Utc>) -> Option<String>;
}

/// The reference evaluator over rule files.
pub(crate) struct Reference {
    files: RuleFiles,
    hash: String,
}

impl Reference {
    /// Reads rule files; text for a person where they cannot be read.
    pub(crate) fn read(sources: &Sources) -> Result<Reference, String> {
        let (files, findings) = rewards_rules::syntax::read(sources);
        match findings.iter().find(|f| f.severity() == Severity::Error) {
            Some(finding) => Err(format!("{}: {}", finding.code, finding.message)),
            None => Ok(Reference { files, hash: sources.hash() }),
        }
    }
}

impl Subject for Reference {
    fn evaluate(&self, tx: &Transaction, member: &Member, usage: &Usage) -> Result<String, ErrorCode> {
        evaluate(&self.files, &self.hash, tx, member, usage).map(|outcome| outcome.to_json())
    }

    fn begin<'a>(&'a self, given: &[(Member, Usage)]) -> Box<dyn Engine + 'a> {
        let mut state = ReferenceState::new(Rules::new(&self.files, &self.hash));
        for (member, usage) in given {
            state.given(member, usage);
        }
        Box::new(state)
    }
}

impl Engine for ReferenceState<'_> {
    fn post(&mut self, event: &Event) -> Result<String, ErrorCode> {
        ReferenceState::post(self, event)
    }

    fn available(&self, member: &str, at: DateTime<Utc>) -> String {
        ReferenceState::available(self, member, at)
    }

    fn pending(&self, member: &str, at: DateTime<Utc>) -> String {
        ReferenceState::pending(self, member, at)
    }

    fn debt(&self, member: &str) -> String {
        ReferenceState::debt(self, member)
    }

    fn tier(&self, member: &str, at: DateTime<Utc>) -> Option<String> {
        ReferenceState::tier(self, member, at)
    }
}

/// Files by path as sources.
pub(crate) fn sources(files: &BTreeMap<String, String>) -> Sources {
    let file = |(path, text): (&String, &String)| SourceFile { path: path.clone(), bytes: text.clone().into_bytes() };
    Sources::new(files.iter().map(file))
}
