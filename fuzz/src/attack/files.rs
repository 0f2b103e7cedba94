//! Rule files and test files: what is found stands in them, and what compiles can be evaluated.

use std::collections::BTreeMap;

use rewards_rules::RuleSet;
use rewards_rules::input::{ErrorCode, Member, Raw, Transaction, Usage};
use rewards_rules::source::{Findings, SourceFile, Sources};
use rewards_rules::value::Exact;

/// A program with something of everything.
pub(super) const PROGRAM: &str = include_str!("../../rules/program.yaml");
/// Campaigns to it.
const CAMPAIGNS: &str = include_str!("../../rules/campaigns.yaml");
/// Functions for them.
const FUNCTIONS: &str = include_str!("../../rules/functions.rhai");
/// Purchases, members and usage to try rule sets with.
const CASES: &str = include_str!("../../rules/cases.json");

/// What evaluations may fail with; each code has a line in docs/semantics.md or in the list of inputs' errors.
const CODES: [ErrorCode; 14] = [
    ErrorCode::MissingFact,
    ErrorCode::UnknownTier,
    ErrorCode::UnknownFact,
    ErrorCode::WrongType,
    ErrorCode::CurrencyMismatch,
    ErrorCode::AmountNegative,
    ErrorCode::AmountPrecision,
    ErrorCode::AmountTooLarge,
    ErrorCode::LinesExceedAmount,
    ErrorCode::DivisionByZero,
    ErrorCode::Overflow,
    ErrorCode::ScriptLimit,
    ErrorCode::ScriptError,
    ErrorCode::InvalidId,
];

/// Files by path.
pub(super) fn files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Sources {
    Sources::new(files.into_iter().map(|(path, bytes)| SourceFile { path: path.to_owned(), bytes: bytes.to_vec() }))
}

/// The fixed rule set.
pub(super) fn fixed() -> Sources {
    files([
        ("campaigns.yaml", CAMPAIGNS.as_bytes()),
        ("functions.rhai", FUNCTIONS.as_bytes()),
        ("program.yaml", PROGRAM.as_bytes()),
    ])
}

/// One of the fixed cases.
pub(super) struct Case {
    pub(super) tx: Transaction,
    pub(super) member: Member,
    pub(super) usage: Usage,
}

/// The fixed cases.
pub(super) fn cases() -> Vec<Case> {
    let Raw::List(cases) = Raw::from_json(CASES).unwrap() else { panic!("a list of cases is due") };
    let case = |raw| {
        let Raw::Map(entries) = raw else { panic!("a case is due") };
        let mut entries: BTreeMap<String, Raw> = entries.into_iter().collect();
        Case {
            tx: Transaction::from_raw(entries.remove("transaction").unwrap()).unwrap(),
            member: Member::from_raw(entries.remove("member").unwrap()).unwrap(),
            usage: entries.remove("usage").map_or_else(Usage::default, |raw| Usage::from_raw(raw).unwrap()),
        }
    };
    cases.into_iter().map(case).collect()
}

/// Every finding stands inside a file, on whole characters, and can be shown.
pub(super) fn findings_are_in_their_files(findings: &Findings) {
    let files = findings.sources().files();
    for finding in findings {
        assert!(!finding.message.is_empty(), "{finding:?}");
        let Some(span) = finding.span else { continue };
        let (start, end) = (usize::try_from(span.start).unwrap(), usize::try_from(span.end).unwrap());
        let file = files.get(usize::try_from(span.file).unwrap()).unwrap_or_else(|| panic!("no file: {finding:?}"));
        assert!(start <= end && end <= file.bytes.len(), "{} bytes: {finding:?}", file.bytes.len());
        if let Ok(text) = std::str::from_utf8(&file.bytes) {
            assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "inside a character: {finding:?}");
        }
    }
    assert_eq!(findings.report().len(), findings.len());
    assert!(findings.render(true).len() >= findings.render(false).len());
}

/// Compiles files. Rules that are not compiled have an error among their findings, and those that are have none.
pub(super) fn compile(sources: Sources) -> Option<RuleSet> {
    match RuleSet::compile(sources) {
        Ok(rules) => {
            findings_are_in_their_files(rules.findings());
            assert!(!rules.findings().has_errors());
            Some(rules)
        }
        Err(findings) => {
            findings_are_in_their_files(&findings);
            assert!(findings.has_errors());
            None
        }
    }
}

/// What holds of every evaluation of a rule set that compiled.
pub(super) fn invariants(rules: &RuleSet, tx: &Transaction, member: &Member, usage: &Usage) {
    let explained = rules.evaluate_explained(tx, member, usage);
    let outcome = match rules.evaluate(tx, member, usage) {
        Ok(outcome) => outcome,
        Err(error) => {
            assert!(CODES.contains(&error.code), "{error}");
            assert_eq!(explained.unwrap_err(), error);
            return;
        }
    };
    let json = outcome.to_json();
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
    let explained = explained.unwrap();
    assert_eq!(explained.to_canonical_json(), json);
    assert!(!explained.explain().is_empty());
    let mut sum = Exact::ZERO;
    for component in &outcome.components {
        let granted = component.granted.exact();
        assert!(granted >= Exact::ZERO && granted <= component.rounded.exact().max(Exact::ZERO), "{json}");
        sum = sum.checked_add(granted).unwrap();
    }
    assert_eq!(sum, outcome.totals.total.exact(), "{json}");
    let keys = rules.usage_keys(tx, member).unwrap();
    for delta in &outcome.usage {
        let period = delta.period.to_string();
        let known = keys.iter().any(|k| delta.key == k.key && period == k.period && k.shared == delta.shared);
        assert!(known, "`{}` of {} is not among {keys:?}", delta.key, delta.period);
    }
}

/// What holds of a rule set for the fixed cases.
pub(super) fn holds_for_all_cases(rules: &RuleSet) {
    for mut case in cases() {
        case.tx.currency = rules.currency().code().to_owned();
        invariants(rules, &case.tx, &case.member, &case.usage);
    }
}

/// Any bytes as a test file beside the fixed rule set.
pub(super) fn test_file(data: &[u8]) {
    let mut sources = fixed();
    sources.add("any.test.yaml", data);
    let rules = compile(sources.clone()).unwrap();
    let report = rewards_rules::testing::run(&rules, &sources, None);
    findings_are_in_their_files(&report.findings);
    assert_eq!(rewards_rules::testing::check(&rules, &sources), report.findings);
    let lines = u32::try_from(data.iter().filter(|b| **b == b'\n').count()).unwrap() + 1;
    for result in &report.results {
        assert_eq!(result.explain().is_empty(), result.passed());
        assert!(result.place.line >= 1 && result.place.end_line <= lines, "{:?}", result.place);
    }
}
