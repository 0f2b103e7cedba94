//! Findings as an editor shows them, mending those that say what was meant, and allowing those that are meant.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use ls_types as lsp;
use rewards_rules::editor::{Insertion, allow};
use rewards_rules::source::{Code, Finding, Findings, Severity, Sources};

use super::position::Lines;
use super::workspace::{At, Workspace};

/// The findings of a rule set for the editor, by path of the file.
pub(super) fn diagnostics(
    workspace: &Workspace,
    root: &Path,
    findings: &Findings,
) -> BTreeMap<String, Vec<lsp::Diagnostic>> {
    let mut by_file: BTreeMap<String, Vec<lsp::Diagnostic>> = BTreeMap::new();
    let files = findings.sources().files();
    let mut texts: HashMap<u32, String> = HashMap::new();
    for finding in findings {
        let file = finding.span.and_then(|s| Some((s, files.get(usize::try_from(s.file).ok()?)?)));
        let Some((span, file)) = file else {
            // What no file is to blame for stands at the top of one that is open.
            if let Some(path) = workspace.first_open(root) {
                let diagnostic = diagnostic(workspace, root, findings, finding, lsp::Range::default());
                by_file.entry(path.to_owned()).or_default().push(diagnostic);
            }
            continue;
        };
        let text = texts.entry(span.file).or_insert_with(|| String::from_utf8_lossy(&file.bytes).into_owned());
        let range = workspace.lines(text).range(bytes(span.start, span.end));
        let diagnostic = diagnostic(workspace, root, findings, finding, range);
        by_file.entry(file.path.clone()).or_default().push(diagnostic);
    }
    by_file
}

fn bytes(start: u32, end: u32) -> Range<usize> {
    let offset = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    offset(start)..offset(end)
}

fn diagnostic(
    workspace: &Workspace,
    root: &Path,
    findings: &Findings,
    finding: &Finding,
    range: lsp::Range,
) -> lsp::Diagnostic {
    let help = finding.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let message = format!("{}{help}\n`rewards explain {}` says more", finding.message, finding.code);
    let severity = match finding.severity() {
        Severity::Error => lsp::DiagnosticSeverity::ERROR,
        Severity::Warning => lsp::DiagnosticSeverity::WARNING,
    };
    let unnecessary = finding.code == Code::UnreachableRule;
    lsp::Diagnostic {
        range,
        severity: Some(severity),
        code: Some(lsp::NumberOrString::String(finding.code.as_str().to_owned())),
        source: Some("rewards".to_owned()),
        message,
        related_information: related(workspace, root, findings.sources(), &finding.message).map(|r| vec![r]),
        tags: unnecessary.then(|| vec![lsp::DiagnosticTag::UNNECESSARY]),
        ..lsp::Diagnostic::default()
    }
}

/// The other place that a message names, as `file:line`.
fn related(
    workspace: &Workspace,
    root: &Path,
    sources: &Sources,
    message: &str,
) -> Option<lsp::DiagnosticRelatedInformation> {
    let trimmed = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let (path, line) = message.split_whitespace().find_map(|word| {
        let word = trimmed(word);
        let (path, line) = word.rsplit_once(':')?;
        sources.files().iter().any(|f| f.path == path).then_some(())?;
        Some((path.to_owned(), line.parse::<u32>().ok()?.checked_sub(1)?))
    })?;
    let start = lsp::Position { line, character: 0 };
    let uri = workspace.uri(root, &path)?;
    let location = lsp::Location { uri, range: lsp::Range { start, end: start } };
    Some(lsp::DiagnosticRelatedInformation { location, message: "the other place".to_owned() })
}

/// The findings that touch a part of a file.
pub(super) fn touching<'f>(
    findings: &'f Findings,
    path: &str,
    range: Range<usize>,
) -> impl Iterator<Item = (&'f Finding, Range<usize>)> {
    let file = findings.sources().files().iter().position(|f| f.path == path);
    findings.iter().filter_map(move |finding| {
        let span = finding.span?;
        let here = usize::try_from(span.file).ok() == file;
        let bytes = bytes(span.start, span.end);
        (here && bytes.start <= range.end && range.start <= bytes.end).then_some((finding, bytes))
    })
}

/// What an editor can do about the findings in a part of a file: write what was meant, or allow a warning in place.
pub(super) fn actions(
    workspace: &Workspace,
    at: At<'_>,
    findings: &Findings,
    range: lsp::Range,
) -> Vec<lsp::CodeActionOrCommand> {
    let lines = workspace.lines(at.text);
    let Some(uri) = workspace.uri(at.root, at.path) else { return Vec::new() };
    let mut actions = Vec::new();
    for (finding, bytes) in touching(findings, at.path, lines.offsets(range)) {
        let shown = diagnostic(workspace, at.root, findings, finding, lines.range(bytes.clone()));
        let action = |title: String, range: lsp::Range, new_text: String, is_preferred: bool| {
            let changes = HashMap::from([(uri.clone(), vec![lsp::TextEdit { range, new_text }])]);
            lsp::CodeActionOrCommand::CodeAction(lsp::CodeAction {
                title,
                kind: Some(lsp::CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![shown.clone()]),
                edit: Some(lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() }),
                is_preferred: is_preferred.then_some(true),
                ..lsp::CodeAction::default()
            })
        };
        if let Some((range, text)) = remedy(finding, at.text, bytes.clone(), &lines) {
            actions.push(action(format!("Write {text}"), range, text, true));
        }
        if let Some(Insertion { at: byte, text }) = allow(at.path, at.text, finding.code, bytes.start) {
            actions.push(action(format!("Allow {} here", finding.code), lines.range(byte..byte), text, false));
        }
    }
    actions
}

/// The place and the text that a finding's `did you mean` speaks of.
fn remedy(finding: &Finding, text: &str, bytes: Range<usize>, lines: &Lines<'_>) -> Option<(lsp::Range, String)> {
    let meant = finding.help.as_deref()?.strip_prefix("did you mean ")?.strip_suffix('?')?;
    let meant = meant.strip_prefix('`').and_then(|m| m.strip_suffix('`')).unwrap_or(meant);
    let written = text.get(bytes.clone())?;
    let is_quoted = |t: &str| t.starts_with('"') && t.ends_with('"') && t.len() > 1;
    let new = match (is_quoted(written), is_quoted(meant)) {
        (true, false) => format!("\"{meant}\""),
        (false, true) => meant.trim_matches('"').to_owned(),
        _ => meant.to_owned(),
    };
    // One word for one word; whatever is longer would take too much away.
    let simple = !written.is_empty() && !written.trim().contains([' ', '\n']);
    simple.then(|| (lines.range(bytes), new))
}
