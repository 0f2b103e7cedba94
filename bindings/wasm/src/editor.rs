//! What an editor asks while rules are written: the engine's answers, with places in UTF-16 units.

use std::ops::Range;
use std::sync::Arc;

use rewards_rules::editor::{CompletionKind, Document, Folder, Location};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::problem::{Problem, json};
use crate::utf16;

/// The files of a rule set as an editor has them open; they may be broken.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Editor {
    folder: Folder,
}

#[derive(Serialize)]
struct Entry {
    label: String,
    kind: &'static str,
    detail: Option<String>,
    documentation: Option<String>,
    insert: String,
}

#[derive(Serialize)]
struct Entries {
    from: usize,
    to: usize,
    more: bool,
    list: Vec<Entry>,
}

#[derive(Serialize)]
struct Hovered {
    from: usize,
    to: usize,
    markdown: String,
}

#[derive(Serialize)]
struct Place {
    path: String,
    from: usize,
    to: usize,
}

fn word(kind: CompletionKind) -> &'static str {
    match kind {
        CompletionKind::Value => "value",
        CompletionKind::Fact => "fact",
        CompletionKind::List => "list",
        CompletionKind::Function => "function",
        CompletionKind::Name => "name",
        CompletionKind::Key => "key",
        CompletionKind::Word => "word",
    }
}

impl Editor {
    fn text(&self, path: &str) -> &str {
        self.folder.get(path).map_or("", Document::text)
    }

    fn units(&self, path: &str, range: &Range<usize>) -> Range<usize> {
        utf16::units(self.text(path), range)
    }

    fn places(&self, list: Vec<Location>) -> String {
        let place = |location: Location| {
            let Range { start, end } = self.units(&location.path, &location.range);
            Place { path: location.path, from: start, to: end }
        };
        json(&list.into_iter().map(place).collect::<Vec<_>>())
    }
}

#[wasm_bindgen]
impl Editor {
    /// No files.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Editor {
        Editor::default()
    }

    /// Adds or replaces a file.
    pub fn set(&mut self, path: &str, text: &str) {
        self.folder.add(path, Arc::new(Document::new(path, text)));
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &str) {
        self.folder.remove(path);
    }

    /// What may be written at a place, as JSON of `{from, to, more, list}`.
    #[must_use]
    pub fn complete(&self, path: &str, offset: usize) -> String {
        let found = self.folder.complete(path, utf16::byte_at(self.text(path), offset));
        let Range { start, end } = self.units(path, &found.replace);
        let entry = |c: rewards_rules::editor::Completion| Entry {
            label: c.label,
            kind: word(c.kind),
            detail: c.detail,
            documentation: c.documentation,
            insert: c.insert,
        };
        json(&Entries { from: start, to: end, more: found.more, list: found.list.into_iter().map(entry).collect() })
    }

    /// What is known of what stands at a place, as JSON of `{from, to, markdown}`, or `null`.
    #[must_use]
    pub fn hover(&self, path: &str, offset: usize) -> String {
        let found = self.folder.hover(path, utf16::byte_at(self.text(path), offset));
        json(&found.map(|hover| {
            let Range { start, end } = self.units(path, &hover.range);
            Hovered { from: start, to: end, markdown: hover.markdown }
        }))
    }

    /// Where the name at a place is defined, as JSON of `[{path, from, to}]`.
    #[must_use]
    pub fn definitions(&self, path: &str, offset: usize) -> String {
        self.places(self.folder.definitions(path, utf16::byte_at(self.text(path), offset)))
    }

    /// Where the name at a place stands, definitions included, as JSON of `[{path, from, to}]`.
    #[must_use]
    pub fn references(&self, path: &str, offset: usize) -> String {
        self.places(self.folder.references(path, utf16::byte_at(self.text(path), offset), true))
    }
}

/// The text of a rule file as `rewards fmt` lays it out. Throws `invalid_rules` for a file that cannot be formatted.
#[cfg(feature = "format")]
#[wasm_bindgen]
pub fn format(path: &str, text: &str) -> Result<String, Problem> {
    rewards_rules::syntax::format::format(path, text.as_bytes())
        .map_err(|error| Problem { path: Some(path.to_owned()), ..Problem::new("invalid_rules", error.to_string()) })
}
