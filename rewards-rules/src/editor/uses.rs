//! Where a name is defined and where it is mentioned, and giving it another one.

use std::ops::Range;

use super::Folder;
use super::names::{self, Name};
use super::roles::Sort;
use crate::value::is_id;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Path of the file.
    pub path: String,
    /// The bytes of the name.
    pub range: Range<usize>,
    /// The bytes of what belongs to it: of a definition, all of it.
    pub whole: Range<usize>,
}

impl Location {
    fn of(path: &str, name: &Name) -> Location {
        Location { path: path.to_owned(), range: name.range.clone(), whole: name.whole.clone() }
    }

    fn start(&self) -> (&str, usize) {
        (&self.path, self.range.start)
    }
}

/// What renaming would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The bytes of the name that was asked about.
    pub range: Range<usize>,
    /// The old name; of a fact without its scope.
    pub name: String,
    /// What it is the name of.
    pub sort: Sort,
    /// Every place of the name, each once.
    pub places: Vec<Location>,
}

impl Rename {
    /// What is wrong with a new name, if anything: it becomes the text of a finding otherwise.
    pub fn refuses(&self, new: &str) -> Option<String> {
        let is_word = |t: &str| {
            t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && t.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        };
        let sort = self.sort.words();
        match self.sort {
            Sort::Fact | Sort::List | Sort::Function => {
                let taken = names::is_word_of_scripts(new);
                if is_word(new) && !taken {
                    None
                } else if taken {
                    Some(format!("expressions use `{new}` for something else"))
                } else {
                    Some(format!("the name of a {sort} is letters, digits and `_`, and begins with no digit"))
                }
            }
            _ if is_id(new) => None,
            _ => Some("an id is 1 to 64 of A-Z a-z 0-9 . _ : -".to_owned()),
        }
    }
}

impl Folder {
    /// Where the name at an offset is defined. Several places, if it is defined twice.
    pub fn definitions(&self, path: &str, offset: usize) -> Vec<Location> {
        let Some(name) = self.name_at(path, offset) else { return Vec::new() };
        self.places(name, |n| n.defines)
    }

    /// Where the name at an offset is mentioned; with `definitions`, also where it is defined.
    pub fn references(&self, path: &str, offset: usize, definitions: bool) -> Vec<Location> {
        let Some(name) = self.name_at(path, offset) else { return Vec::new() };
        self.places(name, |n| definitions || !n.defines)
    }

    /// What renaming the name at an offset would change; `None` if the rule set does not define it, or it has no
    /// name of its own.
    pub fn rename(&self, path: &str, offset: usize) -> Option<Rename> {
        let name = self.name_at(path, offset)?;
        let defined = name.sort == Sort::Group || !self.places(name, |n| n.defines).is_empty();
        if !defined {
            return None;
        }
        let places = self.places(name, |_| true);
        let document = self.get(path)?;
        let shown = document.slice(name.range.clone()).to_owned();
        Some(Rename { range: name.range.clone(), name: shown, sort: name.sort, places })
    }

    pub(super) fn name_at(&self, path: &str, offset: usize) -> Option<&Name> {
        names::at(self.get(path)?, offset)
    }

    fn places(&self, name: &Name, keep: impl Fn(&Name) -> bool) -> Vec<Location> {
        let mut found: Vec<Location> = self
            .all()
            .flat_map(|(path, document)| {
                let same = document.names.list.iter().filter(|n| n.sort == name.sort && n.name == name.name && keep(n));
                same.map(move |n| Location::of(path, n))
            })
            .collect();
        found.sort_by(|a, b| a.start().cmp(&b.start()));
        found.dedup_by(|a, b| a.start() == b.start());
        found
    }
}
