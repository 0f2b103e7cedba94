//! What an editor asks while rules are being written: what may stand here, what is this, where does it come from.
//!
//! A room of its own because it must answer about files that are broken, as a file is most of the time that somebody
//! types in it, where the other rooms answer with findings. It reads only the shape of files and the engine's own
//! lists of facts and functions, and decides nothing about rules. Places are bytes; a host counts as its editor does.

mod allow;
mod complete;
mod facts;
mod hover;
mod keys;
mod names;
mod outline;
mod roles;
mod symbols;
#[cfg(test)]
mod tests;
mod tokens;
mod uses;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

pub use allow::{Insertion, allow};
pub use complete::{Completion, CompletionKind, Completions};
pub use hover::Hover;
pub use roles::Sort;
pub use symbols::Symbol;
pub use uses::{Location, Rename};

use crate::syntax::MAX_FILE_BYTES;
use crate::testing::is_test_file;
use names::Names;
use outline::Outline;

/// A file as an editor sees it.
#[derive(Debug, Clone)]
pub struct Document {
    text: String,
    outline: Outline,
    names: Names,
    is_test: bool,
    is_script: bool,
}

impl Document {
    /// Looks at a file; any text will do. Of one that is larger than a rule file may be, nothing is known.
    pub fn new(path: &str, text: impl Into<String>) -> Document {
        let text: String = text.into();
        let (is_test, is_script) = (is_test_file(path), path.ends_with(".rhai"));
        let (outline, names) = if text.len() > MAX_FILE_BYTES {
            (Outline::default(), Names::default())
        } else if is_script {
            (Outline::default(), Names::of_script(&text))
        } else {
            let outline = Outline::of(&text);
            let names = Names::of_yaml(&text, &outline, is_test);
            (outline, names)
        };
        Document { text, outline, names, is_test, is_script }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }
}

/// The files of a rule set as an editor sees them, by path. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Folder {
    documents: BTreeMap<String, Arc<Document>>,
}

impl Folder {
    /// Adds or replaces a file.
    pub fn add(&mut self, path: impl Into<String>, document: Arc<Document>) {
        self.documents.insert(path.into(), document);
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &str) {
        self.documents.remove(path);
    }

    /// One file.
    pub fn get(&self, path: &str) -> Option<&Document> {
        self.documents.get(path).map(|d| &**d)
    }

    fn all(&self) -> impl Iterator<Item = (&str, &Document)> {
        self.documents.iter().map(|(path, document)| (path.as_str(), &**document))
    }

    /// Where names of a kind are defined, in order of files.
    fn defined(&self, sort: Sort) -> impl Iterator<Item = (&str, &Document, &names::Name)> {
        self.all().flat_map(move |(path, document)| {
            let of_sort = document.names.list.iter().filter(move |n| n.defines && n.sort == sort);
            of_sort.map(move |name| (path, document, name))
        })
    }
}
