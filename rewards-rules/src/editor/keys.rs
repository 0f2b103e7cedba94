//! Keys and words of the YAML format at a place: from the one vocabulary, which the reader takes its keys from too.

use std::ops::Range;

use super::complete::{Completion, CompletionKind};
use super::hover::Hover;
use super::outline::{Kind, Outline};
use super::roles::{self, Scope};
use super::{Document, Folder};
use crate::syntax::vocabulary::{self, Key, Value};

/// The kind of document that a scope is in the vocabulary.
fn document(scope: Scope) -> Option<vocabulary::Document> {
    match scope {
        Scope::Program => Some(vocabulary::Document::Program),
        Scope::Campaign => Some(vocabulary::Document::Campaign),
        Scope::Test => Some(vocabulary::Document::Tests),
        Scope::Unknown => None,
    }
}

/// A path as the vocabulary has it: entries of lists do not count.
fn without_items<'p>(path: &[&'p str]) -> Vec<&'p str> {
    path.iter().copied().filter(|part| *part != "-").collect()
}

/// What one may begin a file with.
const HEADS: [(vocabulary::Document, &str); 3] = [
    (vocabulary::Document::Program, "program"),
    (vocabulary::Document::Campaign, "campaign"),
    (vocabulary::Document::Campaigns, "campaigns"),
];

/// The keys that may stand in the entry at a path, but for those that are there.
pub(super) fn at(scope: Scope, path: &[&str], there: &[&str]) -> Vec<Completion> {
    let Some(document) = document(scope) else {
        let heads = HEADS.iter().filter(|_| path.is_empty());
        return heads.filter_map(|(document, key)| vocabulary::key_at(*document, &[key])).map(completion).collect();
    };
    let blocks = vocabulary::blocks_at(document, &without_items(path));
    let mut keys: Vec<&'static Key> = Vec::new();
    for key in blocks.iter().flat_map(|block| block.keys) {
        if !there.contains(&key.name) && !keys.iter().any(|k| k.name == key.name) {
            keys.push(key);
        }
    }
    keys.into_iter().map(completion).collect()
}

fn completion(key: &'static Key) -> Completion {
    let holds_more = matches!(key.value, Value::Block(_) | Value::List(_) | Value::Names(_));
    let insert = if holds_more { format!("{}:", key.name) } else { format!("{}: ", key.name) };
    Completion {
        label: key.name.to_owned(),
        kind: CompletionKind::Key,
        detail: Some(key.value.kind().to_owned()),
        documentation: Some(page(key)),
        insert,
    }
}

/// What is said of a key.
fn page(key: &Key) -> String {
    let mut page = key.about.to_owned();
    if let Some(default) = key.default {
        page.push_str(&format!("\n\nWithout it: `{default}`."));
    }
    if key.required {
        page.push_str("\n\nIt must be there.");
    }
    for word in key.value.words().iter().filter(|_| !matches!(key.value, Value::Boolean)) {
        page.push_str(&format!("\n- `{}`: {}", word.word, word.about));
    }
    if !key.example.is_empty() {
        page.push_str(&format!("\n\n```yaml\n{}: {}\n```", key.name, key.example));
    }
    page
}

/// The words that may stand as the value at a path.
pub(super) fn words(scope: Scope, path: &[&str]) -> Vec<Completion> {
    let key = document(scope).and_then(|document| vocabulary::key_at(document, &without_items(path)));
    let words = key.map(|key| key.value.words()).unwrap_or_default();
    let completion = |word: vocabulary::Word| Completion {
        label: word.word.to_owned(),
        kind: CompletionKind::Value,
        detail: None,
        documentation: Some(word.about.to_owned()),
        insert: word.word.to_owned(),
    };
    words.into_iter().map(completion).collect()
}

/// The keys that stand in the entry which begins at a byte.
pub(super) fn there(document: &Document, kind: Kind, start: usize) -> Vec<&str> {
    let outline: &Outline = &document.outline;
    let entry = outline.entries().iter().find(|e| e.kind == kind && e.start == start);
    let children = entry.map(|e| e.children.as_slice()).unwrap_or_default();
    let keys = children.iter().filter_map(|c| outline.get(*c)).map(|e| document.slice(e.key.clone()));
    keys.collect()
}

impl Folder {
    /// The page of the key at an offset.
    pub(super) fn about_key(&self, path: &str, offset: usize) -> Option<Hover> {
        let of = self.get(path)?;
        let inside = |range: &Range<usize>| !range.is_empty() && range.start <= offset && offset <= range.end;
        let entry = of.outline.entries().iter().position(|e| inside(&e.key))?;
        let (scope, keys) = roles::placed(&of.outline, of.text(), entry, of.is_test);
        let key = vocabulary::key_at(document(scope)?, &without_items(&keys))?;
        let range = of.outline.get(entry)?.key.clone();
        Some(Hover { range, markdown: format!("`{}`: {}\n\n{}", key.name, key.value.kind(), page(key)) })
    }
}
