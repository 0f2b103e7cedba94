//! From YAML trees to the written rule set, section by section.
//!
//! A room of its own so that the shape of the files is decided in one place: which keys a block may have, which must
//! be there, how a rate or a date is spelled. Every mistake of every file is found in one run; a part with a mistake
//! is left out and nobody complains about it again. What the parts mean together is not looked at here.

mod campaign;
mod caps;
mod fields;
mod points;
mod program;
mod scalar;
mod tiers;

use super::parse::parse_script;
use super::vocabulary;
use super::written::{RuleFiles, Script};
use super::yaml::{MAX_FINDINGS, Node, NodeKind, decode, parse_documents};
use crate::source::{Code, Finding, SourceFile, Sources, Span, nearest};
use fields::{Reader, key_list};

/// Reads all files of a rule set: `*.yaml` but `*.test.yaml` are programs and campaigns, `*.rhai` functions; others
/// are left alone, but for `*.yml`, which is a finding (R0006).
///
/// Campaigns come in order of declaration: files by path, then position (semantics §3.7).
pub fn read(sources: &Sources) -> (RuleFiles, Vec<Finding>) {
    let mut files = RuleFiles::default();
    let mut findings = Vec::new();
    for (index, file) in sources.files().iter().enumerate() {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let mut found = Vec::new();
        if file.path.ends_with(".yaml") && !file.path.ends_with(".test.yaml") {
            read_yaml(index, file, &mut files, &mut found);
        } else if file.path.ends_with(".rhai") {
            read_script(index, file, &mut files, &mut found);
        } else if file.path.ends_with(".yml") {
            let message = "this file ends in `.yml` and is not read";
            let span = Span { file: index, start: 0, end: 0 };
            found.push(Finding::new(Code::WrongExtension, span, message).help("rename it so that it ends in `.yaml`"));
            files.unread.documents = true;
        }
        limit(&mut found);
        findings.append(&mut found);
    }
    for campaign in &mut files.campaigns {
        campaign.paused = files.paused.iter().any(|id| id.value == campaign.id.value);
    }
    (files, findings)
}

/// Leaves the first findings of a file that has very many.
fn limit(findings: &mut Vec<Finding>) {
    let most = MAX_FINDINGS.saturating_add(1);
    if findings.len() > most {
        findings.truncate(most);
        if let Some(last) = findings.last_mut() {
            last.code = Code::TooLarge;
            last.message =
                format!("this file has more than {MAX_FINDINGS} mistakes; those after this one are not told");
            last.help = Some("mend those before it".to_owned());
        }
    }
}

fn read_script(index: u32, file: &SourceFile, files: &mut RuleFiles, findings: &mut Vec<Finding>) {
    let Some(text) = decode(index, &file.bytes, findings) else {
        files.unread.documents = true;
        return;
    };
    // Three spaces for a byte order mark keep every place where it is.
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => format!("   {rest}"),
        None => text.to_owned(),
    };
    let before = findings.len();
    files.functions.extend(parse_script(&text, index, findings));
    files.unread.documents |= findings.len() > before;
    files.scripts.push(Script { file: index, text });
}

fn read_yaml(index: u32, file: &SourceFile, files: &mut RuleFiles, findings: &mut Vec<Finding>) {
    let documents = parse_documents(index, &file.bytes, findings);
    files.unread.documents |= findings.iter().any(|f| f.code != Code::DuplicateKey);
    let mut reader = Reader {
        text: std::str::from_utf8(&file.bytes).unwrap_or_default(),
        findings: std::mem::take(findings),
        unread: std::mem::take(&mut files.unread),
    };
    for document in &documents {
        reader.document(document, files);
    }
    files.unread = reader.unread;
    *findings = reader.findings;
}

impl Reader<'_> {
    fn document(&mut self, node: &Node, files: &mut RuleFiles) {
        let keys: Vec<&str> = match &node.kind {
            NodeKind::Map(entries) => entries.iter().map(|e| e.key.value.as_str()).collect(),
            NodeKind::Failed => return,
            _ => Vec::new(),
        };
        if keys.contains(&"program") {
            files.programs.extend(self.program(node));
            self.campaigns(node, files);
        } else if keys.contains(&"campaign") {
            files.campaigns.extend(self.campaign(node));
        } else if keys.contains(&"campaigns") {
            if let Some(fields) = self.fields(node, &vocabulary::CAMPAIGNS) {
                files.paused.extend(self.may(&fields, "paused", Self::ids).unwrap_or_default());
            }
            self.campaigns(node, files);
        } else {
            self.unread.documents = true;
            let meant = keys.iter().find_map(|k| nearest(k, ["program", "campaign", "campaigns"]).map(|m| (*k, m)));
            let help = match (meant, &node.kind) {
                (Some((key, meant)), _) => format!("did you mean `{meant}` where it says `{key}`?"),
                (None, NodeKind::List(_)) => "a list of campaigns stands under `campaigns:`".to_owned(),
                (None, _) => format!("one of its keys is {}", key_list(&["program", "campaign", "campaigns"], "or")),
            };
            let message = "this is neither a program nor a campaign";
            let span = self.head(node);
            self.report(Finding::new(Code::UnknownDocument, span, message).help(help));
        }
    }

    /// The entries of `campaigns`, which may stand beside `program` too.
    fn campaigns(&mut self, document: &Node, files: &mut RuleFiles) {
        let Some(node) = document.get("campaigns") else {
            return;
        };
        for entry in self.list(node, "a list of campaigns").unwrap_or_default() {
            files.campaigns.extend(self.campaign(entry));
        }
    }
}

#[cfg(test)]
mod tests;
