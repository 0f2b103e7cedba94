//! Changes of the rules, one at a time, that a test must notice.
//!
//! A room of its own because it is the only one that writes rules: each change is an edit of the text where the
//! thing was written, so that it is shown as a person would make it, and is compiled and tested like any rule set.

mod changes;
mod edits;
mod expressions;
mod numbers;

use super::read::{self, Case};
use super::{is_test_file, run};
use crate::rule_set::RuleSet;
use crate::source::{Place, SourceFile, Sources, Span};
use changes::Change;

/// What came of changing the rules of a rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// How many changes some test noticed.
    pub killed: u32,
    /// How many changes there were that compile, without those that are allowed.
    pub total: u32,
    /// How many changes a comment allows (`rewards: allow-mutation -- reason`).
    pub allowed: u32,
    /// The changes that no test noticed, by place.
    pub survivors: Vec<Survivor>,
}

/// A change that no test noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The kind of change: `rate`, `operator`, `cap`, …
    pub kind: &'static str,
    /// Where it was made.
    pub place: Place,
    /// The line as it is written, without the spaces around it.
    pub before: String,
    /// The line as it was changed; empty where it was removed.
    pub after: String,
}

impl Mutation {
    /// The share that was noticed in tenths of a percent, rounded down; 1000 where there was nothing to change.
    pub fn per_mille(&self) -> u32 {
        self.killed.saturating_mul(1_000).checked_div(self.total).unwrap_or(1_000)
    }
}

/// Changes one thing after the other in the files of a rule set and runs its tests, or with a filter those whose name
/// contains it, until one fails. `None` if a test fails without a change.
///
/// A change that the checks refuse is none. One that makes a test file wrong (a counter that is no more) is noticed.
pub fn mutate(rules: &RuleSet, files: &Sources, filter: Option<&str>) -> Option<Mutation> {
    let read::Read { mut cases, findings, .. } = read::cases(rules, files);
    cases.retain(|case| filter.is_none_or(|text| case.name.contains(text)));
    if findings.has_errors() || cases.iter().any(|case| !run::run(rules, files, case).passed()) {
        return None;
    }
    let sources = Sources::new(files.files().iter().filter(|f| !is_test_file(&f.path)).cloned());
    let mut mutation = Mutation { killed: 0, total: 0, allowed: 0, survivors: Vec::new() };
    let mut tests = Tests { cases: &cases, order: (0..cases.len()).collect() };
    for change in changes::of(&sources) {
        let changed = edited(&sources, &change);
        let Ok(mutant) = RuleSet::compile(changed) else { continue };
        if is_allowed(&sources, change.span) {
            mutation.allowed = mutation.allowed.saturating_add(1);
            continue;
        }
        mutation.total = mutation.total.saturating_add(1);
        if read::cases(&mutant, files).findings.has_errors() || tests.notice(&mutant, files) {
            mutation.killed = mutation.killed.saturating_add(1);
        } else {
            mutation.survivors.extend(survivor(&sources, &change));
        }
    }
    Some(mutation)
}

/// The tests, those first that noticed a change most lately: what stands together is noticed together.
struct Tests<'a> {
    cases: &'a [Case],
    order: Vec<usize>,
}

impl Tests<'_> {
    fn notice(&mut self, rules: &RuleSet, files: &Sources) -> bool {
        let fails = |at: &usize| self.cases.get(*at).is_some_and(|case| !run::run(rules, files, case).passed());
        match self.order.iter().position(fails) {
            Some(at) => {
                self.order.get_mut(..=at).unwrap_or_default().rotate_right(1);
                true
            }
            None => false,
        }
    }
}

fn edited(sources: &Sources, change: &Change) -> Sources {
    let file = usize::try_from(change.span.file).unwrap_or(usize::MAX);
    let files = sources.files().iter().enumerate().filter_map(|(at, f)| {
        if at != file {
            return Some(f.clone());
        }
        let (start, end) = bounds(change.span, f);
        if start == 0 && end == f.bytes.len() && change.text.is_empty() {
            return None;
        }
        let mut bytes = f.bytes.get(..start)?.to_vec();
        bytes.extend_from_slice(change.text.as_bytes());
        bytes.extend_from_slice(f.bytes.get(end..)?);
        Some(SourceFile { path: f.path.clone(), bytes })
    });
    Sources::new(files)
}

fn bounds(span: Span, file: &SourceFile) -> (usize, usize) {
    let offset = |n: u32| usize::try_from(n).unwrap_or(usize::MAX).min(file.bytes.len());
    let start = offset(span.start);
    (start, offset(span.end).max(start))
}

/// The first line of a change, before and after.
fn survivor(sources: &Sources, change: &Change) -> Option<Survivor> {
    let file = sources.files().get(usize::try_from(change.span.file).ok()?)?;
    let (start, end) = bounds(change.span, file);
    let text = String::from_utf8_lossy(&file.bytes);
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let line_end =
        |from: usize| text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |n| from.saturating_add(n));
    let before = text.get(line_start..line_end(start))?.trim().to_owned();
    let after = if change.text.is_empty() && end >= line_end(start) {
        String::new()
    } else {
        let changed = format!("{}{}{}", text.get(line_start..start)?, change.text, text.get(end..line_end(end))?);
        changed.lines().next().unwrap_or_default().trim().to_owned()
    };
    Some(Survivor { kind: change.kind, place: sources.place(change.span)?, before, after })
}

/// Whether a comment at the end of the line, or on the lines of comments before it, allows changes there: with a reason.
fn is_allowed(sources: &Sources, span: Span) -> bool {
    let Some(file) = usize::try_from(span.file).ok().and_then(|at| sources.files().get(at)) else { return false };
    let text = String::from_utf8_lossy(&file.bytes);
    let (start, _) = bounds(span, file);
    let Some(before) = text.get(..start) else { return false };
    let line = before.matches('\n').count();
    let lines: Vec<&str> = text.lines().collect();
    let allows = |line: &str| {
        let reason =
            line.split_once("rewards: allow-mutation").and_then(|(_, rest)| rest.trim_start().strip_prefix("--"));
        reason.is_some_and(|reason| !reason.trim().is_empty())
    };
    let is_comment = |line: &&&str| line.trim_start().starts_with('#') || line.trim_start().starts_with("//");
    lines.get(line).is_some_and(|l| allows(l))
        || lines.get(..line).unwrap_or_default().iter().rev().take_while(is_comment).any(|l| allows(l))
}

#[cfg(test)]
mod tests;
