//! YAML as our own tree: scalars with their characters and quotes kept, every part with its place.
//!
//! A room of its own because it is the only one that knows the YAML library. The library hands over events with
//! byte offsets; the tree is built from them without recursion, so neither deep nor hostile files can hurt.
//! Rule files use a small part of YAML: what multiplies or types values behind the reader's back (anchors,
//! aliases, merge keys, tags, directives) is a finding. A file may hold several documents, one after `---`.

mod message;
mod plain;
mod tree;

use crate::input::{ErrorCode, InputError, Raw};
use crate::source::{Code, Finding, Findings, SourceFile, Sources, Span, Spanned};

/// The largest file that is read, in bytes.
pub(crate) const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// How deep brackets, and how deep indented blocks, may nest.
pub(crate) const MAX_DEPTH: usize = 64;
/// The most scalars, lists and mappings in one file.
pub(crate) const MAX_NODES: usize = 500_000;
/// The most findings of one file; a file with more has one mistake made many times.
pub(crate) const MAX_FINDINGS: usize = 100;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) kind: NodeKind,
    /// From its first to its last character, quotes and brackets included.
    pub(crate) span: Span,
}

/// The kinds of value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NodeKind {
    /// Nothing, `~` or `null`.
    Null,
    /// A single value.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order written; no key stands twice.
    Map(Vec<Entry>),
    /// Something that was reported already; nobody complains about it again.
    Failed,
}

/// A single value, not interpreted: `0742`, `yes` and `6%` are what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// The text, escapes and folded lines resolved.
    pub(crate) text: String,
    /// Whether it stands in quotes or in a block (`|`, `>`), so that it can only be a text.
    pub(crate) quoted: bool,
    /// The characters between the quotes.
    pub(crate) inner: Span,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: Spanned<String>,
    /// The value.
    pub(crate) value: Node,
}

impl Node {
    /// Whether two trees say the same, wherever their parts stand. Their depth is bounded by the reader.
    pub(crate) fn says_the_same(&self, other: &Node) -> bool {
        match (&self.kind, &other.kind) {
            (NodeKind::Scalar(a), NodeKind::Scalar(b)) => a.text == b.text && a.quoted == b.quoted,
            (NodeKind::List(a), NodeKind::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.says_the_same(b))
            }
            (NodeKind::Map(a), NodeKind::Map(b)) => {
                let same = |(a, b): (&Entry, &Entry)| a.key.value == b.key.value && a.value.says_the_same(&b.value);
                a.len() == b.len() && a.iter().zip(b).all(same)
            }
            (a, b) => a == b,
        }
    }

    /// The value of a key, in a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            NodeKind::Map(entries) => entries.iter().find(|e| e.key.value == key).map(|e| &e.value),
            _ => None,
        }
    }
}

/// Whether a plain scalar is a number: `-?digits[.digits]`.
fn looks_like_number(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    }
}

impl From<&Node> for Raw {
    /// The value as an input: a plain scalar is a boolean, a number or a text by its looks, a quoted one is a text.
    fn from(node: &Node) -> Raw {
        match &node.kind {
            NodeKind::Null | NodeKind::Failed => Raw::Null,
            NodeKind::Scalar(s) if s.quoted => Raw::Text(s.text.clone()),
            NodeKind::Scalar(s) => match s.text.as_str() {
                "true" => Raw::Boolean(true),
                "false" => Raw::Boolean(false),
                text if looks_like_number(text) => Raw::Number(s.text.clone()),
                _ => Raw::Text(s.text.clone()),
            },
            NodeKind::List(items) => Raw::List(items.iter().map(Raw::from).collect()),
            NodeKind::Map(entries) => {
                let read = entries.iter().filter(|e| e.value.kind != NodeKind::Failed);
                Raw::Map(read.map(|e| (e.key.value.clone(), Raw::from(&e.value))).collect())
            }
        }
    }
}

impl Raw {
    /// Reads one YAML document as an input. Error `invalid_syntax`, also for several documents; nothing at all is
    /// `null`.
    pub fn from_yaml(text: &str) -> Result<Raw, InputError> {
        let mut findings = Vec::new();
        let documents = parse_documents(0, text.as_bytes(), &mut findings);
        let wrong = |message: String| InputError::new(ErrorCode::InvalidSyntax, "", message);
        let first = Findings::new(Sources::new([SourceFile { path: String::new(), bytes: text.into() }]), findings);
        if let Some(report) = first.report().into_iter().next() {
            let line = report.place.map_or(1, |p| p.line);
            return Err(wrong(format!("line {line}: {}", report.message)));
        }
        match documents.as_slice() {
            [] => Ok(Raw::Null),
            [one] => Ok(Raw::from(one)),
            _ => Err(wrong("one document is due here, there are several".to_owned())),
        }
    }

    /// Reads one input that is JSON or YAML. Error `invalid_syntax`.
    pub fn from_json_or_yaml(text: &str) -> Result<Raw, InputError> {
        if !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
            return Raw::from_yaml(text);
        }
        // A mapping in braces may be YAML too; what is neither was probably meant as JSON.
        Raw::from_json(text).or_else(|json| Raw::from_yaml(text).map_err(|_| json))
    }
}

/// Reads the documents of one file. A document that is not YAML is reported (R0001 to R0005) and left out; an empty
/// one is left out silently.
pub(crate) fn parse_documents(file: u32, bytes: &[u8], findings: &mut Vec<Finding>) -> Vec<Node> {
    match decode(file, bytes, findings) {
        Some(text) => tree::build(file, text, findings),
        None => Vec::new(),
    }
}

/// The bytes of a text that only the reader takes for parts of expressions, in order; to YAML they would be something
/// else, or nothing at all.
#[cfg(feature = "format")]
pub(crate) fn hidden_ranges(text: &str) -> Vec<std::ops::Range<usize>> {
    tree::confirmed(text).into_iter().flat_map(|cover| cover.hidden).collect()
}

/// The text of a file, if it is UTF-8 and not too large.
pub(crate) fn decode<'b>(file: u32, bytes: &'b [u8], findings: &mut Vec<Finding>) -> Option<&'b str> {
    if bytes.len() > MAX_FILE_BYTES {
        let message = format!("this file has {} bytes; a rule file has at most {MAX_FILE_BYTES}", bytes.len());
        let help = "split it into several files in the same folder";
        findings.push(Finding::new(Code::TooLarge, Span { file, start: 0, end: 0 }, message).help(help));
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let at = error.valid_up_to();
            let length = error.error_len().unwrap_or(1);
            let byte = bytes.get(at).copied().unwrap_or_default();
            let message = format!("this file is not UTF-8: there is a byte 0x{byte:02X} here");
            let help = match bytes {
                [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "it looks like UTF-16; save it as UTF-8",
                _ => "save the file as UTF-8",
            };
            findings
                .push(Finding::new(Code::InvalidUtf8, span(file, at, at.saturating_add(length)), message).help(help));
            None
        }
    }
}

/// A span of byte offsets.
fn span(file: u32, start: usize, end: usize) -> Span {
    let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span { file, start: clamp(start), end: clamp(end) }
}

/// The bytes of a span as indices.
pub(crate) fn range(span: Span) -> std::ops::Range<usize> {
    let index = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    index(span.start)..index(span.end)
}

#[cfg(test)]
mod tests;
