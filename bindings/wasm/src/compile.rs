//! Rule files to rule set, or to findings that an editor can underline.

use std::collections::BTreeMap;

use rewards_rules::input::{ErrorCode, InputError};
use rewards_rules::source::{Findings, Report, SourceFile, Sources, Span};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::problem::{Problem, json};
use crate::rules::RuleSet;
use crate::utf16;

/// What came of rule files.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Checked {
    rules: Option<rewards_rules::RuleSet>,
    findings: String,
}

#[wasm_bindgen]
impl Checked {
    /// The rule set, if there is no error; `undefined` the second time.
    pub fn rules(&mut self) -> Option<RuleSet> {
        self.rules.take().map(RuleSet::new)
    }

    /// All that was found, as JSON: `{findings, allowed, text}`.
    #[must_use]
    pub fn findings(&self) -> String {
        self.findings.clone()
    }
}

/// A finding with the stretch of its file in UTF-16 units.
#[derive(Serialize)]
struct Placed {
    #[serde(flatten)]
    finding: Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Stretch>,
    /// Of a warning that a comment allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Stretch {
    from: usize,
    to: usize,
}

#[derive(Serialize)]
struct All {
    findings: Vec<Placed>,
    allowed: Vec<Placed>,
    text: String,
}

fn stretch(sources: &Sources, span: Option<Span>) -> Option<Stretch> {
    let span = span?;
    let file = sources.files().get(usize::try_from(span.file).ok()?)?;
    let text = String::from_utf8_lossy(&file.bytes);
    let byte = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let units = utf16::units(&text, &(byte(span.start)..byte(span.end)));
    Some(Stretch { from: units.start, to: units.end })
}

fn told(findings: &Findings) -> String {
    let sources = findings.sources();
    let placed = |finding: Report, span: Option<Span>, reason: Option<String>| Placed {
        finding,
        range: stretch(sources, span),
        reason,
    };
    let list = findings.iter().zip(findings.report());
    let allowed = findings.allowed().iter().zip(findings.allowed_report());
    json(&All {
        findings: list.map(|(finding, report)| placed(report, finding.span, None)).collect(),
        allowed: allowed.map(|(a, report)| placed(report.finding, a.finding.span, Some(report.reason))).collect(),
        text: findings.render(false),
    })
}

/// Rule files from JSON, `{path: text}`.
pub(crate) fn sources(files: &str) -> Result<Sources, Problem> {
    let files: BTreeMap<String, String> = serde_json::from_str(files).map_err(|error| {
        let message = format!("a mapping of paths to texts is due here: {error}");
        Problem::of_input("files", InputError::new(ErrorCode::WrongType, "", message))
    })?;
    Ok(Sources::new(files.into_iter().map(|(path, text)| SourceFile { path, bytes: text.into_bytes() })))
}

/// Compiles the files of one rule set, JSON of `{path: text}`. Throws `wrong_type` for what is no such mapping; what
/// is wrong in the files is in the findings.
#[wasm_bindgen]
pub fn check(files: &str) -> Result<Checked, Problem> {
    Ok(match rewards_rules::RuleSet::compile(sources(files)?) {
        Ok(rules) => Checked { findings: told(rules.findings()), rules: Some(rules) },
        Err(findings) => Checked { findings: told(&findings), rules: None },
    })
}
