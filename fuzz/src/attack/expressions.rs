//! Any text as a condition and as an amount.

use rewards_rules::input::ErrorCode;
use rewards_rules::source::{Sources, Span};
use rewards_rules::syntax::expression::Expr;
use rewards_rules::syntax::parse::parse_expression;

use super::files::{cases, compile, files, holds_for_all_cases};
use crate::subject::{Reference, Subject};

/// A program that declares facts of every type.
pub(super) const PROGRAM: &str = include_str!("../../rules/facts.yaml");

/// What a text is as an expression. A mistake is one finding.
fn parse(text: &str) -> Option<Expr> {
    let at = Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap() };
    let mut findings = Vec::new();
    let parsed = parse_expression(text, at, &mut findings);
    assert_eq!(findings.len(), usize::from(parsed.is_none()), "{findings:?}");
    for span in findings.iter().filter_map(|f| f.span) {
        let (start, end) = (usize::try_from(span.start).unwrap(), usize::try_from(span.end).unwrap());
        assert!(start <= end && text.get(start..end).is_some(), "{span:?} in {} bytes", text.len());
    }
    parsed
}

/// A tree without places.
pub(super) fn bare(tree: &impl std::fmt::Debug) -> String {
    let text = format!("{tree:?}");
    let mut bare = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("Span { file: ") {
        bare.push_str(before);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    bare + rest
}

/// An expression can be written and read again as the same tree, and where it compiles the reference agrees on it.
pub(super) fn expression(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(tree) = parse(text) {
        let printed = tree.to_string();
        let again = parse(&printed).unwrap_or_else(|| panic!("`{printed}` is not read again"));
        assert_eq!(bare(&again), bare(&tree), "`{text}` is written `{printed}`");
    }
    let quoted = serde_json::to_string(text).unwrap();
    for campaign in [
        format!("campaign: c\ntype: fixed\nwhen: {quoted}\nreward: {{fixed: 1.00}}\n"),
        format!("campaign: c\ntype: scripted\nreward: {{amount: {quoted}}}\n"),
    ] {
        agree(files([("c.yaml", campaign.as_bytes()), ("program.yaml", PROGRAM.as_bytes())]));
    }
}

/// Where files compile, the engine and the reference give the same answers to the fixed cases. Of numbers that do not
/// fit and of scripts that run too long the reference knows nothing.
pub(super) fn agree(sources: Sources) {
    let Some(rules) = compile(sources.clone()) else { return };
    holds_for_all_cases(&rules);
    let reference = Reference::read(&sources).unwrap();
    for case in cases() {
        let found = rules.evaluate(&case.tx, &case.member, &case.usage).map(|o| o.to_json()).map_err(|e| e.code);
        if matches!(found, Err(ErrorCode::Overflow | ErrorCode::ScriptLimit | ErrorCode::ScriptError)) {
            continue;
        }
        let due = reference.evaluate(&case.tx, &case.member, &case.usage);
        assert_eq!(found, due, "found, due for {:?}", case.tx);
    }
}
